from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.judging import BASE, evidence, metric, ruling, verdict
from mlgate.compare.evidence import compare_models
from mlgate.documents.comparison import Baseline
from mlgate.documents.evidence import Metric, ModelEvidence, SourceFile
from mlgate.policy.judge import Case, judge
from mlgate.policy.parse import parse_config

DROP = "gate: [{metric: auc, max-drop: 0.01}]"
FLOOR = "gate: [{metric: auc, min: 0.8}]"
LENIENT = "policy: {on-inconclusive: pass, on-unproven: warn}"


@pytest.mark.parametrize(
    ("base", "head", "rule", "outcome", "exit_code"),
    [
        pytest.param(0.9, 0.9, "max-drop: 0.01", "pass", 0, id="unchanged"),
        pytest.param(0.9, 0.89, "max-drop: 0.01", "pass", 0, id="exactly at the limit"),
        pytest.param(0.9, 0.889999, "max-drop: 0.01", "fail", 1, id="a hair beyond"),
        pytest.param(0.9, 0.95, "max-drop: 0.01", "improved", 0, id="better"),
        pytest.param(0.3, 0.2, "max-drop: 0.1", "pass", 0, id="0.3 - 0.2 is 0.1"),
        pytest.param(0.9, 0.9, "max-drop: 0", "pass", 0, id="no drop allowed, none happened"),
        pytest.param(0.9, 0.8999999, "max-drop: 0", "fail", 1, id="no drop allowed"),
        pytest.param(0.8, 0.76, 'max-drop: "5 %"', "pass", 0, id="5 % of 0.8"),
        pytest.param(0.8, 0.7599, 'max-drop: "5 %"', "fail", 1, id="more than 5 % of 0.8"),
        pytest.param(0.0, 0.0, 'max-drop: "5 %"', "pass", 0, id="zero baseline, unchanged"),
        pytest.param(0.0, -1e-9, 'max-drop: "5 %"', "fail", 1, id="zero baseline, fell"),
        pytest.param(-0.2, -0.21, 'max-drop: "5 %"', "pass", 0, id="5 % of |-0.2|"),
        pytest.param(-0.2, -0.2101, 'max-drop: "5 %"', "fail", 1, id="negative baseline, fell"),
        pytest.param(-0.2, -0.1, 'max-drop: "5 %"', "improved", 0, id="negative baseline, rose"),
        pytest.param(0.9, 0.8, "min: 0.8", "pass", 0, id="exactly at the floor"),
        pytest.param(0.9, 0.7999, "min: 0.8", "fail", 1, id="below the floor"),
        pytest.param(0.9, 0.7, "min: 0.8, max-drop: 0.5", "fail", 1, id="floor and drop"),
        pytest.param(1e300, -1e300, "max-drop: 1", "fail", 1, id="huge"),
    ],
)
def test_a_change_is_judged_exactly(
    base: float, head: float, rule: str, outcome: str, exit_code: int
) -> None:
    found = verdict(f"gate: [{{metric: auc, {rule}}}]", {"auc": base}, {"auc": head})
    assert (ruling(found, "auc").outcome, found.exit_code) == (outcome, exit_code)


@pytest.mark.parametrize(
    ("base", "head", "rule", "outcome"),
    [
        pytest.param(0.1, 0.105, 'max-rise: "5 %"', "pass", id="exactly 5 %"),
        pytest.param(0.1, 0.1051, 'max-rise: "5 %"', "fail", id="beyond 5 %"),
        pytest.param(0.1, 0.05, 'max-rise: "5 %"', "improved", id="fell"),
        pytest.param(0.0, 0.1, 'max-rise: "5 %"', "fail", id="zero baseline, rose"),
        pytest.param(0.1, 0.3, "max: 0.3", "pass", id="exactly at the ceiling"),
        pytest.param(0.1, 0.31, "max: 0.3", "fail", id="above the ceiling"),
    ],
)
def test_a_rise_is_judged_exactly(base: float, head: float, rule: str, outcome: str) -> None:
    found = verdict(f"gate: [{{metric: loss, {rule}}}]", {"loss": base}, {"loss": head})
    assert ruling(found, "loss").outcome == outcome


@pytest.mark.parametrize("problem", ["NaN", "infinite", "null", "a flag", "text", "out of range"])
@pytest.mark.parametrize("rule", [DROP, FLOOR, "gate: [{metric: auc, max-drop: 0.01, min: 0}]"])
def test_what_is_no_number_never_passes(problem: str, rule: str) -> None:
    found = verdict(rule, {"auc": 0.9}, {"auc": problem})
    judgement = ruling(found, "auc")
    assert (judgement.outcome, judgement.effect, found.overall) == ("missing", "fail", "missing")
    assert found.exit_code == 3
    assert judgement.sentence == f"auc has no usable value: {problem}."
    assert judgement.advice == "Look at the step that writes metrics.json."


