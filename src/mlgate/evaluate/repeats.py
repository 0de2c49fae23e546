"""Noise of training: what repeated runs with other seeds, or folds, tell of a mean; no arrays."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Final

from mlgate.evaluate.proportion import Around
from mlgate.evaluate.student import t_quantile, t_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

FEW: Final = 2
"""Runs that a spread needs."""


def mean_of(runs: Sequence[float]) -> float:
    """Return the mean, exact up to its last rounding."""
    return statistics.fmean(runs)


def mean_interval(runs: Sequence[float], folds: int, confidence: float) -> Around | None:
    """Return the interval of the mean of ``runs``; ``None`` for fewer than two.

    Runs with other seeds are independent. Folds share training rows, so their variance is made
    larger by 1 / (folds − 1) (Nadeau and Bengio 2003, Machine Learning 52, 239-281).

    Args:
        runs: One value a run.
        folds: Number of folds of the cross-validation; 0 for independent runs.
        confidence: Of the interval.
    """
    if len(runs) < FEW:
        return None
    error = math.sqrt(statistics.variance(runs) * _share(len(runs), folds))
    return _around(mean_of(runs), error, len(runs) - 1, confidence, _named(len(runs), folds))


def change_of_means(
    head: Sequence[float], base: Sequence[float], folds: int, confidence: float
) -> Around | None:
    """Return the interval of the change between two means; ``None`` where nothing tells it.

    Independent runs give Welch's t (Welch 1947, Biometrika 34, 28-35). A side with one run takes
    the spread of the other. Folds pair in their order, as in ``mean_interval``.
    """
    if folds:
        if len(head) != len(base) or len(head) < FEW:
            return None
        moved = [after - before for after, before in zip(head, base, strict=True)]
        return mean_interval(moved, folds, confidence)
    known = [len(side) >= FEW for side in (head, base)]
    if not any(known) or not head or not base:
        return None
    change = mean_of(head) - mean_of(base)
    name = _named(max(len(head), len(base)), 0)
    if not all(known):
        runs = head if known[0] else base
        error = math.sqrt(statistics.variance(runs) * (1 + 1 / len(runs)))
        return _around(change, error, len(runs) - 1, confidence, name)
    parts = [statistics.variance(side) / len(side) for side in (head, base)]
    total = sum(parts)
    freedom = 1.0
    if total > 0:
        shares = [
            (part / total) ** 2 / (len(s) - 1) for part, s in zip(parts, (head, base), strict=True)
        ]
        freedom = 1 / sum(shares)
    return _around(change, math.sqrt(total), freedom, confidence, f"{name}, Welch's t")


def _share(runs: int, folds: int) -> float:
    return 1 / runs + (1 / (folds - 1) if folds else 0.0)


def _named(runs: int, folds: int) -> str:
    return f"{runs} folds, Nadeau and Bengio" if folds else f"{runs} runs"


def _around(value: float, error: float, freedom: float, confidence: float, method: str) -> Around:
    half = t_quantile((1 + confidence) / 2, freedom) * error
    p = 2 * t_tail(abs(value) / error, freedom) if error > 0 else float(value == 0)
    return Around(value - half, value + half, method, p, freedom)
