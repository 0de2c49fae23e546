"""The one module that talks to DuckDB: a database in memory that may touch named files only."""

from __future__ import annotations

import contextlib
import re
import tempfile
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Self

from mlgate.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

INSTALL: Final = "pip install 'mlgate[data]' (`extras: data` in the action)"
_LINE: Final = re.compile(r"CSV Error on Line: ([0-9]+)")
_COLUMNS: Final = re.compile(r"Expected Number of Columns: ([0-9]+) Found: ([0-9]+)")
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_MEMORY: Final = re.compile(r"[1-9][0-9]{0,5} ?(MB|GB|MiB|GiB)")


def require_statistics() -> None:
    """Refuse to go on without the packages that predictions need.

    Raises:
        SourceError: names the one that is missing, and the extra.
    """
    for package in ("duckdb", "numpy", "scipy"):
        if find_spec(package) is None:
            raise SourceError(f"predictions need {package}", hint=INSTALL.replace("data", "stats"))


class Store:
    """A database for one run. Data larger than memory spills to a temporary folder.

    Only the files that are named when it is opened can be read, and nothing else of the machine,
    whatever a condition in the configuration says.
    """

    def __init__(
        self,
        files: Sequence[Path],
        *,
        memory: str = "",
        threads: int = 0,
        exports: Path | None = None,
    ) -> None:
        """Open the database.

        Args:
            files: All files that will be read.
            exports: Folder that tables may be written to.
            memory: Most memory to use, as in ``4GB``; by default 80 % of the machine's.
            threads: Number of threads; 0 for one a core.

        Raises:
            SourceError: DuckDB is not installed.
            ConfigError: ``memory`` is no size.
        """
        if memory and not _MEMORY.fullmatch(memory):
            raise ConfigError(f"--memory {memory!r} is no size", hint="write it as in `4GB`")
        try:
            import duckdb  # noqa: PLC0415  # an extra
            import numpy as np  # noqa: F401, PLC0415  # fetches columns
        except ImportError as exc:
            raise SourceError(f"data checks need {exc.name or 'duckdb'}", hint=INSTALL) from exc
        self._errors = duckdb.Error
        self._spill = tempfile.TemporaryDirectory(prefix="mlgate-", ignore_cleanup_errors=True)
        self._connection = duckdb.connect(":memory:")
        settings = {
            "temp_directory": self._spill.name,
            "allowed_paths": [str(path) for path in files],
            "allowed_directories": [f"{exports}/"] if exports else [],
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_progress_bar": False,
        }
        if memory:
            settings["memory_limit"] = memory
        if threads:
            settings["threads"] = threads
        for key, value in settings.items():
            self._connection.execute(f"SET {key} = {_constant(value)}").fetchall()
        self._connection.execute("SET enable_external_access = false").fetchall()
        self._connection.execute("SET lock_configuration = true").fetchall()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._spill.cleanup()

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of ``query``, with ``values`` in place of its question marks."""
        found: list[tuple[Any, ...]] = self._connection.execute(query, list(values)).fetchall()
        return found

    def row(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
        """Return the one row of ``query``."""
        (found,) = self.rows(query, values)
        return found

    def columns(self, query: str) -> dict[str, Any]:
        """Return ``query`` as arrays of numpy, by name of the column."""
        found: dict[str, Any] = self._connection.execute(query).fetchnumpy()
        return found

    def export(self, query: str, path: Path, *, compact: bool = False) -> None:
        """Write the rows of ``query`` as Parquet; the smallest that there is, if ``compact``."""
        how = "PARQUET, COMPRESSION ZSTD, COMPRESSION_LEVEL 9" if compact else "PARQUET"
        self.rows(f"COPY ({query}) TO {_constant(str(path))} (FORMAT {how})")

    def register(self, name: str, stream: object) -> None:
        """Make an Arrow stream readable as ``name``, once."""
        self._connection.register(name, stream)

    def is_condition(self, text: str) -> bool:
        """Tell whether ``text`` is one expression, so that it cannot end the query around it."""
        import duckdb  # noqa: PLC0415  # an extra

        try:
            duckdb.SQLExpression(text)
        except self._errors:
            return False
        return True

    @contextlib.contextmanager
    def explained(self, origin: str) -> Iterator[None]:
        """Turn errors of the database into ours, without the data that they quote.

        Raises:
            SourceError: names ``origin`` and the line, where there is one.
        """
        try:
            yield
        except self._errors as exc:
            what, hint = explain(str(exc))
            line = _LINE.search(str(exc))
            place = f"{origin}:{line[1]}" if line else origin
            raise SourceError(f"{place}: {what}", hint=hint) from exc


def explain(message: str) -> tuple[str, str]:
    """Return what an error of DuckDB means and what to do about it, without values of the data."""
    columns = _COLUMNS.search(message)
    if columns:
        what = f"{columns[2]} fields where the heading has {columns[1]}"
        return what, "is a separator not quoted, or the file cut short?"
    lower = message.lower()
    for signs, what, hint in _MEANINGS:
        if any(sign in lower for sign in signs):
            return what, hint
    said = _QUOTED.sub("…", message.split("\n", 1)[0])[:200]
    return f"it cannot be read: {said}", "is it whole, and what its name says?"


_MEANINGS: Final = (
    (("unicode", "utf-8", "utf8"), "it is not UTF-8", "`iconv -f latin1 -t utf-8 FILE` writes it"),
    (("quote",), "a quoted value does not end", "is a quote inside a value not doubled?"),
    (
        ("magic bytes", "too small to be a parquet", "parquet"),
        "it is no whole Parquet file",
        "was it cut short while it was copied?",
    ),
    (
        ("out of memory",),
        "the memory limit is too small for it",
        "raise --memory, or name fewer columns",
    ),
    (
        ("no space left", "max_temp_directory_size"),
        "no room on the disk for what does not fit into memory",
        "free some, or raise --memory",
    ),
    (
        ("csv error",),
        "it cannot be read as CSV",
        "does every line have the fields of the heading?",
    ),
    (("json",), "it is no JSON lines", "is every line one JSON object?"),
)


def _constant(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_constant(item) for item in value) + "]"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
