"""Where the definitions are the same, the builtin engine and deepchecks give the same verdicts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli.machine import Machine, repository
from fakes.tables import HEADING, csv_text, people
from mlgate.checks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fakes.tables import Row

SAME = [check for check in CATALOGUE if check.peer and not check.differs]
DRIFT = [check for check in CATALOGUE if check.peer in {"FeatureDrift", "LabelDrift"}]


def with_column(
    name: str, change: Callable[[int, Row], object]
) -> Callable[[list[Row]], list[Row]]:
    place = HEADING.index(name)
    return lambda rows: [
        [*row[:place], change(n, row), *row[place + 1 :]] for n, row in enumerate(rows)
    ]


FAULTS: dict[str, Callable[[list[Row]], list[Row]]] = {
    "none": lambda rows: rows,
    "duplicates": lambda rows: rows[:500] * 2,
    "constant": with_column("income", lambda _n, _row: 7),
    "spellings": with_column("job", lambda n, row: str(row[2]).upper() if n % 50 == 0 else row[2]),
    "special": with_column("job", lambda n, row: "!!!" if n % 50 == 0 else row[2]),
    "ids": with_column("id", lambda n, _row: n + 1),
    "labels": with_column("churned", lambda n, row: 7 if n % 20 == 0 else row[4]),
    "older": with_column("age", lambda _n, row: float(str(row[1])) + 30),
    "churn": with_column("churned", lambda n, row: 1 if n % 3 else row[4]),
}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("fault", FAULTS)
def test_the_same_verdicts(tmp_path: Path, cache: Path, fault: str) -> None:
    work = repository(tmp_path / "work")
    test = FAULTS[fault](people(1000, seed=2, first=10_001))
    work.put({"train.csv": csv_text(people(3000)), "test.csv": csv_text(test)})
    names = sorted({check.peer for check in [*SAME, *DRIFT]} - {"DateTrainTestLeakageOverlap"})
    work.put(
        {
            "mlgate.yml": "data: {train: train.csv, test: test.csv, label: churned, id: id}\n"
            "checks:\n  - engine: builtin\n"
            "  - {engine: deepchecks, suites: [data_integrity, train_test_validation]}\n"
        }
    )
    machine = Machine(work, {"XDG_CACHE_HOME": str(cache)})
    ran = machine.run("check")
    assert ran.exit_code in {0, 1}, ran.output
    found = json.loads(machine.written("evidence/model/checks.json"))["models"][0]["checks"]
    ours = {c["id"]: c["outcome"] != "pass" for c in found if "engine" not in c}
    theirs: dict[str, bool] = {}
    for check in found:
        if check.get("engine") == "deepchecks":
            name = check["id"].removeprefix("deepchecks.").removesuffix(".2")
            theirs[name] = theirs.get(name, False) or check["outcome"] != "pass"
    compared = 0
    for check in [*SAME, *(c for c in DRIFT if c.id.startswith("split."))]:
        peer = "".join(f"-{c.lower()}" if c.isupper() else c for c in check.peer).strip("-")
        if check.id in ours and peer in theirs:
            assert ours[check.id] == theirs[peer], f"{check.id} and {peer}: {ours[check.id]}"
            compared += 1
    assert compared >= len(names) - 2
