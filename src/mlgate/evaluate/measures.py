"""The metrics by name: what each is a function of, and which way is better."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from mlgate.evaluate import confusion, influence, losses, retrieval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlgate.evaluate.side import Side, Task

Kind = Literal["rate", "mean", "smooth", "table"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric.

    Attributes:
        name: Its name, scikit-learn's where it has one.
        kind: What ``of`` takes and gives: ``rate`` and ``mean`` take a side and give a number a
            row (a query in a ranking), of which the metric is the mean; ``smooth`` gives a value
            with the influence of each row; ``table`` takes confusion matrices.
        of: The function.
        higher: Whether more is better; ``None`` where that depends.
        part: What the metric is of, where not of the whole: ``class=setosa``.
    """

    name: str
    kind: Kind
    of: Callable[..., Any]
    higher: bool | None = True
    part: str = ""


DEFAULTS: Final[dict[Task, tuple[str, ...]]] = {
    "binary": (
        *("accuracy", "balanced_accuracy", "precision", "recall", "f1", "mcc"),
        *("roc_auc", "pr_auc", "log_loss", "brier", "ece"),
    ),
    "multiclass": (
        *("accuracy", "balanced_accuracy", "precision_macro", "recall_macro", "f1_macro"),
        *("f1_weighted", "mcc", "roc_auc_ovr", "roc_auc_ovo", "log_loss", "brier", "ece"),
    ),
    "regression": ("mae", "rmse", "r2"),
    "quantile": ("pinball",),
    "ranking": ("ndcg@10", "mrr", "map@10"),
}
"""What is measured when nobody says what."""

NEED_SCORE: Final = frozenset(
    {"roc_auc", "roc_auc_ovr", "roc_auc_ovo", "pr_auc", "log_loss", "brier", "ece", "top_k"}
)

_RATIO: Final = re.compile(
    r"(precision|recall|f(?P<beta>\d+(?:\.\d+)?))(?:_(macro|micro|weighted))?"
)
_TOP: Final = re.compile(r"top_([1-9][0-9]?)_accuracy")
_AT: Final = re.compile(r"(ndcg|map|mrr)(?:@([1-9][0-9]{0,3}))?")

_SMOOTH: Final[dict[str, tuple[Task, ...]]] = {
    "roc_auc": ("binary",),
    "pr_auc": ("binary",),
    "roc_auc_ovr": ("multiclass",),
    "roc_auc_ovo": ("multiclass",),
    "ece": ("binary", "multiclass"),
    "rmse": ("regression",),
    "r2": ("regression",),
}
_ROWS: Final[dict[str, tuple[Callable[..., Any], tuple[Task, ...]]]] = {
    "log_loss": (losses.log_loss, ("binary", "multiclass")),
    "brier": (losses.brier, ("binary", "multiclass")),
    "mae": (losses.absolute, ("regression",)),
    "mse": (losses.squared, ("regression",)),
    "mape": (losses.percentage, ("regression",)),
    "smape": (losses.symmetric, ("regression",)),
}
_CLASSES: Final[tuple[Task, ...]] = ("binary", "multiclass")


def measure(name: str, task: Task) -> Measure | None:
    """Return the metric ``name``; ``None`` where the task has none of that name.

    >>> [m and m.kind for m in (measure("f0.5", "binary"), measure("ndcg", "regression"))]
    ['table', None]
    """
    if name in _ROWS and task in _ROWS[name][1]:
        return Measure(name, "mean", _ROWS[name][0], higher=False)
    if name in _SMOOTH and task in _SMOOTH[name]:
        return Measure(name, "smooth", _smooth(name), higher=name not in {"rmse", "ece"})
    if task == "ranking":
        return _at(name)
    if task in _CLASSES:
        return _of_classes(name, task)
    return None


def measures(names: Sequence[str], task: Task, side: Side, labels: Sequence[str]) -> list[Measure]:
    """Return the metrics ``names``, and those of each class or quantile.

    Args:
        names: Known names.
        task: What the model does.
        side: What is known of the rows; metrics that need a score are left out without one.
        labels: Names of the classes.
    """
    found: list[Measure] = []
    for name in names:
        if task == "quantile":
            found += _quantiles(name, side)
        elif (one := measure(name, task)) is not None and _possible(name, side):
            found.append(one)
    if task == "multiclass" and side.prediction is not None:
        found += _each_class(names, labels)
    return found


