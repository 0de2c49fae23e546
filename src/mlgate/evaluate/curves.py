"""Pictures of what a model says of an evaluation set, as a few points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from mlgate.evaluate.confusion import confusion

if TYPE_CHECKING:
    from mlgate.evaluate.rows import EvaluationSet
    from mlgate.evaluate.side import Floats, Side

Points = tuple[tuple[float, float], ...]

POINTS: Final = 101
BINS: Final = 10
MAX_CLASSES: Final = 12
_RESIDUAL_BINS: Final = 31


def curves(rows: EvaluationSet) -> dict[str, tuple[Points, Points]]:
    """Return pictures by name: points of the baseline, and of the head."""
    sides = (rows.base, rows.head)
    if rows.task == "binary" and rows.head.score is not None and _both_classes(rows.head):
        drawn = [_scored(side) if side else {} for side in sides]
        return {name: (drawn[0].get(name, ()), points) for name, points in drawn[1].items()}
    if rows.task == "regression" and len(rows.head):
        return {"residuals": residuals(rows)}
    return {}


def matrices(rows: EvaluationSet) -> tuple[list[list[float]], list[list[float]]] | None:
    """Return the confusion matrices of the baseline and of the head, for a few classes."""
    head, base = rows.head, rows.base
    if not 0 < head.classes <= MAX_CLASSES or head.prediction is None:
        return None
    made = [
        confusion(
            side.label.astype(np.int64), side.prediction.astype(np.int64), side.weight, side.classes
        ).tolist()
        if side is not None and side.prediction is not None
        else []
        for side in (base, head)
    ]
    return made[0], made[1]


def _scored(side: Side) -> dict[str, Points]:
    """Return the curves of a score, from the highest threshold to the lowest."""
    hits, calls = _counts(side)
    positives, negatives = hits[-1], calls[-1] - hits[-1]
    return {
        "roc": _thinned((calls - hits) / negatives, hits / positives),
        "precision-recall": _thinned(hits[1:] / positives, hits[1:] / calls[1:]),
        "calibration": calibration(side),
    }


def calibration(side: Side) -> Points:
    """Return the mean score and the share of positives in ten bins of equal width."""
    score = side.score if side.score is not None else np.zeros(len(side))
    bins = np.clip((score * BINS).astype(np.int64), 0, BINS - 1)
    weight = np.bincount(bins, side.weights, BINS)
    there = weight > 0
    means = np.bincount(bins, side.weights * score, BINS)[there] / weight[there]
    truth = np.bincount(bins, side.weights * side.is_positive, BINS)[there] / weight[there]
    return _points(means, truth)


def residuals(rows: EvaluationSet) -> tuple[Points, Points]:
    """Return the shares of rows by prediction less label, both models in the same bins."""
    errors = [
        np.asarray(s.prediction, dtype=float) - s.label
        for s in (rows.base, rows.head)
        if s is not None and s.prediction is not None
    ]
    low, high = np.quantile(np.concatenate(errors), [0.005, 0.995])
    if low >= high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _RESIDUAL_BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    shares = [np.histogram(np.clip(e, low, high), edges)[0] / e.size for e in errors]
    drawn = [_points(middles, share) for share in shares]
    return (drawn[0], drawn[1]) if len(drawn) > 1 else ((), drawn[0])


def _both_classes(side: Side) -> bool:
    return bool(side.is_positive.any() and not side.is_positive.all())


def _counts(side: Side) -> tuple[Floats, Floats]:
    """Return positives and rows above each threshold, from none to all."""
    order = side.order[::-1]
    score = side.score if side.score is not None else np.zeros(len(side))
    ranked, weight = score[order], side.weights[order]
    last = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    hits = np.cumsum(weight * side.is_positive[order])[last]
    calls = np.cumsum(weight)[last]
    return np.r_[0.0, hits], np.r_[0.0, calls]


def _thinned(x: Floats, y: Floats) -> Points:
    """Return at most ``POINTS`` points, evenly along the curve."""
    if x.size > POINTS:
        length = np.cumsum(np.r_[0.0, np.hypot(np.diff(x), np.diff(y))])
        wanted = np.linspace(0, length[-1], POINTS)
        places = np.unique(np.searchsorted(length, wanted).clip(0, x.size - 1))
        x, y = x[places], y[places]
    return _points(x, y)


def _points(x: Floats, y: Floats) -> Points:
    return tuple((float(f"{a:.5g}"), float(f"{b:.5g}")) for a, b in zip(x, y, strict=True))
