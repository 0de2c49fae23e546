"""Really trained models on real data: equal ones pass, worse ones do not."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pytest
from sklearn import datasets
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cli.machine import Machine, repository
from fakes.tables import csv_text

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = "nannyml/datasets/data"
Frame = dict[str, Any]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(repository(tmp_path / "work"))


@functools.cache
def read(path: Path, rows: int) -> Frame:
    """The first rows of a table, as arrays."""
    source = f"read_csv('{path}', nullstr = 'NA')"
    if path.suffix == ".pq":
        source = f"read_parquet('{path}')"
    with duckdb.connect() as database:
        found: Frame = database.execute(f"SELECT * FROM {source} LIMIT {rows}").fetchnumpy()  # noqa: S608
    return found


def numbers(frame: Frame, columns: list[str]) -> Any:  # noqa: ANN401
    return np.stack([np.asarray(frame[c], dtype=float) for c in columns], axis=1)


def gate(
    machine: Machine, config: str, rows: list[list[list[object]]], heading: list[str]
) -> dict[str, str]:
    """Commit the predictions of the first model, then judge those of the second; outcomes."""
    machine.work.put({"mlgate.yml": config, "p.csv": csv_text(rows[0], heading)})
    machine.work.commit("base")
    machine.work.switch("better")
    machine.work.put({"p.csv": csv_text(rows[1], heading)})
    machine.work.commit("head")
    ran = machine.report()
    assert ran.exit_code in {0, 1}, ran.output
    return {j["subject"]: j["outcome"] for j in machine.verdict()["judgements"]}


def binary(x: Any, y: Any, models: list[Any], slices: Any) -> list[list[list[object]]]:  # noqa: ANN401
    """Train on half of the rows, predict the other half."""
    parts = train_test_split(x, y, slices, test_size=0.5, random_state=1)
    x_train, x_test, y_train, y_test, _, part = parts
    found = []
    for model, share in models:
        some = int(len(x_train) * share)
        score = model.fit(x_train[:some], y_train[:some]).predict_proba(x_test)[:, 1]
        rows = zip(range(len(y_test)), y_test, np.round(score, 6), part, strict=True)
        found.append([[n, int(label), float(p), str(s)] for n, label, p, s in rows])
    return found


CENSUS = """\
version: 1
predictions: {file: p.csv, id: id, label: y, score: p, slices: [part]}
gate:
  - {metric: roc_auc, max-drop: 0.01}
  - {metric: accuracy, slices: true, max-drop: 0.02}
  - {metric: log_loss, max-rise: "5 %"}
