from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.judging import metric
from mlgate.compare.uncertainty import change_interval, value_interval
from mlgate.evaluate.proportion import quantile, wilson

if TYPE_CHECKING:
    from mlgate.documents.evidence import Metric

Z = quantile(0.95)


def test_the_quantile_is_two_sided() -> None:
    assert pytest.approx(1.959964, abs=1e-6) == Z


@pytest.mark.parametrize(
    ("one", "two", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17: 873-890, table II, method 10.
        pytest.param((56, 70), (48, 80), 0.0524, 0.3339, id="a"),
        pytest.param((9, 10), (3, 10), 0.1705, 0.8090, id="b"),
        pytest.param((6, 7), (2, 7), 0.0582, 0.8062, id="c"),
        pytest.param((5, 56), (0, 29), -0.0381, 0.1926, id="d"),
        pytest.param((0, 10), (0, 20), -0.1611, 0.2775, id="e"),
        pytest.param((0, 10), (0, 10), -0.2775, 0.2775, id="f"),
        pytest.param((10, 10), (0, 20), 0.6791, 1.0, id="g"),
        pytest.param((10, 10), (0, 10), 0.6075, 1.0, id="h"),
    ],
)
def test_newcombe_gives_the_published_intervals(
    one: tuple[int, int], two: tuple[int, int], low: float, high: float
) -> None:
    head = metric("recall", one[0] / one[1], n=one[1])
    base = metric("recall", two[0] / two[1], n=two[1])
    found = change_interval(base, head, 0.95)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)
    assert found.method == "row counts, Newcombe"


def test_wilson_solves_its_quadratic() -> None:
    p, n = 0.93, 214
    for edge in wilson(p, n, Z):
        assert abs(p - edge) == pytest.approx(Z * math.sqrt(edge * (1 - edge) / n))


@given(st.integers(0, 400), st.integers(2, 400))
def test_wilson_holds_the_estimate_and_stays_a_proportion(hits: int, n: int) -> None:
    p = min(hits, n) / n
    low, high = wilson(p, n, Z)
    assert 0 <= low <= p + 1e-12
    assert p - 1e-12 <= high <= 1


def test_standard_errors_add_in_squares() -> None:
    base, head = metric("acc", 0.5, stderr=0.03), metric("acc", 0.6, stderr=0.04)
    found = change_interval(base, head, 0.95)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.1 - Z * 0.05, 0.1 + Z * 0.05))


def test_coverage_of_independent_proportions_is_what_it_says() -> None:
    """Exact coverage by summing the binomial distribution, no simulation."""
    n, p1, p2 = 40, 0.8, 0.7
    weights = [
        [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)] for p in (p1, p2)
    ]
    covered = 0.0
    for one in range(n + 1):
        for two in range(n + 1):
            found = change_interval(metric("r", two / n, n=n), metric("r", one / n, n=n), 0.95)
            assert found is not None
            if found.low <= p1 - p2 <= found.high:
                covered += weights[0][one] * weights[1][two]
    assert covered == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="nothing stated"),
        pytest.param({"n": 1}, id="one row"),
        pytest.param({"n": 0}, id="no row"),
    ],
)
def test_what_is_not_stated_is_not_known(changes: dict[str, int]) -> None:
    base, head = metric("recall", 0.5, n=50), metric("recall", 0.6, **changes)
    assert change_interval(base, head, 0.95) is None
    assert value_interval(head, 0.95) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (metric("acc", 0.5, stderr=0.1), metric("acc", 0.6)),
        (metric("acc", None, stderr=0.1, n=9), metric("acc", 0.6, stderr=0.1, n=9)),
    ],
    ids=["no error", "no value"],
)
def test_both_sides_must_state_what_is_known(one: Metric, other: Metric) -> None:
    assert change_interval(one, other, 0.95) is None
    assert change_interval(other, one, 0.95) is None


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_proportion_at_its_edge_has_an_interval(value: float) -> None:
    found = value_interval(metric("recall", value, n=2), 0.95)
    assert found is not None
    assert 0 <= found.low < found.high <= 1


def test_no_proportion_has_no_row_interval() -> None:
    assert value_interval(metric("mae", 3.5, n=100), 0.95) is None


def test_one_value_from_its_error_and_from_its_rows() -> None:
    by_error = value_interval(metric("acc", 0.5, stderr=0.1), 0.9)
    by_rows = value_interval(metric("acc", 0.5, n=100), 0.9)
    assert by_error is not None
    assert by_rows is not None
    z = NormalDist().inv_cdf(0.95)
    assert (by_error.low, by_error.high) == pytest.approx((0.5 - z * 0.1, 0.5 + z * 0.1))
    assert by_rows.method == "row count, Wilson"
