"""Tables of the store from files of every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.errors import ConfigError, SourceError
from mlgate.tables.csv_text import open_csv
from mlgate.tables.quoting import name
from mlgate.tables.table import clause, described, loaded, path_list

if TYPE_CHECKING:
    from mlgate.tables.store import Store
    from mlgate.tables.table import Table, TableFiles


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
            return open_csv(store, files, where)
        case "parquet":
            return _viewed(store, files, where)
        case "json":
            source = (
                f"read_json({path_list(files)}, format = 'newline_delimited', sample_size = -1, "
                "maximum_object_size = 16777216)"
            )
            return loaded(store, files, source, where)
        case _:
            return loaded(store, files, _read_arrow(store, files), where)


def _viewed(store: Store, files: TableFiles, where: str) -> Table:
    source = f"read_parquet({path_list(files)}, file_row_number = true)"
    relation = name(files.role)
    store.rows(f"CREATE OR REPLACE TEMP VIEW {relation} AS SELECT * FROM {source}{clause(where)}")
    return described(store, files, relation, "file_row_number")


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
