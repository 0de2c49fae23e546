"""What no table of predictions may hold: rows without a name, missing values, wild numbers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from mlgate.errors import SourceError
from mlgate.evaluate.measures import DEFAULTS

if TYPE_CHECKING:
    from mlgate.policy.predictions import Predictions
    from mlgate.sources.predictions.columns import Layout
    from mlgate.tables.store import Store
    from mlgate.tables.table import Column, Table

PROBABILITIES: Final = frozenset({"log_loss", "brier", "ece"})
"""Metrics that mean nothing for scores that are no probabilities."""

_ROW_BYTES: Final = 120
"""Memory that a row of two models takes beyond its columns, while metrics are computed."""
_COLUMN_BYTES: Final = 24


def refuse_rows(store: Store, table: Table, wanted: Predictions, layout: Layout) -> None:
    """Refuse tables of predictions that metrics would be wrong for.

    Raises:
        SourceError: names the column, how many rows it is about, and what to do.
    """
    _refuse_size(table, len(layout.scores))
    with store.explained(table.origin):
        _refuse_missing(store, table, wanted, layout)
        if wanted.id:
            _refuse_twice(store, table, table.by_name[wanted.id])
        if wanted.weight:
            _refuse_weights(store, table, table.by_name[wanted.weight])
        if layout.task in {"binary", "multiclass"} and layout.scores:
            _refuse_scores(store, table, wanted, layout)


def _refuse_missing(store: Store, table: Table, wanted: Predictions, layout: Layout) -> None:
    texts = (wanted.id, wanted.truth, wanted.said, wanted.group, wanted.query)
    columns = [table.by_name[text] for text in dict.fromkeys([*texts, *layout.scores]) if text]
    counts = ", ".join(f"count({column.sql})" for column in columns)
    for column, values in zip(
        columns, store.row(f"SELECT {counts} FROM {table.relation}"), strict=True
    ):
        if values < table.rows:
            raise SourceError(
                f"{table.origin}: {column.name[:200]!r} has no finite value in "
                f"{table.rows - values} of {table.rows} rows",
                hint="a row that cannot be judged must not be in the evaluation set; NaN is none",
            )


def _refuse_twice(store: Store, table: Table, column: Column) -> None:
    (distinct,) = store.row(f"SELECT count(DISTINCT {column.sql}) FROM {table.relation}")
    if distinct < table.rows:
        raise SourceError(
            f"{table.origin}: {column.name[:200]!r} names {table.rows - distinct} rows twice",
            hint="`id` must tell rows apart; was the file appended to?",
        )


def _refuse_weights(store: Store, table: Table, column: Column) -> None:
    heavy = f"coalesce(({column.sql})::DOUBLE > 0, false)"
    (light,) = store.row(f"SELECT count(*) FROM {table.relation} WHERE NOT {heavy}")
    if light:
        raise SourceError(
            f"{table.origin}: {column.name[:200]!r} is no positive number in {light} rows",
            hint="a weight says how much a row counts; leave rows out instead",
        )


def _refuse_scores(store: Store, table: Table, wanted: Predictions, layout: Layout) -> None:
    parts = [(table.by_name[text].sql, text) for text in layout.scores]
    for column in (table.by_name[text] for text in layout.scores):
        if column.kind != "number":
            raise SourceError(
                f"{table.origin}: {column.name[:200]!r} holds {column.kind}, no scores"
            )
    named = {*(wanted.metrics or DEFAULTS[layout.task])}
    if not PROBABILITIES & named and (wanted.said or layout.task == "multiclass"):
        return
    bounds = ", ".join(f"min({sql}), max({sql})" for sql, _ in parts)
    found = store.row(f"SELECT {bounds} FROM {table.relation}")
    for place, (_, text) in enumerate(parts):
        low, high = found[2 * place], found[2 * place + 1]
        if low < 0 or high > 1:
            raise SourceError(
                f"{table.origin}: {text[:200]!r} goes from {low:.4g} to {high:.4g}, "
                "no probabilities",
                hint="write probabilities; or name `prediction`, and `metrics:` that need none, "
                "as in `[roc_auc, pr_auc]`",
            )


def _refuse_size(table: Table, scores: int) -> None:
    """Refuse rows that memory cannot hold, before the machine begins to swap."""
    needed = table.rows * (_ROW_BYTES + _COLUMN_BYTES * (2 * scores + 3))
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > there * 0.9:
        raise SourceError(
            f"{table.origin}: {table.rows:,} rows need about {needed / 2**30:.0f} GiB of memory, "
            f"and this machine has {there / 2**30:.0f}".replace(",", " "),
            hint="a sample of ten million rows, the same for both models, shows a change of 0.0003",
        )
