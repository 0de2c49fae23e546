"""Tables from files: CSV, Parquet, JSON lines and Arrow, alone, in folders or as patterns."""

from __future__ import annotations

import dataclasses
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from mlgate.errors import SourceError
from mlgate.tables.quoting import literal, name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from mlgate.tables.store import Store

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
NULL_FORMS: Final = frozenset(
    {"", "na", "n/a", "<na>", "#n/a", "nan", "null", "none", "nil", "nat", "-", "?", "\0"}
)
"""How people write that a value is missing, in lower case."""

WIDE: Final = 200
"""With more columns a query takes longer to plan than to run."""

_PART: Final = 100
_ROW: Final = '"\x01row"'
_MAX_COLUMNS: Final = 100_000
_LONGEST_NAME: Final = 300
_WHOLE: Final = frozenset(
    {"tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint"}
)
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


def loaded(store: Store, files: TableFiles, source: str, where: str) -> Table:
    """Copy the rows of ``source`` that meet ``where`` into the store."""
    relation = name(files.role)
    store.rows(f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT * FROM {source}{clause(where)}")
    return described(store, files, relation, "rowid")


def queried(store: Store, table: Table, query: str) -> Table:
    """Return the rows of ``query``, which is made of ``table``, as a table of their own."""
    files = TableFiles(role=f"{table.role} rows", origin=table.origin, paths=(), format="parquet")
    return loaded(store, files, f"({query})", "")


def clause(where: str) -> str:
    """Return the end of a query that chooses rows."""
    return f" WHERE ({where}\n)" if where else ""


def described(store: Store, files: TableFiles, relation: str, row_number: str) -> Table:
    """Return the table that stands in the store as ``relation``."""
    described = [
        (str(found[0]), str(found[1]))
        for found in store.rows(f"DESCRIBE {relation}")
        if found[0] != "file_row_number"
    ]
    refuse_columns([column for column, _ in described], files.origin)
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


def in_parts(store: Store, table: Table, columns: Sequence[Column]) -> Iterator[Table]:
    """Yield ``table`` with ``columns`` only: as it is, or in copies of a few columns if it is wide.

    Every query over a wide table takes as long to plan as the table has columns. A part lasts
    until the next one is asked for; the number of a row is the same in all of them.
    """
    if len(table.columns) <= WIDE:
        yield dataclasses.replace(table, columns=tuple(columns))
        return
    for start in range(0, len(columns), _PART):
        chunk = tuple(columns[start : start + _PART])
        taken = {name(c.name) for c in chunk} | {c.raw for c in chunk}
        relation = copied(store, table.relation, [f"{table.row_number} AS {_ROW}", *sorted(taken)])
        yield dataclasses.replace(table, relation=relation, row_number=_ROW, columns=chunk)


def copied(store: Store, relation: str, parts: Iterable[str]) -> str:
    """Copy some columns of ``relation`` into a table, in place of the one copied before."""
    store.rows(f"CREATE OR REPLACE TEMP TABLE part AS SELECT {', '.join(parts)} FROM {relation}")
    return "part"


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


def name_of(column: Column) -> str:
    """Return the value as a name that is the same whatever the type of the number."""
    if column.kind == "number" and column.type not in _WHOLE:
        return f"regexp_replace((({column.sql})::DOUBLE)::VARCHAR, '\\.0$', '')"
    return f"({column.sql})::VARCHAR"


def refuse_columns(columns: Sequence[str], origin: str) -> None:
    """Refuse names that a result could not tell apart.

    Raises:
        SourceError: a name is there twice, too long, or there are too many.
    """
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


def path_list(files: TableFiles) -> str:
    """Return the files as a list in SQL."""
    return f"[{', '.join(literal(str(path)) for path in files.paths)}]"
