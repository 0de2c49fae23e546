"""What predictions say row by row, drawn and listed; all of it is foreign."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
from markdown_it import MarkdownIt

from fakes.reports import changed, failing
from mlgate.documents.comparison import (
    Confusion,
    Curve,
    DiscoveredSlice,
    FlippedRow,
    Flips,
    RowFindings,
)
from mlgate.render.html import render_html
from mlgate.render.markdown import render_comment
from mlgate.render.row_pictures import cards, flip_table, slice_table

if TYPE_CHECKING:
    from mlgate.documents.report import Report

BAD = "<img src=x onerror=alert(1)>|`\n@team #1"
CURVE = Curve(name="roc", base=((0, 0), (1, 1)), head=((0, 0), (0.25, 0.75), (1, 1)))


def report(rows: RowFindings) -> Report:
    one = msgspec.structs.replace(changed(), rows=rows)
    return msgspec.structs.replace(failing(), comparisons=(one,))


def test_points_of_a_curve() -> None:
    (card,) = cards(report(RowFindings(source="p.csv", rows=2, curves=(CURVE,))))
    (picture,) = card.pictures
    assert picture.base == "0,200 200,0"
    assert picture.head == "0,200 50,50 200,0"
    assert picture.diagonal


def test_residuals_span_their_own_range() -> None:
    curve = Curve(name="residuals", head=((-2.0, 0.1), (0.0, 0.4), (2.0, 0.1)))
    (card,) = cards(report(RowFindings(source="p.csv", rows=9, curves=(curve,))))
    assert card.pictures[0].head == "0,150 100,0 200,150"
    assert card.pictures[0].ends == ("−2", "2")


def test_numbers_that_cannot_be_drawn_are_left_out() -> None:
    for wild in (math.nan, math.inf):
        curve = Curve(name="roc", head=((0.0, wild), (1.0, 1.0)))
        (card,) = cards(report(RowFindings(source="p.csv", curves=(curve,))))
        assert not card.pictures


def test_a_point_is_a_picture_too() -> None:
    curve = Curve(name="residuals", head=((1.0, 0.0),))
    (card,) = cards(report(RowFindings(source="p.csv", curves=(curve,))))
    assert card.pictures[0].head == "100,200"


def test_a_matrix_shows_what_moved() -> None:
    matrix = Confusion(labels=("no", "yes"), base=((5, 1), (2, 9)), head=((5, 1), (3, 8.5)))
    (card,) = cards(report(RowFindings(source="p.csv", confusion=matrix)))
    assert card.matrix == [["", "no", "yes"], ["no", "5", "1"], ["yes", "2 → 3", "9 → 8.5"]]


def test_hostile_rows_stay_text() -> None:
    row = FlippedRow(id=BAD, label=BAD, base=BAD, head=BAD)
    rows = RowFindings(
        source="p.csv",
        rows=1,
        confusion=Confusion(labels=(BAD,), head=((1,),)),
        flips=Flips(newly_wrong=1, newly_right=1, wrong=(row,), right=(row,)),
        discovered=(DiscoveredSlice(name=BAD, rows=60, base=0.9, head=0.7, p=1e-9),),
        searched=12,
    )
    page, comment = render_html(report(rows)), render_comment(report(rows))
    assert "<img" not in page
    assert "What flipped" in comment
    shown = MarkdownIt("gfm-like", {"linkify": False}).render(flip_table(rows.flips or Flips(), 9))
    assert "<img" not in shown
    assert shown.count("<tr>") == 3
    assert shown.count("<td") == 10
    shown = MarkdownIt("gfm-like", {"linkify": False}).render(slice_table(rows.discovered))
    assert "<img" not in shown
    assert shown.count("<td") == 4
