"""Looking again and again keeps the error rate; simulated, and against a plain interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.evaluate.sequential import Sample, look

MARGIN = 0.01
LOOKS = 60
RUNS = 400


def decisions(
    canary: float, stable: float, *, seed: int, per_look: int = 200
) -> tuple[dict[str, float], float]:
    """Shares of runs by what was decided first, and the mean number of looks."""
    random = np.random.default_rng(seed)
    bad = np.cumsum(random.binomial(per_look, canary, (RUNS, LOOKS)), axis=1)
    fine = np.cumsum(random.binomial(9 * per_look, stable, (RUNS, LOOKS)), axis=1)
    found = {"good": 0, "bad": 0, "open": 0}
    looks = 0
    for run in range(RUNS):
        decided = "open"
        for number in range(LOOKS):
            count = (number + 1) * per_look
            one = Sample.of_events(int(bad[run, number]), count)
            other = Sample.of_events(int(fine[run, number]), 9 * count)
            decided = look(one, other, margin=MARGIN).decision
            if decided != "open":
                looks += number + 1
                break
        else:
            looks += LOOKS
        found[decided] += 1
    return {name: count / RUNS for name, count in found.items()}, looks / RUNS


def test_what_is_at_the_margin_is_seldom_decided_wrongly() -> None:
    """At the margin both answers are wrong; sixty looks together keep five per cent."""
    shares, _ = decisions(0.03, 0.02, seed=1)
    assert shares["good"] + shares["bad"] <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / RUNS)


def test_what_is_no_worse_goes_on() -> None:
    shares, looks = decisions(0.02, 0.02, seed=2)
    assert shares["good"] >= 0.95
    assert shares["bad"] == 0
    assert looks < LOOKS / 2


def test_what_is_much_worse_is_stopped_soon() -> None:
    shares, looks = decisions(0.10, 0.02, seed=3)
    assert shares["bad"] >= 0.99
    assert looks < 8


def test_no_events_at_all_are_decided_too() -> None:
    shares, _ = decisions(0.0, 0.0, seed=4)
    assert shares["good"] == 1


SAMPLE = st.tuples(st.integers(0, 500), st.integers(1, 5000))


@given(SAMPLE, SAMPLE, st.floats(1e-4, 1), st.floats(0.5, 0.999))
def test_the_interval_is_one(
    one: tuple[int, int], other: tuple[int, int], margin: float, confidence: float
) -> None:
    canary, stable = (Sample.of_events(min(bad, of), of) for bad, of in (one, other))
    found = look(canary, stable, margin=margin, confidence=confidence)
    assert found.low < found.difference < found.high
    assert look(canary, stable, margin=margin, confidence=0.9995).low <= found.low


def test_it_is_wider_than_an_interval_for_one_look() -> None:
    one, other = Sample.of_events(30, 1000), Sample.of_events(200, 10_000)
    found = look(one, other, margin=MARGIN)
    plain = 1.96 * math.sqrt(one.variance / 1000 + other.variance / 10_000)
    assert plain < found.high - found.difference < 4 * plain


@pytest.mark.parametrize(("one", "other"), [(0, 10), (10, 0), (0, 0)])
def test_nothing_seen_decides_nothing(one: int, other: int) -> None:
    assert look(Sample.of_events(0, one), Sample.of_events(0, other), margin=1).decision == "open"