def test_a_metric_that_is_gone_fails_even_without_a_rule() -> None:
    found = verdict("", {"auc": 0.9}, {"f1": 0.8})
    assert found.exit_code == 3
    assert ruling(found, "auc").sentence == "auc was measured at the baseline and is missing now."


def test_a_renamed_metric_is_recognised() -> None:
    found = verdict("gate: [{metric: roc_auc, max-drop: 0.01}]", {"roc_auc": 0.9}, {"roc-auc": 0.9})
    assert found.exit_code == 3
    assert "`roc-auc` is new: was it renamed?" in ruling(found, "roc_auc").advice


def test_a_name_that_was_spelt_out_is_recognised() -> None:
    found = verdict("", {"acc": 0.9}, {"accuracy": 0.9})
    assert ruling(found, "acc").advice.startswith("`accuracy` is new: was it renamed? ")


def test_a_rule_that_matches_nothing_fails_and_guesses() -> None:
    found = verdict("gate: [{metric: acuracy, min: 0.5}]", {"accuracy": 0.9}, {"accuracy": 0.9})
    judgement = ruling(found, "acuracy")
    assert (judgement.effect, judgement.advice) == ("fail", "Did you mean `accuracy`?")


def test_a_metric_without_a_rule_warns_and_proposes_one() -> None:
    found = verdict("", {"accuracy": 0.9}, {"accuracy": 0.5})
    judgement = ruling(found, "accuracy")
    assert (judgement.outcome, found.overall, found.exit_code) == ("worse", "warn", 0)
    assert judgement.advice == "Guard it: `{metric: accuracy, max-drop: 0.01}`."


def test_an_unknown_direction_is_shown_and_never_gates() -> None:
    found = verdict("", {"temperature": 1.0}, {"temperature": 2.0})
    judgement = ruling(found, "temperature")
    assert (judgement.outcome, judgement.effect) == ("unjudged", "pass")
    assert "which way is better is not known" in judgement.sentence


@pytest.mark.parametrize(
    ("rule", "way"),
    [("max-drop: 0.1", "max-rise"), ("max-drop: 0.1, direction: lower", "max-rise")],
)
def test_a_limit_on_the_good_side_is_refused(rule: str, way: str) -> None:
    found = verdict(f"gate: [{{metric: loss, {rule}}}]", {"loss": 0.1}, {"loss": 9.0})
    judgement = ruling(found, "loss")
    assert (judgement.effect, judgement.outcome) == ("fail", "missing")
    assert f"Write `{way}`" in judgement.advice


def test_a_rule_may_turn_the_direction() -> None:
    rule = "gate: [{metric: loss, max-drop: 0.1, direction: higher}]"
    assert ruling(verdict(rule, {"loss": 1.0}, {"loss": 0.8}), "loss").outcome == "fail"
    assert ruling(verdict(rule, {"loss": 1.0}, {"loss": 1.2}), "loss").outcome == "improved"


@pytest.mark.parametrize(
    ("policy", "effect", "exit_code"),
    [("warn", "warn", 0), ("fail", "fail", 3), ("pass", "pass", 0)],
)
def test_no_baseline_is_named_and_floors_still_hold(
    policy: str, effect: str, exit_code: int
) -> None:
    rules = f"gate: [{{metric: auc, min: 0.5, max-drop: 0.01}}]\n{_on('missing-baseline', policy)}"
    found = verdict(rules, None, {"auc": 0.9})
    gap = ruling(found, "baseline")
    assert (gap.outcome, gap.effect, found.exit_code) == ("missing", effect, exit_code)
    assert gap.sentence == ("No baseline: this is the first commit of the repository; floors only.")


def test_a_floor_is_judged_without_a_baseline() -> None:
    found = verdict("gate: [{metric: auc, min: 0.95, max-drop: 0.01}]", None, {"auc": 0.9})
    assert (ruling(found, "auc").outcome, found.exit_code) == ("fail", 1)


def test_an_unusable_baseline_value_is_said() -> None:
    found = verdict(DROP, {"auc": "NaN"}, {"auc": 0.9})
    judgement = ruling(found, "auc")
    assert judgement.outcome == "missing"
    assert "its value at the baseline is unusable (NaN)" in judgement.sentence
    assert judgement.effect != "pass"


