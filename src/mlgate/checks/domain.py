"""A classifier that tells rows of two tables apart: drift that no single column shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from mlgate.checks.association import BINS

if TYPE_CHECKING:
    from mlgate.checks.association import Sample

MOST: Final = 24
"""Columns whose pairs are looked at; with more, only the columns themselves are."""

_RIDGE: Final = 1e-3
_SIGMAS: Final = 3.29


def separability(base: Sample, current: Sample) -> tuple[float, float]:
    """Return how well rows of the two tables can be told apart, and what chance may reach.

    A linear classifier (ridge regression on ±1) sees ranks of all columns, their squares and
    their products; it learns on one half of the rows and ranks the other, and the other way
    round. The value is 2·AUC − 1 of these ranks, 0 for tables that are alike to 1. Chance: the
    standard error of the Mann–Whitney statistic without ties.
    """
    import numpy as np  # noqa: PLC0415  # an extra

    features = _features(base, current)
    target = np.concatenate([-np.ones(base.rows), np.ones(current.rows)])
    half = np.arange(target.size) % 2 == 0
    areas = [
        _area(features[~side], target[~side], features[side], target[side])
        for side in (half, ~half)
    ]
    n, m = base.rows / 2, current.rows / 2
    error = math.sqrt((n + m + 1) / (12 * n * m) / 2)
    return max(0.0, 2 * sum(areas) / 2 - 1), min(1.0, 2 * _SIGMAS * error)


def _features(base: Sample, current: Sample) -> Any:  # noqa: ANN401 - an array of numpy
    """Return one row per row of both, columns between −1 and 1 and their products."""
    import numpy as np  # noqa: PLC0415  # an extra

    columns = []
    for name in base.numbers:
        values = np.concatenate([base.numbers[name], current.numbers[name]])
        present = np.sort(base.numbers[name][~np.isnan(base.numbers[name])])
        if not present.size:
            continue
        ranks = np.searchsorted(present, values, side="right") / present.size
        ranks += np.searchsorted(present, values, side="left") / present.size
        columns.append(np.where(np.isnan(values), 0.0, ranks - 1.0))
        if np.isnan(values).any():
            columns.append(np.isnan(values) - 0.5)
    for name in base.codes:
        values = np.concatenate([base.codes[name], current.codes[name]])
        frequent = np.argsort(-np.bincount(values), kind="stable")[:BINS]
        columns += [np.where(values == code, 1.0, -1.0) for code in sorted(frequent.tolist())]
    if not columns:
        return np.zeros((base.rows + current.rows, 1))
    plain = np.column_stack(columns)
    if plain.shape[1] > MOST:
        return np.column_stack([plain, plain**2])
    places = np.triu_indices(plain.shape[1])
    return np.column_stack([plain, plain[:, places[0]] * plain[:, places[1]]])


def _area(train: Any, target: Any, other: Any, truth: Any) -> float:  # noqa: ANN401
    """Return the area under the ROC curve on ``other`` of a classifier that learnt on ``train``."""
    import numpy as np  # noqa: PLC0415  # an extra

    mean, spread = train.mean(0), train.std(0)
    kept = spread > 0
    if not kept.any():
        return 0.5
    x = (train[:, kept] - mean[kept]) / spread[kept]
    y = target - target.mean()
    weights = np.linalg.solve(x.T @ x + _RIDGE * len(x) * np.eye(x.shape[1]), x.T @ y)
    scores = ((other[:, kept] - mean[kept]) / spread[kept]) @ weights
    order = np.sort(scores)
    ranks = np.searchsorted(order, scores, "left") + np.searchsorted(order, scores, "right") + 1
    positive = truth > 0
    n, m = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive] / 2).sum() - n * (n + 1) / 2) / (n * m)
