"""Judge the metrics of one model by its rules."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from mlgate.compare.decimals import divide, subtract
from mlgate.documents.evidence import TRAINING
from mlgate.documents.verdict import Judgement
from mlgate.evaluate.student import t_quantile, t_tail
from mlgate.policy.bounds import ORDER, Finding, findings, level_findings
from mlgate.policy.phrases import listing, move, number
from mlgate.policy.rules import select_metrics
from mlgate.policy.suggest import suggest_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.documents.base import Direction
    from mlgate.documents.comparison import Comparison, MetricChange
    from mlgate.documents.verdict import Effect, Outcome
    from mlgate.policy.config import Model, Policy, Rule


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement that may still be weakened by Holm's correction; ``p`` as in ``Finding``."""

    judgement: Judgement
    p: float | None = None


def judge_metrics(
    comparison: Comparison, model: Model, policy: Policy, *, baseline: bool
) -> Iterator[Judged]:
    """Yield one judgement per rule and metric, then one per metric without a rule."""
    bench = _Bench(comparison, policy, baseline=baseline)
    selection = select_metrics(model.gate, comparison.metrics)
    for rule, metrics in selection.ruled:
        if not metrics:
            yield Judged(bench.unmatched(rule))
        for metric in metrics:
            yield bench.ruled(rule, metric)
    for metric in selection.excluded:
        yield Judged(bench.excluded(metric))
    tests = sum(metric.interval is not None for metric in selection.free)
    for metric in selection.free:
        yield Judged(bench.free(metric, tests))


