"""What docs/statistics.md says in full, in a few hundred draws: coverage, false alarms, power."""

from __future__ import annotations

import numpy as np
import pytest

from validation.simulation import (
    CALIBRATION,
    LOSSES,
    REGRESSION,
    SCORES,
    World,
    alarms,
    covered,
    drawn_runs,
    flat,
    share_of,
    spread_out,
)

DRAWS = 240


@pytest.mark.parametrize(
    ("task", "names"),
    [("binary", (*SCORES, *LOSSES)), ("regression", REGRESSION)],
    ids=["binary", "regression"],
)
def test_intervals_hold_the_truth(task: str, names: tuple[str, ...]) -> None:
    """Of 240 draws 95 % are 228; 3.3 standard deviations below that are 217, and 90 %."""
    found = spread_out(covered, DRAWS, task, names, World(drop=0.1), 1000)
    shares = {name: share_of(found, name) for name in names}
    assert min(shares.values()) > 0.9, shares
    assert max(shares.values()) < 1, shares


def test_calibration_is_careful() -> None:
    found = spread_out(covered, DRAWS, "binary", CALIBRATION, World(drop=0.1), 1000)
    assert share_of(found, "ece") > 0.9


@pytest.mark.parametrize("rows", [200, 1000, 5000])
def test_unchanged_models_pass(rows: int) -> None:
    """At most 1 % is promised; 240 draws of that are 2.4, and 8 of them one in a thousand."""
    found = flat(spread_out(alarms, DRAWS, World(), rows))
    assert sum(answer.paired for answer in found) <= 8
    if rows == 200:
        assert np.mean([answer.naive for answer in found]) > 0.5


def test_worse_models_fail() -> None:
    """A drop of 5.5 points in accuracy, four times the noise of 1000 rows beyond the limit."""
    found = flat(spread_out(alarms, 100, World(drop=0.4), 1000))
    assert np.mean([answer.paired for answer in found]) > 0.9
    assert np.mean([answer.unpaired for answer in found]) < np.mean([a.paired for a in found])


@pytest.mark.parametrize("count", [5, 30])
def test_runs_and_history_hold_the_truth(count: int) -> None:
    """Of 1000 draws 95 % have a standard deviation of 0.7 points."""
    found = drawn_runs(count, 1000)
    for kind in ("seeds", "folds", "history"):
        assert np.mean([getattr(one, kind) for one in found]) > 0.92, kind
    assert np.mean([one.blocked for one in found]) < 0.05
    assert np.mean([one.best for one in found]) < 0.03
    assert np.mean([one.plain for one in found]) < np.mean([one.folds for one in found])
