"""Pictures of numbers: intervals drawn by the page itself, bars drawn by pygal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.render.escape import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from mlgate.documents.comparison import MetricChange
    from mlgate.documents.evidence import Distribution
    from mlgate.documents.verdict import Judgement

INSTALL: Final = "pip install 'mlgate[plots]'"
_LIMIT: Final = re.compile(
    r"[≥≤] ?(?P<sign>[+−-]?)(?P<number>[0-9.]{1,20}) ?(?P<percent>%?)( of the best)?"
)
_BARS: Final = 12
_OVERLAYS: Final = 12
_MARGIN: Final = 1.15


class Interval(NamedTuple):
    """Places from 0 (worse) over 50 (no change) to 100 (better)."""

    low: float
    high: float
    dot: float
    limit: float | None


def interval(judgement: Judgement) -> Interval | None:
    """Return where change, interval and limit of a metric lie on a line; better is right."""
    metric = judgement.metric
    if metric is None or metric.change is None:
        return None
    sign = -1 if metric.direction == "lower" else 1
    low = metric.interval.low if metric.interval else metric.change
    high = metric.interval.high if metric.interval else metric.change
    limit = _limit(judgement.limit, metric)
    reach = max(abs(v) for v in (low, high, metric.change, limit or 0.0)) * _MARGIN
    if not 0 < reach < float("inf"):
        return Interval(50.0, 50.0, 50.0, None)

    def place(value: float) -> float:
        return round(50 + 50 * sign * value / reach, 1)

    left, right = sorted((place(low), place(high)))
    return Interval(left, right, place(metric.change), None if limit is None else place(limit))


def _limit(text: str, metric: MetricChange) -> float | None:
    match = _LIMIT.fullmatch(text)
    if match is None:
        return None
    try:
        value = float(match["number"]) * (1 if match["sign"] in {"", "+"} else -1)
    except ValueError:
        return None
    return value / 100 * abs(metric.base or 0.0) if match["percent"] else value


class Bar(NamedTuple):
    """One bin: its left edge and width, both heights, and what it holds."""

    left: float
    width: float
    reference: float
    current: float
    name: str


class Overlay(NamedTuple):
    """Two distributions of one column on one axis, in a box of 300 by 72."""

    column: str
    bars: Sequence[Bar]
    first: str
    last: str


def overlays(judgement: Judgement) -> list[Overlay]:
    """Return the pictures of the columns that have drifted, worst first."""
    found = judgement.check.distributions if judgement.check else ()
    return [_overlay(distribution) for distribution in found[:_OVERLAYS] if distribution.bins]


def _overlay(distribution: Distribution) -> Overlay:
    sides = list(zip(distribution.reference, distribution.current, strict=False))
    highest = max((max(pair) for pair in sides), default=0.0) or 1.0
    width = 300 / max(len(sides), 1)
    bars = [
        Bar(
            left=round(index * width, 1),
            width=round(width - 1, 1),
            reference=round(before / highest * 70, 1),
            current=round(after / highest * 70, 1),
            name=f"{name}: {before:.1%} → {after:.1%}",
        )
        for index, (name, (before, after)) in enumerate(zip(distribution.bins, sides, strict=False))
    ]
    return Overlay(distribution.column, bars, distribution.bins[0], distribution.bins[-1])


def shares(judgements: Sequence[Judgement]) -> list[MetricChange]:
    """Return the first metrics that have both sides between 0 and 1, fit for one axis."""
    found = [
        j.metric
        for j in judgements
        if j.metric and _is_share(j.metric.base) and _is_share(j.metric.head)
    ]
    return found[:_BARS]


def _is_share(value: float | None) -> bool:
    return value is not None and 0 <= value <= 1


def installed() -> bool:
    """Tell whether the library for bars is there."""
    from importlib.util import find_spec  # noqa: PLC0415  # only a report with charts asks

    return find_spec("pygal") is not None


def _pygal() -> ModuleType:
    """Import pygal without what ``importlib-metadata``, which it brings, does to imports.

    That takes the finder of distributions away from the standard library and adds one of its own,
    which knows no ``find_spec``: Python 3.11 would warn at every later import.
    """
    import sys  # noqa: PLC0415
    from importlib.machinery import PathFinder  # noqa: PLC0415

    finders, of_distributions = list(sys.meta_path), vars(PathFinder).get("find_distributions")
    import pygal  # noqa: PLC0415  # an extra, and slow to import

    sys.meta_path[:] = finders
    if of_distributions is not None and "find_distributions" not in vars(PathFinder):
        PathFinder.find_distributions = of_distributions  # type: ignore[method-assign]
    return pygal  # type: ignore[no-any-return]


def bars(metrics: Sequence[MetricChange], names: tuple[str, str]) -> str:
    """Return old and new values as horizontal bars, as inline SVG; empty without metrics.

    Raises:
        ImportError: pygal is not installed.
    """
    if not metrics:
        return ""
    pygal = _pygal()
    from pygal.style import Style  # noqa: PLC0415

    style = Style(
        background="transparent", plot_background="transparent", colors=("#0969da", "#8c959f"),
        foreground="currentColor", foreground_strong="currentColor",
        foreground_subtle="#8c959f", opacity="1", opacity_hover="1", transition="0s",
        font_family="system-ui, sans-serif", label_font_size=12, major_label_font_size=12,
        legend_font_size=13, value_font_size=11,
    )  # fmt: skip
    chart = pygal.HorizontalBar(
        style=style, js=[], disable_xml_declaration=True, pretty_print=False,
        explicit_size=False, width=860, height=70 + 46 * len(metrics), range=(0, 1),
        legend_at_bottom=True, legend_at_bottom_columns=2, show_x_guides=True,
        show_y_guides=False, margin=8, truncate_label=-1, rounded_bars=2, spacing=12,
    )  # fmt: skip
    chart.uuid = "bars"  # random otherwise: the same report would give other bytes
    rows = list(reversed(metrics))
    chart.x_labels = [visible(m.title, limit=32) for m in rows]
    for name, values in ((names[1], [m.head for m in rows]), (names[0], [m.base for m in rows])):
        chart.add(visible(name, limit=30), values)
    return inert(chart.render(is_unicode=True))


_REMOTE: Final = re.compile(
    r"<script.*?</script>|<a\b[^>]*>|</a>|\s(?:xlink:)?href=\"[^\"]*\"|\son\w+=\"[^\"]*\"|"
    r"\sxmlns:xlink=\"[^\"]*\"|<!--.*?-->|@import[^;]*;|"
    r"<title>.*?</title>|<desc[^>]*>.*?</desc>",
    re.DOTALL | re.IGNORECASE,
)


def inert(svg: str) -> str:
    """Return ``svg`` of our own making without scripts, links, tooltips and comments."""
    return _REMOTE.sub("", svg).strip()
