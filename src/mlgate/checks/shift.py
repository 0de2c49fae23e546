"""One table held against another, column by column, over the bins of the first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.checks import distance
from mlgate.checks.profile import count_numbers, count_values
from mlgate.documents.evidence import Distribution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgate.documents.profile import ColumnProfile, TableProfile
    from mlgate.tables.store import Store
    from mlgate.tables.table import Table

COARSE: Final = 20
"""Bins for distances that chance would fill with noise over all bins of the profile."""

_PICTURE: Final = 20
_NUMBERS: Final = ("ks", "wasserstein")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """Rows of one column in the same bins on both sides.

    Attributes:
        name: The column.
        base: Rows of the reference per bin.
        current: Rows of the current table per bin.
        edges: Bounds of the bins, for numbers.
        values: Names of the bins, for names; the last two are all other values of the reference,
            and values that it does not have.
        scale: Standard deviation of the reference, for numbers.
    """

    name: str
    base: tuple[int, ...]
    current: tuple[int, ...]
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()
    scale: float = 0.0

    @property
    def outside(self) -> float:
        """Return the share of current rows outside the range, or the values, of the reference."""
        beyond = self.current[0] + self.current[-1] if self.edges else self.current[-1]
        total = sum(self.current)
        return beyond / total if total else 0.0

    def method(self, wanted: str) -> str:
        """Return the distance to use: the wanted one where it fits the kind of column."""
        if self.edges:
            return wanted or "ks"
        return "cramers-v" if wanted in {"", *_NUMBERS} else wanted

    def distance(self, wanted: str) -> tuple[float, float]:
        """Return the distance, and what chance alone may reach."""
        method = self.method(wanted)
        n, m = sum(self.base), sum(self.current)
        if not n or not m:
            return (0.0, math.inf) if n == m else (1.0, 0.0)
        if method == "wasserstein":
            found = distance.wasserstein(self.base, self.current, self.edges, self.scale)
            return found, distance.by_chance(method, n, m, 2)
        base, current = self.base, self.current
        if self.edges and method != "ks":
            base, current = merged(base, current, COARSE)
        filled = sum(1 for a, b in zip(base, current, strict=True) if a or b)
        value = distance.METHODS[method](base, current)
        return value, distance.by_chance(method, n, m, filled)

    def picture(self, *, samples: bool) -> Distribution:
        """Return the two distributions in few bins; categories by name only with ``samples``."""
        if self.edges:
            bins, base, current = _uniform(self)
        else:
            bins, base, current = _named(self, samples=samples)
        return Distribution(
            column=self.name[:400],
            bins=tuple(bins),
            reference=tuple(_short(share) for share in distance.shares(base)),
            current=tuple(_short(share) for share in distance.shares(current)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What differs between two tables.

    Attributes:
        base: Role of the first table.
        current: Role of the second.
        columns: Columns that both have with the same kind of values.
        changed: Columns that differ in kind, with both kinds.
        missing: Columns that only the first has.
        rows: Rows of both.
    """

    base: str
    current: str
    columns: Mapping[str, Aligned]
    changed: Mapping[str, tuple[str, str]]
    missing: tuple[str, ...]
    rows: tuple[int, int]

    @classmethod
    def between(
        cls, store: Store, base: tuple[str, TableProfile], table: Table, profile: TableProfile
    ) -> Shift:
        """Count the rows of ``table`` in the bins of the profile ``base``."""
        role, reference = base
        here = {column.name: column for column in profile.columns}
        shared = [c for c in reference.columns if c.name in here]
        same = [c for c in shared if _same_kind(c, here[c.name])]
        edges = {c.name: c.edges for c in same if c.edges and not c.categories}
        counted = {n: here[n].counts for n in edges if here[n].edges == edges[n]}
        rest = {name: bounds for name, bounds in edges.items() if name not in counted}
        numbers = counted | count_numbers(store, table, rest)
        columns = {
            c.name: Aligned(
                name=c.name,
                base=c.counts,
                current=numbers[c.name],
                edges=c.edges,
                scale=c.std or 0.0,
            )
            for c in same
            if c.name in edges and numbers[c.name]
        }
        for column in same:
            if column.categories:
                found = _values(store, table, here[column.name])
                columns[column.name] = _aligned(column, reference.rows, found)
        return cls(
            base=role,
            current=table.role,
            columns=columns,
            changed={
                c.name: (c.kind, here[c.name].kind)
                for c in shared
                if not _same_kind(c, here[c.name])
            },
            missing=tuple(c.name for c in reference.columns if c.name not in here),
            rows=(reference.rows, table.rows),
        )


