"""The evaluate action executed step by step, with DuckDB and scipy installed for real."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakes.git import QUIET, GitFolder
from fakes.predictions import predictions
from fakes.runner import FakeRunner

ROOT = Path(__file__).parents[2]
EVALUATE = ROOT / "actions/evaluate/action.yml"
REPORT = ROOT / "action.yml"
CONFIG = """\
version: 1
predictions: {file: predictions.csv, id: id, label: churned, score: score}
gate:
  - {metric: roc_auc, max-drop: 0.02}
"""
GIVEN = {"file": "predictions.csv", "id": "id", "label": "churned", "score": "score"}
HOSTILE = ["`touch pwned`", "$(touch pwned)", "'; touch pwned; '", "x\n::error::pwned\n", "--help"]


@pytest.fixture(scope="session")
def temp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runner-temp")


@pytest.fixture
def folder(tmp_path: Path) -> GitFolder:
    made = GitFolder.new(tmp_path / "work")
    made.put({"predictions.csv": predictions(2000), "mlgate.yml": CONFIG, ".gitignore": ".mlgate"})
    made.commit()
    made.switch("worse")
    made.put({"predictions.csv": predictions(2000, noise=0.5)})
    made.commit()
    return made


@pytest.fixture
def runner(folder: GitFolder, temp: Path) -> FakeRunner:
    return FakeRunner(folder.path, temp, dict(QUIET))


def test_metrics_and_where_they_are(runner: FakeRunner, folder: GitFolder) -> None:
    done = runner.run(EVALUATE, **GIVEN, slice="region\nage >= 50", metric="roc_auc\naccuracy")
    assert done.exit_code == 0, done.log
    assert "region=north" in done.log
    assert "where=age >= 50" in done.log
    found = json.loads((folder.path / ".mlgate/evidence/model/evaluation.json").read_text())
    assert {m["name"] for m in found["models"][0]["metrics"]} == {"roc_auc", "accuracy"}


def test_the_report_blocks_a_worse_model(runner: FakeRunner) -> None:
    done = runner.run(REPORT, extras="stats", base="main")
    assert done.exit_code == 1, done.log
    assert "roc_auc" in done.log


def test_the_report_says_which_extra_is_missing(runner: FakeRunner) -> None:
    done = runner.run(REPORT, base="main")
    assert done.exit_code == 3, done.log
    assert "`extras: stats` in the action" in done.log


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["file", "label", "slice", "against", "positive"])
def test_hostile_input_stays_text(
    folder: GitFolder, runner: FakeRunner, name: str, text: str
) -> None:
    done = runner.run(EVALUATE, **{**GIVEN, name: text})
    assert done.exit_code in {2, 3}, done.log
    assert "Traceback" not in done.log
    assert "bug in mlgate" not in done.log
    assert not [line for line in done.log.splitlines() if line.startswith("::error::pwned")]
    assert not list(folder.path.rglob("pwned"))
