"""``mlgate init`` in repositories of several kinds; what it writes works."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cli.machine import Machine
from fakes.git import GitFolder

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOW = ".github/workflows/mlgate.yml"
METRICS = '{"accuracy": 0.93, "loss": 0.2, "epochs": 5}'


def workflow(machine: Machine) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((machine.path / WORKFLOW).read_text())
    return found


def steps(machine: Machine) -> str:
    return json.dumps(workflow(machine)["jobs"])


class TestMetricFiles:
    """A repository whose training has run."""

    @pytest.fixture
    def trained(self, machine: Machine) -> Machine:
        machine.work.commit("trained", metrics__json=METRICS, train__py="print()")
        return machine

    def test_metrics_become_rules(self, trained: Machine) -> None:
        ran = trained.run("init")
        assert (ran.exit_code, ran.stderr) == (0, "")
        config = yaml.safe_load((trained.path / "mlgate.yml").read_text())
        assert config["gate"] == [
            {"metric": "accuracy", "max-drop": 0.01},
            {"metric": "loss", "max-rise": "5 %"},
        ]
        assert ran.stdout.splitlines()[:2] == ["wrote    mlgate.yml", f"wrote    {WORKFLOW}"]

    def test_the_rules_hold_a_drop(self, trained: Machine) -> None:
        trained.run("init")
        trained.work.commit("adopt")
        trained.work.commit("worse", metrics__json=METRICS.replace("0.93", "0.8"))
        assert trained.report().exit_code == 1
        assert trained.judgement("accuracy")["rule"] == "accuracy, max-drop: 0.01"

    def test_the_training_command_is_found(self, trained: Machine) -> None:
        ran = trained.run("init")
        assert "python train.py" in steps(trained)
        assert "is a guess" not in ran.stdout

    def test_the_training_command_is_given(self, trained: Machine) -> None:
        trained.run("init", "--train", "make model: 'all' && echo \"$HOME\"")
        assert json.dumps("make model: 'all' && echo \"$HOME\"")[1:-1] in steps(trained)

    def test_nothing_that_exists_is_overwritten(self, trained: Machine) -> None:
        trained.work.put({"mlgate.yml": "gate: []\n"})
        ran = trained.run("init")
        assert ran.exit_code == 0
        assert (trained.path / "mlgate.yml").read_text() == "gate: []\n"
        assert "kept     mlgate.yml" in ran.stdout
        assert f"wrote    {WORKFLOW}" in ran.stdout
        before = (trained.path / WORKFLOW).read_bytes()
        again = trained.run("init", "--train", "other")
        assert f"kept     {WORKFLOW}" in again.stdout
        assert (trained.path / WORKFLOW).read_bytes() == before

    def test_a_dangling_link_is_not_written_through(self, trained: Machine, tmp_path: Path) -> None:
        (trained.path / "mlgate.yml").symlink_to(tmp_path / "elsewhere.yml")
        trained.run("init")
        assert not (tmp_path / "elsewhere.yml").exists()

    def test_printing_writes_nothing(self, trained: Machine) -> None:
        ran = trained.run("init", "--print")
        assert "# mlgate.yml\n" in ran.stdout
        assert f"# {WORKFLOW}\n" in ran.stdout
        assert not (trained.path / "mlgate.yml").exists()
        assert not (trained.path / WORKFLOW).exists()

    def test_another_action(self, trained: Machine) -> None:
        trained.run("init", "--action", "acme/mlgate@v9")
        assert "acme/mlgate@v9" in (trained.path / WORKFLOW).read_text()

    @pytest.mark.parametrize("action", ["mlgate", "a/b", "a/b@", "a/b@v1\nx: y", "a/b@v1 # x"])
    def test_what_is_no_action(self, trained: Machine, action: str) -> None:
        ran = trained.run("init", "--action", action)
        assert (ran.exit_code, len(ran.errors)) == (2, 1)
        assert not (trained.path / WORKFLOW).exists()


def test_a_dvc_project_is_reproduced(machine: Machine) -> None:
    stages = "stages:\n  train:\n    cmd: python t.py\n    metrics: [scores/eval.json]\n"
    machine.work.put({"dvc.yaml": stages, "scores/eval.json": '{"auc": 0.9}'})
    machine.work.commit("a DVC project")
    assert machine.run("init").exit_code == 0
    assert "dvc repro" in steps(machine)
    config = yaml.safe_load((machine.path / "mlgate.yml").read_text())
    assert config["gate"] == [{"metric": "auc", "max-drop": 0.01}]
    machine.work.put({"scores/eval.json": '{"auc": 0.5}'})
    assert machine.report().exit_code == 1


def test_make_train(machine: Machine) -> None:
    machine.work.commit("with make", Makefile="train:\n\techo\n", metrics__json=METRICS)
    machine.run("init")
    assert "make train" in steps(machine)


def test_without_metrics_it_says_what_is_missing(machine: Machine) -> None:
    machine.work.commit("nothing yet")
    ran = machine.run("init")
    assert ran.exit_code == 0
    assert "no metrics file was found" in ran.stdout
    assert "is a guess" in ran.stdout
    machine.work.commit("adopt", metrics__json='{"accuracy": 0.9}')
    assert machine.report().exit_code == 0


@pytest.mark.parametrize("branch", ["master", "trunk"])
def test_another_default_branch(machine: Machine, branch: str) -> None:
    machine.work.commit("trained", metrics__json=METRICS)
    machine.work.git("branch", "--move", branch)
    machine.run("init")
    assert workflow(machine)[True]["push"]["branches"] == [branch]


def test_the_default_branch_of_the_remote(machine: Machine, tmp_path: Path) -> None:
    machine.work.commit("trained", metrics__json=METRICS)
    machine.work.git("branch", "--move", "production")
    clone = Machine(machine.work.clone(tmp_path / "clone"))
    clone.work.switch("topic")
    clone.run("init")
    assert workflow(clone)[True]["push"]["branches"] == ["production"]


def test_the_default_branch_is_given(machine: Machine) -> None:
    machine.work.commit("trained", metrics__json=METRICS)
    machine.run("init", "--branch", "release/1.x")
    assert workflow(machine)[True]["push"]["branches"] == ["release/1.x"]


@pytest.mark.parametrize("branch", ["a: b", "x\ny: z", "'", '"', "${{ github.token }}", "-x", "!a"])
def test_a_branch_that_would_be_read_as_a_pattern(machine: Machine, branch: str) -> None:
    machine.work.commit("trained", metrics__json=METRICS)
    ran = machine.run("init", f"--branch={branch}")
    assert (ran.exit_code, ran.stdout, len(ran.errors)) == (2, "", 1)
    assert not (machine.path / WORKFLOW).exists()


def test_metrics_with_hostile_names_stay_text(machine: Machine) -> None:
    names = [
        "a: b",
        "x\ny: z",
        "'acc",
        '"acc',
        "{acc}",
        "[acc]",
        "*",
        "# acc",
        "acc\u202e",
        "!!acc",
    ]
    metrics = {f"accuracy {name}": 0.9 for name in names}
    machine.work.commit("trained", metrics__json=json.dumps(metrics))
    assert machine.run("init").exit_code == 0
    machine.work.commit("adopt")
    ran = machine.report()
    assert ran.exit_code == 0, ran.output


def test_outside_of_git(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    machine = Machine(GitFolder(tmp_path / "plain"))
    assert machine.run("init").exit_code == 0
    assert workflow(machine)[True]["push"]["branches"] == ["main"]
