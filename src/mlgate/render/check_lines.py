"""Results of checks for a terminal or a plain log: one line a check, details where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlgate.ci.commands import log_safe_lines
from mlgate.render import words
from mlgate.render.columns import columns
from mlgate.render.escape import visible
from mlgate.render.numbers import count
from mlgate.render.outline import by_model
from mlgate.render.terminal import clipped, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgate.documents.verdict import Judgement

_MARKS: Final = {"fail": ("FAIL", "1;31"), "warn": ("warn", "1;33"), "pass": ("ok", "32")}
_ORDER: Final = ("pass", "warn", "fail")
_MOST_DETAILS: Final = 8
_LONGEST_ID: Final = 40


def render_checks(found: Sequence[Judgement], *, width: int = 100, color: bool = False) -> str:
    """Return the lines; what fails comes last, where somebody at a terminal looks."""
    lines: list[str] = []
    groups = by_model(found)
    for model, judgements in groups.items():
        if len(groups) > 1:
            lines += [f"{visible(model, limit=80)}:"]
        longest = max((len(j.subject) for j in judgements), default=0)
        ids = min(longest, _LONGEST_ID)
        for judgement in sorted(judgements, key=lambda j: _ORDER.index(j.effect)):
            lines += _lines(judgement, ids, width, color=color)
    return "\n".join([*lines, "", tally(found)]) + "\n"


def tally(found: Sequence[Judgement]) -> str:
    """Return how many checks went which way.

    >>> tally([])
    'No check ran.'
    """
    if not found:
        return "No check ran."
    kinds = [(sum(j.effect == effect for j in found), effect) for effect in ("fail", "warn")]
    said = {"fail": "failed", "warn": "with a warning"}
    parts = [f"{count(number)} {said[effect]}" for number, effect in kinds if number]
    total = words.plural(len(found), "check")
    return f"{total}: {', '.join(parts)}." if parts else f"{total}, all passed."


def _lines(judgement: Judgement, ids: int, width: int, *, color: bool) -> Iterator[str]:
    mark, codes = _MARKS[judgement.effect]
    painted = f"\x1b[{codes}m{mark}\x1b[0m" if color else mark
    name = clipped(visible(judgement.subject, limit=200), ids)
    indent = 6 + ids + 2
    room = max(width - indent, 30)
    sentence = visible(judgement.sentence, limit=1000)
    limit = visible(judgement.limit, limit=40)
    if (
        judgement.effect != "pass"
        and limit
        and limit not in sentence
        and judgement.outcome in {"fail", "worse"}
    ):
        sentence = f"{sentence} Allowed: {limit}."
    shown = wrapped(sentence, room) if judgement.effect != "pass" else [clipped(sentence, room)]
    first, *rest = [log_safe_lines(line) for line in shown]
    yield f"{painted}{' ' * (6 - len(mark))}{name}{' ' * (ids - columns(name) + 2)}{first}"
    yield from (" " * indent + line for line in rest)
    if judgement.effect != "pass":
        yield from (" " * indent + line for line in _details(judgement, room))


def _details(judgement: Judgement, width: int) -> Iterator[str]:
    table = judgement.check.table if judgement.check else ()
    if len(table) < 3:  # noqa: PLR2004 - a heading and one row say what the sentence says
        return
    shown = [[visible(cell, limit=60) for cell in row] for row in table[: _MOST_DETAILS + 1]]
    widths = [max(columns(row[i]) for row in shown) for i in range(len(shown[0]))]
    for row in shown:
        cells = (cell + " " * (w - columns(cell)) for cell, w in zip(row, widths, strict=True))
        yield log_safe_lines(clipped("  ".join(cells).rstrip(), width))
    if len(table) - 1 > _MOST_DETAILS:
        yield f"… and {count(len(table) - 1 - _MOST_DETAILS)} more in the report"
