"""One number a row whose mean is a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from mlgate.evaluate.influence import UndefinedError

if TYPE_CHECKING:
    from mlgate.evaluate.side import Floats, Side

EPSILON: Final = float(np.finfo(np.float64).eps)


def correct(side: Side) -> Floats:
    """Return 1 where the predicted class is the label."""
    found: Floats = (_prediction(side) == side.label).astype(float)
    return found


def in_top(side: Side, k: int) -> Floats:
    """Return 1 where fewer than ``k`` classes have a higher score than the label's.

    Ties go against the classes with the smaller code, as in scikit-learn.
    """
    score = _score(side)
    if score.ndim == 1:
        raise UndefinedError("it needs a score for each class")
    best = np.argsort(score, axis=1, kind="mergesort")[:, ::-1][:, :k]
    found: Floats = (best == side.label[:, None]).any(axis=1).astype(float)
    return found


def log_loss(side: Side) -> Floats:
    """Return −log of the probability of the label, probabilities kept off 0 by the epsilon."""
    score = _score(side)
    if score.ndim == 1:
        own = np.where(side.is_positive, score, 1 - score)
    else:
        total = score.sum(axis=1)
        own = score[np.arange(len(side)), side.label.astype(np.int64)]
        own = own / np.where(total > 0, total, 1.0)
    found: Floats = -np.log(np.clip(own, EPSILON, 1 - EPSILON))
    return found


def brier(side: Side) -> Floats:
    """Return the squared distance of the probabilities from the label (Brier 1950).

    Binary: (p − y)², from 0 to 1. Several classes: the sum over the classes, from 0 to 2.
    """
    score = _score(side)
    if score.ndim == 1:
        found: Floats = (score - side.is_positive) ** 2
        return found
    truth = np.zeros_like(score)
    truth[np.arange(len(side)), side.label.astype(np.int64)] = 1
    summed: Floats = ((score - truth) ** 2).sum(axis=1)
    return summed


def absolute(side: Side) -> Floats:
    """Return |y − ŷ|."""
    found: Floats = np.abs(side.label - _prediction(side))
    return found


def squared(side: Side) -> Floats:
    """Return (y − ŷ)²."""
    found: Floats = (side.label - _prediction(side)) ** 2
    return found


def percentage(side: Side) -> Floats:
    """Return |y − ŷ| / |y|, as a share; |y| kept off 0 by the epsilon, as in scikit-learn."""
    found: Floats = absolute(side) / np.maximum(np.abs(side.label), EPSILON)
    return found


def symmetric(side: Side) -> Floats:
    """Return 2 |y − ŷ| / (|y| + |ŷ|), 0 where both are 0 (Makridakis 1993)."""
    size = np.abs(side.label) + np.abs(_prediction(side))
    found: Floats = 2 * absolute(side) / np.where(size > 0, size, 1.0)
    return found


def pinball(side: Side, quantile: int) -> Floats:
    """Return the loss of the forecast of one quantile (Koenker and Bassett 1978)."""
    alpha = side.quantiles[quantile]
    over = side.label - _score(side)[:, quantile]
    found: Floats = np.where(over >= 0, alpha * over, (alpha - 1) * over)
    return found


def _prediction(side: Side) -> Floats:
    if side.prediction is None:
        raise UndefinedError("no prediction")
    return side.prediction.astype(float)


def _score(side: Side) -> Floats:
    if side.score is None:
        raise UndefinedError("no score")
    return side.score


def mean_pinball(side: Side) -> Floats:
    """Return the mean over the quantiles of their losses."""
    parts = [pinball(side, place) for place in range(len(side.quantiles))]
    found: Floats = np.mean(parts, axis=0)
    return found