def _on(what: str, effect: str) -> str:
    return f"policy: {{on-{what}: {effect}}}"


def stated(value: float, stderr: float) -> dict[str, float]:
    return {"value": value, "stderr": stderr}


@pytest.mark.parametrize(
    ("head", "stderr", "outcome", "effect"),
    [
        # δ against the limit 0.05; the half-width of the interval is 1.96·√2·stderr.
        pytest.param(0.70, 0.010, "fail", "fail", id="U < -m"),
        pytest.param(0.84, 0.010, "unproven", "warn", id="δ < -m ≤ U"),
        pytest.param(0.88, 0.005, "worse", "warn", id="U < 0 and L ≥ -m"),
        pytest.param(0.90, 0.010, "pass", "pass", id="L ≥ -m, L ≤ 0 ≤ U"),
        pytest.param(0.96, 0.010, "improved", "pass", id="L > 0"),
        pytest.param(0.90, 0.100, "inconclusive", "warn", id="δ ≥ -m but L < -m"),
    ],
)
def test_every_verdict_of_an_interval(
    head: float, stderr: float, outcome: str, effect: str
) -> None:
    found = verdict(
        "gate: [{metric: acc, max-drop: 0.05}]",
        {"acc": metric("acc", 0.90, stderr=stderr)},
        {"acc": metric("acc", head, stderr=stderr)},
    )
    judgement = ruling(found, "acc")
    assert (judgement.outcome, judgement.effect) == (outcome, effect)


@pytest.mark.parametrize(("policy", "exit_code"), [("warn", 0), ("fail", 1), ("pass", 0)])
def test_inconclusive_is_what_the_policy_makes_of_it(policy: str, exit_code: int) -> None:
    found = verdict(
        f"gate: [{{metric: acc, max-drop: 0.05}}]\n{_on('inconclusive', policy)}",
        {"acc": metric("acc", 0.9, n=50)},
        {"acc": metric("acc", 0.9, n=50)},
    )
    assert (found.overall, found.exit_code) == ("inconclusive", exit_code)
    assert "rows would show the limit" in ruling(found, "acc").advice


def test_unproven_may_fail() -> None:
    sides = [{"acc": metric("acc", value, stderr=0.01)} for value in (0.9, 0.84)]
    found = verdict(f"gate: [{{metric: acc, max-drop: 0.05}}]\n{_on('unproven', 'fail')}", *sides)
    assert (found.overall, found.exit_code) == ("fail", 1)


def test_a_floor_within_noise_is_not_proven() -> None:
    found = verdict(FLOOR, {}, {"auc": metric("auc", 0.79, n=100)})
    assert ruling(found, "auc").outcome == "unproven"
    surely = verdict(FLOOR, {}, {"auc": metric("auc", 0.5, n=100)})
    assert ruling(surely, "auc").outcome == "fail"


def test_holm_weakens_what_many_rules_would_find_by_chance() -> None:
    names = [f"acc{i}" for i in range(12)]
    rules = ", ".join(f"{{metric: {name}, max-drop: 0.01, direction: higher}}" for name in names)
    base = {name: metric(name, 0.9, stderr=0.01) for name in names}
    borderline = 0.9 - 0.01 - 2.05 * 0.01 * 2**0.5
    head = base | {"acc0": metric("acc0", borderline, stderr=0.01)}
    alone = verdict(
        "gate: [{metric: acc0, max-drop: 0.01, direction: higher}]",
        {"acc0": base["acc0"]},
        {"acc0": head["acc0"]},
    )
    together = verdict(f"gate: [{rules}]", base, head)
    assert ruling(alone, "acc0").outcome == "fail"
    assert ruling(together, "acc0").outcome == "unproven"
    assert together.tested == 12
    assert "not proven once 12 rules are tested together" in ruling(together, "acc0").sentence


@pytest.mark.parametrize(
    ("errors", "outcomes"),
    [
        # limits of z for 0.025 / 3, 0.025 / 2 and 0.025: 2.394, 2.241, 1.960
        pytest.param((2.41, 2.26, 1.97), ("fail", "fail", "fail"), id="each clears its step"),
        pytest.param((2.38, 2.26, 1.97), ("unproven",) * 3, id="the first does not: none does"),
        pytest.param((2.41, 2.23, 1.97), ("fail", "unproven", "unproven"), id="one of three"),
        pytest.param((2.41, 2.26, 1.95), ("fail", "fail", "unproven"), id="two of three"),
    ],
)
def test_holm_steps_down(errors: tuple[float, ...], outcomes: tuple[str, ...]) -> None:
    names = [f"acc{i}" for i in range(len(errors))]
    rules = ", ".join(f"{{metric: {name}, max-drop: 0.01}}" for name in reversed(names))
    noise = 0.01
    base = {name: metric(name, 0.9, stderr=noise) for name in names}
    head = {
        name: metric(name, 0.9 - 0.01 - z * noise * 2**0.5, stderr=noise)
        for name, z in zip(names, errors, strict=True)
    }
    found = verdict(f"gate: [{rules}]", base, head)
    assert tuple(ruling(found, name).outcome for name in names) == outcomes
    assert found.tested == len(names)


