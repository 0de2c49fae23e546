"""Metrics measured from the best of the past, and the noise of the past."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cli.machine import Job
from fakes.git import GitFolder
from mlgate.documents.codec import encode
from mlgate.documents.evidence import Evidence, Metric, ModelEvidence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cli.machine import Machine
    from fakes.github import GitHubStandIn

BEST = "metrics: [metrics.json]\ngate:\n  - {metric: %s, %s, compare: best}\n"
NOISE = "policy: {history-intervals: true}\n"


def past(work: GitFolder, values: Iterable[object], name: str = "auc") -> list[str]:
    """Commit one value after another, and something else in between."""
    commits = []
    for value in values:
        commits.append(work.commit("model", metrics__json=json.dumps({name: value})))
        work.commit("words", README__md=f"{len(commits)}")
    return commits


def proposed(machine: Machine, values: Iterable[object], head: object, **rule: str) -> None:
    name, limit = rule.get("name", "auc"), rule.get("limit", "max-drop: 0.01")
    machine.work.put({"mlgate.yml": BEST % (name, limit) + rule.get("more", "")})
    past(machine.work, values, name)
    machine.work.put({"metrics.json": json.dumps({name: head})})


def test_small_losses_add_up(machine: Machine) -> None:
    proposed(machine, (0.93, 0.922, 0.914, 0.906), 0.898)
    ran = machine.report()
    assert ran.exit_code == 1, ran.output
    found = machine.judgement("auc")
    best = machine.work.git("log", "--format=%h", "--abbrev=7", "--grep=model").split()[-1]
    assert found["sentence"] == (
        f"auc fell by 0.032 from the best of 4 commits, {best}, (0.93 → 0.898); the limit is 0.01."
    )
    assert found["limit"] == "≥ −0.01 of the best"
    assert machine.run("gate").exit_code == 1


def test_against_the_baseline_alone_each_of_them_passes(machine: Machine) -> None:
    proposed(machine, (0.93, 0.922, 0.914, 0.906), 0.898)
    config = (machine.path / "mlgate.yml").read_text().replace(", compare: best", "")
    machine.work.put({"mlgate.yml": config})
    assert machine.report().exit_code == 0
    assert "past" not in json.loads(machine.written())["comparisons"][0]["metrics"][0]


def test_the_baseline_may_be_the_best_itself(machine: Machine) -> None:
    proposed(machine, (0.91, 0.92, 0.93), 0.925)
    assert machine.report().exit_code == 0
    found = machine.judgement("auc")
    assert (found["limit"], found["metric"]["base"]) == ("≥ −0.01", 0.93)


def test_lower_is_better(machine: Machine) -> None:
    proposed(machine, (0.10, 0.12, 0.115), 0.118, name="rmse", limit="max-rise: 0.01")
    assert machine.report().exit_code == 1
    assert "from the best of 3 commits" in machine.judgement("rmse")["sentence"]


def test_a_value_of_the_past_that_is_none_is_not_the_best(machine: Machine) -> None:
    proposed(machine, (float("nan"), None, 0.91, 0.9), 0.895)
    assert machine.report().exit_code == 1
    assert "from the best of 2 commits" in machine.judgement("auc")["sentence"]


def test_a_past_that_is_beyond_the_wanted_commits_does_not_count(machine: Machine) -> None:
    values = (0.99, 0.91, 0.911, 0.909)
    proposed(machine, values, 0.905, more="policy: {history: 2}\n")
    assert machine.report().exit_code == 0
    assert machine.judgement("auc")["metric"]["past"] == 2


def harness(value: float, version: float = 1.0, stderr: float = 0.001) -> str:
    """Results of a harness, which states the version of its task and a standard error."""
    scores = {"acc,none": value, "acc_stderr,none": stderr}
    found = {"results": {"mmlu": scores}, "versions": {"mmlu": version}, "n-shot": {"mmlu": 0}}
    return json.dumps({**found, "higher_is_better": {"mmlu": {"acc": True}}})


def harness_rule(limit: str) -> dict[str, str]:
    return {"mlgate.yml": BEST.replace("metrics.json", "results.json") % ("mmlu.acc", limit)}


def test_another_task_is_not_the_same_metric(machine: Machine) -> None:
    machine.work.put(harness_rule("max-drop: 0.01"))
    for value, version in ((0.9, 1.0), (0.7, 2.0), (0.69, 2.0)):
        machine.work.commit("evaluated", results__json=harness(value, version))
    machine.work.put({"results.json": harness(0.695, 2.0)})
    ran = machine.report()
    assert ran.exit_code == 0, ran.output
    found = machine.judgement("mmlu.acc")["metric"]
    assert (found["past"], found["highest"]["value"]) == (1, 0.7)


def test_the_best_of_many_needs_more_than_one_interval(machine: Machine) -> None:
    """One of many equal models is the best by luck; the interval allows for that."""
    machine.work.put(harness_rule("max-drop: 0"))
    for value in (0.833, *[0.8, 0.799] * 18):
        machine.work.commit("evaluated", results__json=harness(value, stderr=0.01))
    machine.work.put({"results.json": harness(0.8, stderr=0.01)})
    ran = machine.report()
    assert ran.exit_code == 0, ran.output
    found = machine.judgement("mmlu.acc")
    assert found["outcome"] == "unproven"
    assert found["metric"]["interval"]["method"] == "standard errors, best of 37"


def test_the_noise_of_the_past_is_an_interval(machine: Machine) -> None:
    noisy = (0.90, 0.91, 0.895, 0.905, 0.9, 0.91, 0.897, 0.905)
    machine.work.put({"mlgate.yml": "gate:\n  - {metric: auc, max-drop: 0.001}\n" + NOISE})
    past(machine.work, noisy)
    machine.work.put({"metrics.json": '{"auc": 0.9}'})
    ran = machine.report()
    assert ran.exit_code == 0, ran.output
    found = machine.judgement("auc")
    assert found["outcome"] == "unproven"
    assert found["metric"]["interval"]["method"] == "history of 8 commits"
    machine.work.put({"metrics.json": '{"auc": 0.85}'})
    assert machine.report().exit_code == 1


@pytest.mark.parametrize("values", [(0.9,) * 8, (0.9, 0.91, 0.9)])
def test_a_past_that_tells_no_noise_gives_no_interval(
    machine: Machine, values: tuple[float, ...]
) -> None:
    machine.work.put({"mlgate.yml": "gate:\n  - {metric: auc, max-drop: 0.001}\n" + NOISE})
    for place, value in enumerate(values):
        machine.work.commit("m", metrics__json=json.dumps({"auc": value, "run": str(place)}))
    machine.work.put({"metrics.json": '{"auc": 0.85}'})
    assert machine.report().exit_code == 1
    assert "interval" not in machine.judgement("auc")["metric"]


def test_stored_evidence_is_of_the_past_too(machine: Machine) -> None:
    machine.work.put({"mlgate.yml": BEST % ("auc", "max-drop: 0.01")})
    first = machine.work.commit("no metrics yet", train__py="")
    metrics = (Metric(name="auc", source="metrics.json", value=0.95),)
    model = ModelEvidence(model="model", metrics=metrics)
    machine.work.store(first, encode(Evidence(commit=first, models=(model,))))
    past(machine.work, (0.9,))
    machine.work.put({"metrics.json": '{"auc": 0.9}'})
    assert machine.report().exit_code == 1
    assert f"from the best of 2 commits, {first[:7]}," in machine.judgement("auc")["sentence"]


def test_a_broken_past_is_no_pass(machine: Machine) -> None:
    machine.work.put({"mlgate.yml": BEST % ("auc", "max-drop: 0.01")})
    first = machine.work.commit("first", train__py="")
    machine.work.store(first, b"{")
    past(machine.work, (0.9,))
    machine.work.put({"metrics.json": '{"auc": 0.9}'})
    ran = machine.report()
    found = machine.judgement("auc")
    assert (ran.exit_code, found["outcome"], found["effect"]) == (0, "missing", "warn")
    assert "whether it was better before is not known" in found["sentence"]


class TestShallowClone:
    def test_it_fetches_the_history(self, tmp_path: Path, github: GitHubStandIn) -> None:
        job = shallow(tmp_path, github)
        assert job.report().exit_code == 1
        assert "from the best of 4 commits" in job.judgement("auc")["sentence"]

    def test_without_a_remote_it_is_no_pass(self, tmp_path: Path, github: GitHubStandIn) -> None:
        job = shallow(tmp_path, github)
        job.work.git("remote", "set-url", "origin", f"file://{tmp_path}/gone")
        ran = job.report()
        found = job.judgement("auc")
        assert (ran.exit_code, found["outcome"]) == (0, "missing"), ran.output
        assert "this clone is shallow" in found["sentence"]


def shallow(tmp_path: Path, github: GitHubStandIn) -> Job:
    """Return a job for a push to main with the last two commits only."""
    origin = GitFolder.new(tmp_path / "origin")
    origin.put({"mlgate.yml": BEST % ("auc", "max-drop: 0.01")})
    past(origin, (0.93, 0.922, 0.914, 0.906))
    origin.commit("model", metrics__json='{"auc": 0.9}')
    clone = origin.clone(tmp_path / "clone", "--depth=2")
    payload: dict[str, Any] = {
        "ref": "refs/heads/main",
        "before": origin.git("rev-parse", "HEAD~1"),
        "after": origin.head(),
        "repository": {"full_name": github.repository, "default_branch": "main"},
    }
    return Job.on(clone, github, "push", payload)
