"""Large CSV files: many threads read them, and nothing depends on who comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgate.tables.csv_text import _heading
from mlgate.tables.opening import open_table
from mlgate.tables.store import Store
from mlgate.tables.table import files_of

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 1_500_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty megabytes, which is several pieces to a reader of many threads."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    path.write_text("year,month,day\n" + "".join(f"2013,{n},{n % 31}\n" for n in range(ROWS)))
    return path


def test_the_heading_is_the_first_line(large: Path) -> None:
    """Somebody's first line was the heading once in ten runs, when order did not matter."""
    for _ in range(40):
        with Store([large]) as store:
            columns, _ = _heading(store, files_of("train", "large.csv", [large]), str(large))
        assert columns == ("year", "month", "day")


def test_row_numbers_are_those_of_the_file(large: Path) -> None:
    """Samples are chosen by them, so they must be the same in every run."""
    with Store([large]) as store:
        table = open_table(store, files_of("train", "large.csv", [large]))
        (moved,) = store.row(
            f"SELECT count(*) FROM {table.relation} WHERE {table.row_number} <> month"  # noqa: S608
        )
    assert table.rows == ROWS
    assert moved == 0