def known(task: Task) -> list[str]:
    """Return names to suggest."""
    more = {
        "binary": ("f2", "f0.5", "selection_rate", "false_positive_rate"),
        "multiclass": ("f1_micro", "top_3_accuracy"),
        "regression": ("mse", "mape", "smape"),
    }
    return sorted({*DEFAULTS[task], *more.get(task, ())})


def is_known(name: str, task: Task) -> bool:
    """Tell whether the task has a metric of that name."""
    return name == "pinball" if task == "quantile" else measure(name, task) is not None


def _possible(name: str, side: Side) -> bool:
    needs_score = name in NEED_SCORE or bool(_TOP.fullmatch(name))
    return (side.score if needs_score else side.prediction) is not None or bool(_AT.fullmatch(name))


def _smooth(name: str) -> Callable[[Side], influence.Linear]:
    return {
        "roc_auc": influence.roc_auc,
        "pr_auc": influence.average_precision,
        "roc_auc_ovr": influence.one_versus_rest,
        "roc_auc_ovo": influence.one_versus_one,
        "ece": influence.calibration_error,
        "r2": influence.r_squared,
        "rmse": _rmse,
    }[name]


def _rmse(side: Side) -> influence.Linear:
    return influence.root(influence.mean(losses.squared(side), side.weights))


def _at(name: str) -> Measure | None:
    found = _AT.fullmatch(name)
    if not found:
        return None
    of = {"ndcg": retrieval.ndcg, "map": retrieval.average_precision, "mrr": retrieval.reciprocal}
    return Measure(name, "mean", partial(of[found[1]], k=int(found[2] or 0)))


def _of_classes(name: str, task: Task) -> Measure | None:
    top = _TOP.fullmatch(name)
    if top and task == "multiclass":
        return Measure(name, "rate", partial(losses.in_top, k=int(top[1])))
    if name == "accuracy":
        return Measure(name, "rate", losses.correct)
    if name in {"balanced_accuracy", "mcc"}:
        return Measure(name, "table", _plain_table(name))
    if task == "binary" and name in _RATES:
        return Measure(
            name, "table", _RATES[name], higher=None if name == "selection_rate" else False
        )
    ratio = _RATIO.fullmatch(name)
    if not ratio or not (ratio[3] or task == "binary"):
        return None
    return Measure(name, "table", _ratio(ratio, _AVERAGES[ratio[3] or "binary"]))


_AVERAGES: Final[dict[str, confusion.Average]] = {
    "binary": "binary",
    "macro": "macro",
    "micro": "micro",
    "weighted": "weighted",
}


_RATES: Final = {
    "selection_rate": confusion.selection_rate,
    "false_positive_rate": confusion.false_positive_rate,
}


def _plain_table(name: str) -> Callable[..., Any]:
    of = {"balanced_accuracy": confusion.balanced_accuracy, "mcc": confusion.mcc}[name]
    return lambda matrix, _positive: of(matrix)


def _ratio(found: re.Match[str], average: confusion.Average) -> Callable[..., Any]:
    if found["beta"]:
        beta = float(found["beta"])
        return lambda matrix, positive: confusion.f_beta(matrix, average, positive, beta)
    of = {"precision": confusion.precision, "recall": confusion.recall}[found[1]]
    return lambda matrix, positive: of(matrix, average, positive)


def _each_class(names: Sequence[str], labels: Sequence[str]) -> Iterator[Measure]:
    """Yield precision, recall and F1 of each class, where the macro mean of them is wanted."""
    for name in ("precision", "recall", "f1"):
        ratio = _RATIO.fullmatch(name)
        if f"{name}_macro" in names and ratio:
            for code, label in enumerate(labels):
                of = _one_class(_ratio(ratio, "binary"), code)
                yield Measure(name, "table", of, part=f"class={label}")


def _one_class(of: Callable[..., Any], code: int) -> Callable[..., Any]:
    return lambda matrix, _positive: of(confusion.of_class(matrix, code), 1)


def _quantiles(name: str, side: Side) -> Iterator[Measure]:
    if name == "pinball" and side.score is not None:
        yield Measure(name, "mean", losses.mean_pinball, higher=False)
        for place, quantile in enumerate(side.quantiles):
            part = f"quantile={quantile:g}"
            of = partial(losses.pinball, quantile=place)
            yield Measure(name, "mean", of, higher=False, part=part)
