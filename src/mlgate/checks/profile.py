"""Measure a table once, column by column; the database does the work."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mlgate.checks.quoting import name
from mlgate.documents.profile import MAX_CATEGORIES, Category, ColumnProfile, TableProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from mlgate.checks.store import Store
    from mlgate.checks.tables import Column, Table

BINS: Final = 256
"""Bins of equal depth: Kolmogorov–Smirnov's distance on them is within 0.0002 of the exact one."""

MAX_SAMPLE: Final = 100_000
"""Rows that quantiles and associations are taken from; all of them where there are fewer."""

FEW: Final = 10
"""A column of text with fewer values than this is one of names, however few rows there are."""

MAX_CLASSES: Final = 30
"""A label of numbers with more different values is one of a regression."""

_CHUNK: Final = 100


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
    measured = {
        c.name: _plain(c, table, facts)
        for c, facts in _facts(store, table, {*labels, *categorical})
    }
    named = {*categorical, *(text for text in labels if _has_classes(measured.get(text)))}
    numbers = [c for c in table.of_kind("number") if c.name not in named]
    progress(f"{table.role}: quantiles of {len(numbers)} columns of numbers")
    shared = {c.name: bins[c.name].edges for c in numbers if bins and c.name in bins}
    shared = {
        key: edges for key, edges in shared.items() if edges and measured[key].low is not None
    }
    own = dict(_edges(store, table, [c for c in numbers if c.name not in shared], measured))
    edges = shared | {key: found.edges for key, found in own.items()}
    counted = count_numbers(store, table, edges)
    for key, bounds in edges.items():
        quartiles = own[key].quartiles if key in own else quartiles_of(bounds, counted[key])
        measured[key] = msgspec.structs.replace(
            measured[key], edges=bounds, quartiles=quartiles, counts=counted[key]
        )
    progress(f"{table.role}: values of columns of names")
    for column in table.columns:
        if column.kind in {"text", "boolean"} or column.name in named:
            measured[column.name] = _with_categories(store, table, column, measured[column.name])
    return TableProfile(
        path=table.origin[:1024],
        rows=table.rows,
        columns=tuple(measured[column.name] for column in table.columns),
    )


def count_numbers(
    store: Store, table: Table, edges: Mapping[str, Sequence[float]]
) -> dict[str, tuple[int, ...]]:
    """Return rows up to each edge, and above the last, by name of the column."""
    found: dict[str, tuple[int, ...]] = {}
    for chunk in _chunks([column for column in edges if edges[column]], _CHUNK):
        parts = ", ".join(
            f"histogram(({table.by_name[column].sql})::DOUBLE, ?::DOUBLE[])" for column in chunk
        )
        bounds = [list(edges[column]) for column in chunk]
        row = store.row(f"SELECT {parts} FROM {table.relation}", bounds)
        for column, counts in zip(chunk, row, strict=True):
            given = counts or {}
            inside = [int(given.get(edge, 0)) for edge in edges[column]]
            found[column] = (*inside, int(given.get(math.inf, 0)))
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


def quartiles_of(edges: Sequence[float], counts: Sequence[int]) -> tuple[float, ...]:
    """Return the edges at which a quarter, half and three quarters of the rows are reached.

    >>> quartiles_of([0.0, 1.0, 2.0, 3.0], [0, 2, 1, 1, 0])
    (1.0, 1.0, 2.0)
    """
    total, found = sum(counts), []
    reached, place = 0, -1
    for part in (1, 2, 3):
        while reached < total * part / 4 and place < len(edges) - 1:
            place += 1
            reached += counts[place]
        found.append(edges[max(place, 0)])
    return tuple(found)


def name_of(column: Column) -> str:
    """Return the value as a name that is the same whatever the type of the number."""
    if column.kind == "number":
        return f"regexp_replace((({column.sql})::DOUBLE)::VARCHAR, '\\.0$', '')"
    return f"({column.sql})::VARCHAR"


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


class _Edges(msgspec.Struct):
    edges: tuple[float, ...]
    quartiles: tuple[float, ...]


def _edges(
    store: Store, table: Table, columns: Sequence[Column], measured: Mapping[str, ColumnProfile]
) -> Iterator[tuple[str, _Edges]]:
    import numpy as np  # noqa: PLC0415  # an extra

    usable = [c for c in columns if measured[c.name].low is not None]
    for chunk in _chunks(usable, _CHUNK):
        parts = ", ".join(f"({c.sql})::DOUBLE AS {name(c.name)}" for c in chunk)
        found = store.columns(f"SELECT {parts} FROM {table.relation} WHERE {sampled(table)}")
        for column in chunk:
            profile = measured[column.name]
            low, high = profile.low or 0.0, profile.high or 0.0
            values = np.sort(np.ma.compressed(found[column.name]))
            values = values[~np.isnan(values)] if values.size else np.array([low, high])
            places = np.arange(1, BINS) * values.size // BINS
            inner = {float(value) for value in values[places] if low <= value < high}
            edges = tuple(sorted({math.nextafter(low, -math.inf), *inner, high}))
            quartiles = tuple(float(values[values.size * part // 4]) for part in (1, 2, 3))
            yield column.name, _Edges(edges, quartiles)


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
