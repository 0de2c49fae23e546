"""Values of metrics together with the influence of every row on them.

The influence of a row is the derivative of the value by the weight of that row. Its squares add up
to the variance of the value (the infinitesimal jackknife: Efron 1982, The Jackknife, the Bootstrap
and Other Resampling Plans, chapter 6); the differences of two models' influences to that of the
change; sums within a group to that of dependent rows. For the area under the ROC curve it is
DeLong's estimate (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44), and with groups that of
Obuchowski (1997, Biometrics 53).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlgate.evaluate.side import Codes, Floats, Places, Side


BINS: Final = 15
"""Bins that calibration is measured in."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A value and the influence of every row, scaled so that the squares sum to the variance."""

    value: float
    influence: Floats


class UndefinedError(Exception):
    """The metric has no value on these rows; the message says why."""


def mean(rows: Floats, weights: Floats) -> Linear:
    """Return the weighted mean of a value a row; its variance is that of Student's t.

    Raises:
        UndefinedError: there is no row.
    """
    total = float(weights.sum())
    if not rows.size or total <= 0:
        raise UndefinedError("no rows")
    value = float((rows * weights).sum()) / total  # the same on any number of cores, unlike `@`
    n = rows.size
    scale = math.sqrt(n / (n - 1)) if n > 1 else math.inf
    with np.errstate(invalid="ignore"):
        return Linear(value, weights * (rows - value) * (scale / total))


def roc_auc(side: Side) -> Linear:
    """Return the area under the ROC curve: P(score of a positive > of a negative), ties half.

    Raises:
        UndefinedError: only one class is there, or only one row of a class.
    """
    order, ties = _sorted_score(side)
    return _auc(side.is_positive[order], order, ties, side.weights[order])


def _sorted_score(side: Side) -> tuple[Codes, tuple[Places, Places]]:
    if side.score is None:
        raise UndefinedError("no score")
    return side.order, side.ties


def _auc(
    is_positive: NDArray[np.bool_], order: Codes, ties: tuple[Places, Places], weight: Floats
) -> Linear:
    one, other = np.where(is_positive, weight, 0.0), np.where(is_positive, 0.0, weight)
    total_one, total_other = float(one.sum()), float(other.sum())
    if total_one <= 0 or total_other <= 0:
        raise UndefinedError("only one class")
    begin, end = ties
    up_one, up_other = _before(one), _before(other)
    below = np.where(is_positive, up_other[begin] + up_other[end], 0.0) / (2 * total_other)
    above = total_one - (up_one[begin] + up_one[end]) / 2
    placement = np.where(is_positive, below, above / total_one)
    value = float((one * below).sum()) / total_one
    sides = np.where(is_positive, total_one, total_other)
    counts = int(is_positive.sum()), int((~is_positive).sum())
    scales = [math.sqrt(n / (n - 1)) if n > 1 else math.inf for n in counts]
    scale = np.where(is_positive, scales[0], scales[1])
    influence = np.empty(len(order))
    with np.errstate(invalid="ignore"):
        influence[order] = weight * (placement - value) * scale / sides
    return Linear(value, influence)


def _before(values: Floats) -> Floats:
    """Return the sum of all values before each place, and of all of them at the end."""
    found: Floats = np.zeros(values.size + 1)
    np.cumsum(values, out=found[1:])
    return found


def average_precision(side: Side) -> Linear:
    """Return the area under the precision-recall curve as scikit-learn's ``average_precision``.

    It is the mean over the positives of the precision at their score.

    Raises:
        UndefinedError: there is no positive row.
    """
    order, (begin, end) = _sorted_score(side)
    is_positive, weight = side.is_positive[order], side.weights[order]
    one = np.where(is_positive, weight, 0.0)
    total = float(one.sum())
    if total <= 0:
        raise UndefinedError("no row of the positive class")
    true = total - _before(one)[begin]
    called = float(weight.sum()) - _before(weight)[begin]
    precision = true / called
    value = float((one * precision).sum()) / total
    each = one / called
    gain = _before(each)[end]
    loss = _before(each * precision)[end]
    own = np.where(is_positive, precision - value + gain, 0.0)
    influence = np.empty(len(order))
    n = len(order)
    scale = math.sqrt(n / (n - 1)) if n > 1 else math.inf
    with np.errstate(invalid="ignore"):
        influence[order] = weight * (own - loss) / total * scale
    return Linear(value, influence)


def one_versus_rest(side: Side) -> Linear:
    """Return the mean over classes of the area under the ROC curve of each against the rest."""
    present = [c for c in range(side.classes) if (side.label == c).any()]
    if len(present) < 2:  # noqa: PLR2004
        raise UndefinedError("only one class")
    return average([roc_auc(side.against(c)) for c in present])


def one_versus_one(side: Side) -> Linear:
    """Return the mean over pairs of classes of the area under the ROC curve between them.

    Each pair counts both ways, by the score of either class (Hand and Till 2001, Machine
    Learning 45).
    """
    present = [c for c in range(side.classes) if (side.label == c).any()]
    if len(present) < 2:  # noqa: PLR2004
        raise UndefinedError("only one class")
    found = []
    for one in present:
        for other in present:
            if one != other:
                rows = (side.label == one) | (side.label == other)
                part = roc_auc(side.against(one, rows))
                whole = np.zeros(len(side))
                whole[rows] = part.influence
                found.append(Linear(part.value, whole))
    return average(found)


def calibration_error(side: Side) -> Linear:
    """Return the expected calibration error: Σ over bins |Σ (confidence − right)| / rows.

    Bins are of equal width (Guo et al. 2017, ICML). Confidence is the score of the positive class,
    and right whether the row is; with several classes it is the highest score.
    """
    score = side.score
    if score is None:
        raise UndefinedError("no score")
    if score.ndim == 1:
        confidence, right = score, side.is_positive
    else:
        confidence, right = score.max(axis=1), score.argmax(axis=1) == side.label
    bins = np.clip((confidence * BINS).astype(np.int64), 0, BINS - 1)
    gap, weight = confidence - right, side.weights
    sums = np.bincount(bins, gap * weight, BINS)
    total = float(weight.sum())
    value = float(np.abs(sums).sum()) / total
    n = len(side)
    scale = math.sqrt(n / (n - 1)) if n > 1 else math.inf
    with np.errstate(invalid="ignore"):
        return Linear(value, weight * (np.sign(sums)[bins] * gap - value) * (scale / total))


def average(parts: list[Linear]) -> Linear:
    """Return the mean of several values of the same rows."""
    total = sum((part.influence for part in parts), start=np.zeros(len(parts[0].influence)))
    return Linear(sum(part.value for part in parts) / len(parts), total / len(parts))


def root(of: Linear) -> Linear:
    """Return the square root of a value."""
    value = math.sqrt(max(of.value, 0.0))
    return Linear(value, of.influence / (2 * value) if value > 0 else np.zeros_like(of.influence))


def r_squared(side: Side) -> Linear:
    """Return R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)².

    Raises:
        UndefinedError: there are no predictions, or all labels are the same.
    """
    if side.prediction is None:
        raise UndefinedError("no prediction")
    label, weight = side.label.astype(float), side.weights
    centre = mean(label, weight).value if label.size else 0.0
    spread = mean((label - centre) ** 2, weight)
    if spread.value <= 0:
        raise UndefinedError("all labels are the same")
    error = mean((label - side.prediction) ** 2, weight)
    value = 1 - error.value / spread.value
    influence = -(error.influence - (1 - value) * spread.influence) / spread.value
    return Linear(value, influence)