class _Bench:
    """Judges the metrics of one comparison."""

    def __init__(self, comparison: Comparison, policy: Policy, *, baseline: bool) -> None:
        self._comparison = comparison
        self._policy = policy
        self._baseline = baseline

    def ruled(self, rule: Rule, metric: MetricChange) -> Judged:
        metric = _from_best(rule, _directed(rule, metric))
        found = (
            self._unreadable(metric)
            or _contradiction(rule, metric)
            or self._without_baseline(rule, metric)
            or _worst(rule, metric)
        )
        if rule.compare == "best":
            found = self._of_best(found, metric)
        effect = self._effect(found.outcome, rule, metric)
        return Judged(self._judgement(found, metric, rule=rule, effect=effect), found.p)

    def _of_best(self, found: Finding, metric: MetricChange) -> Finding:
        """Name the best in the limit; a best that is not known is no pass."""
        problem = self._comparison.past_problem
        if problem and ORDER.index(found.outcome) > ORDER.index("missing"):
            return Finding(
                outcome="missing",
                limit=found.limit,
                sentence=f"{metric.title} {move(metric)}; whether it was better before is not "
                f"known: {problem}.",
                advice="Check out with `fetch-depth: 0`, or let the job reach the remote.",
            )
        return replace(found, limit=f"{found.limit} of the best" if metric.against else found.limit)

    def unmatched(self, rule: Rule) -> Judgement:
        titles = [m.title for m in self._comparison.metrics]
        names = list(dict.fromkeys([*titles, *(m.name for m in self._comparison.metrics)]))
        close = difflib.get_close_matches(rule.metric or "", names[:5000], n=1, cutoff=0.5)
        advice = f"Did you mean `{close[0]}`?" if close else f"Measured: {listing(names)}."
        if any(m.name == rule.metric for m in self._comparison.metrics):
            advice = "It is measured per slice only: add `slices: true` to the rule."
        found = Finding(
            outcome="missing",
            limit="",
            sentence=f"No metric matches the rule for {rule.metric}.",
            advice=advice,
        )
        return self._judgement(
            found, None, rule=rule, effect=_levelled(self._policy.on_missing, rule)
        )

    def excluded(self, metric: MetricChange) -> Judgement:
        found = Finding(
            outcome="skipped", limit="", sentence=f"{metric.title} is left out by a rule."
        )
        return self._judgement(found, metric, rule=None, effect="pass", level="off")

    def free(self, metric: MetricChange, tests: int) -> Judgement:
        found = self._unreadable(metric) or _unruled(metric, tests)
        effect = self._effect(found.outcome, None, metric)
        return self._judgement(found, metric, rule=None, effect=effect)

    def _unreadable(self, metric: MetricChange) -> Finding | None:
        if metric.incomparable:
            return Finding(
                outcome="incomparable",
                limit="",
                sentence=f"{metric.title}: {metric.incomparable}.",
                advice="Measure the baseline on the new evaluation task first.",
            )
        if metric.head is not None:
            return None
        if metric.head_problem == "absent":
            sentence = f"{metric.title} was measured at the baseline and is missing now."
            advice = (
                "If it was renamed or dropped on purpose, set `level: off` for it on the base "
                "branch first."
            )
            likely = self._renamed(metric)
            return Finding(
                outcome="missing", limit="", sentence=sentence, advice=f"{likely}{advice}"
            )
        return Finding(
            outcome="missing",
            limit="",
            sentence=f"{metric.title} has no usable value: {metric.head_problem}.",
            advice=f"Look at the step that writes {metric.source}.",
        )

    def _renamed(self, metric: MetricChange) -> str:
        new = [m.name for m in self._comparison.metrics if m.base_problem == "absent"][:5000]
        close = difflib.get_close_matches(metric.name, new, n=1, cutoff=0.6)
        close = close or [n for n in new if n.startswith(metric.name) or metric.name.startswith(n)]
        return f"`{close[0]}` is new: was it renamed? " if close else ""

    def _without_baseline(self, rule: Rule, metric: MetricChange) -> Finding | None:
        if metric.base is not None or (rule.drop is None and rule.rise is None):
            return None
        floors = level_findings(rule, metric)
        if floors:
            return min(floors, key=lambda f: ORDER.index(f.outcome))
        if metric.base_problem not in {"", "absent"}:
            why = f"its value at the baseline is unusable ({metric.base_problem})"
        else:
            why = "it is new" if self._baseline else "there is no baseline"
        return Finding(
            outcome="missing",
            limit=_limits(rule),
            sentence=f"{metric.title} is {number(metric.head or 0.0)}; {why}, so only floors and "
            "ceilings are judged.",
        )

    def _effect(self, outcome: Outcome, rule: Rule | None, metric: MetricChange) -> Effect:
        policy = self._policy
        if outcome == "missing" and metric.head is not None and not metric.incomparable:
            contradicted = rule is not None and _contradiction(rule, metric) is not None
            effect: Effect = "fail" if contradicted else policy.on_missing_baseline
        else:
            effect = {
                "fail": "fail",
                "missing": policy.on_missing,
                "incomparable": policy.on_incomparable,
                "inconclusive": policy.on_inconclusive,
                "unproven": policy.on_unproven,
                "worse": "warn",
                "unjudged": "pass",
            }.get(outcome, "pass")
        return _levelled(effect, rule)

    def _judgement(
        self,
        found: Finding,
        metric: MetricChange | None,
        *,
        rule: Rule | None,
        effect: Effect,
        level: str = "error",
    ) -> Judgement:
        return Judgement(
            model=self._comparison.model,
            subject=metric.title if metric else (rule and rule.metric) or "",
            kind="metric",
            rule=rule.text if rule else "",
            level=rule.level if rule else level,  # type: ignore[arg-type]
            outcome=found.outcome,
            effect=effect,
            limit=found.limit,
            sentence=found.sentence,
            advice=found.advice,
            metric=metric,
        )


def _levelled(effect: Effect, rule: Rule | None) -> Effect:
    return "warn" if effect == "fail" and rule is not None and rule.level == "warn" else effect


def _by_chance(metric: MetricChange, tests: int) -> bool:
    """Tell whether a change may be one of ``tests`` that chance alone has made (Bonferroni)."""
    around = metric.interval
    if around is None or metric.change is None:
        return False
    if around.low <= 0 <= around.high:
        return True
    half = (around.high - around.low) / 2
    if half <= 0 or not math.isfinite(half):
        return False
    freedom = around.freedom or math.inf
    t = abs(metric.change) / half * t_quantile((1 + around.confidence) / 2, freedom)
    return 2 * t_tail(t, freedom) > (1 - around.confidence) / max(tests, 1)


