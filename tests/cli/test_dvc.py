"""Real DVC pipelines: trained, restored from DVC's cache, with an old lock, and not pushed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.machine import Machine, auc
from fakes.git import GitFolder

if TYPE_CHECKING:
    from cli.machine import Ran

PIPELINE = """\
stages:
  prepare:
    cmd: sort raw.csv > clean.csv
    deps: [raw.csv]
    outs: [clean.csv]
  train:
    cmd: cat clean.csv params.yaml > model.bin
    deps: [clean.csv]
    params: [seed]
    outs: [model.bin]
  evaluate:
    cmd: wc model.bin > scores.csv && cp auc.json metrics.json
    deps: [model.bin, auc.json]
    outs: [scores.csv]
    metrics: [{metrics.json: {cache: false}}]
"""
CONFIG = "checks: [{engine: dvc}]\n"


def dvc(folder: Path, *args: str) -> None:
    command = [sys.executable, "-m", "dvc", *args]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture
def pipeline(tmp_path: Path, built: GitFolder) -> Machine:
    """A checkout with a pipeline that has run and was pushed."""
    shutil.copytree(built.path.parent, tmp_path / "made", symlinks=True)
    place = tmp_path / "made" / "work"
    dvc(place, "remote", "modify", "store", "url", str(tmp_path / "made" / "store"))
    work = GitFolder(place)
    work.commit("remote")
    return Machine(work, {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"})


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> GitFolder:
    work = GitFolder.new(tmp_path_factory.mktemp("dvc") / "work")
    dvc(work.path, "init")
    dvc(work.path, "remote", "add", "--default", "store", str(work.path.parent / "store"))
    work.put(
        {
            "dvc.yaml": PIPELINE,
            "raw.csv": "2\n1\n",
            "params.yaml": "seed: 1\n",
            "auc.json": auc(0.9),
            "mlgate.yml": CONFIG,
        }
    )
    work.write(__gitignore=".mlgate/\n/clean.csv\n/model.bin\n/scores.csv\n")
    dvc(work.path, "add", "raw.csv")
    dvc(work.path, "repro")
    dvc(work.path, "push", "--run-cache")
    work.commit("trained")
    return work


def training(machine: Machine) -> dict[str, Any]:
    path = machine.path / ".mlgate/evidence/model/training.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["models"][0]
    return found


def checks(machine: Machine) -> dict[str, tuple[str, str]]:
    machine.run("check", "--format", "json")
    path = machine.path / ".mlgate/evidence/model/checks.json"
    found = json.loads(path.read_text())["models"][0]["checks"]
    return {check["id"]: (check["outcome"], check["message"]) for check in found}


def trained(machine: Machine, *args: str) -> Ran:
    ran = machine.run("train", *args)
    assert ran.exit_code == 0, ran.output
    return ran


class TestTrain:
    def test_a_pipeline_needs_no_command(self, pipeline: Machine) -> None:
        pipeline.work.put({"params.yaml": "seed: 2\n"})
        trained(pipeline)
        found = training(pipeline)["training"]
        assert found["stages"] == {"prepare": "unchanged", "train": "ran", "evaluate": "ran"}
        assert found["command"] == "dvc repro --pull"
        assert "cached" not in found
        assert (pipeline.path / "model.bin").read_text() == "1\n2\nseed: 2\n"

    def test_what_dvc_has_is_not_trained_and_costs_what_it_cost(self, pipeline: Machine) -> None:
        pipeline.work.put({"params.yaml": "seed: 2\n"})
        trained(pipeline)
        first = training(pipeline)
        ran = trained(pipeline)
        assert "nothing was trained" in ran.stderr
        found = training(pipeline)
        assert found["training"]["cached"]
        assert set(found["training"]["stages"].values()) == {"unchanged"}
        assert found["metrics"] == first["metrics"]

    def test_a_fresh_clone_pulls(self, pipeline: Machine) -> None:
        clone = pipeline.path.parent / "clone"
        pipeline.work.git("clone", "--quiet", str(pipeline.path), str(clone))
        machine = Machine(GitFolder(clone), pipeline.env)
        trained(machine)
        found = training(machine)
        assert (clone / "model.bin").read_text() == "1\n2\nseed: 1\n"
        assert found["training"]["cached"]
        assert "metrics" not in found, "nobody knows what it once took"
        assert "is not known" in found["notes"][0]
        machine.report("--post", "never")
        assert "Stages of DVC: restored evaluate, prepare, train." in machine.written("report.md")

    def test_a_stage_that_fails(self, pipeline: Machine) -> None:
        pipeline.work.put({"dvc.yaml": PIPELINE.replace("cmd: cat", "cmd: exit 3; cat")})
        ran = pipeline.run("train")
        assert ran.exit_code not in {0, 3}
        assert training(pipeline)["training"]["ended"] == "failed"


class TestLock:
    def test_current(self, pipeline: Machine) -> None:
        assert checks(pipeline)["dvc.lock"] == ("pass", "It is what code, data and settings make.")

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"params.yaml": "seed: 2\n"}, "train (params.yaml: seed modified)"),
            ({"auc.json": auc(0.5)}, "evaluate (auc.json modified)"),
            ({"dvc.yaml": PIPELINE.replace("sort", "sort -r")}, "prepare (changed command)"),
            ({"raw.csv": "9\n"}, "raw.csv.dvc (raw.csv modified)"),
        ],
    )
    def test_old(self, pipeline: Machine, change: dict[str, str], said: str) -> None:
        pipeline.work.put(change)
        outcome, message = checks(pipeline)["dvc.lock"]
        assert outcome == "fail"
        assert said in message
        assert "Run `dvc repro`, then commit dvc.lock." in message

    def test_a_run_in_the_job_does_not_hide_an_old_one(self, pipeline: Machine) -> None:
        pipeline.work.put({"params.yaml": "seed: 2\n"})
        pipeline.work.commit("forgot to reproduce")
        trained(pipeline)
        outcome, message = checks(pipeline)["dvc.lock"]
        assert outcome == "fail"
        assert "train (settings modified)" in message

    def test_data_that_is_not_here(self, pipeline: Machine) -> None:
        clone = pipeline.path.parent / "clone"
        pipeline.work.git("clone", "--quiet", str(pipeline.path), str(clone))
        outcome, message = checks(Machine(GitFolder(clone), pipeline.env))["dvc.lock"]
        assert outcome == "error"
        assert "Run `dvc pull` before." in message

    def test_no_project(self, machine: Machine) -> None:
        machine.work.put({"mlgate.yml": CONFIG})
        assert {outcome for outcome, _ in checks(machine).values()} == {"error"}

    def test_a_lock_that_is_none(self, pipeline: Machine) -> None:
        pipeline.work.put({"dvc.lock": "stages: [\n"})
        outcome, message = checks(pipeline)["dvc.lock"]
        assert outcome == "error"
        assert "`dvc status --json` failed" in message


class TestRemote:
    def test_pushed(self, pipeline: Machine) -> None:
        assert checks(pipeline)["dvc.remote"][0] == "pass"

    def test_not_pushed(self, pipeline: Machine) -> None:
        pipeline.work.put({"params.yaml": "seed: 2\n"})
        dvc(pipeline.path, "repro")
        pipeline.work.commit("trained")
        outcome, message = checks(pipeline)["dvc.remote"]
        assert (outcome, message) == (
            "fail",
            "Not on the remote: model.bin. Run `dvc push`.",
        )

    def test_lost(self, pipeline: Machine) -> None:
        shutil.rmtree(pipeline.path.parent / "store")
        outcome, message = checks(pipeline)["dvc.remote"]
        assert outcome == "fail"
        assert "clean.csv" in message

    def test_no_remote(self, pipeline: Machine) -> None:
        dvc(pipeline.path, "remote", "remove", "store")
        outcome, message = checks(pipeline)["dvc.remote"]
        assert outcome == "error"
        assert "`dvc status --cloud --json` failed" in message

    def test_they_gate_and_may_be_weakened(self, pipeline: Machine) -> None:
        pipeline.work.put({"params.yaml": "seed: 2\n"})
        pipeline.work.commit("forgot")
        ran = pipeline.report("--post", "never", "--format", "text", "--base", "HEAD~1")
        assert ran.exit_code == 1
        assert "dvc.lock" in ran.stdout
        rules = "gate:\n  - {check: 'dvc.*', level: warn}\n"
        pipeline.work.put({"mlgate.yml": CONFIG + rules})
        pipeline.work.commit("weaker")
        ran = pipeline.report("--post", "never", "--format", "text", "--base", "HEAD")
        assert ran.exit_code == 0, ran.output