"""
HEADING = ["id", "y", "p", "part"]


class TestCensus:
    def models(self, tables: Path) -> tuple[Any, Any, Any]:
        frame = read(tables / SHIPPED / "employment_MA_reference.pq", 20_000)
        columns = ["AGEP", "SCHL", "MAR", "RELP", "DIS", "ESP", "CIT", "MIL", "NATIVITY", "RAC1P"]
        return numbers(frame, columns), np.asarray(frame["employed"]), np.asarray(frame["SEX"])

    def test_another_seed_is_no_regression(self, machine: Machine, tables: Path) -> None:
        x, y, sex = self.models(tables)
        make = functools.partial(HistGradientBoostingClassifier, max_iter=60, early_stopping=False)
        models = [(make(random_state=s, max_features=0.5), 1.0) for s in (1, 2)]
        outcomes = gate(machine, CENSUS, binary(x, y, models, sex), HEADING)
        assert "fail" not in outcomes.values()
        assert outcomes["roc_auc"] in {"pass", "improved", "worse"}

    def test_a_tenth_of_the_features_is_one(self, machine: Machine, tables: Path) -> None:
        x, y, sex = self.models(tables)
        good, poor = (HistGradientBoostingClassifier(max_iter=60) for _ in range(2))
        before, _ = binary(x, y, [(good, 1.0)] * 2, sex)
        after, _ = binary(x[:, :1], y, [(poor, 1.0)] * 2, sex)
        outcomes = gate(machine, CENSUS, [before, after], HEADING)
        assert outcomes["roc_auc"] == "fail"
        assert outcomes["accuracy[part=1]"] == "fail"


class TestHousing:
    def test_a_linear_model_is_worse_than_trees(self, machine: Machine, tables: Path) -> None:
        frame = read(tables / SHIPPED / "california_housing_reference.csv", 6000)
        x = numbers(frame, ["MedInc", "HouseAge", "AveRooms", "Population", "Latitude"])
        y = np.asarray(frame["clf_target"])
        part = np.where(numbers(frame, ["Latitude"])[:, 0] > 36, "north", "south")
        linear = make_pipeline(StandardScaler(), LogisticRegression())
        models = [(HistGradientBoostingClassifier(), 1.0), (linear, 1.0)]
        rows = binary(x, y, models, part)
        assert gate(machine, CENSUS, rows, HEADING)["roc_auc"] == "fail"

    def test_and_trees_are_better_than_it(self, machine: Machine, tables: Path) -> None:
        frame = read(tables / SHIPPED / "california_housing_reference.csv", 6000)
        x = numbers(frame, ["MedInc", "HouseAge", "AveRooms", "Population", "Latitude"])
        y = np.asarray(frame["clf_target"])
        linear = make_pipeline(StandardScaler(), LogisticRegression())
        models = [(linear, 1.0), (HistGradientBoostingClassifier(), 1.0)]
        rows = binary(x, y, models, np.zeros(len(y)))
        assert gate(machine, CENSUS, rows, HEADING)["roc_auc"] == "improved"


DIGITS = """\
version: 1
predictions: {file: p.csv, id: id, label: y, score: "p_*"}
gate:
  - {metric: accuracy, max-drop: 0.02}
  - {metric: roc_auc_ovr, max-drop: 0.02}
"""


def test_digits(machine: Machine) -> None:
    """Ten classes: a model that has seen a twentieth of the rows."""
    x, y = datasets.load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.5, random_state=1)
    found: list[list[list[object]]] = []
    for rows in (len(x_train), 45):
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
        scores = model.fit(x_train[:rows], y_train[:rows]).predict_proba(x_test).round(6)
        found.append([[n, int(y_test[n]), *map(float, row)] for n, row in enumerate(scores)])
    outcomes = gate(machine, DIGITS, found, ["id", "y", *(f"p_{n}" for n in range(10))])
    assert outcomes["accuracy"] == "fail"
    assert outcomes["roc_auc_ovr"] == "fail"


REGRESSION = """\
version: 1
predictions: {file: p.csv, id: id, label: y, prediction: said}
gate:
  - {metric: mae, max-rise: "5 %"}
  - {metric: r2, max-drop: 0.05}
"""


def regression(x: Any, y: Any, models: list[Any]) -> list[list[list[object]]]:  # noqa: ANN401
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.5, random_state=1)
    return [
        [
            [n, float(y_test[n]), float(said)]
            for n, said in enumerate(model.fit(x_train, y_train).predict(x_test))
        ]
        for model in models
    ]


def test_diabetes_is_too_small_to_tell(machine: Machine) -> None:
    """Two hundred patients: a little more regularisation, and nobody can know."""
    x, y = datasets.load_diabetes(return_X_y=True)
    rows = regression(x, y, [Ridge(0.1), Ridge(0.6)])
    outcomes = gate(machine, REGRESSION, rows, ["id", "y", "said"])
    assert "fail" not in outcomes.values()
    assert "inconclusive" in outcomes.values() or "unproven" in outcomes.values()


def test_flights(machine: Machine, tables: Path) -> None:
    """Air time from the distance, and from the month, which says nothing."""
    frame = read(tables / "flights.csv", 60_000)
    there = ~np.ma.getmaskarray(np.ma.asarray(frame["air_time"]))
    y = np.asarray(np.ma.asarray(frame["air_time"])[there], dtype=float)
    good, poor = (numbers(frame, [c])[there] for c in ("distance", "month"))
    trees = functools.partial(HistGradientBoostingRegressor, max_iter=20)
    before, after = (regression(x, y, [trees()])[0] for x in (good, poor))
    outcomes = gate(machine, REGRESSION, [before, after], ["id", "y", "said"])
    assert outcomes["mae"] == "fail"
    assert outcomes["r2"] == "fail"
