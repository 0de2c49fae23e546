"""GitHub Markdown: pull-request comment, job summary, check run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.render import outline, provenance, sections, words
from mlgate.render.blocks import Block, Budget, fit
from mlgate.render.escape import cell, code, inline, link, shortened, spliced, visible
from mlgate.render.numbers import count
from mlgate.render.tables import judgement_table, limit, lines, names_of, sides, unbroken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgate.documents.report import Report
    from mlgate.documents.verdict import Judgement
    from mlgate.render.words import Tone

CHECK_CHARACTERS: Final = 65_535
_ALERTS: Final[Mapping[Tone, str]] = {
    "bad": "CAUTION",
    "doubt": "WARNING",
    "good": "TIP",
    "calm": "NOTE",
}
_FAILING_ROWS: Final = 10


class CheckOutput(NamedTuple):
    """What a GitHub check run shows."""

    title: str
    summary: str
    text: str


def render_comment(report: Report, *, limit_chars: int = 64_000, limit_bytes: int = 250_000) -> str:
    """Return the pull-request comment without its marker line, within both limits."""
    return fit(
        lambda rows: [*_face(report, rows), *_rest(report, min(rows, 100))],
        Budget(limit_chars, limit_bytes),
        omitted=_omitted(report),
    )


def render_summary(report: Report, *, limit_bytes: int = 1_000_000) -> str:
    """Return the job summary: the comment with longer tables."""
    return fit(
        lambda rows: [*_face(report, rows), *_rest(report, rows)],
        Budget(limit_bytes, limit_bytes),
        omitted=_omitted(report),
    )


def render_check(report: Report) -> CheckOutput:
    """Return title, summary and text of a check run, each within GitHub's limits."""
    budget = Budget(CHECK_CHARACTERS, CHECK_CHARACTERS)
    worst = outline.offender(report)
    title = words.title(report).removeprefix("Model gate ")
    said = worst.sentence if worst else report.verdict.headline
    summary = fit(
        lambda rows: [*_face(report, rows), *_foot(report)], budget, omitted=_omitted(report)
    )
    text = fit(
        lambda rows: sections.collapsed(report, min(rows, 300)), budget, omitted=_omitted(report)
    )
    full = visible(f"{title[:1].upper()}{title[1:]}: {said}", limit=250)
    return CheckOutput(shortened(full, 250), summary, text)


def _face(report: Report, rows: int) -> list[Block]:
    """Return what always stays: the verdict and the rows behind it."""
    blocks = [Block(_alert(report))]
    found = outline.judgements(report)
    if len(outline.models(report)) > 1:
        return [*blocks, *_fleet(report, rows)]
    if words.tone(report.verdict) == "good":
        return blocks
    leading = outline.leading(found, failing=min(rows, _FAILING_ROWS))
    if leading:
        blocks.append(Block(judgement_table(report, leading)))
    more = sum(j.effect == "fail" for j in found) - sum(j.effect == "fail" for j in leading)
    if more > 0:
        blocks.append(Block(f"… and {count(more)} more that fail, in the {_full(report)}."))
    return blocks


def _rest(report: Report, rows: int) -> list[Block]:
    return [*sections.collapsed(report, rows), *_foot(report)]


def _foot(report: Report) -> list[Block]:
    return [Block(_merge(report), 1), Block(_provenance(report))]


def _alert(report: Report) -> str:
    """Return the verdict in one sentence inside a GitHub alert."""
    kind = _ALERTS[words.tone(report.verdict)]
    title = f"**{words.title(report)} — {_whose(report)}:**"
    parts = [_headline(report)]
    if words.tone(report.verdict) != "good":
        parts.append(f"{words.tally(outline.judgements(report))}.")
    if report.verdict.observe:
        parts.append("Nothing is blocked: `mode: observe`.")
    if report.verdict.policy.note:
        parts.append(inline(report.verdict.policy.note, limit=400))
    return f"> [!{kind}]\n> {title} {' '.join(p for p in parts if p)}"


def _whose(report: Report) -> str:
    models = outline.models(report)
    if len(models) == 1:
        return code(models[0], limit=80)
    return f"{count(len(models))} models" if models else code(report.key, limit=80)


