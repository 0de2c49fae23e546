"""Real tables: what is known to be wrong with them is found, and clean ones stay green."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.machine import Machine, repository

if TYPE_CHECKING:
    from collections.abc import Callable

TABLES = "nannyml/datasets/data/"


@pytest.fixture
def check(tmp_path: Path, tables: Path) -> Callable[..., dict[str, Any]]:
    machine = Machine(repository(tmp_path / "work"))

    def run(conditions: str = "", **data: str) -> dict[str, Any]:
        for key in ("train", "test", "reference"):
            if key in data:
                place = data[key] if data[key] == "flights.csv" else TABLES + data[key]
                target = machine.path / Path(place).name
                target.write_bytes((tables / place).read_bytes())
                data[key] = target.name
        listed = ", ".join(f"{key}: {value}" for key, value in data.items())
        config = f"data: {{{listed}}}\nchecks: [{{conditions: [{conditions}]}}]\n"
        machine.work.put({"mlgate.yml": config.replace(".pq", ".parquet")})
        for path in machine.path.glob("*.pq"):
            path.rename(path.with_suffix(".parquet"))
        ran = machine.run("check")
        assert ran.exit_code in {0, 1}, ran.output
        found = json.loads(machine.written("evidence/model/checks.json"))["models"][0]["checks"]
        return {c["id"]: c for c in found}

    return run


def not_passed(found: dict[str, Any]) -> set[str]:
    return {name for name, check in found.items() if check["outcome"] != "pass"}


def test_titanic_is_clean(check: Callable[..., dict[str, Any]]) -> None:
    found = check(train="titanic_reference.csv", label="Survived", id="PassengerId")
    assert not_passed(found) == set()


def test_housing_is_clean(check: Callable[..., dict[str, Any]]) -> None:
    roles = {"label": "clf_target", "datetime": "timestamp"}
    found = check(
        train="california_housing_reference.csv", ignore="[id, y_pred, y_pred_proba]", **roles
    )
    assert not_passed(found) == set()


CENSUS = {"label": "employed", "id": "id", "ignore": "[year, prediction, predicted_probability]"}


def test_the_census_has_shifted(check: Callable[..., dict[str, Any]]) -> None:
    """Between 2014 and the pandemic the population got older, and its features moved."""
    found = check(
        train="employment_MA_analysis.pq", reference="employment_MA_reference.pq", **CENSUS
    )
    assert found["drift.feature"]["value"] > 0.02
    tight = check(
        "{check: drift.feature, max: 0.02}",
        train="employment_MA_analysis.pq",
        reference="employment_MA_reference.pq",
        **CENSUS,
    )
    assert tight["drift.feature"]["outcome"] == "fail"
    assert tight["drift.feature"]["columns"]


LOANS = {"id": "id", "datetime": "timestamp", "ignore": "[y_pred, y_pred_proba, repaid]"}


def test_loans_of_the_reference_period_are_clean(check: Callable[..., dict[str, Any]]) -> None:
    assert not_passed(check(train="synthetic_car_loan_reference.csv", **LOANS)) == set()


def test_the_drift_of_the_loans_is_found(check: Callable[..., dict[str, Any]]) -> None:
    found = check(
        train="synthetic_car_loan_analysis.csv",
        reference="synthetic_car_loan_reference.csv",
        **LOANS,
    )
    assert found["drift.feature"]["columns"] == ["car_value"]
    assert found["drift.feature"]["distributions"][0]["column"] == "car_value"


def test_missing_values_of_the_loans_are_found(check: Callable[..., dict[str, Any]]) -> None:
    found = check(
        train="synthetic_car_loan_dq_analysis.csv",
        reference="synthetic_car_loan_dq_reference.csv",
        **LOANS,
    )
    assert found["data.nulls"]["outcome"] == "fail"
    assert {"salary_range", "driver_tenure"} <= set(found["data.nulls"]["columns"])


def test_flights(check: Callable[..., dict[str, Any]]) -> None:
    """A third of a million rows; the year is always 2013, and hours stand there twice."""
    found = check(train="flights.csv")
    assert found["data.row-count"]["value"] == 336_776
    assert found["data.single-value"]["columns"] == ["year"]
    assert found["data.nulls"]["value"] == pytest.approx(9430 / 336_776, rel=1e-6)
    assert not_passed(found) == {"data.single-value", "data.correlation"}
