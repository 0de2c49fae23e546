"""Student's t distribution, without arrays and without a library that takes long to load."""

from __future__ import annotations

import functools
import math
from statistics import NormalDist
from typing import Final

MANY: Final = 10_000
"""Degrees of freedom from which the normal distribution is used."""
_TINY: Final = 1e-300
_EXACT: Final = 1e-15


def t_tail(value: float, freedom: float) -> float:
    """Return the probability that Student's t exceeds ``value``.

    >>> round(t_tail(2.0, 10), 6), t_tail(0.0, 3)
    (0.036694, 0.5)

    Args:
        value: Any number.
        freedom: Degrees of freedom, above 0; need not be whole (Welch 1947, Biometrika 34).
    """
    if freedom >= MANY:
        return math.erfc(value / math.sqrt(2)) / 2
    if value < 0:
        return 1 - t_tail(-value, freedom)
    square = value * value
    return _beta(freedom / (freedom + square), square / (freedom + square), freedom / 2, 0.5) / 2


@functools.lru_cache(maxsize=1024)
def t_quantile(probability: float, freedom: float) -> float:
    """Return the value that Student's t stays below with ``probability``, 0.5 or more.

    >>> round(t_quantile(0.975, 4), 6)
    2.776445
    """
    normal = NormalDist().inv_cdf(probability)
    if freedom >= MANY:
        return normal
    low, high = 0.0, max(normal, 1.0)
    while t_tail(high, freedom) > 1 - probability and high < 1 / _EXACT:
        low, high = high, 2 * high
    while high - low > _EXACT * high:
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if t_tail(middle, freedom) > 1 - probability else (low, middle)
    return high


def _beta(x: float, rest: float, a: float, b: float) -> float:
    """Return the regularized incomplete beta function of ``x``, where ``rest`` is 1 − x.

    The continued fraction of DLMF 8.17.22 (https://dlmf.nist.gov/8.17.22), which converges
    quickly below (a + 1) / (a + b + 2); above it the two sides change places.
    """
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(rest, x, b, a)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(scale + a * math.log(x) + b * math.log(rest)) / a
    return front * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction from its head (Lentz 1976, Applied Optics 15)."""
    upper, lower = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    value = lower
    for m in range(1, 10_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            lower = 1 / _away(1 + term * lower)
            upper = _away(1 + term / upper)
            value *= lower * upper
        if abs(lower * upper - 1) < _EXACT:
            break
    return value


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
