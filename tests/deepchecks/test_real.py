"""deepchecks itself, built into its own environment and run over real files."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from cli.machine import Machine, repository
from fakes.tables import csv_text, people

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.tables import Row

DATA = "data: {train: train.csv, test: test.csv, label: churned, id: id}\n"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def machine(tmp_path: Path, cache: Path) -> Machine:
    work = repository(tmp_path / "work")
    train, test = people(1500), people(600, seed=2, first=10_001)
    work.put({"train.csv": csv_text(train), "test.csv": csv_text(test)})
    return Machine(work, {"XDG_CACHE_HOME": str(cache)})


def checked(machine: Machine, engine: str, data: str = DATA) -> tuple[int, dict[str, Any], str]:
    machine.work.put({"mlgate.yml": f"{data}checks: [{{engine: deepchecks, {engine}}}]\n"})
    ran = machine.run("check")
    if ran.exit_code > 1:
        return ran.exit_code, {}, ran.stderr
    found = json.loads(machine.written("evidence/model/checks.json"))["models"][0]["checks"]
    return ran.exit_code, {check["id"]: check for check in found}, ran.stdout


def test_suites_by_default(machine: Machine, cache: Path) -> None:
    faulty: list[Row] = [[*row[:2], "spy", *row[3:]] for row in people(600, seed=2, first=10_001)]
    machine.work.put({"test.csv": csv_text(faulty)})
    code, found, _ = checked(machine, "samples: false")
    assert code == 1
    assert found["deepchecks.new-category-train-test"]["outcome"] == "fail"
    assert found["deepchecks.feature-drift"]["outcome"] == "fail"
    assert found["deepchecks.data-duplicates"]["outcome"] == "pass"
    assert "spy" not in machine.written("evidence/model/checks.json")
    applies = found["deepchecks.date-train-test-leakage-overlap"]
    assert applies["message"].startswith("Does not apply: ")
    page = machine.written("deepchecks.html")
    assert len(page) > 100_000
    (environment,) = (path for path in cache.glob("mlgate/deepchecks-*") if path.is_dir())
    installed = list(environment.glob("**/site-packages/deepchecks"))
    assert len(installed) == 1
    assert not list(installed[0].glob(".user_id")), "it has called home"
    before = environment.stat().st_mtime_ns
    checked(machine, "checks: [IsSingleValue]")
    assert environment.stat().st_mtime_ns == before, "the environment is built once"


def test_single_checks_and_conditions(machine: Machine) -> None:
    wish = "{check: deepchecks.datasets-size-comparison, min: 0.9}"
    engine = f"checks: [DatasetsSizeComparison, is-single-value], conditions: [{wish}]"
    code, found, said = checked(machine, engine)
    assert code == 1
    assert set(found) == {
        "deepchecks.datasets-size-comparison",
        "deepchecks.is-single-value",
        "deepchecks.is-single-value.2",
    }
    assert found["deepchecks.datasets-size-comparison"]["outcome"] == "fail"
    assert "0.9" in said
    off = engine.replace("min: 0.9", "outcome: 'off'")
    code, found, _ = checked(machine, off)
    assert code == 0
    assert "deepchecks.datasets-size-comparison" not in found


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("suites: [data_integrty]", "did you mean `data_integrity`?"),
        ("checks: [IsSingleValu]", "did you mean `is-single-value`?"),
        (
            "checks: [IsSingleValue], conditions: [{check: deepchecks.is-single-value, max: 1}]",
            "deepchecks.is-single-value has no condition with a `max`",
        ),
    ],
)
def test_a_name_that_does_not_exist_is_no_pass(machine: Machine, engine: str, said: str) -> None:
    code, _, told = checked(machine, engine)
    assert code == 2
    assert said in told


def test_an_ignored_column_with_a_typo_is_no_pass(machine: Machine) -> None:
    code, _, told = checked(machine, "samples: false", DATA.replace("id: id", "ignore: [jobb]"))
    assert code == 2
    assert "did you mean `job`?" in told


def test_a_check_that_crashes_is_an_error(machine: Machine) -> None:
    """Its own ``passed()`` would call this a pass: a column of lists cannot be hashed."""
    machine.work.put({"train.csv": csv_text([[1, 2]] * 3, ("a", "y"))})
    data = "data: {train: train.csv, label: y}\n"
    code, found, _ = checked(machine, "checks: [RocReport]", data)
    assert (code, found["deepchecks.roc-report"]["outcome"]) in {(0, "skipped"), (1, "error")}
    assert found["deepchecks.roc-report"]["outcome"] != "pass"


def test_model_checks_on_predictions(machine: Machine) -> None:
    rows = [[*row, row[4] if place % 4 else 0] for place, row in enumerate(people(800))]
    heading = ("id", "age", "job", "income", "churned", "predicted")
    machine.work.put({"train.csv": csv_text(rows, heading), "test.csv": csv_text(rows, heading)})
    data = DATA.replace("id: id", "id: id, prediction: predicted")
    code, found, _ = checked(machine, "checks: [ConfusionMatrixReport, PredictionDrift]", data)
    assert code == 0, found
    assert found["deepchecks.prediction-drift"]["outcome"] == "pass"


def test_both_engines_in_one_run(machine: Machine) -> None:
    engines = "checks: [{engine: builtin}, {engine: deepchecks, checks: [DataDuplicates]}]\n"
    machine.work.put({"mlgate.yml": DATA + engines})
    ran = machine.run("check")
    assert ran.exit_code == 0, ran.output
    assert "data.duplicates" in ran.stdout
    assert "deepchecks.data-duplicates" in ran.stdout


def test_without_uv_and_with_a_broken_environment(tmp_path: Path) -> None:
    """Something that was left half built is built again, here by pip."""
    from mlgate.checks.deepchecks.environment import environment  # noqa: PLC0415

    pins = tmp_path / "pins.txt"
    pins.write_text("six==1.17.0\n")
    path = os.pathsep.join(
        folder
        for folder in os.environ["PATH"].split(os.pathsep)
        if not os.path.exists(os.path.join(folder, "uv"))  # noqa: PTH110, PTH118
    )
    outside = {**os.environ, "PATH": path}
    python = environment(tmp_path / "cache", outside, pins=pins)
    assert list(python.parents[1].glob("**/site-packages/six.py"))
    (python.parents[1] / "complete").unlink()
    python.unlink()
    assert environment(tmp_path / "cache", outside, pins=pins).exists()


def test_packages_that_cannot_be_installed(tmp_path: Path) -> None:
    from mlgate.checks.deepchecks.environment import environment  # noqa: PLC0415
    from mlgate.errors import SourceError  # noqa: PLC0415

    pins = tmp_path / "pins.txt"
    pins.write_text("no-such-package-of-anybody==9.9.9\n")
    for _ in range(2):  # a failure leaves nothing behind that looks whole
        with pytest.raises(SourceError, match="deepchecks cannot be installed"):
            environment(tmp_path / "cache", os.environ, pins=pins)
