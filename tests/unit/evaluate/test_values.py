"""Every metric against scikit-learn's, weighted and not, with ties, rare classes and odd shapes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn import metrics as sk

from mlgate.evaluate.estimate import estimates
from mlgate.evaluate.measures import DEFAULTS, known, measure, measures
from mlgate.evaluate.result import Estimate, Setting
from mlgate.evaluate.side import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgate.evaluate.side import Task

ROWS = 700
WEIGHTED = pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])


def value(name: str, task: Task, side: Side) -> float:
    found = measure(name, task)
    assert found is not None, name
    (made,) = estimates([found], side, None, Setting())
    assert made.value is not None, made.problem
    return made.value


def binary(*, weighted: bool = False, rows: int = ROWS, seed: int = 1) -> Side:
    random = np.random.default_rng(seed)
    label = (random.random(rows) < 0.3).astype(np.int64)
    score = np.clip(random.normal(0.35 + 0.3 * label, 0.2), 0, 1).round(2).astype(float)  # ties
    return Side(
        label=label,
        prediction=(score > 0.5).astype(np.int64),
        score=score,
        weight=random.integers(1, 5, rows).astype(float) if weighted else None,
        classes=2,
    )


def multiclass(*, weighted: bool = False, classes: int = 4) -> Side:
    random = np.random.default_rng(2)
    label = random.choice(classes, ROWS, p=[0.5, 0.3, 0.15, 0.05])
    score = random.random((ROWS, classes)) + np.eye(classes)[label] * 0.7
    score /= score.sum(axis=1, keepdims=True)
    return Side(
        label=label,
        prediction=score.argmax(axis=1),
        score=score,
        weight=random.random(ROWS) + 0.1 if weighted else None,
        classes=classes,
    )


def regression(*, weighted: bool = False) -> Side:
    random = np.random.default_rng(3)
    label = random.gamma(2.0, 3.0, ROWS)
    return Side(
        label=label,
        prediction=label + random.normal(0, 1, ROWS),
        weight=random.random(ROWS) + 0.1 if weighted else None,
    )


LABELS: dict[str, Callable[..., Any]] = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
    "f2": lambda *a, **k: sk.fbeta_score(*a, beta=2, **k),
    "f0.5": lambda *a, **k: sk.fbeta_score(*a, beta=0.5, **k),
    "mcc": sk.matthews_corrcoef,
    **{
        f"{name}_{average}": lambda *a, of=of, average=average, **k: of(*a, average=average, **k)
        for name, of in (
            ("precision", sk.precision_score),
            ("recall", sk.recall_score),
            ("f1", sk.f1_score),
        )
        for average in ("macro", "micro", "weighted")
    },
}
SCORES: dict[str, Callable[..., Any]] = {
    "roc_auc": sk.roc_auc_score,
    "pr_auc": sk.average_precision_score,
    "log_loss": sk.log_loss,
    "brier": sk.brier_score_loss,
}


@WEIGHTED
@pytest.mark.parametrize("name", LABELS)
def test_binary_labels(name: str, *, weighted: bool) -> None:
    side = binary(weighted=weighted)
    assert side.prediction is not None
    wanted = LABELS[name](side.label, side.prediction, sample_weight=side.weight)
    assert value(name, "binary", side) == pytest.approx(wanted)


@WEIGHTED
@pytest.mark.parametrize("name", SCORES)
def test_binary_scores(name: str, *, weighted: bool) -> None:
    side = binary(weighted=weighted)
    wanted = SCORES[name](side.label, side.score, sample_weight=side.weight)
    assert value(name, "binary", side) == pytest.approx(wanted)


@WEIGHTED
@pytest.mark.parametrize("name", [name for name in LABELS if name not in {"precision", "recall"}])
def test_multiclass_labels(name: str, *, weighted: bool) -> None:
    if name in {"f1", "f2", "f0.5"}:
        assert measure(name, "multiclass") is None
        return
    side = multiclass(weighted=weighted)
    assert side.prediction is not None
    wanted = LABELS[name](side.label, side.prediction, sample_weight=side.weight)
    assert value(name, "multiclass", side) == pytest.approx(wanted)


@WEIGHTED
def test_multiclass_scores(*, weighted: bool) -> None:
    side = multiclass(weighted=weighted)
    rest = sk.roc_auc_score(
        side.label, side.score, multi_class="ovr", average="macro", sample_weight=side.weight
    )
    assert value("roc_auc_ovr", "multiclass", side) == pytest.approx(rest)
    loss = sk.log_loss(side.label, side.score, sample_weight=side.weight)
    assert value("log_loss", "multiclass", side) == pytest.approx(loss)
    assert side.score is not None
    squares = ((side.score - np.eye(4)[side.label]) ** 2).sum(axis=1)
    assert value("brier", "multiclass", side) == pytest.approx(
        np.average(squares, weights=side.weight)
    )
    for k in (1, 2, 3):
        top = sk.top_k_accuracy_score(side.label, side.score, k=k, sample_weight=side.weight)
        assert value(f"top_{k}_accuracy", "multiclass", side) == pytest.approx(top)


def test_one_versus_one() -> None:
    side = multiclass()
    wanted = sk.roc_auc_score(side.label, side.score, multi_class="ovo", average="macro")
    assert value("roc_auc_ovo", "multiclass", side) == pytest.approx(wanted)


@WEIGHTED
def test_each_class(*, weighted: bool) -> None:
    side = multiclass(weighted=weighted)
    found = measures(DEFAULTS["multiclass"], "multiclass", side, ["a", "b", "c", "d"])
    made = {
        (e.measure.name, e.measure.part): e.value for e in estimates(found, side, None, Setting())
    }
    for name, of in (("precision", sk.precision_score), ("recall", sk.recall_score)):
        wanted = of(side.label, side.prediction, average=None, sample_weight=side.weight)
        assert [made[name, f"class={c}"] for c in "abcd"] == pytest.approx(list(wanted))


@WEIGHTED
@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("mae", sk.mean_absolute_error),
        ("mse", sk.mean_squared_error),
        ("rmse", sk.root_mean_squared_error),
        ("mape", sk.mean_absolute_percentage_error),
        ("r2", sk.r2_score),
    ],
)
def test_regression(name: str, of: Callable[..., Any], *, weighted: bool) -> None:
    side = regression(weighted=weighted)
    wanted = of(side.label, side.prediction, sample_weight=side.weight)
    assert value(name, "regression", side) == pytest.approx(wanted)


def test_symmetric_percentage_by_hand() -> None:
    side = Side(label=np.array([1.0, 0.0, 4.0]), prediction=np.array([3.0, 0.0, 4.0]))
    assert value("smape", "regression", side) == pytest.approx(2 * 2 / 4 / 3)


def test_pinball() -> None:
    random = np.random.default_rng(4)
    label = random.normal(size=ROWS)
    score = np.stack([label * 0.3 - 1, label * 0.3, label * 0.3 + 1], axis=1)
    side = Side(label=label, score=score, quantiles=(0.1, 0.5, 0.9))
    found = measures(("pinball",), "quantile", side, ())
    made = {e.measure.part: e.value for e in estimates(found, side, None, Setting())}
    wanted = [
        sk.mean_pinball_loss(label, score[:, place], alpha=alpha)
        for place, alpha in enumerate(side.quantiles)
    ]
    assert [made[f"quantile={alpha}"] for alpha in side.quantiles] == pytest.approx(wanted)
    assert made[""] == pytest.approx(np.mean(wanted))


def ranking(seed: int = 5) -> Side:
    """Forty queries of one to thirty documents, some without a relevant one, with tied scores."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 30, 40)
    query = np.repeat(np.arange(40), sizes)
    label = random.choice([0, 0, 0, 1, 2, 3], query.size).astype(float)
    score = np.round(label + random.normal(0, 2, query.size))
    order = random.permutation(query.size)
    return Side(label=label[order], score=score[order], query=query[order])


