"""Measure a table once, column by column; the database does the work."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mlgate.documents.profile import MAX_CATEGORIES, Category, ColumnProfile, TableProfile
from mlgate.tables.quoting import name
from mlgate.tables.table import in_parts, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mlgate.tables.store import Store
    from mlgate.tables.table import Column, Table

BINS: Final = 256
"""Bins of equal depth: Kolmogorov–Smirnov's distance on them is within 0.0002 of the exact one."""

MAX_SAMPLE: Final = 100_000
"""Rows that distributions of numbers are taken from; all of them where there are fewer.

Chance moves a distance between two such samples by 0.009 at most, once in a thousand times.
"""

FEW: Final = 10
"""A column of text with fewer values than this is one of names, however few rows there are."""

MAX_CLASSES: Final = 30
"""A label of numbers with more different values is one of a regression."""

_CHUNK: Final = 25
_SAMPLED_CHUNK: Final = 50
"""Columns that are in memory together: 40 MB at ``MAX_SAMPLE`` rows."""


def profile_table(  # noqa: PLR0913 - one table, measured in one way or another
    store: Store,
    table: Table,
    *,
    categorical: Collection[str] = (),
    labels: Collection[str] = (),
    bins: Mapping[str, ColumnProfile] | None = None,
    progress: Callable[[str], None] = lambda _said: None,
) -> TableProfile:
    """Return the profile of ``table``.

    Args:
        store: The database that holds it.
        table: The table.
        categorical: Columns of numbers to count by value.
        labels: Likewise, where they have few different values.
        bins: Columns of another table; numbers are counted between the edges of theirs.
        progress: Is told what is being done.
    """
    measured: dict[str, ColumnProfile] = {}
    for part in in_parts(store, table, table.columns):
        counted = {*labels, *categorical}
        found = {c.name: _plain(c, table, facts) for c, facts in _facts(store, part, counted)}
        named = {*categorical, *(text for text in labels if _has_classes(found.get(text)))}
        numbers = [c for c in part.of_kind("number") if c.name not in named]
        shared = {c.name: bins[c.name].edges for c in numbers if bins and c.name in bins}
        for key, values in _sorted(store, part, numbers):
            found[key] = _with_bins(found[key], values, shared.get(key, ()))
        for column in part.columns:
            if column.kind in {"text", "boolean"} or column.name in named:
                found[column.name] = _with_categories(store, part, column, found[column.name])
        measured |= found
        progress(f"{table.role}: {len(measured)} of {len(table.columns)} columns measured")
    return TableProfile(
        path=table.origin[:1024],
        rows=table.rows,
        columns=tuple(measured[column.name] for column in table.columns),
    )


def count_numbers(
    store: Store, table: Table, edges: Mapping[str, Sequence[float]]
) -> dict[str, tuple[int, ...]]:
    """Return rows of a sample up to each edge, and above the last, by name of the column."""
    columns = [table.by_name[column] for column, bounds in edges.items() if bounds]
    found = {
        column: _counts(values, edges[column])
        for part in in_parts(store, table, columns)
        for column, values in _sorted(store, part, part.columns)
    }
    return {column: found.get(column, ()) for column in edges}


def count_values(store: Store, table: Table, column: Column) -> list[tuple[str, int]]:
    """Return the most frequent values as text, with their rows, and then by name."""
    value = name_of(column)
    return [
        (str(found[0]), int(found[1]))
        for found in store.rows(
            f"SELECT {value} AS v, count(*) AS n FROM {table.relation} WHERE {value} IS NOT NULL "
            f"GROUP BY v ORDER BY n DESC, v LIMIT {MAX_CATEGORIES + 1}"
        )
    ]


def sampled(table: Table, most: int = MAX_SAMPLE) -> str:
    """Return a condition that holds for at most about ``most`` rows, always the same ones."""
    every = math.ceil(table.rows / most)
    return f"hash({table.row_number}) % {every} = 0" if every > 1 else "true"


def _facts(
    store: Store, table: Table, named: Collection[str]
) -> Iterator[tuple[Column, tuple[Any, ...]]]:
    for chunk in _chunks(table.columns, _CHUNK):
        parts = ", ".join(_aggregates(column, counted=column.name in named) for column in chunk)
        found = iter(store.row(f"SELECT {parts} FROM {table.relation}"))
        for column in chunk:
            yield column, tuple(next(found) for _ in range(_AGGREGATES))


_AGGREGATES: Final = 7


