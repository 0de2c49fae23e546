"""How far two distributions over the same bins lie apart, and how far chance alone takes them."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CHANCE: Final = 0.001
"""How often chance alone may exceed what :func:`by_chance` returns."""

_EMPTY: Final = 1e-4
"""Share that stands for an empty bin in PSI, which has a logarithm."""


def kolmogorov_smirnov(base: Sequence[float], current: Sequence[float]) -> float:
    """Return the largest distance of the cumulated shares, 0 to 1.

    >>> round(kolmogorov_smirnov([5, 5], [0, 10]), 3)
    0.5
    """
    worst = left = right = 0.0
    for p, q in zip(shares(base), shares(current), strict=True):
        left, right = left + p, right + q
        worst = max(worst, abs(left - right))
    return worst


def total_variation(base: Sequence[float], current: Sequence[float]) -> float:
    """Return half the sum of the differences of shares, 0 to 1."""
    return sum(abs(p - q) for p, q in _pairs(base, current)) / 2


def population_stability(base: Sequence[float], current: Sequence[float]) -> float:
    """Return the population stability index, the sum of (q − p) ln(q / p); 0 and up.

    An empty bin counts as a share of 0.0001, so that values where the reference has none count.
    """
    floor = ((max(p, _EMPTY), max(q, _EMPTY)) for p, q in _pairs(base, current) if p or q)
    return sum((q - p) * math.log(q / p) for p, q in floor)


def jensen_shannon(base: Sequence[float], current: Sequence[float]) -> float:
    """Return the Jensen–Shannon distance, the root of the divergence in base 2; 0 to 1."""
    total = 0.0
    for p, q in _pairs(base, current):
        middle = (p + q) / 2
        total += sum(x * math.log2(x / middle) / 2 for x in (p, q) if x > 0)
    return math.sqrt(max(total, 0.0))


def cramers_v(base: Sequence[float], current: Sequence[float]) -> float:
    """Return Cramér's V of table and value, with Bergsma's correction for small tables; 0 to 1.

    W. Bergsma, A bias-correction for Cramér's V and Tschuprow's T (2013).
    """
    n, m = sum(base), sum(current)
    kept = [(a, b) for a, b in zip(base, current, strict=True) if a + b]
    total, bins = n + m, len(kept)
    if not n or not m or bins < 2 or total < 2:  # noqa: PLR2004
        return 0.0
    chi = 0.0
    for a, b in kept:
        for seen, size in ((a, n), (b, m)):
            expected = (a + b) * size / total
            chi += (seen - expected) ** 2 / expected
    phi = max(0.0, chi / total - (bins - 1) / (total - 1))
    width = min(bins - (bins - 1) ** 2 / (total - 1), 2 - 1 / (total - 1)) - 1
    return math.sqrt(phi / width) if width > 0 else 0.0


METHODS: Final[Mapping[str, Callable[[Sequence[float], Sequence[float]], float]]] = {
    "ks": kolmogorov_smirnov,
    "psi": population_stability,
    "js": jensen_shannon,
    "cramers-v": cramers_v,
    "tvd": total_variation,
}
"""All but Wasserstein's distance, which needs the places of the bins as well."""


def wasserstein(
    base: Sequence[float], current: Sequence[float], edges: Sequence[float], scale: float
) -> float:
    """Return Wasserstein's distance of the first order in units of ``scale``; 0 and up.

    The values of a bin stand at its upper edge; those above the last edge, at that edge, where
    the distance is then a lower bound.

    Args:
        base: Rows per bin, one more than there are edges.
        current: Likewise.
        edges: Rising bounds of the bins.
        scale: What one unit is, as a rule the standard deviation of the reference.
    """
    left = right = total = 0.0
    parts = list(zip(shares(base), shares(current), strict=True))
    for (p, q), here, there in zip(parts, edges, edges[1:], strict=False):
        left, right = left + p, right + q
        total += abs(left - right) * (there - here)
    return total / scale if scale > 0 else 0.0


def by_chance(method: str, base: int, current: int, bins: int) -> float:
    """Return what two samples of one distribution exceed only once in a thousand cases.

    Kolmogorov–Smirnov: the asymptotic critical value (Smirnov, 1948). The others go by the
    quantile of chi-squared, to which the sum over the bins tends: PSI and the Jensen–Shannon
    divergence by their expansion to second order (B. Yurdakul, 2018), total variation by the
    inequality of Cauchy and Schwarz.
    """
    if not base or not current:
        return math.inf
    pooled = 1 / base + 1 / current
    if method == "ks":
        return min(1.0, math.sqrt(-math.log(CHANCE / 2) / 2 * pooled))
    chi = chi_squared_quantile(1 - CHANCE, max(bins - 1, 1))
    found = {
        "psi": chi * pooled,
        "js": math.sqrt(min(1.0, chi * pooled / (8 * math.log(2)))),
        "tvd": min(1.0, math.sqrt(chi * pooled) / 2),
        "cramers-v": math.sqrt(max(0.0, chi - max(bins - 1, 1)) / (base + current)),
    }
    return found.get(method, 4 * math.sqrt(pooled))


def chi_squared_quantile(probability: float, degrees: int) -> float:
    """Return the quantile by the cube-root transformation of Wilson and Hilferty (1931)."""
    z = NormalDist().inv_cdf(probability)
    part = 2 / (9 * degrees)
    return degrees * float(1 - part + z * math.sqrt(part)) ** 3


def shares(counts: Sequence[float]) -> list[float]:
    """Return parts of the whole; all 0 where there is nothing."""
    total = sum(counts)
    return [count / total if total else 0.0 for count in counts]


def _pairs(base: Sequence[float], current: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(shares(base), shares(current), strict=True))
