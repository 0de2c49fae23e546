"""What a number of rows can show, before anybody collects them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

from mlgate.evaluate.student import MANY, t_quantile

Family = Literal["rate", "auc", "mean"]

FAMILIES: Final[dict[str, Family]] = {
    **dict.fromkeys(("accuracy", "recall", "precision", "f1", "top_k_accuracy"), "rate"),
    **dict.fromkeys(("roc_auc", "auc"), "auc"),
    **dict.fromkeys(("log_loss", "brier", "mae", "mse", "mape", "pinball"), "mean"),
}
MAX_ROWS: Final = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is assumed of an evaluation set and of two models on it.

    Attributes:
        family: How the metric spreads: a share of rows, the area under the ROC curve, or the mean
            of a loss.
        value: The metric, of either model.
        positives: Share of the rows of the positive class, for the area.
        disagreement: Share of the rows that exactly one of the models gets right, for shares.
        correlation: Between the areas of the two models on the same rows.
        deviation: Standard deviation of the difference of the losses of a row, for means.
    """

    family: Family
    value: float = 0.85
    positives: float = 0.5
    disagreement: float = 0.06
    correlation: float = 0.9
    deviation: float = 0.1

    def standard_error(self, rows: float) -> float:
        """Return the standard error of the change with so many rows.

        A share: √(d / n) for disagreement d (McNemar 1947). The area: Hanley and McNeil 1982
        (Radiology 143) for one model, 1983 (Radiology 148) for two on the same rows.
        """
        match self.family:
            case "rate":
                return math.sqrt(self.disagreement / rows)
            case "mean":
                return self.deviation / math.sqrt(rows)
            case "auc":
                return math.sqrt(2 * (1 - self.correlation) * self._area_variance(rows))

    def _area_variance(self, rows: float) -> float:
        a = self.value
        one, other = rows * self.positives, rows * (1 - self.positives)
        both = a / (2 - a), 2 * a * a / (1 + a)
        spread = a * (1 - a) + (one - 1) * (both[0] - a * a) + (other - 1) * (both[1] - a * a)
        return max(spread, 0.0) / (one * other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the gate asks.

    Attributes:
        tolerance: How far the metric may get worse.
        confidence: Of the interval.
        power: How often the answer should be had.
        rules: Rules that share the error budget (Holm); the strictest of them counts.
    """

    tolerance: float
    confidence: float = 0.95
    power: float = 0.8
    rules: int = 1

    @property
    def reach(self) -> float:
        """Return the standard errors between the tolerance and a drop that is mostly seen."""
        tail = (1 - self.confidence) / 2 / self.rules
        return NormalDist().inv_cdf(1 - tail) + NormalDist().inv_cdf(self.power)

    @property
    def margin(self) -> float:
        """Return the standard errors in the tolerance of models that are mostly shown equal."""
        edge = NormalDist().inv_cdf((1 + self.confidence) / 2)
        return edge + NormalDist().inv_cdf(self.power)


def deviation_of(half: float, confidence: float, freedom: float | None, rows: int) -> float:
    """Return the standard deviation of a row that an interval of a change comes from.

    It holds for any metric whose error falls with the square root of the rows: with half the width
    h of the interval it is h √n / z, or t where the interval is Student's.

    >>> round(deviation_of(0.0196, 0.95, None, 10_000), 4)
    1.0
    """
    edge = t_quantile((1 + confidence) / 2, freedom or MANY)
    return half / edge * math.sqrt(rows)


def visible_drop(design: Design, rule: Rule, rows: int) -> float:
    """Return the smallest true drop that fails the gate as often as ``rule.power`` says."""
    return rule.tolerance + rule.reach * design.standard_error(rows)


def rows_to_pass(design: Design, rule: Rule) -> int:
    """Return the rows with which unchanged models are shown to be within the tolerance.

    With fewer the answer is mostly that it cannot be told.
    """
    return _rows(design, rule.tolerance / rule.margin)


def rows_to_fail(design: Design, rule: Rule, drop: float) -> int:
    """Return the rows with which a true ``drop`` beyond the tolerance fails the gate.

    Raises:
        ValueError: the drop is not beyond the tolerance.
    """
    if drop <= rule.tolerance:
        raise ValueError("a drop within the tolerance never fails the gate")
    return _rows(design, (drop - rule.tolerance) / rule.reach)


def _rows(design: Design, error: float) -> int:
    """Return the fewest rows whose standard error is at most ``error``."""
    low, high = 4, 8
    while design.standard_error(high) > error:
        low, high = high, high * 2
        if high > MAX_ROWS:
            return MAX_ROWS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if design.standard_error(middle) <= error else (middle, high)
    return high
