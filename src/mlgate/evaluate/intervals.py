"""Confidence intervals from the influence of rows, which need not be independent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mlgate.evaluate.proportion import Around
from mlgate.evaluate.student import t_quantile, t_tail

if TYPE_CHECKING:
    from mlgate.evaluate.side import Codes, Floats


def standard_error(influence: Floats, group: Codes | None) -> tuple[float, int]:
    """Return the standard error, and the number of independent units it comes from.

    With groups the influences of a group add up first, and the variance is scaled by
    G / (G − 1) (Liang and Zeger 1986, Biometrika 73).
    """
    if group is None:
        return math.sqrt(_squares(influence)), influence.size
    sums: Floats = np.bincount(group, weights=influence).astype(np.float64)
    units = int(np.count_nonzero(np.bincount(group)))
    if units < 2:  # noqa: PLR2004 - one unit says nothing of the spread
        return math.inf, units
    return math.sqrt(_squares(sums) * units / (units - 1)), units


def _squares(values: Floats) -> float:
    """Return the sum of squares, the same on any number of cores, unlike ``@``."""
    return float(np.square(values).sum())


def student(
    value: float, influence: Floats, group: Codes | None, confidence: float, method: str
) -> Around:
    """Return the interval of Student's t, which is the paired t-test's for a change."""
    error, units = standard_error(influence, group)
    if units < 2 or not math.isfinite(error):  # noqa: PLR2004
        return Around(-math.inf, math.inf, method)
    half = t_quantile((1 + confidence) / 2, units - 1) * error
    p = 2 * t_tail(abs(value) / error, units - 1) if error > 0 else float(value == 0)
    named = f"{method}, {units} groups" if group is not None else method
    return Around(value - half, value + half, named, p, units - 1)
