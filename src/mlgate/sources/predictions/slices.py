"""Parts of an evaluation set that are measured apart, as the configuration declares them."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mlgate.errors import ConfigError, SourceError
from mlgate.evaluate.rows import Feature, Slice
from mlgate.sources.predictions.columns import require
from mlgate.tables.table import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mlgate.policy.predictions import Predictions
    from mlgate.tables.store import Store
    from mlgate.tables.table import Table

MAX_FEATURES: Final = 30
MAX_FEATURE_VALUES: Final = 20
MAX_VALUES: Final = 1000
"""Values of one column that are slices; the rarest ones are not."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One column of codes: its expression, and the slice that each code stands for."""

    sql: str
    names: Mapping[int, str]


class Parts:
    """The declared slices of one table."""

    def __init__(self, store: Store, table: Table, wanted: Predictions) -> None:
        """Look the values of the columns up.

        Raises:
            ConfigError: a column does not exist, or a condition is none.
        """
        self._parts = [part for one in wanted.slices for part in _parts(store, table, one)]
        self._features = list(_features(store, table, wanted)) if wanted.discover else []

    @property
    def columns(self) -> dict[str, str]:
        """Return what to select, by alias."""
        every = (*self._parts, *self._features)
        return {f"part {place}": part.sql for place, part in enumerate(every)}

    def slices(
        self, found: Mapping[str, NDArray[Any]], least: int
    ) -> tuple[tuple[Slice, ...], tuple[str, ...]]:
        """Return the slices with at least ``least`` rows, and the names of the others."""
        kept: list[Slice] = []
        small: list[str] = []
        for place, part in enumerate(self._parts):
            for text, rows in _groups(found[f"part {place}"], part.names):
                if rows.size >= least:
                    kept.append(Slice(text, rows))
                else:
                    small.append(text)
        return tuple(kept), tuple(small)

    def features(self, found: Mapping[str, NDArray[Any]]) -> tuple[Feature, ...]:
        """Return the columns to look for slices in."""
        found_in = enumerate(self._features, len(self._parts))
        return tuple(
            Feature(
                _places(found[f"part {place}"], part.names).astype(np.int64),
                tuple(part.names.values()),
            )
            for place, part in found_in
        )


def _places(codes: Any, names: Mapping[int, str]) -> NDArray[np.int16]:  # noqa: ANN401
    """Return the place of each row among the names; −1 where it is masked or has none."""
    values, present = np.ma.getdata(codes).astype(np.uint64), ~np.ma.getmaskarray(codes)
    if not names:
        return np.full(values.size, -1, dtype=np.int16)
    keys = np.array(list(names), dtype=np.uint64)
    order = np.argsort(keys)
    places = np.searchsorted(keys[order], values).clip(max=keys.size - 1)
    known = present & (keys[order][places] == values)
    return np.where(known, order[places], -1).astype(np.int16)


def _features(store: Store, table: Table, wanted: Predictions) -> Iterator[_Part]:
    """Yield the columns that have no other use: names by value, numbers in four bins."""
    used = {*wanted.columns.values()}
    pattern = wanted.score if isinstance(wanted.score, str) else ""
    free = [
        c
        for c in table.columns
        if c.name not in used and not (pattern and fnmatchcase(c.name, pattern))
    ]
    for column in free[:MAX_FEATURES]:
        found = None
        if column.kind in {"text", "boolean"}:
            found = _values(store, table, column.name, MAX_FEATURE_VALUES)
        elif column.kind == "number":
            quantiles = f"approx_quantile(({column.sql})::DOUBLE, [0.25, 0.5, 0.75])"
            (edges,) = store.row(f"SELECT {quantiles} FROM {table.relation}")
            if edges:
                found = _bins(table, column.name, sorted({float(edge) for edge in edges}))
        if found is not None and len(found.names) > 1:
            yield found


def _groups(codes: Any, names: Mapping[int, str]) -> Iterator[tuple[str, NDArray[np.int64]]]:  # noqa: ANN401
    """Yield the rows of each code that has a name, in their order."""
    places = _places(codes, names)
    order = np.argsort(places, kind="stable")
    bounds = np.searchsorted(places[order], np.arange(len(names) + 1))
    for text, (start, stop) in zip(names.values(), pairwise(bounds.tolist()), strict=True):
        yield text, order[start:stop]


def _parts(
    store: Store, table: Table, declared: str | Mapping[str, Sequence[float]]
) -> Iterator[_Part]:
    if not isinstance(declared, str):
        for column, edges in declared.items():
            yield _bins(table, column, edges)
    elif declared in table.by_name:
        yield _values(store, table, declared)
    else:
        yield _condition(store, table, declared)


def _values(store: Store, table: Table, column: str, most: int = MAX_VALUES) -> _Part:
    value = name_of(table.by_name[column])
    rows = store.rows(
        f"SELECT hash({value}), {value} AS v, count(*) AS n FROM {table.relation} "
        f"WHERE {value} IS NOT NULL GROUP BY ALL ORDER BY n DESC, v LIMIT {most}"
    )
    ordered = sorted(rows, key=lambda row: str(row[1]))
    sql = f"CASE WHEN {value} IS NOT NULL THEN hash({value}) END"
    return _Part(sql, {int(row[0]): f"{column}={str(row[1])[:300]}" for row in ordered})


def _bins(table: Table, column: str, edges: Sequence[float]) -> _Part:
    require(table, {"slices": column})
    found = table.by_name[column]
    if found.kind != "number":
        raise ConfigError(
            f"`slices`: {column!r} holds {found.kind}, and bins are of numbers",
            hint=f"write `slices: [{column}]` for a slice a value",
        )
    value = f"({found.sql})::DOUBLE"
    cases = "".join(
        f" WHEN {value} < {float(edge)!r} THEN {code}" for code, edge in enumerate(edges)
    )
    sql = f"CASE WHEN {value} IS NOT NULL THEN CASE{cases} ELSE {len(edges)} END END"
    bounds = ["", *(f"{edge:g}" for edge in edges), ""]
    names = {code: f"{column}={low}..{high}" for code, (low, high) in enumerate(pairwise(bounds))}
    return _Part(sql, names)


def _condition(store: Store, table: Table, text: str) -> _Part:
    if text.isidentifier() or not store.is_condition(text):
        require(table, {"slices": text})
    origin = f"`slices: {text[:200]}`"
    try:
        with store.explained(origin):
            store.rows(f"SELECT ({text}\n)::BOOLEAN FROM {table.relation} LIMIT 0")
    except SourceError as exc:
        raise ConfigError(
            f"{origin} does not fit the columns of {table.origin}",
            hint="are the names those of the table, and texts in single quotes?",
        ) from exc
    return _Part(f"CASE WHEN ({text}\n) THEN 1 END", {1: f"where={text[:300]}"})
