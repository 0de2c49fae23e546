"""What is said about each metric, and the one sentence that sums it up."""

from __future__ import annotations

import pytest

from fakes.judging import metric, ruling, verdict
from mlgate.policy.config import Config, Model, Rule
from mlgate.policy.judge import rules_of


@pytest.mark.parametrize(
    ("name", "sides", "outcome", "sentence", "advice"),
    [
        pytest.param(
            "auc", (0.5, 0.25), "worse",
            "auc fell by 0.25 (0.5 → 0.25): worse, and no rule guards it.",
            "Guard it: `{metric: auc, max-drop: 0.01}`.", id="worse",
        ),
        pytest.param(
            "log_loss", (0.5, 0.75), "worse",
            "log_loss rose by 0.25 (0.5 → 0.75): worse, and no rule guards it.",
            'Guard it: `{metric: log_loss, max-rise: "5 %"}`.', id="a loss that rose",
        ),
        pytest.param(
            "auc", (0.5, 0.75), "improved", "auc rose by 0.25 (0.5 → 0.75): better.", "",
            id="better",
        ),
        pytest.param(
            "log_loss", (0.5, 0.25), "improved", "log_loss fell by 0.25 (0.5 → 0.25): better.", "",
            id="a loss that fell",
        ),
        pytest.param("auc", (0.5, 0.5), "pass", "auc did not change (0.5 → 0.5).", "", id="same"),
        pytest.param("auc", (None, 0.5), "unjudged", "auc is new.", "", id="new"),
        pytest.param(
            "auc", ("NaN", 0.5), "unjudged", "auc has no usable value at the baseline: NaN.", "",
            id="was no number",
        ),
        pytest.param(
            "heat", (0.5, 0.75), "unjudged",
            "heat rose by 0.25 (0.5 → 0.75); which way is better is not known.",
            "Add a rule with `direction`, as in `{metric: heat, max-drop: 0.01}`.",
            id="unknown direction",
        ),
        pytest.param(
            "heat", (0.5, 0.5), "unjudged",
            "heat did not change (0.5 → 0.5); which way is better is not known.", "",
            id="unknown direction, same",
        ),
    ],
)  # fmt: skip
def test_a_metric_that_no_rule_guards(
    name: str, sides: tuple[float | str | None, float], outcome: str, sentence: str, advice: str
) -> None:
    base, head = sides
    before = {"other": 0.5} | ({} if base is None else {name: base})
    found = ruling(verdict("", before, {"other": 0.5, name: head}), name)
    assert (found.outcome, found.sentence, found.advice) == (outcome, sentence, advice)


@pytest.mark.parametrize(
    ("deviation", "outcome"),
    [(0.0625, "worse"), (0.25, "pass")],
    ids=["shown", "within noise"],
)
def test_noise_is_no_warning(deviation: float, outcome: str) -> None:
    before = metric("auc", 0.75, stderr=deviation / 2)
    after = metric("auc", 0.5, stderr=deviation / 2)
    assert ruling(verdict("", {"auc": before}, {"auc": after}), "auc").outcome == outcome


@pytest.mark.parametrize(
    ("rule", "outcome", "sentence"),
    [
        ("min: 0.25", "pass", "auc is 0.5, inside its limits."),
        ("max: 0.25", "fail", "auc is 0.5, above the ceiling of 0.25."),
    ],
)
def test_a_level_needs_no_baseline(rule: str, outcome: str, sentence: str) -> None:
    found = ruling(verdict(f"gate: [{{metric: auc, {rule}}}]", None, {"auc": 0.5}), "auc")
    assert (found.outcome, found.sentence) == (outcome, sentence)


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ({"f1": 0.5}, "it is new"),
        ({"auc": "null"}, "its value at the baseline is unusable (null)"),
        (None, "there is no baseline"),
    ],
    ids=["new", "unusable", "none"],
)
@pytest.mark.parametrize("rule", ["max-drop: 0.1", "max-rise: 0.1, direction: lower"])
def test_a_change_needs_a_baseline(
    rule: str, before: dict[str, float | str] | None, why: str
) -> None:
    config = f"gate: [{{metric: auc, {rule}}}, {{metric: f1, level: off}}]"
    found = ruling(verdict(config, before, {"auc": 0.5}), "auc")
    assert (found.outcome, found.effect) == ("missing", "warn")
    assert found.sentence == f"auc is 0.5; {why}, so only floors and ceilings are judged."
    assert found.limit == rule


