"""Judge the checks of one model by its rules; a check that did not run is never a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.documents.verdict import Judgement
from mlgate.policy.phrases import listing
from mlgate.policy.rules import select_checks, unanswered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgate.documents.evidence import CheckResult, ModelEvidence
    from mlgate.documents.verdict import Effect, Outcome
    from mlgate.policy.config import Policy, Rule


def judge_checks(
    model: ModelEvidence, rules: Sequence[Rule], policy: Policy
) -> Iterator[Judgement]:
    """Yield one judgement per check, then one per rule that no check answers to."""
    for check, rule in select_checks(rules, model.checks):
        yield _judged(model.model, check, rule)
    for rule in unanswered(rules, model.checks):
        yield _absent(model, rule, policy)


def _judged(model: str, check: CheckResult, rule: Rule | None) -> Judgement:
    outcome, effect = _outcome(check.outcome)
    level = rule.level if rule else "error"
    if level == "off":
        outcome, effect = "skipped", "pass"
    elif level == "warn" and effect == "fail":
        effect = "warn"
    return Judgement(
        model=model,
        subject=check.id,
        kind="check",
        rule=rule.text if rule else "",
        level=level,
        outcome=outcome,
        effect=effect,
        limit=check.threshold,
        sentence=check.message or f"{check.id}: {check.outcome}.",
        check=check,
    )


def _absent(model: ModelEvidence, rule: Rule, policy: Policy) -> Judgement:
    found = listing([check.id for check in model.checks])
    return Judgement(
        model=model.model,
        subject=rule.check or "",
        kind="check",
        rule=rule.text,
        level=rule.level,
        outcome="missing",
        effect="warn" if rule.level == "warn" else policy.on_missing,
        sentence=f"No check matches the rule for {rule.check}.",
        advice=f"Checks that ran: {found}." if found else "No check ran; did its step succeed?",
    )


def _outcome(outcome: str) -> tuple[Outcome, Effect]:
    match outcome:
        case "pass":
            return "pass", "pass"
        case "warn":
            return "worse", "warn"
        case "fail":
            return "fail", "fail"
        case "skipped":
            return "skipped", "warn"
        case _:
            return "missing", "fail"
