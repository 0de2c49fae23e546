"""Intervals from what metric files state: repeated runs, standard errors, row counts.

The two sides are taken as independent, which is the widest honest reading of two files; paired
predictions give narrower intervals.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from mlgate.documents.comparison import Interval
from mlgate.evaluate.proportion import quantile, wilson
from mlgate.evaluate.repeats import change_of_means, mean_interval

if TYPE_CHECKING:
    from mlgate.documents.evidence import Metric
    from mlgate.evaluate.proportion import Around

MIN_ROWS: Final = 2


def change_interval(base: Metric, head: Metric, confidence: float) -> Interval | None:
    """Return the interval of ``head.value − base.value``; ``None`` when a side states nothing.

    Standard errors give the normal interval with √(se₁² + se₂²). Proportions of counted rows
    give Newcombe's hybrid score interval for independent proportions (Newcombe 1998, Statistics
    in Medicine 17, method 10), which stays right near 0 and 1. Repeated runs come before both.
    """
    if base.value is None or head.value is None:
        return None
    if base.repeats or head.repeats:
        after, before = head.repeats or (head.value,), base.repeats or (base.value,)
        folds = head.folds or base.folds
        return _of(change_of_means(after, before, folds, confidence), confidence)
    z = quantile(confidence)
    if base.stderr is not None and head.stderr is not None:
        half = z * math.hypot(base.stderr, head.stderr)
        change = head.value - base.value
        return _interval(change - half, change + half, confidence, "standard errors")
    match _proportion(base, z), _proportion(head, z):
        case ((low1, high1), (low2, high2)):
            p1, p2 = base.value, head.value
            below = math.hypot(p2 - low2, high1 - p1)
            above = math.hypot(high2 - p2, p1 - low1)
            return _interval(p2 - p1 - below, p2 - p1 + above, confidence, "row counts, Newcombe")
        case _:
            return None


def value_interval(metric: Metric, confidence: float) -> Interval | None:
    """Return the interval of one value: normal from its standard error, else Wilson's."""
    if metric.value is None:
        return None
    if metric.repeats:
        return _of(mean_interval(metric.repeats, metric.folds, confidence), confidence)
    z = quantile(confidence)
    if metric.stderr is not None:
        half = z * metric.stderr
        return _interval(metric.value - half, metric.value + half, confidence, "standard error")
    match _proportion(metric, z):
        case (low, high):
            return _interval(low, high, confidence, "row count, Wilson")
        case _:
            return None


def _proportion(metric: Metric, z: float) -> tuple[float, float] | None:
    value, n = metric.value, metric.n
    if value is None or n is None or n < MIN_ROWS or not 0 <= value <= 1:
        return None
    return wilson(value, n, z)


def _of(around: Around | None, confidence: float) -> Interval | None:
    if around is None:
        return None
    return Interval(
        low=around.low,
        high=around.high,
        confidence=confidence,
        method=around.method,
        p=around.p,
        freedom=around.freedom,
    )


def _interval(low: float, high: float, confidence: float, method: str) -> Interval:
    return Interval(low=low, high=high, confidence=confidence, method=method)
