"""Means of repeated runs against scipy, the published formula and a simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from mlgate.evaluate.repeats import change_of_means, mean_interval

HEAD = (0.91, 0.90, 0.93, 0.92, 0.905)
BASE = (0.925, 0.93, 0.94, 0.935)


def test_independent_runs_are_welchs_test() -> None:
    found = change_of_means(HEAD, BASE, 0, 0.95)
    wanted = stats.ttest_ind(HEAD, BASE, equal_var=False)
    low, high = wanted.confidence_interval(0.95)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high))
    assert (found.p, found.freedom) == pytest.approx((wanted.pvalue, wanted.df))


def test_the_mean_of_runs_is_students() -> None:
    found = mean_interval(HEAD, 0, 0.9)
    low, high = stats.ttest_1samp(HEAD, 0).confidence_interval(0.9)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high))


def test_folds_pair_and_share_their_training_rows() -> None:
    base = tuple(value + 0.01 + 0.001 * place for place, value in enumerate(HEAD))
    found = change_of_means(HEAD, base, 5, 0.95)
    moved = np.subtract(HEAD, base)
    half = stats.t.ppf(0.975, 4) * math.sqrt(moved.var(ddof=1) * (1 / 5 + 1 / 4))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((moved.mean() - half, moved.mean() + half))


def test_a_baseline_of_one_run_takes_the_spread_of_the_head() -> None:
    found = change_of_means(HEAD, (0.93,), 0, 0.95)
    half = stats.t.ppf(0.975, 4) * np.std(HEAD, ddof=1) * math.sqrt(1 + 1 / 5)
    assert found is not None
    assert (found.high - found.low) / 2 == pytest.approx(half)


@pytest.mark.parametrize(
    ("head", "base", "folds"), [((0.9,), (0.9,), 0), (HEAD, BASE, 5), ((0.9,), (0.8,), 5)]
)
def test_too_little_tells_nothing(
    head: tuple[float, ...], base: tuple[float, ...], folds: int
) -> None:
    assert change_of_means(head, base, folds, 0.95) is None
    assert mean_interval((0.9,), folds, 0.95) is None


def test_equal_runs_have_no_width() -> None:
    found = change_of_means((0.9, 0.9), (0.8, 0.8), 0, 0.95)
    assert found is not None
    assert (found.low, found.high, found.p) == pytest.approx((0.1, 0.1, 0.0))


@pytest.mark.parametrize(("runs", "others"), [(3, 3), (5, 2), (5, 1), (10, 10)])
def test_intervals_hold_the_truth_as_often_as_they_say(runs: int, others: int) -> None:
    random = np.random.default_rng(20)
    held = 0
    for _ in range(3000):
        head, base = random.normal(0.9, 0.01, runs), random.normal(0.92, 0.01, others)
        found = change_of_means(head.tolist(), base.tolist(), 0, 0.95)
        assert found is not None
        held += found.low <= -0.02 <= found.high
    assert 0.93 <= held / 3000 <= 0.985
