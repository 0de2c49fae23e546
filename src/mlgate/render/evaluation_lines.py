"""Metrics of predictions for a terminal or a plain log."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from mlgate.ci.commands import log_safe_lines
from mlgate.render import words
from mlgate.render.columns import columns
from mlgate.render.escape import visible
from mlgate.render.numbers import NONE, alone, count, figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgate.documents.comparison import Comparison, MetricChange

MOST_SLICES: Final = 12
_ALONE: Final = ("metric", "value", "interval", "rows")
_PAIRED: Final = ("metric", "baseline", "head", "change", "p", "rows")


def render_evaluation(comparison: Comparison) -> str:
    """Return a table a slice, that of all rows first, and the notes."""
    metrics = [m for m in comparison.metrics if m.head is not None or m.head_problem]
    metrics.sort(key=lambda m: bool(_heading(m.slice)))
    paired = any(m.base is not None for m in metrics)
    lines: list[str] = []
    parts = groupby(metrics, key=lambda m: _heading(m.slice))
    for place, (part, group) in enumerate(parts):
        if place > MOST_SLICES:
            hidden = len({m.slice for m in metrics if _heading(m.slice)}) - MOST_SLICES
            lines += ["", f"… and {words.plural(hidden, 'slice')} more: --format json has them."]
            break
        rows = [_paired(m) if paired else _alone(m) for m in group]
        lines += ["", visible(part, limit=100)] if part else []
        lines += _aligned(_PAIRED if paired else _ALONE, rows)
    confidence = next((m.head_interval.confidence for m in metrics if m.head_interval), None)
    if confidence is not None:
        lines += ["", f"Intervals hold the true value in {confidence * 100:.4g} % of all cases."]
    reasons = dict.fromkeys(m.incomparable for m in metrics if m.incomparable)
    notes = [*(f"Not compared: {reason}." for reason in reasons), *comparison.notes]
    lines += ["", *(visible(note, limit=1000) for note in notes)] if notes else []
    return log_safe_lines("\n".join(lines).lstrip("\n")) + "\n"


def _heading(part: str) -> str:
    """Return the slice; parts of all rows, as those of one class, stand with all rows."""
    return "" if part.startswith(("class=", "quantile=", "by=")) else part


def _alone(metric: MetricChange) -> tuple[str, ...]:
    title = _title(metric)
    if metric.head is None:
        return title, NONE, visible(metric.head_problem, limit=200), ""
    return title, *alone(metric), _rows(metric)


def _paired(metric: MetricChange) -> tuple[str, ...]:
    title = _title(metric)
    if metric.head is None:
        return title, NONE, NONE, visible(metric.head_problem, limit=200), "", ""
    shown = figures(metric)
    p = metric.interval.p if metric.interval and not metric.incomparable else None
    change = "" if metric.incomparable else shown.change
    return title, shown.base, shown.head, change, "" if p is None else _p(p), _rows(metric)


def _title(metric: MetricChange) -> str:
    part = metric.slice if _heading(metric.slice) != metric.slice else ""
    return visible(f"{metric.name}[{part}]" if part else metric.name, limit=60)


def _rows(metric: MetricChange) -> str:
    return "" if metric.n is None else count(metric.n)


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"  # noqa: PLR2004


def _aligned(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    table = [heading, *rows]
    widths = [max(columns(row[place]) for row in table) for place in range(len(heading))]
    for row in table:
        first, *rest = (
            " " * (width - columns(text)) + text if place else text + " " * (width - columns(text))
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *rest]).rstrip()
