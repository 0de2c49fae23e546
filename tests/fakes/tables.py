"""Tables to check, made from a seed: clean ones, and ones with a fault."""

from __future__ import annotations

import csv
import io
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

HEADING = ("id", "age", "job", "income", "churned")
JOBS = ("clerk", "nurse", "driver", "teacher")
Row = list[object]


def people(rows: int, *, seed: int = 1, first: int = 1, older: float = 0.0) -> list[Row]:
    """Rows of ``HEADING``; the label depends on age and income, and on luck."""
    luck = random.Random(seed)
    found: list[Row] = []
    for number in range(first, first + rows):
        age = round(luck.gauss(42 + older, 11), 2)
        income = round(luck.lognormvariate(10, 0.4), 2)
        churned = int(luck.random() < 0.15 + (age > 45) * 0.2)
        found.append([number, age, luck.choice(JOBS), income, churned])
    return found


def csv_text(rows: Iterable[Sequence[object]], heading: Sequence[str] = HEADING) -> str:
    """CSV with a heading; ``None`` is an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return text.getvalue()


def write_csv(
    path: Path, rows: Iterable[Sequence[object]], heading: Sequence[str] = HEADING
) -> Path:
    path.write_text(csv_text(rows, heading), encoding="utf-8")
    return path


def convert(source: Path, target: Path) -> Path:
    """Write a CSV file again as Parquet, JSON lines, compressed CSV or Arrow, by suffix."""
    import duckdb  # noqa: PLC0415

    with duckdb.connect() as connection:
        rows = connection.read_csv(str(source))
        if target.suffix in {".arrow", ".feather"}:
            from arro3.core import Table  # noqa: PLC0415
            from arro3.io import write_ipc  # noqa: PLC0415

            write_ipc(Table.from_arrow(rows), str(target))
        else:
            form = "PARQUET" if target.suffix == ".parquet" else "JSON"
            if ".csv" in target.suffixes:
                form = "CSV, HEADER"
            connection.execute(f"COPY rows TO '{target}' (FORMAT {form})").fetchall()
    return target
