"""Icons and words for what was found; never colour or arrow alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from mlgate.render.numbers import count, size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgate.documents.comparison import MetricChange
    from mlgate.documents.evidence import DataFile
    from mlgate.documents.report import Report
    from mlgate.documents.verdict import Effect, Judgement, Outcome, Overall, Verdict

Tone = Literal["bad", "doubt", "good", "calm"]
"""The colour of a whole report: red, yellow, green, blue."""

_ICONS: Final[Mapping[Effect, Mapping[Outcome, str]]] = {
    "fail": {},
    "warn": {"inconclusive": "⚪", "overridden": "🟡"},
    "pass": {
        "pass": "✅",
        "improved": "✅",
        "overridden": "🟡",
        "inconclusive": "⚪",
        "missing": "⚪",
        "incomparable": "⚪",
    },
}
_FALLBACK: Final[Mapping[Effect, str]] = {"fail": "❌", "warn": "⚠️", "pass": "➖"}

_WORDS: Final[Mapping[Outcome, str]] = {
    "fail": "worse",
    "missing": "missing",
    "incomparable": "not comparable",
    "inconclusive": "inconclusive",
    "unproven": "worse, not proven",
    "worse": "worse, inside limit",
    "overridden": "overridden",
    "skipped": "skipped",
    "improved": "better",
    "unjudged": "no rule",
    "pass": "ok",
}

_TITLES: Final[Mapping[Overall, str]] = {
    "fail": "failed",
    "missing": "failed, evidence is missing",
    "inconclusive": "inconclusive",
    "warn": "passed with warnings",
    "overridden": "passed by override",
    "pass": "passed",
    "improved": "passed",
}


def icon(judgement: Judgement) -> str:
    """Return the symbol of a judgement: first what policy makes of it, then what was found."""
    return _ICONS[judgement.effect].get(judgement.outcome, _FALLBACK[judgement.effect])


def worst_icon(judgements: Sequence[Judgement]) -> str:
    """Return the symbol of the worst of several judgements."""
    for effect in ("fail", "warn"):
        found = [j for j in judgements if j.effect == effect]
        if found:
            return icon(found[0])
    return "✅"


def word(judgement: Judgement) -> str:
    """Return the word beside the icon, as in ``worse, not proven``."""
    metric, outcome = judgement.metric, judgement.outcome
    if outcome == "worse" and not judgement.rule:
        return "worse, no rule"
    if judgement.kind == "policy" and outcome == "unjudged":
        return "changed"
    if metric is None:
        return {"fail": "failed", "worse": "warning"}.get(outcome, _WORDS[outcome])
    return _metric_word(metric, outcome)


def _metric_word(metric: MetricChange, outcome: Outcome) -> str:
    match outcome:
        case "missing" if metric.head is not None:
            return "not compared"
        case "fail" if not _got_worse(metric):
            return "beyond limit"
        case "pass" if metric.change == 0:
            return "unchanged"
        case "pass" if metric.change is not None:
            return "no change shown" if metric.interval else "within limit"
        case _:
            return _WORDS[outcome]


def _got_worse(metric: MetricChange) -> bool:
    if not metric.change:
        return False
    return metric.direction is None or (metric.change > 0) == (metric.direction == "lower")


def failed(verdict: Verdict) -> bool:
    """Tell whether the answer is no, even when the job is only observed."""
    return verdict.blocks or verdict.overall in {"fail", "missing"}


def tone(verdict: Verdict) -> Tone:
    """Return the colour of the report."""
    if verdict.observe:
        return "calm"
    if failed(verdict):
        return "bad"
    return "good" if verdict.overall in {"pass", "improved"} else "doubt"


def title(report: Report) -> str:
    """Return the verdict in a few words: ``Model gate failed``, ``Model gate passed``."""
    verdict = report.verdict
    if verdict.observe:
        said = "would have failed" if failed(verdict) else f"observes: {_TITLES[verdict.overall]}"
        return f"Model gate {said}"
    if verdict.blocks and verdict.overall not in {"fail", "missing"}:
        return f"Model gate failed, {_TITLES[verdict.overall]}"
    return f"Model gate {_TITLES[verdict.overall]}"


def plural(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> plural(1, "rule"), plural(2, "rule"), plural(2, "box", "boxes")
    ('1 rule', '2 rules', '2 boxes')
    """
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def facts(file: DataFile) -> str:
    """Return what is known of a file, as in ``18.4 MB · 20 114 rows · 3 files``.

    Empty when there is nothing but a digest to show for it.
    """
    known = [size(file.size)] if file.size is not None else []
    known += [plural(file.rows, "row")] if file.rows is not None else []
    known += [plural(file.files, "file")] if file.files is not None else []
    return " · ".join(known) or ("" if file.digest else "present")


def tally(judgements: Sequence[Judgement]) -> str:
    """Return how many judgements went which way, as in ``1 of 14 failed, 2 warn``."""
    judged = [j for j in judgements if j.rule or j.kind != "metric" or j.effect != "pass"]
    bad = sum(j.effect == "fail" for j in judged)
    warn = sum(j.effect == "warn" for j in judged)
    total = count(len(judged))
    match bad, warn:
        case _ if not judged:
            return "nothing was judged"
        case 0, 0:
            return f"{total} of {total} passed"
        case 0, _:
            return f"{count(warn)} of {total} warn"
        case _, 0:
            return f"{count(bad)} of {total} failed"
        case _:
            return f"{count(bad)} of {total} failed, {count(warn)} warn"
