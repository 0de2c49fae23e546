"""Several labels a row: each becomes a row of its own, and those of one row go together.

Metrics over all of them are micro averages (accuracy is one less the Hamming loss); every label is
a slice. Intervals take into account that the labels of one row are not independent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from mlgate.errors import ConfigError
from mlgate.sources.predictions.columns import require
from mlgate.tables.quoting import literal, name
from mlgate.tables.table import name_of, queried

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgate.policy.predictions import Predictions
    from mlgate.tables.store import Store
    from mlgate.tables.table import Table

ROW, LABEL, TRUTH = "row and label", "label", "true label"
SAID, SCORE = "predicted label", "score of the label"
_MARK: Final = " · "


def single_labels(
    store: Store, tables: Sequence[Table], wanted: Predictions
) -> tuple[list[Table], Predictions]:
    """Return tables with one label a row, and what their columns are; others as they are.

    Raises:
        ConfigError: a column does not exist, or rows have no name.
    """
    if isinstance(wanted.label, str):
        return list(tables), wanted
    if not wanted.id:
        raise ConfigError("several labels need `id`, the column that names a row")
    found = [_long(store, table, wanted) for table in tables]
    return found, msgspec.structs.replace(
        wanted,
        id=ROW,
        label=TRUTH,
        prediction=SAID if wanted.prediction else None,
        score=SCORE if wanted.score else None,
        group=wanted.group or wanted.id,
        slices=(LABEL, *wanted.slices),
        task="binary",
    )


def _long(store: Store, table: Table, wanted: Predictions) -> Table:
    require(table, wanted.columns)
    if LABEL in table.by_name:
        raise ConfigError(
            f"{table.origin}: a column {LABEL!r} is in the way of the names of the labels",
            hint="give it another name",
        )
    labels, row = wanted.labels, name_of(table.by_name[wanted.id or ""])
    pairs = {TRUTH: labels, SAID: wanted.prediction or (), SCORE: wanted.score or ()}
    sources = {key: list(columns) for key, columns in pairs.items() if columns}
    gone = {column for columns in sources.values() for column in columns}
    kept = [c for c in table.columns if c.name not in gone]
    parts = []
    for place, label in enumerate(labels):
        values = [
            f"{table.by_name[columns[place]].sql} AS {name(key)}"
            for key, columns in sources.items()
        ]
        named = f"concat({row}, {literal(_MARK)}, {literal(label)}) AS {name(ROW)}"
        own = [f"{c.sql} AS {name(c.name)}" for c in kept]
        columns = [named, f"{literal(label)} AS {name(LABEL)}", *values, *own]
        parts.append(f"SELECT {', '.join(columns)} FROM {table.relation}")
    return queried(store, table, " UNION ALL ".join(parts))
