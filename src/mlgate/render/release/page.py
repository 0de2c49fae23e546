"""A release as GitHub Markdown: its steps, its files, and the comparison with what is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlgate.render.escape import cell, code, inline
from mlgate.render.markdown import render_summary
from mlgate.render.release.steps import answer_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.documents.release import Release

_MARKS: Final = {"pass": "✅", "warn": "⚠️", "fail": "❌"}


def render_page(release: Release) -> str:
    """Return the page of a release, for the summary of a job."""
    return "\n".join(_lines(release)).rstrip("\n") + "\n"


def _lines(release: Release) -> Iterator[str]:
    answer = answer_of(release)
    yield f"## Release {inline(release.name)} {inline(release.version)}: {inline(answer)}"
    yield ""
    yield "| | step | |"
    yield "|---|---|---|"
    for step in release.steps:
        fix = f" **Fix:** {cell(step.fix, limit=600)}" if step.fix else ""
        yield f"| {_MARKS[step.outcome]} | {step.name} | {cell(step.said, limit=800)}{fix} |"
    yield ""
    if release.models:
        yield from file_table(release)
    if release.report is not None:
        yield render_summary(release.report)


def file_table(release: Release) -> Iterator[str]:
    """Yield a table of the model files."""
    yield "| model file | format | bytes | SHA-256 |"
    yield "|---|---|---:|---|"
    for file in release.models:
        size = "" if file.size is None else f"{file.size:,}".replace(",", " ")
        digest = code(file.sha256.removeprefix("sha256:"), in_table=True)
        path = code(file.path, in_table=True, limit=120)
        yield f"| {path} | {cell(file.format)} | {size} | {digest} |"
    yield ""
