"""The check action executed step by step, with DuckDB installed for real."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fakes.git import QUIET, GitFolder
from fakes.runner import FakeRunner
from fakes.tables import csv_text, people

if TYPE_CHECKING:
    from fakes.tables import Row

ROOT = Path(__file__).parents[2]
CHECK = ROOT / "actions/check/action.yml"
REPORT = ROOT / "action.yml"
HOSTILE = ["`touch pwned`", "$(touch pwned)", "'; touch pwned; '", "x\n::error::pwned\n", "--help"]


@pytest.fixture(scope="session")
def temp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runner-temp")


@pytest.fixture
def folder(tmp_path: Path) -> GitFolder:
    made = GitFolder.new(tmp_path / "work")
    made.put(
        {
            "train.csv": csv_text(people(800)),
            "test.csv": csv_text(people(300, seed=2, first=5001)),
            "mlgate.yml": "data: {train: train.csv, test: test.csv, label: churned, id: id}\n"
            "checks: [{engine: builtin}]\n",
            "metrics.json": '{"auc": 0.9}',
        }
    )
    made.commit()
    return made


@pytest.fixture
def runner(folder: GitFolder, temp: Path) -> FakeRunner:
    return FakeRunner(folder.path, temp, dict(QUIET))


def test_clean_data_passes(runner: FakeRunner) -> None:
    done = runner.run(CHECK)
    assert done.exit_code == 0, done.log
    assert "all passed." in done.log


def test_a_fault_stops_the_job(folder: GitFolder, runner: FakeRunner) -> None:
    spies: list[Row] = [[*row[:2], "spy", *row[3:]] for row in people(300, seed=2, first=5001)]
    folder.put({"test.csv": csv_text(spies)})
    done = runner.run(CHECK)
    assert done.exit_code == 1, done.log
    assert "FAIL  split.new-categories" in done.log
    assert runner.run(CHECK, fail_on="never").exit_code == 0
    whole = runner.run(REPORT, extras="data")
    assert whole.exit_code == 1, whole.log
    assert "split.new-categories" in whole.log


def test_the_report_says_which_extra_is_missing(runner: FakeRunner) -> None:
    done = runner.run(REPORT)
    assert done.exit_code == 3, done.log
    assert "`extras: data` in the action" in done.log


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["train", "label", "memory", "engine", "reference"])
def test_hostile_input_stays_text(
    folder: GitFolder, runner: FakeRunner, name: str, text: str
) -> None:
    done = runner.run(CHECK, **{name: text})
    assert done.exit_code in {1, 2, 3}, done.log
    assert "Traceback" not in done.log
    assert "bug in mlgate" not in done.log
    assert not [line for line in done.log.splitlines() if line.startswith("::error::pwned")]
    assert not list(folder.path.rglob("pwned"))
