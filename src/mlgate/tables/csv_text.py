"""CSV files: every value is read as text, and the columns get the types that their texts have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlgate.errors import SourceError
from mlgate.tables.quoting import literal, name
from mlgate.tables.table import (
    NULL_FORMS,
    WIDE,
    Column,
    Table,
    copied,
    loaded,
    path_list,
    refuse_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgate.tables.store import Store
    from mlgate.tables.table import TableFiles

MOSTLY: Final = 0.9
"""Part of the values of a text file that must be numbers for a column of numbers."""

_DELIMITERS: Final = ",;\t|"
_MAX_HEADING: Final = 2**22


def open_csv(store: Store, files: TableFiles, where: str) -> Table:
    """Make the rows of CSV files that meet ``where`` a table of the store.

    Raises:
        SourceError: a file is not CSV, or a line has other fields than the heading.
    """
    return _typed(store, files, _read_csv(store, files), where)


def _read_csv(store: Store, files: TableFiles) -> str:
    heading, delimiter = _heading(store, files, str(files.paths[0]))
    columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in heading)
    for path in files.paths[1:]:
        if _heading(store, files, str(path)) != (heading, delimiter):
            raise SourceError(
                f"{files.origin}: the heading of {path.name} differs from {files.paths[0].name}",
                hint="the files of one table have the same columns in the same order",
            )
    relation = name(f"{files.role} text")
    options = f"delim = {literal(delimiter)}, columns = {{{columns}}}"
    store.rows(
        f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT * FROM read_csv({path_list(files)}, "
        f"auto_detect = false, header = true, quote = '\"', escape = '\"', strict_mode = true, "
        f"max_line_size = {_MAX_HEADING}, {options})"
    )
    return relation


def _heading(store: Store, files: TableFiles, path: str) -> tuple[tuple[str, ...], str]:
    """Return the columns of a CSV file and what separates them."""
    import csv  # noqa: PLC0415  # only for CSV

    found = store.rows(
        f"SELECT line FROM read_csv([{literal(path)}], auto_detect = false, header = false, "
        f"delim = '\x01', quote = '', escape = '', columns = {{'line': 'VARCHAR'}}, "
        f"max_line_size = {_MAX_HEADING}, parallel = false) LIMIT 1"
    )
    line = str(found[0][0] or "").removeprefix("\ufeff") if found else ""
    if not line.strip():
        raise SourceError(f"{files.origin}: the file is empty", hint="it has no heading either")
    delimiter = max(_DELIMITERS, key=line.count)
    names = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    columns = tuple(n.strip() or f"unnamed {i}" for i, n in enumerate(names, start=1))
    refuse_columns(columns, files.origin)
    return columns, delimiter


def _typed(store: Store, files: TableFiles, text: str, where: str) -> Table:
    """Give a table of texts the types that its values have."""
    guessed = {column.name: column for column in _guess(store, text)}
    typed = ", ".join(f"{column.sql} AS {name(column.name)}" for column in guessed.values())
    kept = [f"{c.raw} AS {name(c.name + _TEXT)}" for c in guessed.values() if c.misfits]
    source = f"(SELECT {', '.join([typed, *kept])} FROM {text})"
    table = loaded(store, files, source, where)
    store.rows(f"DROP TABLE {text}")
    columns = tuple(
        _with_guess(column, guessed[column.name])
        for column in table.columns
        if column.name in guessed
    )
    return Table(
        role=table.role,
        origin=table.origin,
        relation=table.relation,
        row_number=table.row_number,
        rows=table.rows,
        columns=columns,
        by_name={column.name: column for column in columns},
    )


_TEXT: Final = "\x01text"
"""Suffix of the column that keeps the texts of a column in which some are not of its kind."""


def _with_guess(column: Column, guess: Column) -> Column:
    raw = name(guess.name + _TEXT) if guess.misfits else column.raw
    return Column(
        name=column.name,
        kind=column.kind,
        type=guess.type,
        sql=column.sql,
        raw=raw,
        forms=guess.forms,
        misfits=guess.misfits,
    )


_CHUNK: Final = 25

_FORMS: Final = ", ".join(literal(form) for form in sorted(NULL_FORMS - {"\0"}))


def _guess(store: Store, relation: str) -> Iterator[Column]:
    """Yield each column with the kind of its values.

    Columns of plain numbers are seen at once; only the distinct values of others are looked at.
    """
    columns = [str(found[0]) for found in store.rows(f"DESCRIBE {relation}")]
    (rows,) = store.row(f"SELECT count(*) FROM {relation}")
    found = _numbers_wide(store, relation) if len(columns) > WIDE else {}
    for start in range(0, len(columns) if not found else 0, _CHUNK):
        chunk = columns[start : start + _CHUNK]
        counts = iter(
            store.row(f"SELECT {', '.join(_numbers(name(c)) for c in chunk)} FROM {relation}")
        )
        found |= {column: tuple(next(counts) for _ in range(_NUMBERS)) for column in chunk}
    plain = {c for c, (v, numbers, _, padded) in found.items() if numbers == v > 0 and not padded}
    texts = _texts(store, relation, [column for column in columns if column not in plain])
    for column in columns:
        values, _, whole, _ = found[column]
        if column in plain:
            yield _guessed(column, rows - values, [], values, values, whole, 0, 0, 0)
        else:
            yield _guessed(column, *texts[column])


_NUMBERS: Final = 4


def _numbers(text: str) -> str:
    """Return aggregates of texts: values, finite or infinite numbers, whole ones, padded ones."""
    number = f"TRY_CAST({text} AS DOUBLE)"
    return (
        f"count({text}), count({number}) FILTER (NOT isnan({number})), "
        f"count(*) FILTER (TRY_CAST({text} AS BIGINT) = {number}), "
        f"count(*) FILTER ({text} >= '00' AND {text} < '0:' OR {text} LIKE '-0_%' "
        f"AND {text} NOT LIKE '-0.%')"
    )


def _numbers_wide(store: Store, relation: str) -> dict[str, tuple[int, ...]]:
    found = store.rows(
        f"SELECT name, {_numbers('t')} FROM "
        f"(SELECT * FROM {relation} UNPIVOT INCLUDE NULLS (t FOR name IN (*))) GROUP BY name"
    )
    columns = [str(row[0]) for row in store.rows(f"DESCRIBE {relation}")] if not found else []
    return {str(row[0]): tuple(row[1:]) for row in found} | dict.fromkeys(columns, (0, 0, 0, 0))


def _texts(store: Store, relation: str, columns: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Return what :func:`_guessed` wants to know of each column, from its distinct texts."""
    found: dict[str, tuple[Any, ...]] = {}
    if len(columns) <= WIDE:
        for column in columns:
            text = f"SELECT {name(column)} AS t, count(*)::BIGINT AS n FROM {relation} GROUP BY t"
            found[column] = store.row(f"SELECT {_TEXTS} FROM (SELECT t, n, {_VALUE} FROM ({text}))")
        return found
    for start in range(0, len(columns), WIDE):
        part = copied(store, relation, map(name, columns[start : start + WIDE]))
        text = (
            f"SELECT name, t, count(*)::BIGINT AS n FROM {part} "
            "UNPIVOT INCLUDE NULLS (t FOR name IN (*)) GROUP BY name, t"
        )
        rows = store.rows(
            f"SELECT name, {_TEXTS} FROM (SELECT name, t, n, {_VALUE} FROM ({text})) GROUP BY name"
        )
        found |= {str(row[0]): row[1:] for row in rows}
    return found


