"""What a check adds to the verdict: a check that did not run is never a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.judging import BASE, ruling
from mlgate.compare.evidence import compare_models
from mlgate.documents.evidence import CheckResult, ModelEvidence
from mlgate.policy.judge import Case, judge
from mlgate.policy.parse import parse_config

if TYPE_CHECKING:
    from mlgate.documents.verdict import Verdict


def verdict(rules: str, **outcomes: str) -> Verdict:
    """Judge checks; their ids are written with ``__`` for the dot."""
    checks = tuple(
        CheckResult(id=name.replace("__", "."), outcome=outcome)  # type: ignore[arg-type]
        for name, outcome in outcomes.items()
    )
    here = ModelEvidence(model="model", checks=checks)
    return judge(
        Case(
            config=parse_config(f"gate: [{rules}]".encode(), origin="mlgate.yml"),
            baseline=BASE,
            evidence=[here],
            comparisons=[compare_models(here, here)],
        )
    )


@pytest.mark.parametrize(
    ("ran", "outcome", "effect", "exit_code"),
    [
        ("pass", "pass", "pass", 0),
        ("warn", "worse", "warn", 0),
        ("fail", "fail", "fail", 1),
        ("error", "missing", "fail", 3),
        ("skipped", "skipped", "warn", 0),
    ],
)
@pytest.mark.parametrize("rule", ["", "{check: data.nulls}", "{check: 'data.*', level: error}"])
def test_a_check_at_level_error(
    rule: str, ran: str, outcome: str, effect: str, exit_code: int
) -> None:
    found = verdict(rule, data__nulls=ran)
    judgement = ruling(found, "data.nulls")
    assert (judgement.outcome, judgement.effect) == (outcome, effect)
    assert (judgement.sentence, judgement.level) == (f"data.nulls: {ran}.", "error")
    assert found.exit_code == exit_code


@pytest.mark.parametrize(
    ("ran", "outcome", "effect"),
    [
        ("pass", "pass", "pass"),
        ("warn", "worse", "warn"),
        ("fail", "fail", "warn"),
        ("error", "missing", "warn"),
        ("skipped", "skipped", "warn"),
    ],
)
def test_a_check_at_level_warn_fails_nothing(ran: str, outcome: str, effect: str) -> None:
    found = verdict("{check: data.nulls, level: warn}", data__nulls=ran)
    judgement = ruling(found, "data.nulls")
    assert (judgement.outcome, judgement.effect, found.exit_code) == (outcome, effect, 0)


def test_a_check_at_level_off_is_left_out() -> None:
    found = verdict("{check: data.nulls, level: 'off'}", data__nulls="error")
    judgement = ruling(found, "data.nulls")
    assert (judgement.outcome, judgement.effect, found.overall) == ("skipped", "pass", "pass")


def test_the_last_rule_that_names_a_check_counts() -> None:
    rules = "{check: 'data.*'}, {check: data.nulls, level: warn}, {metric: '*', level: 'off'}"
    found = verdict(rules, data__nulls="fail", data__range="fail")
    assert [ruling(found, f"data.{name}").effect for name in ("nulls", "range")] == ["warn", "fail"]


@pytest.mark.parametrize(
    ("level", "effect", "exit_code"), [("error", "fail", 3), ("warn", "warn", 0)]
)
def test_a_rule_for_a_check_that_never_ran_does_not_hold(
    level: str, effect: str, exit_code: int
) -> None:
    found = verdict(f"{{check: 'split.*', level: {level}}}", data__nulls="pass")
    judgement = ruling(found, "split.*")
    assert (judgement.outcome, judgement.effect, judgement.kind) == ("missing", effect, "check")
    assert judgement.sentence == "No check matches the rule for split.*."
    assert judgement.advice == "Checks that ran: data.nulls."
    assert found.exit_code == exit_code


def test_a_rule_at_level_off_asks_for_no_check() -> None:
    assert verdict("{check: 'split.*', level: 'off'}", data__nulls="pass").overall == "pass"


def test_no_check_at_all_names_its_step() -> None:
    found = verdict("{check: data.nulls}")
    assert ruling(found, "data.nulls").advice == "No check ran; did its step succeed?"


def test_checks_are_evidence_enough() -> None:
    """A model without metrics reports; one without checks either does not."""
    assert verdict("", data__nulls="pass").overall == "pass"
    assert ruling(verdict(""), "model").sentence == "No metric was found."
