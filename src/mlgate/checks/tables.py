"""Tables from files: CSV, Parquet, JSON lines and Arrow, alone, in folders or as patterns."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from mlgate.checks.quoting import literal, name
from mlgate.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from mlgate.checks.store import Store

Kind = Literal["number", "text", "boolean", "datetime", "other"]
Format = Literal["csv", "parquet", "json", "arrow"]

FORMATS: Final[Mapping[str, Format]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "json",
    ".ndjson": "json",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}
COMPRESSED: Final = (".gz", ".zst")
READ: Final = "CSV, Parquet, JSON lines and Arrow are read, CSV and JSON lines also as .gz and .zst"
MOSTLY: Final = 0.9
"""Part of the values of a text file that must be numbers for a column of numbers."""

NULL_FORMS: Final = frozenset(
    {"", "na", "n/a", "<na>", "#n/a", "nan", "null", "none", "nil", "nat", "-", "?", "\0"}
)
"""How people write that a value is missing, in lower case."""

_DELIMITERS: Final = ",;\t|"
_MAX_HEADING: Final = 2**22
_MAX_COLUMNS: Final = 100_000
_LONGEST_NAME: Final = 300
_KINDS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(
        "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT "
        "FLOAT DOUBLE DECIMAL BIGNUM".split(),
        "number",
    ),
    **dict.fromkeys(["VARCHAR", "UUID", "ENUM"], "text"),
    "BOOLEAN": "boolean",
    "DATE": "datetime",
    **dict.fromkeys(
        ["TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"],
        "datetime",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes:
        name: Its name.
        kind: What its values are.
        type: What the file, or the reading of it, says.
        sql: Expression of the value: a finite number, a text, a time; NULL where there is none.
        raw: Expression of the value as it stands in the file.
        forms: Distinct ways in which missing values are written, NULL among them.
        misfits: Number of values in a text file that are not of the kind.
    """

    name: str
    kind: Kind
    type: str
    sql: str
    raw: str
    forms: frozenset[str] = frozenset()
    misfits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table that the store can query.

    Attributes:
        role: What it is for, and its name in the store: ``train``, ``test``, ``reference``.
        origin: The path or pattern, for messages.
        relation: Name in SQL.
        row_number: Expression that tells rows apart and stays the same from run to run.
        rows: Number of rows.
        columns: In the order of the file.
    """

    role: str
    origin: str
    relation: str
    row_number: str
    rows: int
    columns: tuple[Column, ...]
    by_name: Mapping[str, Column] = field(default_factory=dict, compare=False)

    def of_kind(self, *kinds: Kind) -> list[Column]:
        """Return the columns whose values are of one of ``kinds``."""
        return [column for column in self.columns if column.kind in kinds]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFiles:
    """The files of one table, all of one format."""

    role: str
    origin: str
    paths: tuple[Path, ...]
    format: Format


def files_of(role: str, origin: str, paths: Sequence[Path]) -> TableFiles:
    """Return the files of the table ``role``; those of a folder that are no tables are no error.

    Raises:
        SourceError: there is no file, none of a known format, or several formats.
    """
    named = {path: format_of(path.name) for path in paths}
    known = {path: form for path, form in named.items() if form is not None}
    if not known:
        what = f"{origin}: no table" if len(paths) != 1 else f"{origin}: its format is not known"
        raise SourceError(what, hint=READ)
    formats = sorted(set(known.values()))
    if len(formats) > 1:
        raise SourceError(
            f"{origin}: files of several formats: {', '.join(formats)}",
            hint="name the files of one table with a pattern, as in `data/*.parquet`",
        )
    strange = next((path for path in known if any(c in path.name for c in "*?\n\0")), None)
    if strange is not None:
        raise SourceError(f"{origin}: the name {strange.name!r} holds a wildcard")
    return TableFiles(role=role, origin=origin, paths=tuple(sorted(known)), format=formats[0])


def format_of(file: str) -> Format | None:
    """Return the format that the name of a file stands for.

    >>> format_of("a.csv.gz"), format_of("a.PARQUET"), format_of("notes.txt")
    ('csv', 'parquet', None)
    """
    stem, suffix = posixpath.splitext(file.lower())
    if suffix in COMPRESSED:
        found = FORMATS.get(posixpath.splitext(stem)[1])
        return found if found in {"csv", "json"} else None
    return FORMATS.get(suffix)


def open_table(store: Store, files: TableFiles, *, where: str = "") -> Table:
    """Make the rows of ``files`` that meet ``where`` a table of the store.

    Raises:
        SourceError: a file cannot be read as what its name says.
        ConfigError: ``where`` is no condition on these columns.
    """
    if where and not store.is_condition(where):
        raise ConfigError(
            f"`where: {where[:200]}` is no condition",
            hint="one condition in SQL, as in `country = 'NO' AND year >= 2020`",
        )
    try:
        with store.explained(files.origin):
            return _opened(store, files, where)
    except SourceError as exc:
        if where and "Binder Error" in exc.what:
            raise ConfigError(
                f"`where: {where[:200]}` does not fit the columns of {files.origin}",
                hint="are the names those of the table, and texts in single quotes?",
            ) from exc
        raise


def _opened(store: Store, files: TableFiles, where: str) -> Table:
    match files.format:
        case "csv":
            return _typed(store, files, _read_csv(store, files), where)
        case "parquet":
            return _viewed(store, files, where)
        case "json":
            source = (
                f"read_json({_list(files)}, format = 'newline_delimited', sample_size = -1, "
                "maximum_object_size = 16777216)"
            )
            return _loaded(store, files, source, where)
        case _:
            return _loaded(store, files, _read_arrow(store, files), where)


def _viewed(store: Store, files: TableFiles, where: str) -> Table:
    source = f"read_parquet({_list(files)}, file_row_number = true)"
    relation = name(files.role)
    store.rows(f"CREATE OR REPLACE TEMP VIEW {relation} AS SELECT * FROM {source}{_where(where)}")
    return _described(store, files, relation, "file_row_number")


def _loaded(store: Store, files: TableFiles, source: str, where: str) -> Table:
    relation = name(files.role)
    store.rows(f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT * FROM {source}{_where(where)}")
    return _described(store, files, relation, "rowid")


def _where(where: str) -> str:
    return f" WHERE ({where}\n)" if where else ""


def _described(store: Store, files: TableFiles, relation: str, row_number: str) -> Table:
    described = [
        (str(found[0]), str(found[1]))
        for found in store.rows(f"DESCRIBE {relation}")
        if found[0] != "file_row_number"
    ]
    _refuse_columns([column for column, _ in described], files.origin)
    columns = tuple(_column(column, kind) for column, kind in described)
    (rows,) = store.row(f"SELECT count(*) FROM {relation}")
    return Table(
        role=files.role,
        origin=files.origin,
        relation=relation,
        row_number=row_number,
        rows=rows,
        columns=columns,
        by_name={column.name: column for column in columns},
    )


def _column(column: str, declared: str) -> Column:
    bare = declared.partition("(")[0].upper()
    kind = "other" if declared.endswith("]") else _KINDS.get(bare, "other")
    raw = name(column)
    sql = raw
    if bare in {"FLOAT", "DOUBLE"}:
        sql = f"CASE WHEN isfinite({raw}) THEN {raw}::DOUBLE END"
    elif bare in {"DECIMAL", "HUGEINT", "UHUGEINT", "BIGNUM"}:
        sql = f"{raw}::DOUBLE"
    elif kind == "datetime":
        sql = f"CASE WHEN isfinite({raw}) THEN {raw}::TIMESTAMP END"
    elif kind == "text":
        sql = f"{raw}::VARCHAR"
    elif kind == "other":
        sql = f"to_json({raw})::VARCHAR"
    return Column(name=column, kind=kind, type=declared.lower()[:100], sql=sql, raw=raw)


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
        f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT * FROM read_csv({_list(files)}, "
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
        f"max_line_size = {_MAX_HEADING}) LIMIT 1"
    )
    line = str(found[0][0] or "").removeprefix("\ufeff") if found else ""
    if not line.strip():
        raise SourceError(f"{files.origin}: the file is empty", hint="it has no heading either")
    delimiter = max(_DELIMITERS, key=line.count)
    names = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    columns = tuple(n.strip() or f"unnamed {i}" for i, n in enumerate(names, start=1))
    _refuse_columns(columns, files.origin)
    return columns, delimiter


def _refuse_columns(columns: Sequence[str], origin: str) -> None:
    """Refuse names that a result could not tell apart."""
    lower = [column.lower() for column in columns]
    twice = (
        sorted({column for column in lower if lower.count(column) > 1})
        if len(set(lower)) != len(lower)
        else []
    )
    if twice:
        shown = ", ".join(text[:80] for text in twice[:5])
        raise SourceError(
            f"{origin}: a column is there twice: {shown}",
            hint="names of columns are told apart without regard to case; rename one",
        )
    if len(columns) > _MAX_COLUMNS:
        raise SourceError(f"{origin}: {len(columns)} columns are more than {_MAX_COLUMNS}")
    long = next((column for column in columns if len(column) > _LONGEST_NAME), None)
    if long is not None:
        raise SourceError(
            f"{origin}: a column's name has {len(long)} characters: {long[:60]}…",
            hint="does the file have a heading?",
        )


def _read_arrow(store: Store, files: TableFiles) -> str:
    try:
        from arro3.io import read_ipc, read_ipc_stream  # noqa: PLC0415  # an extra
    except ImportError as exc:
        raise SourceError(
            f"{files.origin}: Arrow files need arro3-io", hint="pip install 'mlgate[arrow]'"
        ) from exc
    parts = []
    for index, path in enumerate(files.paths):
        part = f"{files.role} {index}"
        with path.open("rb") as file:
            is_file = file.read(6) == b"ARROW1"
        try:
            store.register(part, (read_ipc if is_file else read_ipc_stream)(str(path)))
        except Exception as exc:  # the reader has no class of errors of its own
            raise SourceError(
                f"{files.origin}: {path.name} is no whole Arrow file",
                hint="was it cut short? Feather version 1 is not read",
            ) from exc
        parts.append(f"SELECT * FROM {name(part)}")
    return f"({' UNION ALL BY NAME '.join(parts)})"


def _typed(store: Store, files: TableFiles, text: str, where: str) -> Table:
    """Give a table of texts the types that its values have."""
    guessed = {column.name: column for column in _guess(store, text)}
    typed = ", ".join(f"{column.sql} AS {name(column.name)}" for column in guessed.values())
    kept = [f"{c.raw} AS {name(c.name + _TEXT)}" for c in guessed.values() if c.misfits]
    source = f"(SELECT {', '.join([typed, *kept])} FROM {text})"
    table = _loaded(store, files, source, where)
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
_WIDE: Final = 200
"""With more columns a query of one expression each takes longer to plan than to run."""

_FORMS: Final = ", ".join(literal(form) for form in sorted(NULL_FORMS - {"\0"}))


def _guess(store: Store, relation: str) -> Iterator[Column]:
    """Yield each column with the kind of its values.

    Columns of plain numbers are seen at once; only the distinct values of others are looked at.
    """
    columns = [str(found[0]) for found in store.rows(f"DESCRIBE {relation}")]
    (rows,) = store.row(f"SELECT count(*) FROM {relation}")
    found = _numbers_wide(store, relation) if len(columns) > _WIDE else {}
    for start in range(0, len(columns) if not found else 0, _CHUNK):
        chunk = columns[start : start + _CHUNK]
        counts = iter(
            store.row(f"SELECT {', '.join(_numbers(name(c)) for c in chunk)} FROM {relation}")
        )
        found |= {column: tuple(next(counts) for _ in range(_NUMBERS)) for column in chunk}
    for column in columns:
        values, numbers, whole, padded = found[column]
        if numbers == values > 0 and not padded:
            yield _guessed(column, rows - values, [], values, values, whole, 0, 0, 0)
        else:
            yield _guessed(column, *_texts(store, relation, column))


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


def _texts(store: Store, relation: str, column: str) -> tuple[Any, ...]:
    """Return what :func:`_guessed` wants to know of a column, from its distinct texts."""
    value = f"CASE WHEN lower(trim(t)) NOT IN ({_FORMS}) THEN trim(t) END"
    return store.row(
        "SELECT coalesce(sum(n) FILTER (t IS NULL), 0), "
        f"list_sort(list(DISTINCT trim(t)) FILTER (t IS NOT NULL AND v IS NULL)), "
        "coalesce(sum(n) FILTER (v IS NOT NULL), 0), "
        "coalesce(sum(n) FILTER (TRY_CAST(v AS DOUBLE) IS NOT NULL), 0), "
        "coalesce(sum(n) FILTER (regexp_full_match(v, '[-+]?[0-9]{1,18}')), 0), "
        "coalesce(sum(n) FILTER (regexp_full_match(v, '[-+]?0[0-9]+')), 0), "
        "coalesce(sum(n) FILTER (lower(v) IN ('true', 'false')), 0), "
        "coalesce(sum(n) FILTER (v LIKE '%-%' AND TRY_CAST(v AS TIMESTAMP) IS NOT NULL), 0) "
        f"FROM (SELECT t, n, {value} AS v FROM "
        f"(SELECT {name(column)} AS t, count(*)::BIGINT AS n FROM {relation} GROUP BY t))"
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


def _list(files: TableFiles) -> str:
    return f"[{', '.join(literal(str(path)) for path in files.paths)}]"
