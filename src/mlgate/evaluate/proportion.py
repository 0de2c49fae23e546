"""Intervals and tests of shares, of one model and of two on the same rows; no arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Around:
    """An interval, the method it comes from, and the two-sided p-value of no change.

    ``freedom`` are the degrees of freedom of Student's t, where the interval is of it.
    """

    low: float
    high: float
    method: str
    p: float | None = None
    freedom: float | None = None


def newcombe(head_only: int, base_only: int, both: int, n: int, confidence: float) -> Around:
    """Return the interval of a difference of paired shares, and McNemar's mid-p.

    Method 10 of Newcombe 1998 (Statistics in Medicine 17, 2635-2650): score intervals of both
    shares put together with their correlation; right near 0 and 1 and with few rows. The p-value
    is the mid-p of the exact test (Fagerland, Lydersen and Laake 2013, BMC Med Res Method 13).

    Args:
        head_only: Rows that only the head gets right.
        base_only: Rows that only the baseline gets right.
        both: Rows that both get right.
        n: All rows.
        confidence: Of the interval.
    """
    z = quantile(confidence)
    neither = n - both - head_only - base_only
    head, base = (both + head_only) / n, (both + base_only) / n
    low1, high1 = wilson(head, n, z)
    low2, high2 = wilson(base, n, z)
    phi = _correlation(both, head_only, base_only, neither)
    change = head - base
    below = _joined(head - low1, high2 - base, phi)
    above = _joined(high1 - head, base - low2, phi)
    p = mcnemar_mid_p(head_only, base_only)
    return Around(change - below, change + above, "paired, Newcombe", p)


def _joined(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))


def _correlation(both: int, head_only: int, base_only: int, neither: int) -> float:
    """Return the correlation of the two answers, with Newcombe's continuity correction."""
    sides = (both + head_only) * (base_only + neither) * (both + base_only) * (head_only + neither)
    if not sides:
        return 0.0
    joint = both * neither - head_only * base_only
    n = both + head_only + base_only + neither
    corrected = max(joint - n / 2, 0.0) if joint > 0 else float(joint)
    return corrected / math.sqrt(sides)


def mcnemar_mid_p(head_only: int, base_only: int) -> float:
    """Return the two-sided mid-p value of McNemar's exact test.

    >>> mcnemar_mid_p(0, 0), round(mcnemar_mid_p(2, 10), 6)
    (1.0, 0.022461)
    """
    from scipy.special import bdtr  # noqa: PLC0415  # not needed for most intervals

    n, least = head_only + base_only, min(head_only, base_only)
    if not n:
        return 1.0
    whole = float(bdtr(least, n, 0.5))
    point = whole - (float(bdtr(least - 1, n, 0.5)) if least else 0.0)
    return min(1.0, 2 * (whole - point / 2))


def wilson(share: float, n: int, z: float) -> tuple[float, float]:
    """Return Wilson's score interval of a share of ``n`` rows (Wilson 1927, JASA 22).

    >>> low, high = wilson(0.9, 100, 1.959964)
    >>> round(low, 4), round(high, 4)
    (0.8256, 0.9448)
    """
    z2 = z * z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def quantile(confidence: float) -> float:
    """Return z so that a standard normal lies within ±z with probability ``confidence``."""
    return NormalDist().inv_cdf((1 + confidence) / 2)
