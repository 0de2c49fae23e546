"""``mlgate gate``: a later job asks what an earlier one found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cli.machine import RULES, auc, event

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.machine import Machine
    from fakes.github import GitHubStandIn


@pytest.fixture
def reported(machine: Machine) -> Callable[..., Machine]:
    """A machine on which ``mlgate report`` has run on a fall from 0.9 to ``head``."""

    def run(head: object = 0.8, config: str = RULES) -> Machine:
        machine.work.commit("measured", metrics__json=auc(0.9), mlgate__yml=config)
        machine.work.switch("better")
        machine.work.commit("changed", metrics__json=auc(head))
        machine.report()
        return machine

    return run


@pytest.mark.parametrize(("head", "code"), [(0.9, 0), (0.95, 0), (0.8, 1), ("nan", 3)])
def test_it_exits_as_the_report_did(
    reported: Callable[..., Machine], head: object, code: int
) -> None:
    ran = reported(head).run("gate")
    assert (ran.exit_code, ran.stderr) == (code, "")


@pytest.mark.parametrize(("fail_on", "code"), [("fail", 1), ("warn", 1), ("never", 0)])
def test_fail_on(reported: Callable[..., Machine], fail_on: str, code: int) -> None:
    assert reported().run("gate", "--fail-on", fail_on).exit_code == code


def test_it_prints_the_report_again(reported: Callable[..., Machine]) -> None:
    machine = reported()
    first = machine.report("--format", "text").stdout
    assert machine.run("gate", "--format", "text").stdout == first
    assert machine.run("gate", "--format", "json").json() == json.loads(machine.written())


def test_it_needs_nothing_but_the_file(reported: Callable[..., Machine]) -> None:
    machine = reported()
    (machine.path / ".mlgate/report.json").rename(machine.path / "elsewhere.json")
    machine.work.git("rm", "--quiet", "--force", "mlgate.yml", "metrics.json")
    assert machine.run("gate", "--report", "elsewhere.json").exit_code == 1
    assert machine.run("gate", MLGATE_GATE_REPORT="elsewhere.json").exit_code == 1


def test_it_writes_and_posts_nothing(
    reported: Callable[..., Machine], github: GitHubStandIn
) -> None:
    machine = reported()
    before = {f.name: f.stat().st_mtime_ns for f in (machine.path / ".mlgate").iterdir()}
    job = event(machine.work, github, "push", ref="refs/heads/main")
    assert job.run("gate").exit_code == 1
    assert github.requests == []
    assert {f.name: f.stat().st_mtime_ns for f in (machine.path / ".mlgate").iterdir()} == before


class TestRefused:
    """A report that cannot be trusted is no yes."""

    def changed(self, machine: Machine, change: Callable[[dict[str, Any]], object]) -> None:
        tree = json.loads(machine.written())
        change(tree)
        (machine.path / ".mlgate/report.json").write_text(json.dumps(tree))

    def test_no_report(self, machine: Machine) -> None:
        ran = machine.run("gate")
        assert ran.exit_code == 3
        assert ran.errors == [
            f"error: {machine.path}/.mlgate/report.json: no report: No such file or directory"
        ]
        assert "fix: run `mlgate report` before" in ran.stderr

    def test_a_verdict_that_was_edited(self, reported: Callable[..., Machine]) -> None:
        machine = reported()
        self.changed(machine, lambda tree: tree["verdict"].update(overall="pass"))
        ran = machine.run("gate")
        assert ran.exit_code == 3
        assert "the verdict 'pass' is not what its judgements add up to" in ran.errors[0]

    def test_a_judgement_that_was_edited(self, reported: Callable[..., Machine]) -> None:
        machine = reported()
        self.changed(machine, lambda tree: tree["verdict"]["judgements"][0].update(effect="pass"))
        assert machine.run("gate").exit_code == 3

    def test_judgements_that_were_taken_out(self, reported: Callable[..., Machine]) -> None:
        machine = reported()
        self.changed(machine, lambda tree: tree["verdict"].pop("judgements"))
        assert machine.run("gate").exit_code == 3

    @pytest.mark.parametrize("kept", [0, 1])
    def test_a_comparison_that_was_never_judged(
        self, reported: Callable[..., Machine], kept: int
    ) -> None:
        """As of somebody who takes the failure out, and makes the verdict fit."""
        machine = reported()

        def edit(tree: dict[str, Any]) -> None:
            verdict = tree["verdict"]
            verdict["overall"] = "pass"
            judgement = verdict["judgements"][0]
            judgement.update(effect="pass", outcome="pass")
            judgement["metric"]["head"] = 0.9
            verdict["judgements"] = [judgement][:kept]

        self.changed(machine, edit)
        ran = machine.run("gate")
        assert ran.exit_code == 3
        assert "auc was compared and never judged" in ran.errors[0]

    @pytest.mark.parametrize(
        "raw",
        [b"", b"{}", b"[]", b"\x80", b'{"verdict": {}}', b"null", b"[" * 100_000, b'{"a":1,"a":1}'],
        ids=["empty", "no fields", "a list", "binary", "half", "null", "deep", "duplicate keys"],
    )
    def test_what_is_no_report(self, machine: Machine, raw: bytes) -> None:
        machine.work.put({".mlgate/report.json": raw})
        ran = machine.run("gate")
        assert (ran.exit_code, ran.stdout, len(ran.errors)) == (3, "", 1), ran.output
        assert "report.json" in ran.errors[0]

    def test_one_of_another_commit_in_a_ci_run(
        self, reported: Callable[..., Machine], github: GitHubStandIn
    ) -> None:
        machine = reported(0.95)
        assert machine.run("gate").exit_code == 0
        machine.work.commit("worse", metrics__json=auc(0.1))
        ran = event(machine.work, github, "push", ref="refs/heads/main").run("gate")
        assert (ran.exit_code, ran.stdout) == (3, "")
        assert ran.errors[0].startswith("error: the report is of commit ")

    def test_one_of_a_newer_version(self, reported: Callable[..., Machine]) -> None:
        machine = reported()
        self.changed(machine, lambda tree: tree.update(schema="https://mlgate.dev/report/v99"))
        assert machine.run("gate").exit_code == 3

    def test_a_folder(self, machine: Machine) -> None:
        (machine.path / ".mlgate/report.json").mkdir(parents=True)
        assert machine.run("gate").exit_code == 3

    def test_both_a_report_and_evidence(self, machine: Machine) -> None:
        ran = machine.run("gate", "--report", "a", "--evidence", "b")
        assert ran.exit_code == 2
        assert ran.errors == ["error: give either --report or --evidence"]


class TestEvidence:
    """Stored evidence is judged by the rules and the baseline of this checkout."""

    @pytest.mark.parametrize(("limit", "code"), [("0.01", 1), ("0.5", 0)])
    def test_rules_of_this_checkout(
        self, reported: Callable[..., Machine], limit: str, code: int
    ) -> None:
        machine = reported()
        machine.work.write(mlgate__yml=RULES.replace("0.01", limit))
        (machine.path / ".mlgate/evidence.json").rename(machine.path / "evidence.json")
        machine.work.write(metrics__json=auc(0.1))  # not what is judged
        ran = machine.run("gate", "--evidence", "evidence.json", "--format", "json")
        assert ran.exit_code == code
        assert ran.json()["comparisons"][0]["metrics"][0]["head"] == 0.8

    def test_a_named_baseline(self, reported: Callable[..., Machine]) -> None:
        machine = reported()
        ran = machine.run("gate", "--evidence", ".mlgate", "--base", "HEAD")
        assert ran.exit_code == 0

    def test_a_folder_without_any(self, machine: Machine) -> None:
        (machine.path / "legs").mkdir()
        ran = machine.run("gate", "--evidence", "legs")
        assert ran.exit_code == 3
        assert ran.errors == ["error: legs: no evidence.json in this folder"]

    def test_two_legs_that_measured_the_same(self, reported: Callable[..., Machine]) -> None:
        machine = reported()
        raw = machine.written("evidence.json")
        machine.work.put({"a/evidence.json": raw, "b/evidence.json": raw})
        ran = machine.run("gate", "--evidence", "a", "--evidence", "b")
        assert ran.exit_code == 3
        assert ran.errors == [
            "error: two evidence files measure auc (metrics.json) of the model model"
        ]

    def test_legs_of_different_commits(self, reported: Callable[..., Machine]) -> None:
        machine = reported()
        tree = json.loads(machine.written("evidence.json"))
        tree["commit"] = "a" * 40
        machine.work.put({"a/evidence.json": json.dumps(tree)})
        ran = machine.run("gate", "--evidence", "a", "--evidence", ".mlgate")
        assert ran.exit_code == 3
        assert "the evidence is of different commits" in ran.errors[0]
