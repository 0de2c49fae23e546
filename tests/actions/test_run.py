"""The actions executed step by step in a real git repository, with what they install for real."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fakes.git import QUIET, GitFolder
from fakes.runner import FakeRunner

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.github import GitHubStandIn

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "action.yml"
GATE = ROOT / "actions/gate/action.yml"
SETUP = ROOT / "actions/setup/action.yml"
HOSTILE = [
    "`touch pwned`",
    "$(touch pwned)",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "x\n::error::pwned\n",
    "--help",
    "../../../etc/passwd",
    "a b*?[x]{y}~",
]
TEXT_INPUTS = ["config", "base", "evidence", "expect", "model", "output", "key", "check-name"]


@pytest.fixture(scope="session")
def temp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``$RUNNER_TEMP`` of one job: what the first step installs, later ones find."""
    return tmp_path_factory.mktemp("runner-temp")


@pytest.fixture
def folder(tmp_path: Path) -> GitFolder:
    made = GitFolder.new(tmp_path / "work")
    made.put(
        {
            "mlgate.yml": "version: 1\ngate:\n  - {metric: auc, max-drop: 0.01}\n",
            "metrics.json": '{"auc": 0.9}',
        }
    )
    made.commit()
    return made


@pytest.fixture
def runner(folder: GitFolder, temp: Path) -> FakeRunner:
    return FakeRunner(folder.path, temp, dict(QUIET))


@pytest.fixture
def job(
    folder: GitFolder, temp: Path, github: GitHubStandIn, tmp_path: Path
) -> Callable[[], FakeRunner]:
    """A job of a push to ``main``, beside the loopback GitHub."""

    def of_the_last_commit() -> FakeRunner:
        head = folder.head()
        event = tmp_path / "event.json"
        before = folder.git("rev-parse", "HEAD^")
        event.write_text(
            json.dumps(
                {
                    "before": before,
                    "after": head,
                    "ref": "refs/heads/main",
                    "repository": {"full_name": "octo/ml", "default_branch": "main"},
                }
            )
        )
        return FakeRunner(
            folder.path,
            temp,
            {
                **QUIET,
                "GITHUB_ACTIONS": "true",
                "GITHUB_API_URL": github.url,
                "GITHUB_REPOSITORY": "octo/ml",
                "GITHUB_EVENT_NAME": "push",
                "GITHUB_EVENT_PATH": str(event),
                "GITHUB_SHA": head,
                "GITHUB_REF": "refs/heads/main",
                "GITHUB_RUN_ID": "501",
            },
        )

    return of_the_last_commit


def test_a_better_model_passes(folder: GitFolder, runner: FakeRunner) -> None:
    folder.write(metrics__json='{"auc": 0.92}')
    done = runner.run(REPORT)
    assert done.exit_code == 0, done.log
    assert "auc" in done.log
    assert (folder.path / ".mlgate" / "report.html").is_file()


def test_a_worse_model_stops_the_job(folder: GitFolder, runner: FakeRunner) -> None:
    folder.write(metrics__json='{"auc": 0.8}')
    done = runner.run(REPORT)
    assert done.exit_code == 1, done.log
    assert "0.1" in done.log


def test_outputs_of_a_job(folder: GitFolder, job: Callable[[], FakeRunner]) -> None:
    base = folder.head()
    folder.commit(metrics__json='{"auc": 0.8}')
    done = job().run(REPORT, post="never")
    assert done.exit_code == 1, done.log
    outputs = dict(done.outputs)
    assert outputs["verdict"] == "fail"
    assert outputs["failed-rules"] == "auc, max-drop: 0.01"
    assert outputs["baseline"] == base
    for name in ("report-json", "report-html", "report-markdown", "evidence"):
        assert (folder.path / outputs[name]).stat().st_size, name
    assert outputs["comment-url"] == outputs["check-url"] == ""


def test_the_gate_of_a_later_job(folder: GitFolder, job: Callable[[], FakeRunner]) -> None:
    folder.commit(metrics__json='{"auc": 0.8}')
    assert job().run(REPORT, post="never", fail_on="never").exit_code == 0
    done = job().run(GATE)
    assert done.exit_code == 1, done.log
    assert done.outputs == {"verdict": "fail", "failed-rules": "auc, max-drop: 0.01"}


def test_the_gate_needs_a_report(runner: FakeRunner) -> None:
    done = runner.run(GATE)
    assert done.exit_code == 3
    assert "no report" in done.log
    assert "fix: run `mlgate report` before" in done.log


def test_setup_puts_the_command_on_the_path(folder: GitFolder, runner: FakeRunner) -> None:
    done = runner.run(SETUP)
    assert done.exit_code == 0, done.log
    assert done.path == (done.outputs["path"],)
    command = Path(done.outputs["path"], "mlgate")
    said = subprocess.run(
        [command, "--version"], cwd=folder.path, capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith("mlgate ")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", TEXT_INPUTS)
def test_hostile_input_stays_text(
    folder: GitFolder, runner: FakeRunner, name: str, text: str
) -> None:
    inputs = {name.replace("-", "_"): text, "post": "never"}
    done = runner.run(REPORT, **inputs)
    assert done.exit_code in {0, 1, 2, 3}, done.log
    assert "Traceback" not in done.log
    assert "bug in mlgate" not in done.log
    assert not [line for line in done.log.splitlines() if line.startswith("::error::pwned")]
    assert not list(folder.path.rglob("pwned"))


def test_the_package_of_the_user_does_not_get_in(
    folder: GitFolder, temp: Path, tmp_path: Path
) -> None:
    for name in ("click", "yaml", "msgspec", "mlgate"):
        (folder.path / name).mkdir()
        (folder.path / name / "__init__.py").write_text("raise SystemExit('theirs')")
    env = {**QUIET, "PYTHONPATH": str(folder.path), "PYTHONHOME": str(tmp_path / "nowhere")}
    done = FakeRunner(folder.path, temp, env).run(REPORT)
    assert done.exit_code == 0, done.log
    assert "theirs" not in done.log


def test_an_unknown_extra_is_a_usage_error(runner: FakeRunner) -> None:
    done = runner.run(REPORT, extras="dvc everything")
    assert done.exit_code == 2
    assert (
        "unknown extras ['everything']: choose from arrow, data, dvc, plots, sign, stats"
        in done.log
    )


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_install_with(tool: str, folder: GitFolder, tmp_path: Path) -> None:
    temp = tmp_path / "temp of a runner"
    temp.mkdir()
    programs = tmp_path / "programs"
    programs.mkdir()
    needed = ("bash", "python3", "git", "dirname", *(["uv"] if tool == "uv" else []))
    for name in needed:
        found = shutil.which(name)
        assert found, f"{name} is not installed"
        (programs / name).symlink_to(Path(found))
    env = {**QUIET, "PATH": f"{programs}{os.pathsep}/bin"}
    if tool == "pip":
        assert shutil.which("uv", path=env["PATH"]) is None
    done = FakeRunner(folder.path, temp, env).run(REPORT)
    assert done.exit_code == 0, done.log


def test_an_old_python_is_refused_with_the_fix(folder: GitFolder, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "dirname"):
        (programs / name).symlink_to(Path(shutil.which(name) or name))
    for name in ("python3", "python"):
        (programs / name).write_text("#!/bin/sh\nexit 1\n")
        (programs / name).chmod(0o755)
    temp = tmp_path / "temp"
    temp.mkdir()
    done = FakeRunner(folder.path, temp, {**QUIET, "PATH": str(programs)}).run(REPORT)
    assert done.exit_code == 3
    assert "Add actions/setup-python before this step." in done.log
