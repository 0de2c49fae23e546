"""The collapsed parts below a verdict: metrics, slices, checks, sources, what changed."""

from __future__ import annotations

import html as _html
from typing import TYPE_CHECKING, NamedTuple

from mlgate.render import outline, training, words
from mlgate.render.blocks import Block
from mlgate.render.escape import cell, code, inline, link, visible
from mlgate.render.numbers import count
from mlgate.render.row_pictures import flip_table, flipped, slice_table
from mlgate.render.tables import file_table, grouped, lines, parameter_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgate.documents.comparison import TrainingChange
    from mlgate.documents.report import Report
    from mlgate.documents.verdict import Judgement


class Section(NamedTuple):
    """One part: a summary in HTML that is already inert, a body in Markdown."""

    summary: str
    body: str
    priority: int


def html(text: str) -> str:
    """Return foreign text as one HTML code element that GitHub leaves alone."""
    shown = _html.escape(visible(text, limit=100)).translate(_MARKDOWN)
    return f"<code>{shown}</code>"


_MARKDOWN = str.maketrans({mark: f"&#{ord(mark)};" for mark in "\\`*_[]!|~:@#"})


def details(summary: str, body: str, *, priority: int, opened: bool = False) -> Block:
    """Return a collapsed block with the blank lines that GitHub needs to read its Markdown."""
    mark = " open" if opened else ""
    text = f"<details{mark}><summary>{summary}</summary>\n\n{body}\n\n</details>"
    return Block(text, priority)


def collapsed(report: Report, rows: int) -> list[Block]:
    """Return the parts as collapsed blocks; a passing report has a single one."""
    parts = [*_sections(report, rows)]
    if words.tone(report.verdict) != "good":
        return [details(part.summary, part.body, priority=part.priority) for part in parts]
    if not parts:
        return []
    body = "\n\n".join(f"{part.summary}\n\n{part.body}" for part in parts)
    summary = f"All results: {words.plural(len(outline.judgements(report)), 'row')}"
    return [details(" · ".join([summary, *outline.changes(report)]), body, priority=5)]


def _sections(report: Report, rows: int) -> Iterator[Section]:
    found = outline.worst_first(outline.judgements(report))
    metrics = [j for j in found if j.metric and not j.metric.slice]
    slices = [j for j in found if j.metric and j.metric.slice]
    checks = [j for j in found if j.kind == "check"]
    other = [j for j in found if not j.metric and j.kind != "check"]
    many = len(outline.models(report)) > 1
    if many or words.tone(report.verdict) == "good" or len(metrics) > len(outline.leading(found)):
        yield from _judged(report, "📊 <b>Metrics</b>", metrics, (rows, 5))
    yield from _judged(report, "🔪 <b>Slices</b>", slices, (rows, 4))
    yield from _judged(report, "🧪 <b>Checks</b>", checks, (rows, 3))
    yield from _trained(report, rows)
    yield from _flipped(report, rows)
    yield from _discovered(report)
    sources = [j for j in other if j.kind == "source"]
    if sources:
        summary = f"📄 <b>Sources</b>: {words.plural(len(sources), 'problem')}"
        yield Section(summary, _sources(report, sources, rows), 2)
    changed = _changed(report, rows)
    if changed:
        said = " · ".join(outline.changes(report))
        yield Section(f"🔍 <b>What changed</b>: {said}", changed, 2)
    notes = _notes(report)
    if notes:
        said = words.plural(len(notes), "note")
        listed = _more(report, [f"- {inline(n)}" for n in notes[:rows]], len(notes) - rows)
        yield Section(f"🗒️ <b>{said}</b>", listed, 3)


def _trained(report: Report, rows: int) -> Iterator[Section]:
    """Yield what training took, per model that `mlgate train` has seen."""
    for comparison in report.comparisons:
        change = comparison.training
        if change is None:
            continue
        named = f" · {html(comparison.model)}" if len(outline.models(report)) > 1 else ""
        summary = f"🏋️ <b>Training</b>{named}: {training.summary(change)}"
        yield Section(summary, _training(report, change, rows), 3)


