"""The release tags of a repository, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.ci.commands import log_safe_lines
from mlgate.render.columns import columns
from mlgate.render.escape import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDEST = 60


def render_rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with aligned columns; empty cells are dashes."""
    shown = [list(head)]
    shown += [[visible(cell, limit=_WIDEST) if cell else "–" for cell in row] for row in rows]
    widths = [max(columns(row[at]) for row in shown) for at in range(len(head))]
    lines = []
    for row in shown:
        cells = (
            cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)
        )
        lines.append("  ".join(cells).rstrip())
    return log_safe_lines("\n".join(lines)) + "\n"
