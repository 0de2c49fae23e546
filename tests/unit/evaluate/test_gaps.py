"""Gaps between groups against scikit-learn, and their intervals against known truth."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from mlgate.errors import ConfigError
from mlgate.evaluate.gaps import gaps
from mlgate.evaluate.result import Setting
from mlgate.evaluate.rows import EvaluationSet, Slice
from mlgate.evaluate.side import Side

RECALLS = {"a": 0.85, "b": 0.8, "c": 0.6}


def world(seed: int, *, size: int = 3000, head: dict[str, float] | None = None) -> EvaluationSet:
    """Three groups, half of the rows positive, with a recall of their own."""
    random = np.random.default_rng(seed)
    group = random.integers(0, 3, size)
    label = random.integers(0, 2, size)
    luck = random.random(size)
    sides = []
    for recalls in (head or RECALLS, RECALLS):
        share = np.array(list(recalls.values()))[group]
        called = np.where(label == 1, luck < share, luck < 0.2).astype(np.int64)
        sides.append(Side(label=label, prediction=called, classes=2))
    parts = tuple(Slice(f"sex={n}", np.flatnonzero(group == g)) for g, n in enumerate(RECALLS))
    return EvaluationSet(
        task="binary", head=sides[0], base=sides[1], labels=("0", "1"), slices=parts
    )


def test_the_largest_less_the_smallest() -> None:
    rows = world(1)
    names = ("recall", "precision", "accuracy", "selection_rate", "false_positive_rate")
    found = {e.measure.name: e for e in gaps(rows, "sex", names, Setting())}
    truth: dict[str, list[float]] = {name: [] for name in names}
    assert rows.head.prediction is not None
    for part in rows.slices:
        label, called = rows.head.label[part.rows], rows.head.prediction[part.rows]
        truth["recall"].append(sk.recall_score(label, called))
        truth["precision"].append(sk.precision_score(label, called))
        truth["accuracy"].append(sk.accuracy_score(label, called))
        truth["selection_rate"].append(float(called.mean()))
        truth["false_positive_rate"].append(1 - sk.recall_score(label, called, pos_label=0))
    for name, values in truth.items():
        made = found[f"{name}_gap"]
        assert made.value == pytest.approx(max(values) - min(values)), name
        assert made.measure.part == "by=sex"
        assert made.n == 3000


def test_intervals_hold_the_truth() -> None:
    held = moved = 0
    head = {**RECALLS, "c": 0.5}
    for seed in range(120):
        (made,) = gaps(world(seed, head=head), "sex", ("recall",), Setting(seed=str(seed)))
        assert made.around is not None
        assert made.change is not None
        held += made.around.low <= 0.35 <= made.around.high
        moved += made.change.low <= 0.1 <= made.change.high
    assert held >= 105
    assert moved >= 105


def test_equal_models_have_the_same_gap() -> None:
    (made,) = gaps(world(1), "sex", ("recall",), Setting())
    assert made.change is not None
    assert (made.change.low, made.change.high) == (0, 0)


def test_what_has_no_gap() -> None:
    with pytest.raises(ConfigError, match="'roc_auc' is no share of classes"):
        gaps(world(1), "sex", ("roc_auc",), Setting())
    with pytest.raises(ConfigError, match="'region' has fewer than two groups"):
        gaps(world(1), "region", ("recall",), Setting())
