"""What a report shows and in which order; every rendering starts from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mlgate.documents.verdict import Judgement
from mlgate.render import words
from mlgate.render.numbers import Figures, figures, fixed, shortest, size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgate.documents.comparison import FileChange, MetricChange
    from mlgate.documents.report import Report


class Row(NamedTuple):
    """One judgement, ready for a table; the texts are foreign and not yet escaped."""

    icon: str
    word: str
    name: str
    slice: str
    source: str
    figures: Figures
    limit: str
    judgement: Judgement


def rows(found: Iterable[Judgement]) -> list[Row]:
    """Return table rows; the source is only named where the title alone is ambiguous."""
    chosen = list(found)
    sources: dict[tuple[str, str], set[str]] = {}
    for j in chosen:
        if j.metric:
            sources.setdefault((j.model, j.metric.title), set()).add(j.metric.source)
    twice = {title for title, paths in sources.items() if len(paths) > 1}
    return [_row(j, named=(j.model, j.metric.title if j.metric else "") in twice) for j in chosen]


def _row(judgement: Judgement, *, named: bool) -> Row:
    metric = judgement.metric
    return Row(
        icon=words.icon(judgement),
        word=words.word(judgement),
        name=metric.name if metric else judgement.subject,
        slice=metric.slice if metric else "",
        source=metric.source if metric and named else "",
        figures=_figures(judgement),
        limit=judgement.limit,
        judgement=judgement,
    )


def _figures(judgement: Judgement) -> Figures:
    if judgement.metric:
        return figures(judgement.metric, relative="%" in judgement.limit)
    if judgement.check and judgement.check.value is not None:
        value = judgement.check.value
        shown = f"{fixed(value * 100, 1)} %" if "%" in judgement.limit else shortest(value)
        return Figures("", shown, "")
    return Figures("", "", "")


def judgements(report: Report) -> tuple[Judgement, ...]:
    """Return all judgements, with one about changed rules where policy did not add it."""
    given = report.verdict.judgements
    policy = report.verdict.policy
    if not policy.changed or any(j.kind == "policy" for j in given):
        return given
    said = f"{policy.path or 'The policy'} is changed here; the rules of the baseline judge."
    return (
        *given,
        Judgement(
            subject=policy.path or "policy",
            kind="policy",
            outcome="unjudged",
            effect="warn",
            sentence=policy.note or said,
        ),
    )


def models(report: Report) -> list[str]:
    """Return all models: expected, compared or judged, in this order, each once."""
    named = [
        *report.expected,
        *(c.model for c in report.comparisons),
        *(j.model for j in report.verdict.judgements if j.model),
    ]
    return list(dict.fromkeys(named))


def by_model(chosen: Iterable[Judgement]) -> dict[str, list[Judgement]]:
    """Return judgements grouped by model; the empty name means the whole repository."""
    groups: dict[str, list[Judgement]] = {}
    for judgement in chosen:
        groups.setdefault(judgement.model, []).append(judgement)
    return groups


_WEIGHT = {"fail": 0, "warn": 1, "pass": 2}


def worst_first(chosen: Iterable[Judgement]) -> list[Judgement]:
    """Return failing, then warning, then guarded, then other judgements; stable otherwise."""
    return sorted(chosen, key=_weight)


def _weight(judgement: Judgement) -> tuple[int, bool, bool]:
    weight = _WEIGHT[judgement.effect]
    calm = weight == _WEIGHT["pass"]
    return weight, calm and judgement.outcome == "unjudged", calm and not judgement.rule


def severity(found: Iterable[Judgement]) -> int:
    """Return how bad the worst of ``found`` is, 0 for failing; nothing found is failing."""
    return min((_WEIGHT[j.effect] for j in found), default=0)


def leading(chosen: Iterable[Judgement], *, most: int = 6, failing: int = 10) -> list[Judgement]:
    """Return what a reader must see: failing, warning, then headline metrics.

    At most ``most`` of them, but up to ``failing`` that fail.
    """
    ranked = worst_first(chosen)
    bad = [j for j in ranked if j.effect == "fail"][:failing]
    warned = [j for j in ranked if j.effect == "warn"]
    headline = [
        j for j in ranked if j.effect == "pass" and j.kind == "metric" and _is_headline(j.metric)
    ]
    room = max(most - len(bad), 0)
    return bad + (warned + headline)[:room]


def _is_headline(metric: MetricChange | None) -> bool:
    return metric is not None and not metric.slice and metric.head is not None


def offender(report: Report) -> Judgement | None:
    """Return the judgement that matters most: the worst that fails, or else warns."""
    ranked = worst_first(judgements(report))
    return ranked[0] if ranked and ranked[0].effect != "pass" else None


def advice(report: Report, *, most: int = 3) -> list[str]:
    """Return what to do about what fails, each advice once, worst first."""
    failing = [j for j in worst_first(judgements(report)) if j.effect == "fail"]
    return list(dict.fromkeys(j.advice for j in failing if j.advice))[:most]


def changes(report: Report) -> list[str]:
    """Return what changed beside the metrics, in a few words each; none of it is foreign."""
    parts = []
    if report.code and report.code.files:
        code = report.code
        parts.append(f"code +{fixed(code.added, 0)} −{fixed(code.removed, 0)}")
    parameters = sum(len(c.parameters) for c in report.comparisons)
    if parameters:
        parts.append(words.plural(parameters, "parameter"))
    files = [f for c in report.comparisons for f in c.files]
    data = [f for f in files if kind_of(f) == "data"]
    trained = [f for f in files if kind_of(f) == "model"]
    if data:
        parts.append(words.plural(len(data), "data file"))
    if len(trained) == 1:
        parts.append(_model_size(trained[0]))
    elif trained:
        parts.append(words.plural(len(trained), "model file"))
    return parts


def kind_of(change: FileChange) -> str:
    """Return ``data`` or ``model``."""
    present = change.head or change.base
    return present.kind if present else "data"


def _model_size(change: FileChange) -> str:
    before = change.base.size if change.base else None
    after = change.head.size if change.head else None
    if before is None or after is None:
        return "1 model file"
    return f"model {size(after)}" if before == after else f"model {size(before)} → {size(after)}"
