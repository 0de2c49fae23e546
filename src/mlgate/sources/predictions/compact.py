"""Predictions as evidence keeps them: the columns that are used, as compressed Parquet."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from mlgate.documents.evidence import KeptPredictions
from mlgate.errors import SourceError
from mlgate.sources.kept import MAX_PREDICTIONS, digest_of
from mlgate.tables.quoting import name

if TYPE_CHECKING:
    from pathlib import Path

    from mlgate.policy.predictions import Predictions
    from mlgate.tables.store import Store
    from mlgate.tables.table import Column, Table

FOLDER: Final = "predictions"
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_.-]+")


def keep_predictions(
    store: Store, table: Table, wanted: Predictions, model: str, folder: Path
) -> KeptPredictions:
    """Write the used columns of ``table`` below ``folder``, whole or not at all.

    Args:
        store: Opened with ``folder / FOLDER`` as the place of exports.
        table: The rows.
        wanted: Which columns are used.
        model: Names the file.
        folder: Where the evidence goes.

    Raises:
        SourceError: it is too large to keep.
    """
    place = f"{FOLDER}/{file_name(model)}"
    path, part = folder / place, folder / f"{place}.part"
    listed = ", ".join(f"{_value(c)} AS {name(c.name)}" for c in _used(table, wanted))
    try:
        store.export(f"SELECT {listed} FROM {table.relation}", part, compact=True)
        size = part.stat().st_size
        if size > MAX_PREDICTIONS:
            raise SourceError(
                f"{wanted.file}: {size} bytes are too many to keep with the evidence "
                f"(at most {MAX_PREDICTIONS})",
                hint="leave `store` out, and keep the file in DVC",
            )
        digest = digest_of(part.read_bytes())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return KeptPredictions(path=place, digest=digest, rows=table.rows, size=size)


def file_name(model: str) -> str:
    """Return a file name for a model, which may be called anything.

    >>> file_name("churn"), file_name("a/b")
    ('churn.parquet', 'a-b.c14cdd.parquet')
    """
    fit = _UNFIT.sub("-", model).strip(".")[:80]
    mark = "" if fit == model else f".{digest_of(model.encode())[7:13]}"
    return f"{fit}{mark}.parquet"


def _value(column: Column) -> str:
    return column.raw if column.kind in {"text", "other"} else column.sql


def _used(table: Table, wanted: Predictions) -> list[Column]:
    """Return the columns that metrics, slices and gaps are made of."""
    named = {*wanted.columns.values(), *wanted.gaps, *_sliced(wanted)}
    patterns = [wanted.score] if isinstance(wanted.score, str) else []
    conditions = " ".join(one for one in wanted.slices if isinstance(one, str))
    words = set(re.findall(r"\w+", conditions))
    return [
        column
        for column in table.columns
        if column.name in named
        or column.name in words
        or column.name in conditions
        or any(fnmatchcase(column.name, pattern) for pattern in patterns)
    ]


def _sliced(wanted: Predictions) -> set[str]:
    binned = (one for one in wanted.slices if isinstance(one, dict))
    return {column for one in binned for column in one}