def test_only_rules_at_level_error_with_an_interval_share_the_error_budget() -> None:
    sure = {"stderr": 0.01}
    base = {n: metric(n, 0.9, **(sure if n != "auc" else {})) for n in ("acc", "f1", "auc", "mcc")}
    head = base | {"acc": metric("acc", 0.89 - 2.05 * 0.01 * 2**0.5, **sure)}
    rules = (
        "{metric: acc, max-drop: 0.01}, {metric: f1, max-drop: 0.01, level: warn}, "
        "{metric: auc, max-drop: 0.01}"
    )
    found = verdict(f"gate: [{rules}]", base, head)
    assert (found.tested, ruling(found, "acc").outcome) == (1, "fail")


def test_holm_upholds_a_clear_failure_among_many() -> None:
    names = [f"acc{i}" for i in range(12)]
    rules = ", ".join(f"{{metric: {name}, max-drop: 0.01, direction: higher}}" for name in names)
    base = {name: metric(name, 0.9, stderr=0.01) for name in names}
    found = verdict(f"gate: [{rules}]", base, base | {"acc0": metric("acc0", 0.7, stderr=0.01)})
    assert (ruling(found, "acc0").outcome, found.exit_code) == ("fail", 1)


def test_another_task_is_incomparable() -> None:
    found = verdict(
        DROP, {"auc": metric("auc", 0.9, task="a")}, {"auc": metric("auc", 0.9, task="b")}
    )
    assert (ruling(found, "auc").outcome, found.exit_code) == ("incomparable", 3)


def test_level_warn_never_fails_and_off_leaves_out() -> None:
    rules = "gate: [{metric: auc, max-drop: 0.01, level: warn}, {metric: f1, level: off}]"
    found = verdict(rules, {"auc": 0.9, "f1": 0.9}, {"auc": 0.1, "f1": "NaN"})
    assert found.exit_code == 0
    assert (ruling(found, "auc").outcome, ruling(found, "auc").effect) == ("fail", "warn")
    assert (ruling(found, "f1").outcome, ruling(found, "f1").effect) == ("skipped", "pass")


def test_observe_shows_and_never_blocks() -> None:
    found = verdict(f"{DROP}\npolicy: {{mode: observe}}", {"auc": 0.9}, {"auc": 0.1})
    assert (found.overall, found.observe, found.exit_code) == ("fail", True, 0)


def test_a_glob_judges_each_and_slices_only_when_asked() -> None:
    base = {"test.auc": 0.9, "test.f1": 0.9, "train.auc": 0.9, "test.auc[part=a]": 0.9}
    head = {"test.auc": 0.5, "test.f1": 0.9, "train.auc": 0.1, "test.auc[part=a]": 0.1}
    found = verdict('gate: [{metric: "test.*", max-drop: 0.01}]', base, head)
    failed = [j.subject for j in found.judgements if j.effect == "fail"]
    assert failed == ["test.auc"]
    found = verdict('gate: [{metric: "test.*", max-drop: 0.01, slices: true}]', base, head)
    assert {j.subject for j in found.judgements if j.effect == "fail"} == {
        "test.auc",
        "test.auc[part=a]",
    }


def test_one_slice_may_be_named() -> None:
    sides = {"recall[class=rare]": 0.9, "recall[class=common]": 0.9}
    found = verdict(
        'gate: [{metric: "recall[class=rare]", max-drop: 0.1}]',
        sides,
        {"recall[class=rare]": 0.5, "recall[class=common]": 0.5},
    )
    assert [j.subject for j in found.judgements if j.effect == "fail"] == ["recall[class=rare]"]


