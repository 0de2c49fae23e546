"""One limit against one metric."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.compare.decimals import decimal
from mlgate.evaluate.student import t_quantile, t_tail
from mlgate.policy.phrases import drop_limit, move, number, rise_limit

if TYPE_CHECKING:
    from decimal import Decimal

    from mlgate.documents.comparison import MetricChange
    from mlgate.documents.verdict import Outcome
    from mlgate.policy.config import Rule

ORDER: Final[tuple[Outcome, ...]] = (
    "fail",
    "missing",
    "incomparable",
    "inconclusive",
    "unproven",
    "worse",
    "overridden",
    "unjudged",
    "skipped",
    "pass",
    "improved",
)
"""Outcomes, the one that matters most first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one limit says of one metric.

    ``p`` is the one-sided probability of a change like this one if the metric were exactly at
    its limit; ``None`` without an interval.
    """

    outcome: Outcome
    limit: str
    sentence: str
    advice: str = ""
    p: float | None = None


def findings(rule: Rule, metric: MetricChange) -> list[Finding]:
    """Return what each limit of ``rule`` says; empty when only floors exist and they hold."""
    found = [*level_findings(rule, metric)]
    if rule.drop is not None:
        change = _Change(metric, worse=-1, tolerance=rule.drop.absolute(metric.base or 0.0))
        found.append(change.finding(drop_limit(rule.drop)))
    if rule.rise is not None:
        change = _Change(metric, worse=+1, tolerance=rule.rise.absolute(metric.base or 0.0))
        found.append(change.finding(rise_limit(rule.rise)))
    return found


def level_findings(rule: Rule, metric: MetricChange) -> list[Finding]:
    """Judge floor and ceiling; one inside its limit has nothing to say."""
    if metric.head is None:
        return []
    head, around = decimal(metric.head), metric.head_interval
    found = []
    if rule.min is not None and head < decimal(rule.min):
        sure = around is None or around.high < rule.min
        found.append(_broken(metric, f"value ≥ {number(rule.min)}", "below the floor", sure=sure))
    if rule.max is not None and head > decimal(rule.max):
        sure = around is None or around.low > rule.max
        found.append(_broken(metric, f"value ≤ {number(rule.max)}", "above the ceiling", sure=sure))
    return found


def _broken(metric: MetricChange, limit: str, where: str, *, sure: bool) -> Finding:
    value = number(metric.head or 0.0)
    doubt = "" if sure else "; within the noise of the evaluation set, so not proven"
    bound = limit.rpartition(" ")[2]
    return Finding(
        outcome="fail" if sure else "unproven",
        limit=limit,
        sentence=f"{metric.title} is {value}, {where} of {bound}{doubt}.",
    )


class _Change:
    """A change on both sides of its tolerance, turned so that plus means better."""

    def __init__(self, metric: MetricChange, *, worse: int, tolerance: Decimal) -> None:
        self._metric = metric
        self._tolerance = tolerance
        self._delta = -worse * (decimal(metric.head or 0.0) - decimal(metric.base or 0.0))
        around = metric.interval
        if around is None:
            self._low = self._high = None
        else:
            edges = (-worse * decimal(around.low), -worse * decimal(around.high))
            self._low, self._high = min(edges), max(edges)

    def finding(self, limit: str) -> Finding:
        outcome = self._outcome()
        return Finding(
            outcome=outcome,
            limit=limit,
            sentence=self._sentence(outcome),
            advice=self._power() if outcome == "inconclusive" else "",
            p=self._p(),
        )

    def _outcome(self) -> Outcome:
        delta, limit = self._delta, -self._tolerance
        if self._low is None or self._high is None:
            return "fail" if delta < limit else "improved" if delta > 0 else "pass"
        if delta < limit:
            return "fail" if self._high < limit else "unproven"
        if self._low > 0:
            return "improved"
        if self._low < limit:
            return "inconclusive"
        return "worse" if self._high < 0 else "pass"

    def _sentence(self, outcome: Outcome) -> str:
        what = f"{self._metric.title} {move(self._metric)}"
        allowed = number(self._tolerance)
        match outcome:
            case "fail":
                return f"{what}; the limit is {allowed}."
            case "unproven":
                return f"{what}, beyond the limit of {allowed} but not proven at these sizes."
            case "inconclusive":
                return f"{what}; whether it stays within {allowed} cannot be told at these sizes."
            case "worse":
                return f"{what}: worse, inside the limit of {allowed}."
            case "improved":
                return f"{what}: better."
            case _:
                return f"{what}, within the limit of {allowed}."

    def _power(self) -> str:
        """Say what these rows can show, and how many rows would show the limit."""
        if self._low is None:
            return ""
        half = float(self._delta - self._low)
        text = f"These sizes can show a change of about {half:.2g}."
        size = self._metric.repeats or self._metric.n
        if size and self._tolerance > 0:
            needed = math.ceil(size * (half / float(self._tolerance)) ** 2)
            what = "runs" if self._metric.repeats else "rows"
            text += f" About {needed:,} {what} would show the limit.".replace(",", " ")
        return text

    def _p(self) -> float | None:
        around = self._metric.interval
        if around is None or self._high is None:
            return None
        edge = (1 + around.confidence) / 2
        freedom = around.freedom or math.inf
        spread = float(self._high - self._delta) / t_quantile(edge, freedom)
        gap = float(-self._tolerance - self._delta)
        if spread <= 0:
            return 0.0 if gap > 0 else 1.0
        return t_tail(gap / spread, freedom)