def _headline(report: Report) -> str:
    """Return the headline; the metric it names is set as code."""
    said = report.verdict.headline
    worst = outline.offender(report)
    subject = worst.metric.title if worst and worst.metric else ""
    before, found, after = said.partition(subject) if subject else (said, "", "")
    if not found:
        return inline(said)
    return spliced([inline(before), code(subject, limit=120), _after(after)])


def _after(text: str) -> str:
    shown = inline(text)
    return f" {shown}" if text[:1].isspace() else shown


def _fleet(report: Report, rows: int) -> list[Block]:
    """Return one row per model, then the rows of each model that does not pass."""
    groups = outline.by_model(outline.judgements(report))
    names = outline.models(report)
    ranked = sorted(names, key=lambda n: outline.severity(groups.get(n, [])))
    shown = ranked[:rows]
    blocks = []
    if "" in groups:
        blocks.append(Block(judgement_table(report, outline.leading(groups[""]))))
    blocks.append(Block(_fleet_table(report, shown, groups)))
    if len(ranked) > len(shown):
        more = f"… and {count(len(ranked) - len(shown))} more models, in the {_full(report)}."
        blocks.append(Block(more))
    blocks += [
        _model_block(report, name, groups[name])
        for name in shown
        if any(j.effect != "pass" for j in groups.get(name, []))
    ]
    return blocks


def _fleet_table(
    report: Report, names: Sequence[str], groups: Mapping[str, Sequence[Judgement]]
) -> str:
    columns = names_of(report)
    header = ["", "Model", "Metric", columns.sides, columns.change, "Limit"]
    return lines(header, "cllrrr", [_model_row(name, groups.get(name, ())) for name in names])


def _model_row(name: str, found: Sequence[Judgement]) -> list[str]:
    label = code(name, in_table=True, limit=60)
    first = outline.rows(outline.leading(found, most=1, failing=1))
    if not first:
        return ["❌" if not found else "✅", label, "no evidence" if not found else "", "", "", ""]
    row = first[0]
    what = cell(row.name) if row.judgement.metric else inline(row.judgement.sentence, limit=100)
    part = f" · {code(row.slice, in_table=True, limit=60)}" if row.slice else ""
    status = f"{label} <sub>{row.word}</sub>"
    return [row.icon, status, f"{what}{part}", sides(row), unbroken(row.figures.change), limit(row)]


def _model_block(report: Report, name: str, found: Sequence[Judgement]) -> Block:
    icon = words.worst_icon(found)
    summary = f"{icon} <b>{sections.html(name)}</b>: {words.tally(found)}"
    table = judgement_table(report, outline.leading(found, failing=_FAILING_ROWS))
    bad = any(j.effect == "fail" for j in found)
    return sections.details(summary, table, priority=1, opened=bad)


def _merge(report: Report) -> str:
    """Return how to get this merged; empty when nothing stands in the way."""
    if not report.verdict.blocks:
        return ""
    would = "**Before this can block:**" if report.verdict.observe else "**To merge:**"
    advice = outline.advice(report)
    if not advice:
        return f"{would} bring what fails back within its limit, and push again."
    if len(advice) == 1:
        return f"{would} {inline(advice[0], limit=400)}"
    return "\n".join([would, "", *(f"- {inline(a, limit=400)}" for a in advice)])


def _provenance(report: Report) -> str:
    run = report.run
    url = report.links.run or (run.url if run else "")
    number = f" {cell(run.id, limit=30)}" if run and run.id else ""
    parts = [
        link("Full report", report.links.report) if report.links.report else "",
        link(f"run{number}", url) if url else "",
        inline(provenance.commits(report), limit=160),
        inline(provenance.baseline(report), limit=300),
        inline(provenance.policy(report), limit=200),
        provenance.uncertainty(report),
        f"mlgate {inline(report.version, limit=40)}" if report.version else "",
    ]
    return f"<sub>{' · '.join(p for p in parts if p)}</sub>"


def _full(report: Report) -> str:
    return link("full report", report.links.report)


def _omitted(report: Report) -> str:
    return f"<sub>Shortened to fit; everything is in the {_full(report)}.</sub>"