def _directed(rule: Rule, metric: MetricChange) -> MetricChange:
    """Let the rule say which way is better: by ``direction``, else by its one-sided limit."""
    implied: Direction | None = None
    if metric.direction is None and (rule.drop is None) != (rule.rise is None):
        implied = "higher" if rule.drop is not None else "lower"
    direction = rule.direction or implied
    if direction is None:
        return metric
    return msgspec.structs.replace(metric, direction=direction, direction_from="rule")


def _from_best(rule: Rule, metric: MetricChange) -> MetricChange:
    """Measure from the best value of the past, where the baseline is not as good itself."""
    past = metric.highest if metric.direction == "higher" else metric.lowest
    if rule.compare != "best" or metric.direction is None or past is None or metric.head is None:
        return metric
    sign = 1 if metric.direction == "higher" else -1
    if metric.base is not None and sign * metric.base >= sign * past.value:
        return metric
    change = subtract(metric.head, past.value)
    commits = metric.past + (metric.base is not None)
    return msgspec.structs.replace(
        metric,
        base=past.value,
        base_problem="",
        change=change,
        relative=divide(change, past.value) if change is not None else None,
        interval=past.interval,
        against=f"the best of {commits} commits, {past.commit[:7]},",
    )


def _contradiction(rule: Rule, metric: MetricChange) -> Finding | None:
    """Refuse a limit on the good side only: it would let the metric get worse silently."""
    if rule.drop is not None and rule.rise is None and metric.direction == "lower":
        have, want, way = "max-drop", "max-rise", "lower"
    elif rule.rise is not None and rule.drop is None and metric.direction == "higher":
        have, want, way = "max-rise", "max-drop", "higher"
    else:
        return None
    other = "higher" if way == "lower" else "lower"
    return Finding(
        outcome="missing",
        limit=_limits(rule),
        sentence=f"{metric.title} is better when {way}, so `{have}` would never see it get worse.",
        advice=f"Write `{want}`, or `direction: {other}` if {other} is better here.",
    )


def _worst(rule: Rule, metric: MetricChange) -> Finding:
    found = findings(rule, metric)
    if found:
        return min(found, key=lambda f: ORDER.index(f.outcome))
    return Finding(
        outcome="pass",
        limit=_limits(rule),
        sentence=f"{metric.title} is {number(metric.head or 0.0)}, inside its limits.",
    )


def _limits(rule: Rule) -> str:
    return rule.text.partition(", ")[2]


def _unruled(metric: MetricChange, tests: int) -> Finding:
    """Show a metric without a rule; one that got worse is a warning that names the rule.

    Of ``tests`` such metrics with an interval, none is to be called better or worse by chance
    more often than one alone: each must be as sure as the confidence says for all of them.
    """
    if metric.change is None:
        why = metric.base_problem
        said = "is new" if why == "absent" else f"has no usable value at the baseline: {why}"
        return Finding(outcome="unjudged", limit="", sentence=f"{metric.title} {said}.")
    if metric.source == TRAINING:
        return Finding(outcome="unjudged", limit="", sentence=f"{metric.title} {move(metric)}.")
    if metric.direction is None:
        sentence = f"{metric.title} {move(metric)}; which way is better is not known."
        advice = f"Add a rule with `direction`, as in `{{metric: {metric.name}, max-drop: 0.01}}`."
        changed = metric.change != 0
        return Finding(
            outcome="unjudged", limit="", sentence=sentence, advice=advice if changed else ""
        )
    rule = suggest_rule(metric.name, metric.base, metric.direction)
    better = metric.change if metric.direction == "higher" else -metric.change
    if better == 0 or _by_chance(metric, tests):
        return Finding(outcome="pass", limit="", sentence=f"{metric.title} {move(metric)}.")
    if better > 0:
        sentence = f"{metric.title} {move(metric)}: better."
        return Finding(outcome="improved", limit="", sentence=sentence)
    return Finding(
        outcome="worse",
        limit="no rule",
        sentence=f"{metric.title} {move(metric)}: worse, and no rule guards it.",
        advice=f"Guard it: `{{metric: {rule.text.replace('5 %', chr(34) + '5 %' + chr(34))}}}`."
        if rule
        else "",
    )