def by_query(side: Side) -> Iterator[tuple[Any, Any]]:
    """Labels and scores of each query."""
    assert side.query is not None
    assert side.score is not None
    for one in np.unique(side.query):
        yield side.label[side.query == one], side.score[side.query == one]


@pytest.mark.parametrize("k", [0, 1, 5, 10])
def test_ndcg(k: int) -> None:
    side = ranking()
    wanted = []
    for label, score in by_query(side):
        single = float(label[0] > 0)  # scikit-learn refuses one document
        several = label.size > 1
        wanted.append(sk.ndcg_score(label[None], score[None], k=k or None) if several else single)
    name = f"ndcg@{k}" if k else "ndcg"
    assert value(name, "ranking", side) == pytest.approx(np.mean(wanted))


@pytest.mark.parametrize("k", [0, 1, 3, 10])
def test_places_of_relevant_documents(k: int) -> None:
    """Scores without ties; the definitions counted out document by document."""
    side = ranking()
    assert side.score is not None
    apart = side.score + np.linspace(0, 0.4, len(side))
    side = Side(label=side.label, score=apart, query=side.query)
    reciprocal, precisions = [], []
    for label, score in by_query(side):
        ranked = label[np.argsort(-score)] > 0
        first = ranked[: k or None]
        hits = np.flatnonzero(first)
        reciprocal.append(1 / (hits[0] + 1) if hits.size else 0.0)
        found = [first[: place + 1].mean() for place in hits]
        most = min(ranked.sum(), k) if k else ranked.sum()
        precisions.append(sum(found) / most if most else 0.0)
    suffix = f"@{k}" if k else ""
    assert value(f"mrr{suffix}", "ranking", side) == pytest.approx(np.mean(reciprocal))
    assert value(f"map{suffix}", "ranking", side) == pytest.approx(np.mean(precisions))


