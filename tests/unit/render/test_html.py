from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import pytest

from fakes import reports
from mlgate.render import charts
from mlgate.render.html import render_html

if TYPE_CHECKING:
    from mlgate.documents.base import Direction
    from mlgate.documents.report import Report

_EVERY = {
    "failing": reports.failing(),
    "passing": reports.passing(),
    "inconclusive": reports.inconclusive(),
    "missing": reports.missing(),
    "no baseline": reports.without_baseline(),
    "fleet": reports.fleet(),
    "hostile": reports.hostile(),
    "nothing": reports.report([], overall="missing"),
}
every = pytest.mark.parametrize("report", _EVERY.values(), ids=_EVERY.keys())
ACTIVE: Final = frozenset("script iframe object embed img link form input base audio video".split())


class Page(HTMLParser):
    """What a browser would see: elements, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@every
def test_it_is_well_formed_and_asks_nothing_of_the_network(report: Report) -> None:
    page = Page(render_html(report))
    assert page.open == []
    assert not ACTIVE & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]
    links = [value for name, value in page.attributes if name.endswith("href")]
    assert all(re.match(r"https://github\.com/", link) for link in links)
    assert "default-src 'none'" in render_html(report)
    assert "url(" not in render_html(report)


def test_the_verdict_is_the_first_thing_said() -> None:
    page = Page(render_html(reports.failing()))
    said = page.text
    assert "recall[segment=enterprise] fell by 0.046" in said
    assert said.index("Model gate failed") < said.index("roc_auc")


def test_hostile_text_stays_text() -> None:
    page = Page(render_html(reports.hostile()))
    assert "<script>alert(1)</script>" in page.text
    assert not re.search("[\r\x1b\u202e]", page.text)


def test_forty_thousand_metrics_stay_under_a_megabyte() -> None:
    made = render_html(reports.huge(40_000, "fail"))
    assert len(made.encode()) < 1_000_000
    assert re.search(r"39\D?600", made)


def test_bars_show_both_sides() -> None:
    metrics = charts.shares(reports.failing().verdict.judgements)
    assert metrics
    svg = charts.bars(metrics, ("main", "PR"))
    root = ET.fromstring(svg)  # noqa: S314 - our own
    words = {element.text for element in root.iter() if element.text}
    assert {"main", "PR", metrics[0].title} <= words
    assert "http" not in svg.replace("http://www.w3.org", "")
    assert "<script" not in svg


def test_bars_take_hostile_names_for_text() -> None:
    metric = reports.metric("<script>x</script>]]>&amp;", 0.5, 0.6)
    root = ET.fromstring(charts.bars([metric], ("a<b", "c&d")))  # noqa: S314 - our own
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert "a<b" in {element.text for element in root.iter()}


@pytest.mark.parametrize(
    ("change", "direction", "side"),
    [
        (0.1, "higher", "right"),
        (-0.1, "higher", "left"),
        (-0.1, "lower", "right"),
        (0.0, "higher", "middle"),
    ],
)
def test_better_is_right(change: float, direction: Direction, side: str) -> None:
    metric = reports.metric("m", 0.5, 0.5 + change, 0.05, direction=direction)
    place = charts.interval(reports.judged("pass", metric))
    assert place is not None
    where = "middle" if place.dot == 50 else "right" if place.dot > 50 else "left"
    assert where == side
    assert place.low <= place.dot <= place.high