_VALUE: Final = f"CASE WHEN lower(trim(t)) NOT IN ({_FORMS}) THEN trim(t) END AS v"
_TEXTS: Final = (
    "coalesce(sum(n) FILTER (t IS NULL), 0), "
    "list_sort(list(DISTINCT trim(t)) FILTER (t IS NOT NULL AND v IS NULL)), "
    "coalesce(sum(n) FILTER (v IS NOT NULL), 0), "
    "coalesce(sum(n) FILTER (TRY_CAST(v AS DOUBLE) IS NOT NULL), 0), "
    "coalesce(sum(n) FILTER (regexp_full_match(v, '[-+]?[0-9]{1,18}')), 0), "
    "coalesce(sum(n) FILTER (regexp_full_match(v, '[-+]?0[0-9]+')), 0), "
    "coalesce(sum(n) FILTER (lower(v) IN ('true', 'false')), 0), "
    "coalesce(sum(n) FILTER (v LIKE '%-%' AND TRY_CAST(v AS TIMESTAMP) IS NOT NULL), 0)"
)


def _guessed(
    column: str,
    nulls: int,
    forms: list[str] | None,
    *counts: int,
) -> Column:
    total, numbers, integers, padded, booleans, times = counts
    missing = frozenset(forms or ()) | ({"NULL"} if nulls else set())
    text = name(column)
    enough = max(total * MOSTLY, 1)
    if booleans == total > 0:
        return Column(
            name=column, kind="boolean", type="boolean", raw=text, forms=missing,
            sql=f"TRY_CAST({text} AS BOOLEAN)",
        )  # fmt: skip
    if numbers >= enough and not padded:
        kind = "integer" if integers == numbers else "number"
        sql_type = "BIGINT" if integers == numbers else "DOUBLE"
        return Column(
            name=column, kind="number", type=kind, raw=text, forms=missing,
            misfits=total - numbers, sql=f"TRY_CAST({text} AS {sql_type})",
        )  # fmt: skip
    if times >= enough:
        return Column(
            name=column, kind="datetime", type="timestamp", raw=text, forms=missing,
            misfits=total - times, sql=f"TRY_CAST({text} AS TIMESTAMP)",
        )  # fmt: skip
    return Column(name=column, kind="text", type="text", raw=text, sql=text)
