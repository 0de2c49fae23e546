"""The full report as one HTML page: no script, no network, readable in the dark and on paper."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mlgate.render import charts, numbers, outline, provenance, row_pictures, training, words
from mlgate.render.escape import address, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jinja2 import Template

    from mlgate.documents.comparison import Comparison
    from mlgate.documents.evidence import DataFile
    from mlgate.documents.report import Report
    from mlgate.documents.verdict import Judgement

MOST_ROWS: Final = 400
"""Judgements in all tables together; 400 of the longest stay under a megabyte."""

_MOST_CHANGES: Final = 150
_TABLE_ROWS: Final = 20


class Line(NamedTuple):
    """One judgement with its picture."""

    row: outline.Row
    interval: charts.Interval | None
    effect: str
    overlays: Sequence[charts.Overlay] = ()
    table: Sequence[Sequence[str]] = ()


class Group(NamedTuple):
    """One table: what it is about, how it went, its rows; urgent ones come before metrics."""

    title: str
    tally: str
    lines: Sequence[Line]
    urgent: bool = False


def render_html(report: Report) -> str:
    """Return the page; the same report gives the same bytes."""
    from markupsafe import Markup  # noqa: PLC0415  # not needed without HTML

    page = _template().render(**_context(report), bars=Markup(_bars(report)))  # noqa: S704  # drawn by us, see charts.inert
    return page.rstrip("\n") + "\n"


@functools.cache
def _template() -> Template:
    from importlib.resources import files  # noqa: PLC0415  # not needed without HTML

    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        shown=visible, size=numbers.size, count=numbers.count, facts=_facts, parts=_parts
    )
    source = files("mlgate.render").joinpath("templates/report.html.j2").read_text("utf-8")
    return environment.from_string(source)


def _context(report: Report) -> dict[str, Any]:
    found = outline.worst_first(outline.judgements(report))
    shown = found[:MOST_ROWS]
    parameters = [(c.model, p) for c in report.comparisons for p in c.parameters]
    files = [(c.model, f) for c in report.comparisons for f in c.files]
    notes = [note for c in report.comparisons for note in c.notes]
    return {
        "report": report,
        "verdict": report.verdict,
        "tone": words.tone(report.verdict),
        "title": words.title(report),
        "models": outline.models(report),
        "compared": report.baseline.found != "none",
        "counts": _counts(found),
        "groups": _groups(shown),
        "findings": _findings(shown),
        "hidden": len(found) - len(shown),
        "cards": row_pictures.cards(report),
        "trainings": [_training(c) for c in report.comparisons if c.training is not None],
        "parameters": parameters[:_MOST_CHANGES],
        "files": files[:_MOST_CHANGES],
        "more_parameters": max(len(parameters) - _MOST_CHANGES, 0),
        "more_files": max(len(files) - _MOST_CHANGES, 0),
        "notes": list(dict.fromkeys(notes))[:100],
        "advice": outline.advice(report, most=5),
        "changes": outline.changes(report),
        "links": _links(report),
        "facts_of": _provenance(report),
        "install": "" if charts.installed() else charts.INSTALL,
    }


def _training(comparison: Comparison) -> dict[str, Any]:
    """Return what the page shows of one training."""
    change = comparison.training
    if change is None:  # pragma: no cover - _context asks for no other
        raise ValueError("there is no training")
    return {
        "model": comparison.model,
        "summary": training.summary(change),
        "costs": training.costs(change),
        "remarks": training.remarks(change),
        "moved": training.moved(change)[:_MOST_CHANGES],
        "traces": training.traces(change.head),
    }


def _counts(found: Sequence[Judgement]) -> list[tuple[str, str, int]]:
    """Return how many judgements had which effect, as class, word and number."""
    better = sum(j.outcome == "improved" for j in found)
    rest = sum(j.effect == "pass" for j in found) - better
    failed, warned = (sum(j.effect == e for j in found) for e in ("fail", "warn"))
    every = (
        ("fail", "failed", failed),
        ("warn", "with a warning", warned),
        ("better", "better", better),
        ("pass", "fine or without a rule", rest),
    )
    return [entry for entry in every if entry[2]]


def _groups(found: Sequence[Judgement]) -> list[Group]:
    """Return one table of metrics per model, worst first."""
    groups = outline.by_model(j for j in found if j.metric)
    return [Group(model, words.tally(js), _lines(js)) for model, js in groups.items()]


def _findings(found: Sequence[Judgement]) -> list[Group]:
    """Return tables of what is no metric: checks, sources, baseline, policy."""
    names = {"check": "Checks", "source": "Sources with problems"}
    groups: dict[str, list[Judgement]] = {}
    for judgement in found:
        if judgement.metric is None:
            groups.setdefault(names.get(judgement.kind, "The gate itself"), []).append(judgement)
    return [
        Group(title, words.tally(js), _lines(js), any(j.effect == "fail" for j in js))
        for title, js in groups.items()
    ]


def _lines(found: Iterable[Judgement]) -> list[Line]:
    return [
        Line(
            row,
            charts.interval(row.judgement),
            _effect(row.judgement),
            charts.overlays(row.judgement),
            _table(row.judgement),
        )
        for row in outline.rows(found)
    ]


def _table(judgement: Judgement) -> Sequence[Sequence[str]]:
    """Return what a check measured, where it does not simply pass."""
    check = judgement.check
    if check is None or judgement.effect == "pass" or len(check.table) < 3:  # noqa: PLR2004
        return ()
    return check.table[: _TABLE_ROWS + 1]


def _effect(judgement: Judgement) -> str:
    return "better" if judgement.outcome == "improved" else judgement.effect


def _bars(report: Report) -> str:
    if not charts.installed():
        return ""
    metrics = charts.shares(outline.worst_first(report.verdict.judgements))
    return charts.bars(metrics, (report.base_name, report.head_name))


def _links(report: Report) -> list[tuple[str, str]]:
    links = report.links
    run = links.run or (report.run.url if report.run else "")
    named = (
        ("Pull request", links.pull_request),
        ("Run", run),
        ("Repository", links.repository),
    )
    return [(name, address(url)) for name, url in named if address(url)]


def _provenance(report: Report) -> list[tuple[str, str]]:
    return [
        ("Commits", provenance.commits(report)),
        ("Baseline", provenance.baseline(report)),
        ("Rules", provenance.policy(report)),
        ("Chance", provenance.uncertainty(report)),
        ("Judged by", f"mlgate {report.version}".strip()),
    ]


def _facts(file: DataFile | None) -> str:
    """Return size, rows and file count of a data or model file."""
    return numbers.NONE if file is None else words.facts(file) or visible(file.digest[:20])


def _parts(text: str) -> list[tuple[bool, str]]:
    """Split a sentence at backticks: pairs of "is code" and text.

    >>> _parts("set `a: 1` here")
    [(False, 'set '), (True, 'a: 1'), (False, ' here')]
    """
    shown = visible(text, limit=500)
    pieces = shown.split("`")
    if len(pieces) % 2 == 0:
        return [(False, shown)]
    return [(index % 2 == 1, piece) for index, piece in enumerate(pieces) if piece]
