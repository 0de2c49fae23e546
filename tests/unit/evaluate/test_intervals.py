"""Intervals and tests against scipy, published examples, brute force and derivatives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from mlgate.evaluate import bootstrap, influence
from mlgate.evaluate.estimate import estimates
from mlgate.evaluate.intervals import standard_error, student
from mlgate.evaluate.measures import Measure, measure
from mlgate.evaluate.proportion import mcnemar_mid_p, newcombe
from mlgate.evaluate.result import Estimate, Setting
from mlgate.evaluate.side import Side
from mlgate.evaluate.student import t_quantile, t_tail
from unit.evaluate.test_values import binary, multiclass, regression


def paired(name: str, head: Side, base: Side, task: str = "binary", seed: str = "") -> Estimate:
    found = measure(name, task)  # type: ignore[arg-type]
    assert isinstance(found, Measure)
    (made,) = estimates([found], head, base, Setting(seed=seed))
    assert made.change is not None
    return made


def other(side: Side, noise: float = 0.1, seed: int = 9) -> Side:
    """The same rows as another model sees them."""
    random = np.random.default_rng(seed)
    assert side.score is not None
    score = np.clip(side.score + random.normal(0, noise, side.score.shape), 0, 1)
    prediction = score.argmax(axis=1) if score.ndim > 1 else (score > 0.5).astype(np.int64)
    return Side(
        label=side.label,
        prediction=prediction,
        score=score,
        weight=side.weight,
        group=side.group,
        classes=side.classes,
    )


def test_paired_t() -> None:
    head = regression()
    assert head.prediction is not None
    base = Side(label=head.label, prediction=head.prediction.astype(float) + 0.1)
    made = paired("mae", head, base, "regression")
    losses = [np.abs(s.label - s.prediction) for s in (head, base) if s.prediction is not None]
    wanted = stats.ttest_rel(*losses)
    low, high = wanted.confidence_interval(0.95)
    assert made.change is not None
    assert (made.change.low, made.change.high) == pytest.approx((low, high))
    assert made.change.p == pytest.approx(wanted.pvalue)


@pytest.mark.parametrize("freedom", [0.5, 1, 1.3, 2, 7.7, 30, 999, 9999])
def test_t_is_scipys(freedom: float) -> None:
    for value in (-40, -0.1, 0, 1e-8, 0.3, 2.2, 30, 1e4):
        wanted = stats.t.sf(value, freedom)
        assert t_tail(value, freedom) == pytest.approx(wanted, rel=1e-8, abs=1e-280)
    for probability in (0.5, 0.6, 0.9, 0.975, 0.9999):
        wanted = stats.t.ppf(probability, freedom)
        assert t_quantile(probability, freedom) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_t_of_many_degrees_is_normal() -> None:
    assert t_quantile(0.975, 20_000) == pytest.approx(stats.norm.ppf(0.975))
    assert t_tail(2.2, 20_000) == pytest.approx(stats.norm.sf(2.2))


def test_newcombe_as_published() -> None:
    """Airway reactivity before and after a transplantation, of Fagerland et al. 2014, table IV."""
    found = newcombe(head_only=1, base_only=7, both=1, n=21, confidence=0.95)
    assert (found.low, found.high) == pytest.approx((-0.507, -0.026), abs=0.0005)
    assert found.p == pytest.approx(0.0391, abs=0.0001)


def test_mid_p_counts_half_of_the_point() -> None:
    for b, c in ((0, 3), (2, 10), (5, 5), (40, 60)):
        least, n = min(b, c), b + c
        exact = stats.binom.cdf(least, n, 0.5) - stats.binom.pmf(least, n, 0.5) / 2
        assert mcnemar_mid_p(b, c) == pytest.approx(min(1.0, 2 * exact))


def test_newcombe_of_equal_models_holds_nothing() -> None:
    found = newcombe(0, 0, 90, 100, 0.95)
    assert found.low <= 0 <= found.high
    assert found.p == 1.0


def delong(label: np.ndarray, one: np.ndarray, two: np.ndarray) -> tuple[float, float]:
    """The definition, with every pair of a positive and a negative looked at."""
    placements = []
    for score in (one, two):
        pairs = score[label == 1][:, None] - score[label == 0][None, :]
        kernel = (pairs > 0) + 0.5 * (pairs == 0)
        placements.append((kernel.mean(1), kernel.mean(0)))
    change = placements[0][0].mean() - placements[1][0].mean()
    parts = [
        (placements[0][side] - placements[1][side]).var(ddof=1) / placements[0][side].size
        for side in (0, 1)
    ]
    return change, math.sqrt(sum(parts))


@pytest.mark.parametrize("seed", range(3))
def test_delong_by_all_pairs(seed: int) -> None:
    head = binary(rows=300, seed=seed)
    base = other(head)
    assert head.score is not None
    assert base.score is not None
    change, error = delong(head.label, head.score, base.score)
    moved = influence.roc_auc(head).influence - influence.roc_auc(base).influence
    assert standard_error(moved, None)[0] == pytest.approx(error)
    made = paired("roc_auc", head, base)
    assert made.value is not None
    assert made.base is not None
    assert made.value - made.base == pytest.approx(change)
    assert made.change is not None
    assert made.change.high - made.change.low == pytest.approx(
        2 * stats.t.ppf(0.975, 299) * error, rel=1e-3
    )


@pytest.mark.parametrize(
    "of",
    [influence.roc_auc, influence.average_precision, influence.r_squared],
    ids=["roc_auc", "pr_auc", "r2"],
)
def test_influence_is_the_derivative_by_the_weight(of: object) -> None:
    side = regression() if of is influence.r_squared else binary()
    side = side.take(np.arange(80))
    n = len(side)
    exact = of(side)  # type: ignore[operator]
    step = 1e-6
    slopes = []
    for row in range(n):
        weight = np.ones(n)
        weight[row] += step
        moved = Side(label=side.label, prediction=side.prediction, score=side.score, weight=weight)
        slopes.append((of(moved).value - exact.value) / step)  # type: ignore[operator]
    scale = np.array([math.sqrt(n / (n - 1))] * n)
    if of is influence.roc_auc:
        positives = int(side.is_positive.sum())
        counts = np.where(side.is_positive, positives, n - positives)
        scale = np.sqrt(counts / (counts - 1))
    assert exact.influence == pytest.approx(np.array(slopes) * scale, abs=1e-5)


@pytest.mark.parametrize("name", ["roc_auc_ovr", "roc_auc_ovo"])
def test_several_classes_against_the_bootstrap(name: str) -> None:
    head = multiclass()
    made = paired(name, head, other(head, 0.2), "multiclass")
    random = np.random.default_rng(1)
    base = other(head, 0.2)
    found = measure(name, "multiclass")
    assert found is not None
    drawn = []
    for _ in range(300):
        rows = random.integers(0, len(head), len(head))
        drawn.append(found.of(head.take(rows)).value - found.of(base.take(rows)).value)
    assert made.change is not None
    width = made.change.high - made.change.low
    assert width / (2 * 1.96) == pytest.approx(np.std(drawn), rel=0.15)


@pytest.mark.parametrize("name", ["f1", "balanced_accuracy", "mcc", "precision"])
def test_poisson_bootstrap_against_scipys(name: str) -> None:
    """The same spread as resampling rows one by one; scipy asks for the value of every draw."""
    head = binary()
    base = other(head)
    found = measure(name, "binary")
    assert found is not None

    def change(rows: np.ndarray) -> float:
        made = estimates([found], head.take(rows), base.take(rows), Setting())[0]
        return (made.value or 0.0) - (made.base or 0.0)

    wanted = stats.bootstrap(
        (np.arange(len(head)),),
        change,
        n_resamples=400,
        vectorized=False,
        rng=1,
        method="percentile",
    )
    made = paired(name, head, base, seed="x")
    assert made.change is not None
    width = made.change.high - made.change.low
    low, high = wanted.confidence_interval
    assert width == pytest.approx(high - low, rel=0.15)


@pytest.mark.parametrize("name", ["accuracy", "f1", "roc_auc", "log_loss", "pr_auc", "ece"])
def test_copies_of_rows_are_no_news(name: str) -> None:
    """Every row four times: as wide as the rows once if groups say so, half as wide if not."""
    head = binary(rows=300)
    base = other(head)
    copies = np.repeat(np.arange(300), 4)
    widths = {}
    for case, rows, group in (
        ("once", np.arange(300), None),
        ("grouped", copies, copies),
        ("ignored", copies, None),
    ):
        sides = [s.take(rows) for s in (head, base)]
        sides = [
            Side(label=s.label, prediction=s.prediction, score=s.score, group=group, classes=2)
            for s in sides
        ]
        made = paired(name, sides[0], sides[1], seed=case)
        assert made.change is not None
        widths[case] = made.change.high - made.change.low
    assert widths["grouped"] == pytest.approx(widths["once"], rel=0.12)
    assert widths["ignored"] == pytest.approx(widths["once"] / 2, rel=0.15)


def test_equal_models_do_not_differ() -> None:
    head = binary()
    for name in ("accuracy", "f1", "roc_auc", "pr_auc", "log_loss", "ece"):
        made = paired(name, head, head)
        assert made.change is not None
        assert made.change.low <= 0 <= made.change.high
        assert made.change.p == 1.0


def test_the_same_seed_is_the_same_interval() -> None:
    head, base = binary(), other(binary())
    one, again, new = (paired("f1", head, base, seed=seed).change for seed in ("a", "a", "b"))
    assert one == again != new


def test_many_groups_are_put_together() -> None:
    """More groups than units fit: the spread stays that of single rows."""
    head = binary(rows=4 * bootstrap.MAX_UNITS)
    base = other(head)
    group = np.arange(len(head))
    sides = [
        Side(label=s.label, prediction=s.prediction, score=s.score, group=group, classes=2)
        for s in (head, base)
    ]
    plain, grouped = paired("f1", head, base).change, paired("f1", sides[0], sides[1]).change
    assert plain is not None
    assert grouped is not None
    assert grouped.high - grouped.low == pytest.approx(plain.high - plain.low, rel=0.1)


def test_one_group_tells_nothing() -> None:
    values = np.array([0.1, -0.1, 0.0])
    found = student(0.1, values, np.zeros(3, dtype=np.int64), 0.95, "t")
    assert (found.low, found.high) == (-math.inf, math.inf)
