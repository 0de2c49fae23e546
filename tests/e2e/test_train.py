"""The template for training, executed by act in a real repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from e2e.repository import PROJECT, TEMPLATES, WORKFLOW, project
from fakes.github import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from e2e.forge import Forge, Open

REFUSED = Decision(allowed=False, reasons=("mlgate: failure",))


@pytest.fixture
def on(forge: Open, trained: Mapping[str, str]) -> Forge:
    """A repository that uses the train template, with a trained model on ``main``."""
    return forge({**project("train.yml"), **trained})


def test_what_training_took_is_in_the_comment(on: Forge) -> None:
    change = on.repository.propose({"params.yaml": "trees: 40\ndepth: 5\nstrength: 1.0\n"})
    assert on.pull_request(change).jobs == {"mlgate": "success"}
    [comment] = on.github.comments()
    assert "training.seconds" in comment.body
    assert on.github.would_merge() == Decision(allowed=True)


def test_metrics_from_before_do_not_hide_a_failed_training(on: Forge) -> None:
    change = on.repository.propose({"train.py": "raise SystemExit('no data today')\n"})
    assert on.pull_request(change).jobs == {"mlgate": "failure"}
    [comment] = on.github.comments()
    assert "training failed with exit 1 after" in comment.body
    assert on.github.would_merge() == REFUSED


KNOWN = """\
train:
  command: python train.py
  inputs: [train.py, params.yaml, requirements.txt]
"""


def test_the_same_inputs_are_not_trained_twice(forge: Open, trained: Mapping[str, str]) -> None:
    files = project("train.yml")
    files["mlgate.yml"] += KNOWN
    workflow = files[WORKFLOW].replace("          command: python train.py\n", "")
    on = forge({**files, WORKFLOW: workflow, **trained})
    params = "trees: 40\ndepth: 5\nstrength: 1.0\n"
    first = on.pull_request(on.repository.propose({"params.yaml": params}))
    assert first.jobs == {"mlgate": "success"}, first.log
    assert "trained in" in first.log
    assert "Cache saved with key: mlgate-train-" in first.log
    again = on.pull_request(on.repository.propose({"params.yaml": params, "README.md": "more"}))
    assert again.jobs == {"mlgate": "success"}, again.log
    assert "restored 1 output" in again.log
    assert "trained in" not in again.log
    other = on.pull_request(on.repository.propose({"params.yaml": f"{params}# other\n"}))
    assert "training: params.yaml changed" in other.log


PIPELINE = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [trees, depth, strength]
    outs: [model.txt]
    metrics: [{metrics.json: {cache: false}}]
"""
MODEL = "\nPath('model.txt').write_text(repr(model))\n"
BETTER = {"params.yaml": "trees: 40\ndepth: 5\nstrength: 1.0\n"}


@pytest.fixture
def pipeline(forge: Open, tmp_path: Path) -> Forge:
    """A repository with a DVC pipeline that has run on ``main``, and its remote."""
    folder = tmp_path / "project"
    shutil.copytree(PROJECT, folder)
    (folder / "train.py").write_text((folder / "train.py").read_text() + MODEL)
    (folder / "dvc.yaml").write_text(PIPELINE)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / "mlgate.yml").write_text(
        (folder / "mlgate.yml").read_text() + "checks: [{engine: dvc}]\n"
    )
    for args in (
        ("init", "--quiet"),
        ("config", "core.analytics", "false"),
        ("remote", "add", "--default", "store", str(tmp_path / "store")),
        ("repro", "--quiet"),
        ("push", "--quiet"),
    ):
        command = [sys.executable, "-m", "dvc", *args]
        env = {"PATH": f"{sys.exec_prefix}/bin:/usr/bin:/bin", "HOME": str(tmp_path)}
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=env)
    listed = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, cwd=folder, check=True, capture_output=True, text=True).stdout
    kept = [name for name in names.split() if name != ".dvcignore"]
    files = {name: (folder / name).read_text() for name in kept}
    return forge({**files, WORKFLOW: (TEMPLATES / "train-dvc.yml").read_text()})


