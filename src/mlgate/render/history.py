"""How metrics went, for a terminal: a line of blocks for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.ci.commands import log_safe_lines
from mlgate.render.columns import columns
from mlgate.render.escape import visible
from mlgate.render.numbers import shortest
from mlgate.render.training import sparkline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgate.documents.history import Point


def render_history(points: Iterable[Point]) -> str:
    """Return a row for each metric: its way, first, last, smallest and largest value."""
    series: dict[tuple[str, str, str, str], list[Point]] = {}
    for point in points:
        key = (point.model, point.metric, point.slice, point.source)
        series.setdefault(key, []).append(point)
    many = len({model for model, *_ in series}) > 1
    rows = [["metric", "", "first", "last", "min", "max", "values", "since"]]
    for (model, metric, part, _), found in series.items():
        values = [point.value for point in found if point.value is not None]
        if not values:
            continue
        name = f"{model} · {metric}" if many else metric
        name += f" [{part}]" if part else ""
        numbers = (values[0], values[-1], min(values), max(values))
        rows.append(
            [
                visible(name, limit=50),
                sparkline(values, 40),
                *(shortest(value) for value in numbers),
                str(len(values)),
                f"{found[0].date[:10]} {found[0].commit[:7]}",
            ]
        )
    widths = [max(columns(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True))
             for row in rows]  # fmt: skip
    return log_safe_lines("\n".join(line.rstrip() for line in lines)) + "\n"


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - columns(cell))
