from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from cli.machine import RULES, Machine, auc, policy, proposed
from fakes.git import GitFolder

if TYPE_CHECKING:
    from pathlib import Path


LM_RULES = "metrics: [lm.json]\ngate:\n  - {metric: arc.acc, max-drop: 0.01}\n"
WRITTEN = {".gitignore", "evidence.json", "report.json", "report.md", "report.html", "junit.xml"}


def lm(accuracy: float, *, stderr: float = 0.02, version: int = 1) -> str:
    """A result of lm-evaluation-harness, which states a standard error and a task version."""
    scores = {"acc,none": accuracy, "acc_stderr,none": stderr}
    task: dict[str, Any] = {"n-shot": {"arc": 0}, "versions": {"arc": version}}
    return json.dumps({"results": {"arc": scores}, **task})


@dataclass(frozen=True)
class Case:
    """What is measured at both sides, and what is to come of it."""

    base: str
    head: str
    code: int
    overall: str
    outcome: str
    config: str = RULES


def lm_case(base: str, head: str, code: int, overall: str, outcome: str, **policies: str) -> Case:
    config = LM_RULES
    for key, value in policies.items():
        config = policy(key.replace("_", "-"), value, config)
    return Case(base, head, code, overall, outcome, config)


WARN_ONLY = RULES.replace("0.01}", "0.01, level: warn}")
SURE = 0.0005
CASES = {
    "pass": Case(auc(0.9), auc(0.9), 0, "pass", "pass"),
    "improved": Case(auc(0.9), auc(0.95), 0, "improved", "improved"),
    "within the limit": Case(auc(0.9), auc(0.895), 0, "pass", "pass"),
    "exactly at the limit": Case(auc(0.9), auc(0.89), 0, "pass", "pass"),
    "fail": Case(auc(0.9), auc(0.889), 1, "fail", "fail"),
    "level warn": Case(auc(0.9), auc(0.8), 0, "warn", "fail", WARN_ONLY),
    "observed": Case(auc(0.9), auc(0.8), 0, "fail", "fail", policy("mode", "observe")),
    "NaN": Case(auc(0.9), '{"auc": NaN}', 3, "missing", "missing"),
    "gone": Case(auc(0.9), '{"f1": 0.9}', 3, "missing", "missing"),
    "surely worse": lm_case(lm(0.6, stderr=SURE), lm(0.595, stderr=SURE), 0, "warn", "worse"),
    "surely failed": lm_case(lm(0.6), lm(0.4), 1, "fail", "fail"),
    "other task": lm_case(lm(0.6), lm(0.9, version=2), 3, "missing", "incomparable"),
    "other task, warn": lm_case(
        lm(0.6), lm(0.9, version=2), 0, "warn", "incomparable", on_incomparable="warn"
    ),
    "cannot tell": lm_case(lm(0.6), lm(0.6), 0, "inconclusive", "inconclusive"),
    "cannot tell, fail": lm_case(
        lm(0.6), lm(0.6), 1, "inconclusive", "inconclusive", on_inconclusive="fail"
    ),
    "cannot tell, pass": lm_case(
        lm(0.6), lm(0.6), 0, "inconclusive", "inconclusive", on_inconclusive="pass"
    ),
    "not proven": lm_case(lm(0.6), lm(0.57), 0, "warn", "unproven"),
    "not proven, fail": lm_case(lm(0.6), lm(0.57), 1, "fail", "unproven", on_unproven="fail"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_verdict_and_exit_code(machine: Machine, case: Case) -> None:
    ran = proposed(machine, case.base, case.head, config=case.config).report()
    assert (ran.exit_code, machine.verdict()["overall"]) == (case.code, case.overall), ran.output
    subject = "arc.acc" if "arc.acc" in case.config else "auc"
    assert machine.judgement(subject)["outcome"] == case.outcome
    assert ran.stderr == ""


@pytest.mark.parametrize(
    ("head", "fail_on", "code"),
    [
        ("fails", "fail", 1),
        ("fails", "warn", 1),
        ("fails", "never", 0),
        ("warns", "fail", 0),
        ("warns", "warn", 1),
        ("warns", "never", 0),
        ("passes", "warn", 0),
        ("is missing", "warn", 3),
        ("is missing", "never", 0),
    ],
)
def test_fail_on_moves_the_line(machine: Machine, head: str, fail_on: str, code: int) -> None:
    heads = {
        "fails": '{"auc": 0.8, "f1": 0.5}',
        "warns": '{"auc": 0.9, "f1": 0.4}',
        "passes": '{"auc": 0.9, "f1": 0.5}',
        "is missing": '{"auc": "nan", "f1": 0.5}',
    }
    ran = proposed(machine, heads["passes"], heads[head]).report("--fail-on", fail_on)
    assert ran.exit_code == code, ran.output


def test_observing_never_fails_a_job_even_with_fail_on_warn(machine: Machine) -> None:
    ran = proposed(machine, auc(0.9), auc(0.8), config=policy("mode", "observe")).report(
        "--fail-on", "warn"
    )
    assert ran.exit_code == 0
    assert "observ" in ran.stdout.lower()


def test_a_drop_without_a_rule_is_a_warning_that_names_the_rule(machine: Machine) -> None:
    machine.work.commit("measured", metrics__json=auc(0.9))
    machine.work.write(metrics__json=auc(0.5))
    ran = machine.report()
    assert (ran.exit_code, machine.verdict()["overall"]) == (0, "warn")
    assert machine.judgement("auc")["advice"] == "Guard it: `{metric: auc, max-drop: 0.01}`."


def test_what_is_written(machine: Machine) -> None:
    proposed(machine, auc(0.9), auc(0.8)).report()
    assert {file.name for file in (machine.path / ".mlgate").iterdir()} == WRITTEN
    assert json.loads(machine.written("evidence.json"))["commit"] == machine.work.head()
    assert json.loads(machine.written())["baseline"]["commit"] == machine.work.git(
        "rev-parse", "main"
    )
    assert "auc" in machine.written("report.md")
    assert machine.written("report.html").startswith("<!doctype html>")
    assert machine.work.git("status", "--porcelain") == ""


def test_output_folder_is_the_users_choice(machine: Machine, tmp_path: Path) -> None:
    proposed(machine, auc(0.9), auc(0.9))
    assert machine.report("--output", "build/gate").exit_code == 0
    assert {file.name for file in (machine.path / "build/gate").iterdir()} == WRITTEN
    assert machine.report("--output", str(tmp_path / "abs")).exit_code == 0
    assert {file.name for file in (tmp_path / "abs").iterdir()} == WRITTEN
    assert not (machine.path / ".mlgate").exists()


def test_a_folder_that_is_there_keeps_what_git_thinks_of_it(machine: Machine) -> None:
    proposed(machine, auc(0.9), auc(0.9))
    (machine.path / "out").mkdir()
    machine.report("--output", "out")
    assert {file.name for file in (machine.path / "out").iterdir()} == WRITTEN - {".gitignore"}


def test_every_option_can_be_set_by_the_environment(machine: Machine) -> None:
    proposed(machine, auc(0.9), auc(0.8))
    ran = machine.report(MLGATE_REPORT_OUTPUT="out", MLGATE_REPORT_FAIL_ON="never")
    assert ran.exit_code == 0
    assert {file.name for file in (machine.path / "out").iterdir()} == WRITTEN


class TestModels:
    """Several models, and the evidence of several jobs."""

    CONFIG = (
        "models:\n"
        "  churn: {metrics: [churn.json], gate: [{metric: auc, max-drop: 0.01}]}\n"
        "  ranker: {metrics: [ranker.json], gate: [{metric: ndcg, max-drop: 0.01}]}\n"
    )

    @pytest.fixture
    def fleet(self, machine: Machine) -> Machine:
        machine.work.write(
            mlgate__yml=self.CONFIG, churn__json=auc(0.9), ranker__json='{"ndcg": 0.5}'
        )
        machine.work.commit("measured")
        machine.work.switch("better")
        machine.work.commit("worse ranker", ranker__json='{"ndcg": 0.4}')
        return machine

    def test_all_are_judged(self, fleet: Machine) -> None:
        assert fleet.report().exit_code == 1
        assert fleet.judgement("ndcg")["model"] == "ranker"
        assert fleet.judgement("auc")["outcome"] == "pass"

    def test_one_is_judged_when_it_is_named(self, fleet: Machine) -> None:
        assert fleet.report("--model", "churn").exit_code == 0
        assert [c["model"] for c in json.loads(fleet.written())["comparisons"]] == ["churn"]

    def test_legs_are_joined(self, fleet: Machine) -> None:
        for name in ("churn", "ranker"):
            fleet.report("--model", name, "--output", f"legs/{name}")
        ran = fleet.report("--evidence", "legs")
        assert ran.exit_code == 1
        assert fleet.judgement("ndcg")["outcome"] == "fail"

    def test_one_of_the_legs_may_be_asked_for(self, fleet: Machine) -> None:
        for name in ("churn", "ranker"):
            fleet.report("--model", name, "--output", f"legs/{name}")
        fleet.report("--evidence", "legs", "--model", "churn")
        assert [c["model"] for c in json.loads(fleet.written())["comparisons"]] == ["churn"]
        assert {j.get("model", "") for j in fleet.verdict()["judgements"]} == {"churn"}
        assert fleet.report("--evidence", "legs", "--model", "nobody").exit_code == 3

    def test_a_leg_that_died_is_missing(self, fleet: Machine) -> None:
        fleet.report("--model", "churn", "--output", "legs/churn")
        ran = fleet.report("--evidence", "legs")
        assert ran.exit_code == 3
        assert fleet.judgement("ranker")["sentence"] == "The model ranker did not report."

    def test_expected_models_arrive_one_per_line(self, fleet: Machine) -> None:
        fleet.report("--model", "churn", "--output", "legs/churn")
        ran = fleet.report(
            MLGATE_REPORT_EVIDENCE="\nlegs/churn\n", MLGATE_REPORT_EXPECT="churn\nnew model\n"
        )
        assert ran.exit_code == 3
        assert fleet.judgement("new model")["outcome"] == "missing"

    def test_evidence_that_is_not_there(self, fleet: Machine) -> None:
        ran = fleet.report("--evidence", "legs/evidence.json")
        assert ran.exit_code == 3
        assert ran.errors == ["error: legs/evidence.json: no evidence: No such file or directory"]

    def test_a_name_that_is_not_configured(self, fleet: Machine) -> None:
        ran = fleet.report("--model", "chrun")
        assert ran.exit_code == 2
        assert ran.errors == ["error: --model 'chrun' is not in the configuration"]
        assert "did you mean `churn`?" in ran.stderr


def test_a_folder_of_a_repository_is_told_from_its_root(measured: Machine) -> None:
    sub = measured.path / "sub"
    sub.mkdir()
    ran = Machine(GitFolder(sub)).report()
    assert ran.exit_code == 3
    assert "mlgate looked in sub/ only: is the root of the repository meant?" in ran.stdout
