"""The template for data, executed by act in a real repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.repository import project
from fakes.tables import csv_text, people

if TYPE_CHECKING:
    from e2e.forge import Open
    from fakes.tables import Row

CONFIG = """\
version: 1
data: {train: train.csv, test: test.csv, label: churned, id: id}
checks:
  - engine: builtin
"""


def test_data_is_checked_under_the_limits_of_the_baseline(forge: Open) -> None:
    test = people(400, seed=2, first=5001)
    data = {"train.csv": csv_text(people(900)), "test.csv": csv_text(test)}
    on = forge({**project("data-check.yml"), **data, "mlgate.yml": CONFIG})
    fine = on.repository.propose({"notes.txt": "nothing to do with data"})
    assert on.pull_request(fine).jobs == {"data": "success"}
    spies: list[Row] = [[*row[:2], "spy", *row[3:]] for row in test]
    loose = CONFIG + "    conditions: [{check: '*', outcome: 'off'}]\n"
    bad = on.repository.propose({"test.csv": csv_text(spies), "mlgate.yml": loose})
    assert on.pull_request(bad).jobs == {"data": "failure"}
