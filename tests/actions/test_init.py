"""The workflow that ``mlgate init`` writes, executed step by step; what it installs is real."""

from __future__ import annotations

import functools
import http.server
import json
import os
import subprocess
import sys
import threading
import venv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from cli.machine import Machine, repository
from fakes.git import environment
from fakes.runner import FakeRunner, Finished

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from fakes.git import GitFolder

NO_ANALYTICS = {"DVC_NO_ANALYTICS": "1"}
WORKFLOW = ".github/workflows/mlgate.yml"
UV_PROJECT = """\
[project]
name = "churn"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["iniconfig==2.0.0"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
TRAIN = """\
import json
import iniconfig
from churn import AUC

assert iniconfig.IniConfig
with open("metrics.json", "w") as file:
    json.dump({"auc": AUC}, file)
"""
PROJECT = {
    "pyproject.toml": UV_PROJECT,
    "src/churn/__init__.py": "AUC = 0.9\n",
    "train.py": TRAIN,
}
PIPELINE = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py, data.csv]
    outs: [model.pkl]
    metrics: [metrics.json]
"""
TRAIN_ON_DATA = """\
import json
rows = len(open("data.csv").read().split())
open("model.pkl", "w").write("a model\\n" * rows)
json.dump({"auc": rows / 10}, open("metrics.json", "w"))
"""


@dataclass(frozen=True)
class Hosted:
    """A runner's machine whose Python was set up with pip and nothing else."""

    temp: Path
    python: Path

    def run(self, work: GitFolder) -> Finished:
        """Run the steps of the workflow that is written in ``work``."""
        path = os.pathsep.join([str(self.python / "bin"), os.environ["PATH"]])
        runner = FakeRunner(work.path, self.temp, {"PATH": path, **NO_ANALYTICS})
        return runner.run_job(work.path / WORKFLOW, "mlgate")


@pytest.fixture
def hosted(tmp_path: Path) -> Hosted:
    venv.create(tmp_path / "python", with_pip=True)
    (tmp_path / "temp").mkdir()
    return Hosted(tmp_path / "temp", tmp_path / "python")


def initialised(path: Path, files: Mapping[str, str], *options: str) -> GitFolder:
    """Return a repository with ``files``, in which ``mlgate init`` has run."""
    work = repository(path)
    work.put(files)
    if "pyproject.toml" in files:
        subprocess.run(["uv", "lock", "--quiet"], cwd=work.path, check=True)
    work.commit("a project")
    ran = Machine(work).run("init", *options)
    assert ran.exit_code == 0, ran.output
    return work


def auc(work: GitFolder) -> float:
    found: float = json.loads((work.path / "metrics.json").read_text())["auc"]
    return found


class TestUv:
    def test_training_finds_the_dependencies_and_the_project(
        self, tmp_path: Path, hosted: Hosted
    ) -> None:
        work = initialised(tmp_path / "work", PROJECT)
        done = hosted.run(work)
        assert done.exit_code == 0, done.log
        assert auc(work) == 0.9
        assert done.path[0] == str(work.path / ".venv" / "bin")

    def test_a_command_of_several_runs_in_the_environment_as_a_whole(
        self, tmp_path: Path, hosted: Hosted
    ) -> None:
        train = "python train.py && python -c 'import churn, iniconfig'"
        work = initialised(tmp_path / "work", PROJECT, "--train", train)
        done = hosted.run(work)
        assert done.exit_code == 0, done.log

    def test_a_lock_that_is_behind_the_project_stops_the_job(
        self, tmp_path: Path, hosted: Hosted
    ) -> None:
        work = initialised(tmp_path / "work", PROJECT)
        work.put({"pyproject.toml": UV_PROJECT.replace("iniconfig==2.0.0", "iniconfig==2.1.0")})
        done = hosted.run(work)
        assert done.exit_code != 0
        assert "needs to be updated" in done.log
        assert not (work.path / "metrics.json").exists()


def test_plain_requirements(tmp_path: Path, hosted: Hosted) -> None:
    files = {"requirements.txt": "iniconfig==2.0.0\n", "train.py": TRAIN, "churn.py": "AUC = 0.7\n"}
    work = initialised(tmp_path / "work", files)
    done = hosted.run(work)
    assert done.exit_code == 0, done.log
    assert auc(work) == 0.7


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    """The address of the folder ``store``."""
    (tmp_path / "store").mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path / "store")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_dvc_project(tmp_path: Path, hosted: Hosted, store: str) -> None:
    clone = dvc_project(tmp_path, store)
    assert Machine(clone).run("init").exit_code == 0
    done = hosted.run(clone)
    assert done.exit_code == 0, done.log
    assert auc(clone) == 0.3
    assert (clone.path / "model.pkl").exists()

    # A remote that cannot be reached, as one with a sign-in cannot from a fork.
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    clone.commit("adopt")
    clone.git("clean", "--quiet", "-xdff")
    done = hosted.run(clone)
    assert done.exit_code != 0
    assert "missing data" in done.log
    assert not (clone.path / "metrics.json").exists()


def test_a_dvc_project_with_uv(tmp_path: Path, hosted: Hosted, store: str) -> None:
    project = {**PROJECT, "train.py": f"import iniconfig, churn\n{TRAIN_ON_DATA}"}
    clone = dvc_project(tmp_path, store)
    clone.put(project)
    subprocess.run(["uv", "lock", "--quiet"], cwd=clone.path, check=True)
    assert Machine(clone).run("init").exit_code == 0
    done = hosted.run(clone)
    assert done.exit_code == 0, done.log
    assert auc(clone) == 0.3
    assert "Running stage 'train'" in done.log


def dvc_project(tmp_path: Path, store: str) -> GitFolder:
    """Return a clone of a project whose remote is ``store``; the model was never pushed there."""
    work = repository(tmp_path / "work")
    work.put({"dvc.yaml": PIPELINE, "train.py": TRAIN_ON_DATA, "data.csv": "1\n2\n3\n"})
    for command in (
        "dvc init --quiet",
        "dvc add --quiet data.csv",
        "dvc repro --quiet",
        f"dvc remote add --quiet --default store {tmp_path / 'store'}",
        "dvc push --quiet data.csv metrics.json",
        f"dvc remote modify store url {store}/",
    ):
        arguments = [sys.executable, "-m", *command.split()]
        subprocess.run(arguments, cwd=work.path, env=environment(**NO_ANALYTICS), check=True)
    work.commit("trained")
    return work.clone(tmp_path / "clone")