def _aggregates(column: Column, *, counted: bool) -> str:
    """Return ``_AGGREGATES`` aggregates: values, infinite, distinct, low, high, mean, deviation.

    Different numbers cost more to count than all the rest, and nobody asks how many there are.
    """
    value = f"({column.sql})"
    distinct = f"approx_count_distinct({value})"
    if column.kind == "number" and not counted:
        distinct = f"(min({value}) IS NOT NULL)::BIGINT + (min({value}) < max({value}))::BIGINT"
    nothing = "NULL, NULL, NULL, NULL"
    match column.kind:
        case "number":
            number = f"{value}::DOUBLE"
            infinite = (
                f"count(*) FILTER (isinf({column.raw}))"
                if column.type in {"float", "double"}
                else f"count(*) FILTER (isinf({name(column.name)}))"
                if column.type == "number"
                else "0"
            )
            spread = f"min({number}), max({number}), avg({number}), stddev_samp({number})"
            return f"count({value}), {infinite}, {distinct}, {spread}"
        case "datetime":
            spread = f"epoch(min({value})), epoch(max({value})), NULL, NULL"
            return f"count({value}), 0, {distinct}, {spread}"
        case _:
            return f"count({value}), 0, {distinct}, {nothing}"


def _plain(column: Column, table: Table, facts: tuple[Any, ...]) -> ColumnProfile:
    values, infinite, distinct, low, high, mean, std = facts
    return ColumnProfile(
        name=column.name,
        kind=column.kind,
        type=column.type,
        nulls=table.rows - values - infinite,
        infinite=infinite,
        distinct=min(distinct, values),
        low=_rounded(low),
        high=_rounded(high),
        mean=_rounded(mean, 9),
        std=_rounded(std, 9),
    )


def _rounded(value: float | None, digits: int = 17) -> float | None:
    """Return a finite number with as many digits as every order of adding up agrees on."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}") + 0.0


def _sorted(
    store: Store, table: Table, columns: Sequence[Column]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield the finite numbers of a sample of rows, by name of the column."""
    import numpy as np  # noqa: PLC0415  # an extra

    for chunk in _chunks(columns, _SAMPLED_CHUNK):
        parts = ", ".join(f"({c.sql})::DOUBLE AS {name(c.name)}" for c in chunk)
        found = store.columns(f"SELECT {parts} FROM {table.relation} WHERE {sampled(table)}")
        for column in chunk:
            values = np.sort(np.ma.compressed(found.pop(column.name)))
            yield column.name, values[~np.isnan(values)]


def _with_bins(
    profile: ColumnProfile, values: NDArray[np.float64], edges: tuple[float, ...]
) -> ColumnProfile:
    """Add counts between ``edges``, or between own ones where there are none."""
    if profile.low is None or profile.high is None:
        return profile
    if not values.size:
        import numpy as np  # noqa: PLC0415  # an extra

        values = np.array([profile.low, profile.high])
    low, high = profile.low, profile.high
    places = [place * values.size // BINS for place in range(1, BINS)]
    inner = {float(value) for value in values[places] if low <= value < high}
    edges = edges or tuple(sorted({math.nextafter(low, -math.inf), *inner, high}))
    return msgspec.structs.replace(
        profile,
        edges=edges,
        quartiles=tuple(float(values[values.size * part // 4]) for part in (1, 2, 3)),
        counts=_counts(values, edges),
    )


def _counts(values: NDArray[np.float64], edges: Sequence[float]) -> tuple[int, ...]:
    """Return how many of the sorted ``values`` lie up to each edge, and above the last."""
    reached = [0, *values.searchsorted(edges, side="right").tolist(), values.size]
    return tuple(after - before for before, after in itertools.pairwise(reached))


def _has_classes(label: ColumnProfile | None) -> bool:
    """Tell whether a label of numbers stands for classes; a regression has more values."""
    return label is not None and label.kind == "number" and 0 < label.distinct <= MAX_CLASSES


def _with_categories(
    store: Store, table: Table, column: Column, profile: ColumnProfile
) -> ColumnProfile:
    values = table.rows - profile.nulls
    if column.kind == "text" and not is_naming(profile.distinct, values):
        return profile
    found = count_values(store, table, column)
    kept = found[:MAX_CATEGORIES]
    return msgspec.structs.replace(
        profile,
        distinct=len(kept) if len(found) == len(kept) else profile.distinct,
        complete=len(found) == len(kept),
        categories=tuple(Category(value=value[:400], rows=rows) for value, rows in kept),
    )


def is_naming(distinct: int, values: int) -> bool:
    """Tell whether so many different values in so many rows name groups of rows, not the rows."""
    return 0 < distinct <= max(FEW, min(MAX_CATEGORIES * 2, values // 2))


def _chunks(items: Sequence[Any], size: int) -> Iterator[Any]:
    return (items[start : start + size] for start in range(0, len(items), size))
