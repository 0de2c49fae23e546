"""Metrics of a confusion matrix; all of them take many matrices at once.

A matrix has a row a true class and a column a predicted class. The definitions, and 0 where a
share has nothing to share, are scikit-learn's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgate.evaluate.side import Codes, Floats

    Ratio = Callable[[Floats, Floats, Floats], Floats]

Average = Literal["binary", "macro", "micro", "weighted"]


def accuracy(matrix: Floats) -> Floats:
    """Return the share of rows on the diagonal."""
    return share(_diagonal(matrix).sum(-1), matrix.sum((-2, -1)))


def balanced_accuracy(matrix: Floats) -> Floats:
    """Return the mean of the recall of all classes that are there."""
    actual = matrix.sum(-1)
    return share(share(_diagonal(matrix), actual).sum(-1), (actual > 0).sum(-1))


def precision(matrix: Floats, average: Average, positive: int = 1) -> Floats:
    """Return true positives per predicted positive."""
    return _averaged(matrix, average, positive, lambda true, called, _actual: share(true, called))


def recall(matrix: Floats, average: Average, positive: int = 1) -> Floats:
    """Return true positives per actual positive."""
    return _averaged(matrix, average, positive, lambda true, _called, actual: share(true, actual))


def f_beta(matrix: Floats, average: Average, positive: int = 1, beta: float = 1.0) -> Floats:
    """Return (1 + β²) · precision · recall / (β² · precision + recall) (van Rijsbergen 1979)."""
    b = beta * beta
    return _averaged(
        matrix,
        average,
        positive,
        lambda true, called, actual: share((1 + b) * true, b * actual + called),
    )


def selection_rate(matrix: Floats, positive: int = 1) -> Floats:
    """Return the share of rows that are predicted as positive."""
    return share(matrix[..., :, positive].sum(-1), matrix.sum((-2, -1)))


def false_positive_rate(matrix: Floats, positive: int = 1) -> Floats:
    """Return false positives per actual negative."""
    actual, called = matrix.sum(-1), matrix.sum(-2)
    false = called[..., positive] - matrix[..., positive, positive]
    return share(false, actual.sum(-1) - actual[..., positive])


def mcc(matrix: Floats) -> Floats:
    """Return Matthews' correlation coefficient, for several classes Gorodkin's (2004)."""
    actual, called = matrix.sum(-1), matrix.sum(-2)
    total, right = actual.sum(-1), _diagonal(matrix).sum(-1)
    joint = right * total - (actual * called).sum(-1)
    spread = (total**2 - (actual**2).sum(-1)) * (total**2 - (called**2).sum(-1))
    return share(joint, np.sqrt(np.maximum(spread, 0)))


def of_class(matrix: Floats, code: int) -> Floats:
    """Return the matrix of one class against all others."""
    own = matrix[..., code, code]
    actual, called = matrix[..., code, :].sum(-1), matrix[..., :, code].sum(-1)
    rest = matrix.sum((-2, -1)) - actual - called + own
    rows = np.stack([rest, called - own, actual - own, own], axis=-1)
    return rows.reshape(*rows.shape[:-1], 2, 2)


def confusion(label: Codes, prediction: Codes, weights: Floats | None, classes: int) -> Floats:
    """Return the matrix of ``classes`` × ``classes`` weights."""
    cells = label * classes + prediction
    counted = np.bincount(cells, weights=weights, minlength=classes * classes)
    return counted.astype(float).reshape(classes, classes)


def share(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, 0 where there is no whole."""
    found: Floats = np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)
    return found


def _averaged(matrix: Floats, average: Average, positive: int, ratio: Ratio) -> Floats:
    true, actual, called = _diagonal(matrix), matrix.sum(-1), matrix.sum(-2)
    match average:
        case "binary":
            return ratio(true[..., positive], called[..., positive], actual[..., positive])
        case "micro":
            return ratio(true.sum(-1), called.sum(-1), actual.sum(-1))
        case "macro":
            there = (actual + called) > 0
            return share((ratio(true, called, actual) * there).sum(-1), there.sum(-1))
        case "weighted":
            return share((ratio(true, called, actual) * actual).sum(-1), actual.sum(-1))


def _diagonal(matrix: Floats) -> Floats:
    return np.diagonal(matrix, axis1=-2, axis2=-1)
