"""Pictures and tables of what predictions say row by row, for the HTML page and the comment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.render.escape import cell
from mlgate.render.numbers import count
from mlgate.render.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgate.documents.comparison import (
        Comparison,
        Confusion,
        Curve,
        DiscoveredSlice,
        FlippedRow,
        Flips,
    )
    from mlgate.documents.report import Report

SIDE: Final = 200
"""Width and height of a picture, in units of its own."""

_TITLES: Final = {
    "roc": ("ROC curve", "false positive rate", "true positive rate"),
    "precision-recall": ("Precision and recall", "recall", "precision"),
    "calibration": ("Calibration", "mean score", "share of positives"),
    "residuals": ("Residuals", "prediction − label", "share of rows"),
}


class Picture(NamedTuple):
    """Two lines on one pair of axes: lists of points as SVG wants them."""

    title: str
    across: str
    up: str
    base: str
    head: str
    diagonal: bool
    ends: tuple[str, str]


class Card(NamedTuple):
    """Everything that the page shows of the rows of one model."""

    model: str
    rows: str
    flipped: str
    pictures: Sequence[Picture]
    matrix: Sequence[Sequence[str]]
    wrong: Sequence[FlippedRow]
    right: Sequence[FlippedRow]
    classes: bool
    discovered: Sequence[tuple[str, str, str, str]]
    searched: str


def cards(report: Report) -> list[Card]:
    """Return one card a model that has predictions."""
    return [_card(one) for one in report.comparisons if one.rows is not None]


def _card(comparison: Comparison) -> Card:
    rows = comparison.rows
    if rows is None:  # pragma: no cover - cards() asks for no other
        raise ValueError("there are no rows")
    flips = rows.flips
    return Card(
        model=comparison.model,
        rows=plural(rows.rows, "row"),
        flipped=flipped(flips) if flips else "",
        pictures=[drawn for curve in rows.curves if (drawn := _picture(curve)) is not None],
        matrix=_matrix(rows.confusion) if rows.confusion else (),
        wrong=flips.wrong if flips else (),
        right=flips.right if flips else (),
        discovered=[_found(one) for one in rows.discovered],
        searched=plural(rows.searched, "slice") if rows.searched else "",
        classes=flips is not None and any(row.label for row in (*flips.wrong, *flips.right)),
    )


def flipped(flips: Flips) -> str:
    """Return how many rows flipped which way.

    >>> from mlgate.documents.comparison import Flips
    >>> flipped(Flips(newly_wrong=1, newly_right=0))
    '1 row newly wrong, 0 newly right'
    """
    return f"{plural(flips.newly_wrong, 'row')} newly wrong, {count(flips.newly_right)} newly right"


def flip_table(flips: Flips, rows: int) -> str:
    """Return the named rows as a Markdown table, newly wrong ones first."""
    shown = [("newly wrong", row) for row in flips.wrong]
    shown += [("newly right", row) for row in flips.right]
    samples = any(row.label for _, row in shown)
    heading = ["| | Row |", "|:--|:--|"]
    if samples:
        heading = ["| | Row | Label | Baseline | Head |", "|:--|:--|:--|:--|:--|"]
    lines = []
    for what, row in shown[:rows]:
        values = [row.label, row.base, row.head] if samples else []
        cells = [what, cell(row.id, limit=80), *(cell(text, limit=40) for text in values)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*heading, *lines])


def slice_table(found: Sequence[DiscoveredSlice]) -> str:
    """Return discovered slices as a Markdown table."""
    lines = ["| Slice | Rows | Baseline → head | p |", "|:--|--:|--:|--:|"]
    for name, rows, moved, p in map(_found, found):
        lines.append(f"| {cell(name, limit=120)} | {rows} | {moved} | {p} |")
    return "\n".join(lines)


def _found(one: DiscoveredSlice) -> tuple[str, str, str, str]:
    moved = f"{one.base:.4g} → {one.head:.4g}"
    return one.name, count(one.rows), moved, "< 0.001" if one.p < 0.001 else f"{one.p:.3f}"  # noqa: PLR2004


def _picture(curve: Curve) -> Picture | None:
    title, across, up = _TITLES[curve.name]
    everything = [*curve.base, *curve.head]
    if not curve.head or not all(math.isfinite(v) for point in everything for v in point):
        return None
    unit = curve.name != "residuals"
    xs = [x for x, _ in everything]
    low, high = (0.0, 1.0) if unit else (min(xs), max(xs))
    top = 1.0 if unit else max(y for _, y in everything)
    base, head = (" ".join(_places(points, low, high, top)) for points in (curve.base, curve.head))
    ends = (f"{low:.3g}".replace("-", "−"), f"{high:.3g}".replace("-", "−"))
    diagonal = curve.name in {"roc", "calibration"}
    return Picture(title, across, up, base, head, diagonal, ends)


def _places(
    points: Sequence[tuple[float, float]], low: float, high: float, top: float
) -> Iterator[str]:
    for x, y in points:
        across = (x - low) / (high - low) if high > low else 0.5
        up = y / top if top > 0 else 0.0
        left = round(SIDE * min(max(across, 0.0), 1.0), 1)
        down = round(SIDE * (1 - min(max(up, 0.0), 1.0)), 1)
        yield f"{left:g},{down:g}"


def _matrix(confusion: Confusion) -> list[list[str]]:
    """Return a heading of predicted classes, then a row a true class: before → now."""
    found = [["", *confusion.labels]]
    for place, (label, now) in enumerate(zip(confusion.labels, confusion.head, strict=False)):
        before = confusion.base[place] if place < len(confusion.base) else ()
        cells = [
            f"{_amount(before[i])} → {_amount(n)}"
            if i < len(before) and before[i] != n
            else _amount(n)
            for i, n in enumerate(now)
        ]
        found.append([label, *cells])
    return found


def _amount(value: float) -> str:
    return count(int(value)) if value == int(value) else f"{value:.1f}"