@pytest.mark.parametrize("name", ["=[", "a=b[", "[x=]", "a[x=1]", "a]b[", "[[=]]"])
def test_brackets_that_are_no_slice_are_the_name(name: str) -> None:
    pattern = re.sub(r"[*?\[]", r"[\g<0>]", name)
    before, after = (
        Metric(name=name, value=0.9, source="m"),
        Metric(name=name, value=0.5, source="m"),
    )
    found = verdict(f"gate: [{{metric: '{pattern}', max-drop: 0.1}}]", {"x": before}, {"x": after})
    assert [(j.subject, j.outcome) for j in found.judgements] == [(name, "fail")]


def case(**changes: object) -> Case:
    parts: dict[str, object] = {
        "config": parse_config(DROP.encode(), origin="mlgate.yml"),
        "baseline": BASE,
        "evidence": (),
        "comparisons": (),
    }
    return Case(**(parts | changes))  # type: ignore[arg-type]


def test_no_evidence_is_never_a_pass() -> None:
    found = judge(case())
    assert (found.overall, found.exit_code, found.headline) == (
        "missing",
        3,
        "No evidence was found.",
    )


def test_a_leg_that_did_not_report_is_named() -> None:
    here = evidence({"auc": 0.9}, model="forest")
    found = judge(
        case(
            evidence=[here],
            comparisons=[compare_models(here, here)],
            expected={"forest": "", "linear": "Run its job again."},
        )
    )
    assert (found.exit_code, found.headline) == (3, "The model linear did not report.")
    assert ruling(found, "linear").advice == "Run its job again."


def test_an_unreadable_file_is_missing_with_its_fix() -> None:
    broken = ModelEvidence(
        model="m",
        sources=(SourceFile(path="m.json", problem="m.json:1:2: not JSON", hint="rewrite it"),),
    )
    found = judge(case(evidence=[broken], comparisons=[compare_models(None, broken)]))
    judgement = ruling(found, "m.json")
    assert (judgement.sentence, judgement.advice, found.exit_code) == (
        "m.json:1:2: not JSON.",
        "rewrite it",
        3,
    )


@pytest.mark.parametrize("absent", [False, True])
def test_a_file_of_the_baseline_that_is_only_absent_is_no_gap(*, absent: bool) -> None:
    here = evidence({"auc": 0.9})
    source = SourceFile(path="m.json", problem="m.json: bad", hint="rewrite it", absent=absent)
    before = ModelEvidence(model="m", metrics=here.metrics, sources=(source,))
    found = judge(case(evidence=[here], comparisons=[compare_models(before, here)]))
    said = [(j.sentence, j.advice, j.effect) for j in found.judgements if j.kind == "source"]
    assert said == ([] if absent else [("At the baseline: m.json: bad.", "rewrite it", "warn")])


def test_a_baseline_without_metrics_is_no_baseline() -> None:
    empty = Baseline(commit="b" * 40, origin="none", problem="no metrics there")
    found = verdict(FLOOR, None, {"auc": 0.9})
    found = judge(
        case(
            config=parse_config(FLOOR.encode(), origin="mlgate.yml"),
            baseline=empty,
            evidence=[evidence({"auc": 0.9})],
            comparisons=[compare_models(None, evidence({"auc": 0.9}))],
        )
    )
    assert ruling(found, "baseline").sentence == "No baseline: no metrics there; floors only."


VALUES = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["NaN"]))


@given(
    st.dictionaries(st.sampled_from(["auc", "loss", "f1"]), VALUES),
    st.dictionaries(st.sampled_from(["auc", "loss", "f1"]), VALUES),
)
def test_a_pass_means_that_every_rule_had_its_numbers(
    base: dict[str, float | str], head: dict[str, float | str]
) -> None:
    rules = "gate: [{metric: auc, max-drop: 0.01}, {metric: loss, max-rise: 0.01}]"
    found = verdict(f"{rules}\npolicy: {{on-missing-baseline: fail}}", base, head)
    good = all(
        isinstance(side.get(name), float) for side in (base, head) for name in ("auc", "loss")
    )
    held = good and (
        float(head["auc"]) >= float(base["auc"]) - 0.0100001
        and float(head["loss"]) <= float(base["loss"]) + 0.0100001
    )
    if found.exit_code == 0:
        assert held
    assert msgspec.json.encode(found)


def test_the_worst_comes_first_and_is_the_headline() -> None:
    found = verdict(
        "gate: [{metric: auc, max-drop: 0.01}, {metric: f1, max-drop: 0.01}]",
        {"auc": 0.9, "f1": 0.9, "recall": 0.9},
        {"auc": 0.8, "f1": 0.1, "recall": 0.95},
    )
    assert [j.subject for j in found.judgements] == ["f1", "auc", "recall"]
    assert found.headline == "f1 fell by 0.8 (0.9 → 0.1); the limit is 0.01."