@pytest.mark.parametrize(
    ("name", "rule", "sentence", "advice"),
    [
        pytest.param(
            "loss", "max-drop: 0.1",
            "loss is better when lower, so `max-drop` would never see it get worse.",
            "Write `max-rise`, or `direction: higher` if higher is better here.", id="loss",
        ),
        pytest.param(
            "auc", "max-rise: 0.1",
            "auc is better when higher, so `max-rise` would never see it get worse.",
            "Write `max-drop`, or `direction: lower` if lower is better here.", id="score",
        ),
    ],
)  # fmt: skip
def test_a_limit_on_the_good_side(name: str, rule: str, sentence: str, advice: str) -> None:
    config = f"gate: [{{metric: {name}, {rule}}}]"
    found = ruling(verdict(config, {name: 0.5}, {name: 0.5}), name)
    assert (found.effect, found.sentence, found.advice) == ("fail", sentence, advice)


@pytest.mark.parametrize(
    ("rule", "head", "outcome"),
    [
        ("max-drop: 0.1", 0.25, "fail"),
        ("max-drop: 0.1", 0.75, "improved"),
        ("max-rise: 0.1", 0.75, "fail"),
        ("max-rise: 0.1", 0.25, "improved"),
        ("max-drop: 0.1, max-rise: 0.1", 0.75, "fail"),
        ("max-drop: 0.1, max-rise: 0.1", 0.25, "fail"),
        ("max-drop: 0.1, max-rise: 0.1", 0.5, "pass"),
    ],
)
def test_a_one_sided_limit_says_which_way_is_better(rule: str, head: float, outcome: str) -> None:
    found = verdict(f"gate: [{{metric: heat, {rule}}}]", {"heat": 0.5}, {"heat": head})
    assert ruling(found, "heat").outcome == outcome


def test_both_limits_on_a_score_hold_it_in_a_band() -> None:
    config = "gate: [{metric: auc, max-drop: 0.1, max-rise: 0.1}]"
    assert ruling(verdict(config, {"auc": 0.5}, {"auc": 0.55}), "auc").effect == "pass"
    assert ruling(verdict(config, {"auc": 0.5}, {"auc": 0.75}), "auc").outcome == "fail"
    assert ruling(verdict(config, {"auc": 0.5}, {"auc": 0.25}), "auc").outcome == "fail"


@pytest.mark.parametrize(
    ("config", "head", "headline"),
    [
        pytest.param("", {"auc": 0.5, "f1": 0.5}, "no rule broken.", id="no rule"),
        pytest.param(
            "gate: [{metric: auc, min: 0.1}]", {"auc": 0.5, "f1": 0.5}, "1 of 1 rules hold.",
            id="one rule",
        ),
        pytest.param(
            "gate: [{metric: auc, min: 0.1}, {metric: f1, max-drop: 0.1}]",
            {"auc": 0.75, "f1": 0.75}, "2 of 2 rules hold; 1 metric better.", id="better",
        ),
    ],
)  # fmt: skip
def test_the_headline_of_a_pass(config: str, head: dict[str, float], headline: str) -> None:
    assert verdict(config, {"auc": 0.5, "f1": 0.5}, head).headline == headline


def test_whose_rules_a_model_has() -> None:
    one, two = (Model(gate=(Rule(metric=name, min=0.1),)) for name in ("one", "two"))
    single, several = Config(models={"a": one}), Config(models={"a": one, "b": two})
    assert rules_of(single, "a") == rules_of(single, "renamed") == one
    assert rules_of(several, "b") == two
    assert rules_of(several, "renamed") == Model()
