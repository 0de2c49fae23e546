"""Rows that one model gets right and the other does not, some of them by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from mlgate.documents.comparison import FlippedRow, Flips
from mlgate.tables.table import name_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlgate.evaluate.rows import EvaluationSet
    from mlgate.policy.predictions import Predictions
    from mlgate.tables.store import Store
    from mlgate.tables.table import Table

MOST: Final = 10
"""Rows that are named, of each kind."""


def read_flips(
    store: Store, table: Table, rows: EvaluationSet, wanted: Predictions
) -> Flips | None:
    """Return what flipped between the two models of ``rows``; ``None`` where nothing can.

    Args:
        store: The database.
        table: The table that has the names of the rows.
        rows: What both models say.
        wanted: The columns, and whether classes may be shown.
    """
    head, base = rows.head, rows.base
    if base is None or not rows.labels or head.prediction is None or base.prediction is None:
        return None
    right, before = head.prediction == head.label, base.prediction == base.label
    wrong = np.flatnonzero(~right & before)
    mended = np.flatnonzero(right & ~before)
    named = _named(store, table, rows, wanted, np.r_[wrong[:MOST], mended[:MOST]])
    return Flips(
        newly_wrong=wrong.size,
        newly_right=mended.size,
        wrong=named[: min(wrong.size, MOST)],
        right=named[min(wrong.size, MOST) :],
    )


def _named(
    store: Store,
    table: Table,
    rows: EvaluationSet,
    wanted: Predictions,
    places: NDArray[np.int64],
) -> tuple[FlippedRow, ...]:
    if not places.size or rows.names is None or not wanted.id:
        return ()
    row = name_of(table.by_name[wanted.id])
    keys = [int(rows.names[place]) for place in places]
    found = dict(
        store.rows(
            f"SELECT hash({row}), {row} FROM {table.relation} "
            f"WHERE hash({row}) IN ({', '.join(f'{key}::UBIGINT' for key in keys)})"
        )
    )
    return tuple(
        _row(rows, place, str(found.get(key, "")), samples=wanted.samples)
        for key, place in zip(keys, places, strict=True)
    )


def _row(rows: EvaluationSet, place: int, text: str, *, samples: bool) -> FlippedRow:
    if not samples:
        return FlippedRow(id=text[:400])
    base = rows.base.prediction if rows.base else None
    codes = [
        None if values is None else int(values[place])
        for values in (rows.head.label, base, rows.head.prediction)
    ]
    label, before, after = ("" if c is None else rows.labels[c][:400] for c in codes)
    return FlippedRow(id=text[:400], label=label, base=before, head=after)
