"""Look for slices where a model got worse: one column, or two together.

Each slice is a test of "no worse than the baseline here" on the difference of the two losses of its
rows; Benjamini and Hochberg (1995, JRSS B 57) keep the share of false finds among all finds at one
in twenty. Finds are hints for a reader and never judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.evaluate.rows import EvaluationSet, Feature
    from mlgate.evaluate.side import Floats, Side

FALSE_FINDS: Final = 0.05
MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A slice where the head is worse, and its mean loss (or accuracy) on both sides."""

    name: str
    rows: int
    base: float
    head: float
    p: float


def discover(rows: EvaluationSet, least: int) -> tuple[list[Found], int]:
    """Return the worst slices with at least ``least`` rows, and how many were looked at."""
    losses = [_losses(side) for side in (rows.head, rows.base) if side is not None]
    if len(losses) < 2 or any(loss is None for loss in losses):  # noqa: PLR2004
        return [], 0
    head, base = (loss for loss in losses if loss is not None)
    cells = [*_cells(rows.features, head - base, least)]
    tested = len(cells)
    worse = sorted((c for c in cells if c.z > 0), key=lambda c: -c.z)
    kept = worse[: _step_up([NormalDist().cdf(-c.z) for c in worse], tested)]
    found: list[Found] = []
    taken: set[str] = set()
    for cell in kept:
        if len(found) == MOST or taken & set(cell.names):
            continue
        taken |= set(cell.names)
        inside = cell.rows_of(rows.features)
        sides = float(base[inside].mean()), float(head[inside].mean())
        before, after = (1 - s for s in sides) if rows.labels else sides
        name = " & ".join(cell.names)
        found.append(Found(name, int(inside.sum()), before, after, NormalDist().cdf(-cell.z)))
    return found, tested


def _losses(side: Side) -> Floats | None:
    """Return 1 for a wrong class and 0 for a right one, or |y − ŷ|; ``None`` where not told."""
    if side.prediction is None:
        return None
    if side.classes:
        wrong: Floats = (side.prediction != side.label).astype(float)
        return wrong
    error: Floats = np.abs(side.prediction - side.label)
    return error


@dataclass(frozen=True, slots=True)
class _Cell:
    """One slice: the features and the code of each, their names, and how far beyond chance."""

    places: tuple[int, ...]
    codes: tuple[int, ...]
    names: tuple[str, ...]
    z: float

    def rows_of(self, features: tuple[Feature, ...]) -> np.ndarray:
        parts = [features[p].codes == c for p, c in zip(self.places, self.codes, strict=True)]
        found: np.ndarray = np.logical_and.reduce(parts)
        return found


def _cells(features: tuple[Feature, ...], moved: Floats, least: int) -> Iterator[_Cell]:
    """Yield every slice with enough rows; z is Σd / √Σd², which needs no spread to be there."""
    singles = [(place,) for place in range(len(features))]
    for places in (*singles, *combinations(range(len(features)), 2)):
        sizes = [len(features[p].names) for p in places]
        code = np.zeros(moved.size, dtype=np.int64)
        there = np.ones(moved.size, dtype=bool)
        for place, size in zip(places, sizes, strict=True):
            there &= features[place].codes >= 0
            code = code * size + features[place].codes
        code, values = code[there], moved[there]
        total = int(np.prod(sizes))
        counts = np.bincount(code, minlength=total)
        sums, squares = (np.bincount(code, v, total) for v in (values, values**2))
        z = np.divide(sums, np.sqrt(squares), out=np.zeros(total), where=squares > 0)
        for cell in np.flatnonzero(counts >= least).tolist():
            codes = _split(cell, sizes)
            names = tuple(features[p].names[c] for p, c in zip(places, codes, strict=True))
            yield _Cell(places, codes, names, float(z[cell]))


def _split(cell: int, sizes: list[int]) -> tuple[int, ...]:
    return (cell,) if len(sizes) == 1 else (cell // sizes[1], cell % sizes[1])


def _step_up(p: list[float], tests: int) -> int:
    """Return how many of the rising p-values of so many tests are finds."""
    found = [k for k, value in enumerate(p, 1) if value <= FALSE_FINDS * k / tests]
    return found[-1] if found else 0
