"""Judgements, one per rule and metric, and what they add up to."""

from __future__ import annotations

from typing import Literal

from mlgate.documents.base import Count, Document, Label, Level, Text
from mlgate.documents.comparison import MetricChange
from mlgate.documents.evidence import CheckResult

Outcome = Literal[
    "fail",
    "missing",
    "incomparable",
    "inconclusive",
    "unproven",
    "worse",
    "overridden",
    "skipped",
    "pass",
    "improved",
    "unjudged",
]
"""What was found.

``fail``: beyond the limit. ``missing``: no evidence. ``incomparable``: other evaluation set.
``inconclusive``: cannot tell at these sizes. ``unproven``: beyond the limit but within noise.
``worse``: worse inside the limit, or worse where no rule guards. ``unjudged``: shown without a
rule and without a known direction.
"""

Effect = Literal["fail", "warn", "pass"]
"""What the policy makes of an outcome."""

Overall = Literal["fail", "missing", "inconclusive", "warn", "overridden", "pass", "improved"]


class Judgement(Document, frozen=True, kw_only=True):
    """One rule applied to one metric, check, file or baseline.

    Attributes:
        model: The model it is about; empty for the whole repository.
        subject: What is judged, as a reader names it.
        kind: What the subject is.
        rule: The rule in the words of the configuration; empty where no rule guards.
        level: Weight of the rule.
        outcome: What was found.
        effect: What the policy makes of it.
        limit: The limit for a table cell, as in ``≥ −0.005``.
        sentence: One sentence that a reviewer reads.
        advice: What to do about it.
        metric: The numbers, for metrics.
        check: The result, for checks.
    """

    model: Label = ""
    subject: Label
    kind: Literal["metric", "check", "source", "baseline", "model", "policy"]
    rule: Text = ""
    level: Level = "error"
    outcome: Outcome
    effect: Effect
    limit: Label = ""
    sentence: Text
    advice: Text = ""
    metric: MetricChange | None = None
    check: CheckResult | None = None


class PolicySource(Document, frozen=True, kw_only=True):
    """Where the rules were read from.

    ``origin`` is ``base`` when a pull request is judged by the rules of its baseline, ``head``
    otherwise, ``none`` when no configuration exists.
    """

    origin: Literal["base", "head", "none"] = "none"
    path: Label = ""
    commit: Label = ""
    changed: bool = False
    note: Text = ""


class Verdict(Document, frozen=True, kw_only=True):
    """The answer: judgements worst first, and what they add up to.

    ``tested`` counts the rules that share the error budget of Holm's correction; ``observe``
    means that the answer is shown but never fails a job.
    """

    overall: Overall
    observe: bool = False
    headline: Text
    confidence: float = 0.95
    tested: Count = 0
    policy: PolicySource
    judgements: tuple[Judgement, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return what a job exits with: 0 yes, 1 the gate says no, 3 no evidence."""
        if self.observe:
            return 0
        return (
            {"fail": 1, "inconclusive": 1, "missing": 3}.get(self.overall, 0) if self.blocks else 0
        )

    @property
    def blocks(self) -> bool:
        """Tell whether the gate stays shut."""
        return any(j.effect == "fail" for j in self.judgements)
