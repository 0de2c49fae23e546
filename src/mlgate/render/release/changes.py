"""What changed since the release before: metrics first, then commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlgate.render.escape import cell, code, inline, link
from mlgate.render.numbers import figures
from mlgate.render.release.page import file_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.documents.verdict import Judgement
    from mlgate.render.release.sheet import Sheet

_MOST: Final = 100
MAX_NOTES: Final = 100_000
"""Characters; GitHub takes 125 000 in the body of a release."""
_WORDS: Final = {"improved": "better", "worse": "worse", "unproven": "worse, within noise"}


def render_changes(sheet: Sheet) -> str:
    """Return the changes, as the notes of a release show them."""
    return _cut("\n".join(_lines(sheet)).rstrip("\n") + "\n")


def _lines(sheet: Sheet) -> Iterator[str]:
    release = sheet.release
    since = f"since {inline(release.deployed)}" if release.deployed else "in the first release"
    yield f"## {inline(release.name)} {inline(release.version)}"
    yield ""
    report = release.report
    if report is not None:
        yield f"Gate: **{report.verdict.overall}**. {inline(report.verdict.headline)}"
        yield ""
    yield f"### Metrics {since}"
    yield ""
    yield from _metrics(sheet)
    yield "### Files"
    yield ""
    yield from file_table(release)
    if sheet.commits:
        yield f"### Commits {since}"
        yield ""
        yield from (f"- {inline(title, limit=200)}" for title in sheet.commits[:_MOST])
        if len(sheet.commits) > _MOST:
            yield f"- … and {len(sheet.commits) - _MOST} more"
        yield ""
    if sheet.page and release.tag:
        yield link("The measured commit", f"{sheet.page}/commit/{release.commit}")


def _metrics(sheet: Sheet) -> Iterator[str]:
    report = sheet.release.report
    outcomes: dict[tuple[str, str], Judgement] = {}
    for judgement in report.verdict.judgements if report else ():
        if judgement.metric is not None:
            key = (judgement.metric.source, judgement.metric.title)
            outcomes.setdefault(key, judgement)
    before = cell(sheet.release.deployed) or "before"
    yield f"| metric | {before} | {cell(sheet.release.version) or 'now'} | change | |"
    yield "|---|---:|---:|---:|---|"
    for metric in sheet.metrics[:_MOST]:
        shown = figures(metric)
        found = outcomes.get((metric.source, metric.title))
        word = _WORDS.get(found.outcome, found.outcome) if found else ""
        title = code(metric.title, in_table=True, limit=120)
        yield f"| {title} | {shown.base} | {shown.head} | {shown.change} | {word} |"
    if len(sheet.metrics) > _MOST:
        yield f"\n{len(sheet.metrics) - _MOST} more are in `evidence.json`."
    yield ""


def _cut(text: str) -> str:
    if len(text) <= MAX_NOTES:
        return text
    return f"{text[:MAX_NOTES]}\n\n… cut here; `release.json` has all of it.\n"