def _training(report: Report, change: TrainingChange, rows: int) -> str:
    base, head = cell(report.base_name, limit=40), cell(report.head_name, limit=40)
    found = [list(cost) for cost in training.costs(change)]
    parts = [lines(["", base, head, "Δ"], "lrrr", found)] if found else []
    remarks = [f"- {inline(text)}" for text in training.remarks(change)]
    parts += ["\n".join(remarks)] if remarks else []
    moved = training.moved(change)
    if moved:
        body = [[cell(text, limit=80) for text in row] for row in moved[:rows]]
        table = lines(["Environment", base, head], "lll", body)
        parts.append(_more(report, [table], len(moved) - rows))
    traces = training.traces(change.head)[:rows]
    if traces:
        body = [[cell(t.name, limit=80), t.spark, cell(t.ends, limit=80)] for t in traces]
        parts.append(lines(["Log", "", "first → last"], "lll", body))
    return "\n\n".join(parts)


def _flipped(report: Report, rows: int) -> Iterator[Section]:
    """Yield the rows that one of the two models gets right, per model."""
    for comparison in report.comparisons:
        flips = comparison.rows.flips if comparison.rows else None
        if flips is None or not (flips.wrong or flips.right):
            continue
        named = f" · {html(comparison.model)}" if len(outline.models(report)) > 1 else ""
        summary = f"🔁 <b>What flipped</b>{named}: {flipped(flips)}"
        hidden = flips.newly_wrong + flips.newly_right - min(rows, len(flips.wrong + flips.right))
        yield Section(summary, _more(report, [flip_table(flips, rows)], hidden), 3)


def _discovered(report: Report) -> Iterator[Section]:
    """Yield the slices where the model got worse and nobody had asked."""
    for comparison in report.comparisons:
        found = comparison.rows.discovered if comparison.rows else ()
        if comparison.rows is not None and found:
            searched = words.plural(comparison.rows.searched, "slice")
            summary = f"🔎 <b>Worse in</b>: {len(found)} of {searched} looked at, not judged"
            yield Section(summary, slice_table(found), 3)


def _judged(
    report: Report, label: str, found: Sequence[Judgement], limits: tuple[int, int]
) -> Iterator[Section]:
    rows, priority = limits
    if not found:
        return
    better = sum(j.outcome == "improved" for j in found)
    parts = [count(len(found))]
    bad = sum(j.effect == "fail" for j in found)
    warned = sum(j.effect == "warn" for j in found)
    parts += [f"{count(bad)} failed"] if bad else []
    parts += [words.plural(warned, "warning")] if warned else []
    parts += [f"{count(better)} better"] if better else []
    body = _more(report, [grouped(report, found, rows)], len(found) - rows)
    yield Section(f"{label}: {', '.join(parts)}", body, priority)


def _more(report: Report, texts: Sequence[str], hidden: int) -> str:
    if hidden <= 0:
        return "\n".join(texts)
    full = link("full report", report.links.report)
    return "\n".join([*texts, "", f"… and {count(hidden)} more, in the {full}."])


def _sources(report: Report, found: Sequence[Judgement], rows: int) -> str:
    listed = [
        f"- {inline(j.sentence)}" + (f" — {inline(j.advice)}" if j.advice else "")
        for j in found[:rows]
    ]
    return _more(report, listed, len(found) - rows)


def _changed(report: Report, rows: int) -> str:
    parameters = [(c.model, p) for c in report.comparisons for p in c.parameters]
    files = [(c.model, f) for c in report.comparisons for f in c.files]
    parts = []
    if parameters:
        table = parameter_table(report, parameters[:rows])
        parts.append(_more(report, [table], len(parameters) - rows))
    if files:
        parts.append(_more(report, [file_table(report, files[:rows])], len(files) - rows))
    if report.code and report.code.files:
        parts.append(_code(report, rows))
    return "\n\n".join(parts)


def _code(report: Report, rows: int) -> str:
    if report.code is None:
        return ""
    total = f"Code: {words.plural(report.code.files, 'file')}, "
    total += f"+{count(report.code.added)} −{count(report.code.removed)} lines"
    shown = report.code.paths[: min(rows, 20)]
    paths = ", ".join(code(path, limit=120) for path in shown)
    hidden = report.code.files - len(shown)
    more = f" and {count(hidden)} more" if hidden > 0 and paths else ""
    return f"{total}: {paths}{more}" if paths else total


def _notes(report: Report) -> list[str]:
    return list(dict.fromkeys(note for c in report.comparisons for note in c.notes))
