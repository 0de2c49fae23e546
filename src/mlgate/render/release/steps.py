"""A release with its steps, for a terminal or a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlgate.ci.commands import log_safe_lines
from mlgate.render.escape import visible
from mlgate.render.terminal import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.documents.release import Release, Step

_MARKS: Final = {"pass": "ok  ", "warn": "warn", "fail": "FAIL"}
_NAMES: Final = 9
_WIDTH: Final = 100
_INDENT: Final = " " * (2 + 4 + 2 + _NAMES + 1)


def render_release(release: Release) -> str:
    """Return a line for the release, and one for each step."""
    what = visible(f"{release.name} {release.version or 'unreleased'}", limit=200)
    place = f"{visible(release.tag, limit=200)}, " if release.tag else ""
    answer = answer_of(release)
    lines = [f"{what} ({place}{release.commit[:7]}): {visible(answer, limit=100)}"]
    for step in release.steps:
        lines += _lines(step)
    return log_safe_lines("\n".join(lines)) + "\n"


def answer_of(release: Release) -> str:
    """Return what became of a release, in a word or two."""
    return release.outcome or ("verified" if release.verified else "refused")


def _lines(step: Step) -> Iterator[str]:
    head = f"  {_MARKS[step.outcome]}  {step.name:<{_NAMES}} "
    said = wrapped(visible(step.said, limit=1200), _WIDTH - len(_INDENT))
    for number, line in enumerate(said):
        yield (head if number == 0 else _INDENT) + line
    if step.fix:
        fix = wrapped(f"fix: {visible(step.fix, limit=600)}", _WIDTH - len(_INDENT))
        yield from (f"{_INDENT}{line}" for line in fix)
