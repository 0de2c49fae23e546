"""Associations against scipy's, on arrays of known strength."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from mlgate.checks.association import (
    Sample,
    association,
    binned,
    chance_of,
    prediction_strength,
)
from mlgate.checks.domain import separability

LUCK = np.random.default_rng(5)
N = 4000
X = LUCK.normal(size=N)
NOISE = LUCK.normal(size=N)
GROUP = LUCK.integers(1, 5, N)


def sample(**columns: np.ndarray) -> Sample:
    numbers = {name: c.astype(float) for name, c in columns.items() if c.dtype.kind == "f"}
    codes = {name: c for name, c in columns.items() if c.dtype.kind == "i"}
    return Sample(N, numbers, codes)


def test_two_columns_of_numbers() -> None:
    y = X + NOISE
    found = association(sample(x=X, y=y), "x", "y")
    assert found == pytest.approx(abs(stats.pearsonr(X, y).statistic))
    gaps = np.where(LUCK.random(N) < 0.1, math.nan, X)
    assert association(sample(x=gaps, y=y), "x", "y") == pytest.approx(found, abs=0.03)
    assert association(sample(x=X, y=np.ones(N)), "x", "y") == 0


def test_two_columns_of_names() -> None:
    other = np.where(LUCK.random(N) < 0.7, GROUP, LUCK.integers(1, 5, N))
    table = np.zeros((4, 4))
    np.add.at(table, (GROUP - 1, other - 1), 1)
    plain = stats.contingency.association(table.astype(int), method="cramer")
    found = association(sample(a=GROUP, b=other), "a", "b")
    assert found == pytest.approx(plain, abs=0.01)
    assert association(sample(a=GROUP, b=LUCK.integers(1, 5, N)), "a", "b") < 0.05


def test_names_and_numbers() -> None:
    y = GROUP + 0.1 * NOISE
    assert association(sample(g=GROUP, y=y), "g", "y") > 0.98
    assert association(sample(g=GROUP, y=NOISE), "g", "y") < 0.06


def test_a_feature_that_tells_the_label_in_any_shape() -> None:
    label = (np.abs(X) > 1).astype(int) + 1
    assert association(sample(x=X, y=label.astype(float)), "x", "y") < 0.1
    assert prediction_strength(sample(x=X, y=label), "x", "y") > 0.8
    assert prediction_strength(sample(x=X, y=X**2), "x", "y") > 0.9


def test_what_has_no_association_stays_below_chance() -> None:
    exceeded = 0
    for seed in range(300):
        luck = np.random.default_rng(seed)
        found = Sample(300, {"x": luck.normal(size=300)}, {"y": luck.integers(1, 3, 300)})
        exceeded += prediction_strength(found, "x", "y") > chance_of(found, "x", "y")
    assert exceeded <= 4


def test_bins_are_even_and_nothing_is_apart() -> None:
    values = np.concatenate([X, [math.nan] * 7])
    counts = np.bincount(binned(values))
    assert counts[0] == 7
    assert counts[1:].min() > N / 16 * 0.9
    assert set(binned(np.array([math.nan] * 3))) == {0}


class TestSeparability:
    def pair(self, seed: int, turn: float) -> tuple[Sample, Sample]:
        luck = np.random.default_rng(seed)
        x, y = luck.normal(size=(2, 1500))
        u, v = luck.normal(size=(2, 1500))
        return (
            Sample(1500, {"x": x, "y": 0.9 * x + 0.44 * y}, {}),
            Sample(1500, {"x": u, "y": turn * 0.9 * u + 0.44 * v}, {}),
        )

    def test_the_same_cannot_be_told_apart(self) -> None:
        exceeded = 0
        for seed in range(40):
            value, chance = separability(*self.pair(seed, 1.0))
            exceeded += value > chance
        assert exceeded <= 1

    def test_a_correlation_that_turned_is_seen(self) -> None:
        value, chance = separability(*self.pair(1, -1.0))
        assert value > 0.5 > chance
