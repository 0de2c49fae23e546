"""Distances against scipy's, and what chance does against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from mlgate.checks import distance
from mlgate.checks.shift import merged

BASE, CURRENT = [120, 300, 80, 0, 500], [60, 10, 90, 40, 300]


def test_equal_to_scipy() -> None:
    p, q = (np.array(counts) / sum(counts) for counts in (BASE, CURRENT))
    assert distance.jensen_shannon(BASE, CURRENT) == pytest.approx(jensenshannon(p, q, 2))
    assert distance.total_variation(BASE, CURRENT) == pytest.approx(abs(p - q).sum() / 2)
    raw = [np.repeat(np.arange(5), counts) for counts in (BASE, CURRENT)]
    found = distance.kolmogorov_smirnov(BASE, CURRENT)
    assert found == pytest.approx(stats.ks_2samp(*raw).statistic)
    edges = [0.0, 1.0, 2.0, 3.0]
    exact = stats.wasserstein_distance(*raw)
    assert distance.wasserstein(BASE, CURRENT, [*edges, 4.0], 1.0) == pytest.approx(exact)


def test_psi_by_hand() -> None:
    expected = (0.8 - 0.5) * math.log(0.8 / 0.5) + (0.2 - 0.5) * math.log(0.2 / 0.5)
    assert distance.population_stability([50, 50], [80, 20]) == pytest.approx(expected)


def test_values_where_the_reference_has_none_count() -> None:
    assert distance.population_stability([100, 0], [50, 50]) > 3
    for method in distance.METHODS.values():
        assert method([100, 0], [50, 50]) > method([100, 0], [80, 20]) > 0


def test_cramers_v() -> None:
    assert distance.cramers_v([100, 0], [0, 100]) == pytest.approx(1, abs=0.02)
    assert distance.cramers_v([100, 100], [100, 100]) == 0
    chi = stats.chi2_contingency([BASE, CURRENT], correction=False).statistic
    total = sum(BASE) + sum(CURRENT)
    phi = chi / total - 4 / (total - 1)
    width = min(5 - 16 / (total - 1), 2 - 1 / (total - 1)) - 1
    assert distance.cramers_v(BASE, CURRENT) == pytest.approx(math.sqrt(phi / width))


@pytest.mark.parametrize("method", [*distance.METHODS, "wasserstein"])
@pytest.mark.parametrize("rows", [(60, 60), (400, 150)])
def test_chance_is_seldom_exceeded(method: str, rows: tuple[int, int]) -> None:
    """Of 2 000 pairs of samples of one distribution two should exceed it; more than 12 do not."""
    luck = np.random.default_rng(7)
    shares = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
    exceeded = 0
    for _ in range(2000):
        base, current = (luck.multinomial(n, shares).tolist() for n in rows)
        chance = distance.by_chance(method, *rows, 5)
        if method == "wasserstein":
            edges = [0.0, 1.0, 2.0, 3.0, 4.0]
            value = distance.wasserstein(base, current, edges, 1.3)
        else:
            value = distance.METHODS[method](base, current)
        exceeded += value > chance
    assert exceeded <= 12


@pytest.mark.parametrize("method", ["ks", "psi", "js", "tvd"])
def test_chance_is_not_too_generous(method: str) -> None:
    """What moves a fifth of a thousand rows is beyond chance."""
    base, current = [500, 500], [300, 700]
    assert distance.METHODS[method](base, current) > distance.by_chance(method, 1000, 1000, 2)


def test_the_quantile_of_chi_squared() -> None:
    for degrees in (1, 2, 5, 20, 100):
        found = distance.chi_squared_quantile(0.999, degrees)
        assert found == pytest.approx(stats.chi2.ppf(0.999, degrees), rel=0.05)


def test_merged_bins_hold_all_rows() -> None:
    luck = np.random.default_rng(3)
    base, current = (luck.integers(0, 50, 258).tolist() for _ in range(2))
    left, right = merged(base, current, 20)
    assert (sum(left), sum(right)) == (sum(base), sum(current))
    assert len(left) == len(right) <= 24
    assert (left[0], left[-1]) == (base[0], base[-1])
