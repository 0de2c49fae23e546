"""Poisson bootstrap of metrics that are functions of sums.

Every unit gets a weight drawn from Poisson(1) instead of a count from a multinomial (Chamandy,
Muralidharan, Najmi and Naidu 2012, Estimating Uncertainty for Massive Data Streams). Rows that are
alike in all that matters are one cell, whose weights add up to Poisson(rows): the cost does not
depend on the number of rows. Groups of dependent rows are units (Field and Welsh 2007, JRSS B 69).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

    from mlgate.evaluate.side import Codes, Floats

REPLICATES: Final = 2000
MAX_UNITS: Final = 5000
"""More groups than this are put together at random, which leaves the variance as it is."""

_BLOCK: Final = 4_000_000
"""Numbers that are in memory together."""


def generator(seed: str) -> np.random.Generator:
    """Return the generator that belongs to a text, the same on every machine.

    >>> generator("a").integers(1000) == generator("a").integers(1000)
    np.True_
    """
    digest = hashlib.sha256(seed.encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))


@dataclass(frozen=True, slots=True)
class Draws:
    """What random numbers are made from, and the numbers that a caller makes of a replicate."""

    seed: str
    width: int = 1


def replicate(
    cell: Codes, cells: int, weight: Floats | None, group: Codes | None, draws: Draws
) -> Iterator[Floats]:
    """Yield blocks of replicates: weights of the cells, ``(replicates, cells)``.

    Args:
        cell: The cell of each row.
        cells: Number of cells.
        weight: Weight of each row.
        group: Group of each row that depends on others.
        draws: What the random numbers are made from.
    """
    random = generator(draws.seed)
    step = max(1, min(REPLICATES, _BLOCK // max(cells, draws.width, 1)))
    if weight is None and group is None:
        counts = np.bincount(cell, minlength=cells)
        for start in range(0, REPLICATES, step):
            size = (min(step, REPLICATES - start), cells)
            yield random.poisson(counts, size).astype(float)
        return
    sums = _unit_sums(cell, cells, weight, group, random)
    step = max(1, min(step, _BLOCK // max(sums.shape[0], 1)))
    for start in range(0, REPLICATES, step):
        drawn = random.poisson(1.0, (min(step, REPLICATES - start), sums.shape[0]))
        yield np.asarray(drawn.astype(float) @ sums)


def _unit_sums(
    cell: Codes,
    cells: int,
    weight: Floats | None,
    group: Codes | None,
    random: np.random.Generator,
) -> csr_array:
    """Return the weight of each unit in each cell, ``(units, cells)``."""
    from scipy.sparse import csr_array  # noqa: PLC0415  # not needed without groups

    values = np.ones(cell.size) if weight is None else weight
    unit = np.arange(cell.size) if group is None else group
    units = int(unit.max()) + 1 if unit.size else 0
    if units > MAX_UNITS:
        unit = random.permutation(units)[unit] % MAX_UNITS
        units = MAX_UNITS
    return csr_array((values, (unit, cell)), shape=(units, cells))


def percentiles(values: Floats, confidence: float) -> tuple[float, float]:
    """Return the bounds that hold the middle part of the replicates (Efron 1979)."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
