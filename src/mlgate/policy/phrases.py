"""The words and numbers of sentences that a reviewer reads."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mlgate.policy.limits import plain

if TYPE_CHECKING:
    from mlgate.documents.comparison import Interval, MetricChange
    from mlgate.policy.limits import Tolerance


def number(value: float | Decimal, *, sign: bool = False) -> str:
    """Return a number in up to six significant digits, with a real minus sign.

    >>> number(-0.00512345), number(0.1, sign=True), number(214002.0)
    ('−0.00512345', '+0.1', '214002')
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    short = Decimal(f"{exact:.6g}")
    if abs(short) and not Decimal("1e-7") <= abs(short) < Decimal("1e15"):
        text = f"{short:.3e}"
    else:
        text = plain(short)
    return f"+{text}" if sign and short > 0 else text.replace("-", "−")


def move(metric: MetricChange) -> str:
    """Return the change as a clause: ``fell by 0.01 (0.9 → 0.89)``."""
    if metric.base is None or metric.head is None or metric.change is None:
        return "has no change to show"
    verb = "fell" if metric.change < 0 else "rose"
    sides = f"{number(metric.base)} → {number(metric.head)}"
    if metric.change == 0:
        return f"did not change ({sides})"
    against = f" from {metric.against}" if metric.against else ""
    around = f"; {interval(metric.interval)}" if metric.interval else ""
    return f"{verb} by {number(abs(metric.change))}{against} ({sides}{around})"


def interval(value: Interval) -> str:
    """Return an interval as text: ``95 % interval −0.07 to −0.02``."""
    low, high = (f"{edge:.3g}".replace("-", "−") for edge in (value.low, value.high))
    return f"{value.confidence * 100:.4g} % interval {low} to {high}"


def drop_limit(tolerance: Tolerance) -> str:
    """Return the limit of ``max-drop`` for a table cell."""
    return f"≥ −{tolerance.text}" if tolerance.amount else "≥ 0"


def rise_limit(tolerance: Tolerance) -> str:
    """Return the limit of ``max-rise`` for a table cell."""
    return f"≤ +{tolerance.text}" if tolerance.amount else "≤ 0"


def listing(names: list[str], most: int = 5) -> str:
    """Return names for a sentence: ``a, b and 3 more``."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
