"""What a metric was at commits before the baseline: its best values, and how much it varies."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Final

import msgspec

from mlgate.compare.uncertainty import change_interval
from mlgate.documents.comparison import Interval, Past
from mlgate.evaluate.student import t_quantile, t_tail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgate.documents.comparison import Comparison, MetricChange
    from mlgate.documents.evidence import Metric, ModelEvidence

    Key = tuple[str, str, str]
    Known = list[tuple[str, Metric]]

FEW: Final = 5
"""Values that tell a noise."""


def with_history(
    comparison: Comparison,
    head: ModelEvidence,
    past: Sequence[tuple[str, ModelEvidence]],
    *,
    confidence: float,
    intervals: bool = False,
) -> Comparison:
    """Return the comparison with the best values of the past.

    Args:
        comparison: Head against baseline.
        head: The model at the head.
        past: The model at commits before the baseline, newest first, with those commits.
        confidence: Of intervals.
        intervals: Give a change that no row, run or standard error tells the uncertainty of the
            interval that the noise of the past tells.
    """
    heads = {metric.key: metric for metric in head.metrics}
    before: dict[Key, Known] = {}
    for commit, model in past:
        for metric in model.metrics:
            now = heads.get(metric.key)
            if now is not None and metric.value is not None and _comparable(metric, now):
                before.setdefault(metric.key, []).append((commit, metric))
    return msgspec.structs.replace(
        comparison,
        metrics=tuple(_each(comparison.metrics, heads, before, confidence, intervals=intervals)),
    )


def _each(
    changes: Iterable[MetricChange],
    heads: Mapping[Key, Metric],
    before: Mapping[Key, Known],
    confidence: float,
    *,
    intervals: bool,
) -> Iterable[MetricChange]:
    for change in changes:
        key = (change.source, change.name, change.slice)
        known = before.get(key, [])
        if change.head is None or change.incomparable or not known:
            yield change
            continue
        yield _with_past(change, heads[key], known, confidence, intervals=intervals)


def _with_past(
    change: MetricChange, head: Metric, known: Known, confidence: float, *, intervals: bool
) -> MetricChange:
    values = [metric.value or 0.0 for _, metric in known]
    series = [*([change.base] if change.base is not None else []), *values]
    noise = _Noise(series) if intervals else None
    around = change.interval
    if around is None and noise is not None and change.change is not None:
        around = noise.interval(change.change, confidence, 1)
    tests = len(series)

    def past(best: float) -> Past:
        commit, metric = known[values.index(best)]
        interval = change_interval(metric, head, 1 - (1 - confidence) / tests)
        if interval is not None:
            told = f"{interval.method}, best of {tests}"
            interval = msgspec.structs.replace(interval, confidence=confidence, method=told)
        elif noise is not None:
            interval = noise.interval((change.head or 0.0) - best, confidence, tests)
        return Past(commit=commit, value=best, interval=interval)

    return msgspec.structs.replace(
        change,
        interval=around,
        past=len(known),
        highest=past(max(values)),
        lowest=past(min(values)),
    )


class _Noise:
    """How much a metric differs from one measured commit to the next.

    The mean squared successive difference (von Neumann 1941, Annals of Mathematical Statistics 12,
    367-395) is the variance of the difference of two neighbours, and unlike the variance it is not
    fooled by a trend: a model that got better step by step has little noise. For n independent
    values it is as sure as a variance with 2(n − 1)² / (3n − 4) degrees of freedom.
    """

    def __init__(self, series: Sequence[float]) -> None:
        steps = [(one - other) ** 2 for one, other in itertools.pairwise(series)]
        n = len(series)
        self._n = n
        self._spread = math.sqrt(math.fsum(steps) / len(steps)) if n >= FEW else 0.0
        self._freedom = 2 * (n - 1) ** 2 / (3 * n - 4) if n >= FEW else 0.0

    def interval(self, change: float, confidence: float, tests: int) -> Interval | None:
        """Return the interval of a change, one of ``tests`` that must all hold (Bonferroni).

        ``None`` where there are few values, or all are the same: that is no measure of noise.
        """
        if not self._spread or not math.isfinite(self._spread):
            return None
        alpha = (1 - confidence) / tests
        half = t_quantile(1 - alpha / 2, self._freedom) * self._spread
        p = min(1.0, 2 * tests * t_tail(abs(change) / self._spread, self._freedom))
        return Interval(
            low=change - half,
            high=change + half,
            confidence=confidence,
            method=f"history of {self._n} commits",
            p=p,
            freedom=self._freedom,
        )


def _comparable(past: Metric, head: Metric) -> bool:
    """Tell whether both measure the same thing; what is not known to be is not compared."""
    return past.task == head.task and past.folds == head.folds