def _same_kind(one: ColumnProfile, other: ColumnProfile) -> bool:
    """Tell whether values compare; a column without any value is of every kind."""
    empty = one.distinct == 0 or other.distinct == 0
    return one.kind == other.kind or empty


def _values(store: Store, table: Table, column: ColumnProfile) -> dict[str, int]:
    nulls = column.nulls
    if column.complete:
        found = {category.value: category.rows for category in column.categories}
    else:
        found = {v[:400]: n for v, n in count_values(store, table, table.by_name[column.name])}
    return {**found, "": table.rows - nulls - sum(found.values()) + found.get("", 0)}


def _aligned(column: ColumnProfile, base_rows: int, found: Mapping[str, int]) -> Aligned:
    known = {category.value: category.rows for category in column.categories}
    other = base_rows - column.nulls - sum(known.values())
    current = [found.get(value, 0) for value in known]
    new = sum(found.values()) - sum(current)
    if column.complete:
        tail_base, tail_current = (0, 0), (0, max(new, 0))
    else:
        tail_base, tail_current = (max(other, 0), 0), (max(new, 0), 0)
    return Aligned(
        name=column.name,
        base=(*known.values(), *tail_base),
        current=(*current, *tail_current),
        values=(*known, "others", "new"),
    )


def merged(
    base: Sequence[int], current: Sequence[int], bins: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return neighbouring bins together until each holds its part of the reference.

    The first and the last bin stay alone: they hold what lies outside of the reference's range.

    >>> merged([0, 2, 2, 2, 2, 0], [1, 1, 1, 1, 1, 3], 2)
    ((0, 4, 4, 0), (1, 2, 2, 3))
    """
    depth = sum(base) / bins
    left: list[int] = [base[0]]
    right: list[int] = [current[0]]
    held = there = 0
    for p, q in zip(base[1:-1], current[1:-1], strict=True):
        held, there = held + p, there + q
        if held >= depth:
            left.append(held)
            right.append(there)
            held = there = 0
    if held or there:
        left.append(held)
        right.append(there)
    return (*left, base[-1]), (*right, current[-1])


def _uniform(column: Aligned) -> tuple[list[str], list[float], list[float]]:
    """Return bins of equal width over nearly all of the reference, the ends taking the rest."""
    low, high = _middle(column)
    width = (high - low) / _PICTURE
    if width <= 0:
        left, right = (
            [float(sum(side[:-1])), float(side[-1])] for side in (column.base, column.current)
        )
        return [f"≤ {low:.4g}", f"> {low:.4g}"], left, right
    bins = [f"{low + i * width:.4g} – {low + (i + 1) * width:.4g}" for i in range(_PICTURE)]
    sides = [_spread(side, column.edges, low, width) for side in (column.base, column.current)]
    return bins, sides[0], sides[1]


def _middle(column: Aligned) -> tuple[float, float]:
    """Return the range that holds all but half a percent of the reference at either end."""
    total, reached = sum(column.base), 0
    low, high = column.edges[0], column.edges[-1]
    for edge, rows in zip(column.edges, column.base, strict=False):
        before, reached = reached, reached + rows
        if before <= total * 0.005:
            low = edge
        if before < total * 0.995:
            high = edge
    return low, high


def _spread(counts: Sequence[int], edges: Sequence[float], low: float, width: float) -> list[float]:
    """Return the rows of uneven bins in even ones, each spread evenly over its own width."""
    found = [0.0] * _PICTURE
    bounds = [edges[0], *edges, edges[-1]]
    for rows, left, right in zip(counts, bounds, bounds[1:], strict=False):
        first, last = ((place - low) / width for place in (left, right))
        pieces = max(1, math.ceil(last - first) * 4)
        for piece in range(pieces):
            place = first + (last - first) * (piece + 0.5) / pieces
            found[min(max(int(place), 0), _PICTURE - 1)] += rows / pieces
    return found


def _named(column: Aligned, *, samples: bool) -> tuple[list[str], list[float], list[float]]:
    sides = list(zip(column.values, column.base, column.current, strict=True))
    ranked = sorted(sides[:-2], key=lambda side: -(side[1] + side[2]))
    shown, rest = ranked[: _PICTURE - 2], ranked[_PICTURE - 2 :]
    names = [value[:60] if samples else f"value {i}" for i, (value, _, _) in enumerate(shown, 1)]
    left = [*rest, sides[-2]]
    others = [sum(side[1] for side in left), sum(side[2] for side in left)]
    bins = [*names, "others", "new values"]
    base = [float(side[1]) for side in shown] + [float(others[0]), float(sides[-1][1])]
    current = [float(side[2]) for side in shown] + [float(others[1]), float(sides[-1][2])]
    return bins, base, current


def _short(share: float) -> float:
    return float(f"{share:.4g}")