def test_what_dvc_has_is_not_trained(pipeline: Forge) -> None:
    build = pipeline.pull_request(pipeline.repository.propose({"README.md": "more"}))
    assert build.jobs == {"mlgate": "success"}, build.log
    assert "DVC had all stages" in build.log
    [comment] = pipeline.github.comments()
    assert "Stages of DVC: restored train." in comment.body


def test_a_lock_that_nobody_brought_up_to_date_is_refused(pipeline: Forge) -> None:
    build = pipeline.pull_request(pipeline.repository.propose(BETTER))
    assert build.jobs == {"mlgate": "failure"}, build.log
    assert "Running stage 'train'" in build.log
    [comment] = pipeline.github.comments()
    assert "`dvc.lock` Older than what it is made from: train (settings modified)" in comment.body


class TestGpu:
    @pytest.fixture
    def gpu(self, forge: Open, trained: Mapping[str, str]) -> Forge:
        """A repository that uses the template for larger machines."""
        return forge({**project("train-gpu.yml"), **trained})

    def test_trained_there_and_judged_here(self, gpu: Forge) -> None:
        build = gpu.pull_request(gpu.repository.propose(BETTER))
        assert build.jobs == {"train": "success", "mlgate": "success"}, build.log
        [comment] = gpu.github.comments()
        assert "training.seconds" in comment.body

    def test_a_stranger_does_not_run_there_and_is_refused(self, gpu: Forge) -> None:
        change = gpu.repository.propose(BETTER, fork=True)
        build = gpu.pull_request(change, fork_owner="stranger")
        assert build.jobs.get("train") != "success", build.log
        assert ("train", "Train") not in build.steps
        assert build.jobs["mlgate"] == "failure"


class TestCml:
    @pytest.fixture
    def cml(self, forge: Open, trained: Mapping[str, str]) -> Forge:
        """A repository that uses the template for machines that CML starts."""
        return forge({**project("train-cml.yml"), **trained})

    def cloud(self, cml: Forge) -> Path:
        place = cml.folder / "cloud"
        place.mkdir(exist_ok=True)
        return place

    def test_the_machine_is_removed(self, cml: Forge) -> None:
        build = cml.pull_request(cml.repository.propose(BETTER))
        assert set(build.jobs.values()) == {"success"}, build.log
        assert set(build.jobs) == {"launch", "train", "remove", "mlgate"}
        assert "launched i-501" in build.log
        assert "terminated i-501" in build.log
        assert not list(self.cloud(cml).iterdir())

    @pytest.mark.parametrize("trouble", ["launch", "train"])
    def test_it_is_removed_after_a_failure(self, cml: Forge, trouble: str) -> None:
        if trouble == "launch":
            (self.cloud(cml) / "no-quota").touch()
        files = BETTER if trouble == "launch" else {"train.py": "raise SystemExit('no data')\n"}
        build = cml.pull_request(cml.repository.propose(files))
        assert build.jobs["remove"] == "success", build.log
        assert build.jobs["mlgate"] == "failure"
        assert not (self.cloud(cml) / "i-501").exists()

    def test_one_that_stays_is_an_error(self, cml: Forge) -> None:
        (self.cloud(cml) / "immortal").touch()
        build = cml.pull_request(cml.repository.propose(BETTER))
        assert build.jobs["remove"] == "failure"
        assert "still running and billed: i-501" in build.log


def test_retraining_proposes_what_is_gated_like_any_other(
    forge: Open, trained: Mapping[str, str]
) -> None:
    retrain = ".github/workflows/retrain.yml"
    files = {**project("pull-request.yml"), **trained}
    old = files["metrics.json"].replace('"roc_auc": 0.9', '"roc_auc": 0.8')
    workflow = (TEMPLATES / "retrain.yml").read_text()
    on = forge({**files, "metrics.json": old, ".gitignore": ".mlgate/\n", retrain: workflow})
    build = on.schedule(retrain)
    assert build.jobs == {"retrain": "success"}, build.log
    assert "proposed mlgate/retrain" in build.log
    gated = on.pull_request(on.repository.proposed("mlgate/retrain"))
    assert gated.jobs == {"mlgate": "success"}, gated.log
    [comment] = on.github.comments()
    assert "roc_auc" in comment.body
