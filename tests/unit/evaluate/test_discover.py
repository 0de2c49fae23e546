"""Slices that nobody declared: planted ones are found, and luck is seldom mistaken for one."""

from __future__ import annotations

import numpy as np

from mlgate.evaluate.discover import discover
from mlgate.evaluate.rows import EvaluationSet, Feature
from mlgate.evaluate.side import Side


def rows(seed: int, *, size: int = 3000, worse: float = 0.0, pair: bool = False) -> EvaluationSet:
    """Two models that are wrong in a tenth of the rows; the head is ``worse`` in one part."""
    random = np.random.default_rng(seed)
    codes = [random.integers(-1, 4, size) for _ in range(6)]
    features = tuple(
        Feature(code, tuple(f"f{n}=v{v}" for v in range(4))) for n, code in enumerate(codes)
    )
    label = random.integers(0, 2, size)
    wrong = [random.random(size) < 0.1 for _ in range(2)]
    there = codes[2] == 1
    if pair:
        there &= codes[4] == 3
    wrong[0] |= there & (random.random(size) < worse)
    head, base = (
        Side(label=label, prediction=np.where(w, 1 - label, label), classes=2) for w in wrong
    )
    return EvaluationSet(task="binary", head=head, base=base, labels=("0", "1"), features=features)


def test_a_planted_slice_is_found() -> None:
    found, searched = discover(rows(1, worse=0.4), 50)
    assert searched > 24
    assert found[0].name == "f2=v1"
    assert found[0].head < found[0].base - 0.2
    assert found[0].p < 1e-6
    assert found[0].rows > 400


def test_a_planted_pair_is_found() -> None:
    found, _ = discover(rows(1, size=8000, worse=0.6, pair=True), 50)
    assert found[0].name == "f2=v1 & f4=v3"


def test_luck_is_seldom_mistaken() -> None:
    """Of 100 pairs of equal models at most one in twenty has any find; 12 is one in a thousand."""
    assert sum(bool(discover(rows(seed), 50)[0]) for seed in range(100)) <= 12


def test_better_is_no_find() -> None:
    made = rows(1, worse=0.4)
    assert made.base is not None
    turned = EvaluationSet(
        task="binary", head=made.base, base=made.head, labels=("0", "1"), features=made.features
    )
    assert discover(turned, 50)[0] == []


def test_small_slices_and_single_models_are_not_looked_at() -> None:
    made = rows(1, size=300, worse=0.9)
    assert discover(made, 400) == ([], 0)
    alone = EvaluationSet(task="binary", head=made.head, features=made.features)
    assert discover(alone, 50) == ([], 0)


def test_errors_of_a_regression() -> None:
    random = np.random.default_rng(3)
    code = random.integers(0, 3, 2000)
    label = random.normal(size=2000)
    base = Side(label=label, prediction=label + random.normal(0, 1, 2000))
    worse = label + random.normal(0, 1, 2000) * np.where(code == 2, 3, 1)
    head = Side(label=label, prediction=worse)
    feature = Feature(code, ("a", "b", "c"))
    made = EvaluationSet(task="regression", head=head, base=base, features=(feature,))
    (found,), searched = discover(made, 50)
    assert (found.name, searched) == ("c", 3)
    assert found.head > 2 * found.base
