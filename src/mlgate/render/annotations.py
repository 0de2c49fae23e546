"""Findings beside the files they come from, within what GitHub shows of one step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from mlgate.render import outline
from mlgate.render.escape import shortened, visible
from mlgate.render.numbers import count

if TYPE_CHECKING:
    from mlgate.documents.report import Report
    from mlgate.documents.verdict import Judgement

MOST: Final = 10
"""Errors, and likewise warnings, that GitHub shows of one step."""

_PLACE: Final = re.compile(r"(?P<file>[^:\n]{1,1024}):(?P<line>[1-9][0-9]{0,8})(:[0-9]+)?: ")


class Annotation(NamedTuple):
    """One message for GitHub; the caller turns it into a workflow command or a check run."""

    level: Literal["error", "warning"]
    title: str
    message: str
    file: str
    line: int


def annotate(report: Report) -> tuple[Annotation, ...]:
    """Return at most ten errors and ten warnings, worst first; the last says what is left out.

    An observed verdict gives warnings only.
    """
    found = outline.worst_first(outline.judgements(report))
    failing = [j for j in found if j.effect == "fail"]
    warned = [j for j in found if j.effect == "warn"]
    if report.verdict.observe:
        return tuple(_some("warning", [*failing, *warned]))
    return (*_some("error", failing), *_some("warning", warned))


def _some(level: Literal["error", "warning"], found: list[Judgement]) -> list[Annotation]:
    made = [_annotation(level, j) for j in found[:MOST]]
    hidden = len(found) - MOST
    if hidden > 0:
        message = f"{made[-1].message} (and {count(hidden)} more: see the report)"
        made[-1] = made[-1]._replace(message=message)
    return made


def _annotation(level: Literal["error", "warning"], judgement: Judgement) -> Annotation:
    model = f"{judgement.model}: " if judgement.model else ""
    said = f"{judgement.sentence} {judgement.advice}".strip()
    file, line = _place(judgement)
    return Annotation(
        level=level,
        title=_basic(f"mlgate {model}{judgement.subject}", limit=200),
        message=_basic(said or judgement.subject, limit=3000),
        file=file,
        line=line,
    )


def _place(judgement: Judgement) -> tuple[str, int]:
    if judgement.kind in {"source", "policy"}:
        match = _PLACE.search(judgement.sentence)
        if match and match["file"].endswith(judgement.subject):
            return judgement.subject, int(match["line"])
        return judgement.subject, 1
    return (judgement.metric.source, 1) if judgement.metric else ("", 0)


def _basic(text: str, *, limit: int) -> str:
    """Return ``text`` without characters beyond the first plane, which GitHub refuses here."""
    shown = visible(text, limit=limit)
    basic = "".join(c if c <= "\uffff" else f"⟨{ord(c):X}⟩" for c in shown)
    return shortened(basic, limit)
