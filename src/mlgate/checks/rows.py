"""Whole rows: duplicates, contradictions and leaks, all from one aggregation over hashes.

Rows are compared by DuckDB's 64-bit hash, in which NULL is a value like others. In a table of ten
million rows the chance that any two different ones meet is below 0.003 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgate.tables.store import Store
    from mlgate.tables.table import Column, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFacts:
    """Numbers of rows, by table.

    Attributes:
        rows: All rows.
        duplicates: Rows that repeat an earlier one of the same table, features and label.
        conflicts: Rows whose features stand in the same table with another label as well.
        single: Rows that stand in their table only once.
        leaked: Rows of the last table that stand in the first as they are.
    """

    rows: Mapping[str, int]
    duplicates: Mapping[str, int]
    conflicts: Mapping[str, int]
    single: Mapping[str, int]
    leaked: int = 0


def row_facts(
    store: Store, tables: Sequence[Table], features: Sequence[str], label: str = ""
) -> RowFacts:
    """Return facts about the rows of one or two tables.

    Args:
        store: The database that holds them.
        tables: One table, or the train and the test table.
        features: Columns that every table has, by name.
        label: Column of the label; empty where there is none.
    """
    parts = " UNION ALL ".join(
        f"SELECT {side} AS side, {_hash(table, tables, features)} AS f, "
        f"{_hash(table, tables, [label]) if label else '0'} AS l FROM {table.relation}"
        for side, table in enumerate(tables)
    )
    sides = range(len(tables))
    counts = ", ".join(f"count(*) FILTER (side = {side}) AS n{side}" for side in sides)
    sums = ", ".join(
        f"sum(n{s} - 1) FILTER (n{s} > 1) AS d{s}, count(*) FILTER (n{s} = 1) AS u{s}, "
        f"sum(n{s}) AS r{s}, count(*) FILTER (n{s} > 0) AS labels{s}"
        for s in sides
    )
    leaked = "sum(n1) FILTER (n0 > 0)" if len(tables) > 1 else "0"
    found = store.row(
        f"WITH same AS (SELECT f, l, {counts} FROM ({parts}) GROUP BY f, l), "
        f"alike AS (SELECT {sums}, {leaked} AS leaked FROM same GROUP BY f) SELECT "
        + ", ".join(f"sum(d{s}), sum(r{s}) FILTER (labels{s} > 1), sum(u{s})" for s in sides)
        + ", sum(leaked) FROM alike"
    )
    numbers = [int(value or 0) for value in found]
    names = [table.role for table in tables]
    return RowFacts(
        rows={table.role: table.rows for table in tables},
        duplicates=dict(zip(names, numbers[0:-1:3], strict=True)),
        conflicts=dict(zip(names, numbers[1:-1:3], strict=True)),
        single=dict(zip(names, numbers[2:-1:3], strict=True)),
        leaked=numbers[-1],
    )


def distinct_shared(store: Store, tables: Sequence[Table], column: str) -> int:
    """Return how many rows of the second table have a value of ``column`` that the first has."""
    first, second = tables
    values = (
        f"SELECT DISTINCT {_same_type(first.by_name[column], tables)} AS v FROM {first.relation}"
    )
    here = _same_type(second.by_name[column], tables)
    (found,) = store.row(
        f"SELECT count(*) FROM {second.relation} WHERE ({here}) IN "
        f"(SELECT v FROM ({values}) WHERE v IS NOT NULL)"
    )
    return int(found)


def _hash(table: Table, tables: Sequence[Table], columns: Sequence[str]) -> str:
    values = (_same_type(table.by_name[column], tables) for column in columns)
    return f"hash({', '.join(values)})"


def _same_type(column: Column, tables: Sequence[Table]) -> str:
    """Return the value in a type that all tables share, so that equal values hash alike."""
    found = {table.by_name[column.name] for table in tables}
    if len({other.kind for other in found}) > 1:
        return f"({column.sql})::VARCHAR"
    if column.kind == "number":
        plain = all(other.sql == other.raw for other in found)
        return f"({column.sql})::{'BIGINT' if plain and _small(found) else 'DOUBLE'}"
    return f"({column.sql})"


def _small(columns: set[Column]) -> bool:
    return all(column.type not in {"ubigint", "hugeint", "uhugeint"} for column in columns)