def test_calibration_error_by_hand() -> None:
    """Two bins: 0.9 said and half of them right, 0.1 said and none of them positive."""
    score = np.array([0.9] * 10 + [0.1] * 30)
    label = np.array([1, 0] * 5 + [0] * 30)
    side = Side(label=label, prediction=(score > 0.5).astype(int), score=score, classes=2)
    assert value("ece", "binary", side) == pytest.approx((10 * 0.4 + 30 * 0.1) / 40)


def test_no_share_without_a_whole() -> None:
    """Nothing is predicted as positive: 0, as scikit-learn says, without a warning."""
    nothing = np.zeros(60, dtype=np.int64)
    side = Side(label=np.arange(60) % 2, prediction=nothing, classes=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("precision", "recall", "f1", "mcc"):
            assert value(name, "binary", side) == 0
        assert value("balanced_accuracy", "binary", side) == 0.5


def problem(name: str, task: Task, side: Side) -> Estimate:
    found = measure(name, task)
    assert found is not None
    (made,) = estimates([found], side, None, Setting())
    assert made.value is None
    return made


@pytest.mark.parametrize("name", ["roc_auc", "pr_auc"])
def test_only_negatives(name: str) -> None:
    side = binary()
    rows = side.label == 0
    assert "class" in problem(name, "binary", side.take(rows)).problem


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_too_few_rows(rows: int, task: Task) -> None:
    side = {"binary": binary, "regression": regression}[task]().take(np.arange(rows))
    for name in DEFAULTS[task]:
        assert problem(name, task, side).problem


def test_constant_scores_are_worth_a_coin() -> None:
    side = binary()
    flat = Side(label=side.label, score=np.full(ROWS, 0.4), classes=2)
    assert value("roc_auc", "binary", flat) == 0.5
    assert value("pr_auc", "binary", flat) == pytest.approx(side.label.mean())


@pytest.mark.parametrize("task", list(DEFAULTS))
def test_suggested_names_are_known(task: Task) -> None:
    for name in known(task):
        assert task == "quantile" or measure(name, task) is not None
