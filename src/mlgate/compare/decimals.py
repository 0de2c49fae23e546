"""Decimal arithmetic on the numbers as they were written.

``0.90 - 0.89 > 0.01`` in binary floating point. Every float is taken as its shortest decimal
text, so that a change of exactly the tolerance is exactly the tolerance.
"""

from __future__ import annotations

import math
from decimal import Context, Decimal
from typing import Final

_EXACT: Final = Context(prec=800)  # enough for any sum, difference or product of two doubles


def decimal(value: float) -> Decimal:
    """Return ``value`` as the shortest decimal that reads back as the same float."""
    return Decimal(repr(float(value)))


def subtract(head: float, base: float) -> float | None:
    """Return head − base, or ``None`` beyond the range of a float.

    >>> subtract(0.89, 0.90)
    -0.01
    """
    change = float(_EXACT.subtract(decimal(head), decimal(base)))
    return change if math.isfinite(change) else None


def divide(change: float, base: float) -> float | None:
    """Return change / |base|, ``None`` for a base of zero or beyond the range of a float."""
    if base == 0:
        return None
    ratio = change / abs(base)
    return ratio if math.isfinite(ratio) else None


def scaled(fraction: Decimal, base: float) -> Decimal:
    """Return ``fraction`` of |base|, exactly."""
    return _EXACT.multiply(fraction, abs(decimal(base)))
