"""The report of ``sklearn.metrics.classification_report(output_dict=True)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlgate.documents.evidence import Metric
from mlgate.sources.parsed import MetricList, Parsed, checked_name, read_leaf

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCORES: Final = ("precision", "recall", "f1-score")
_AVERAGES: Final = frozenset({"micro avg", "macro avg", "weighted avg", "samples avg"})


def parse_classification_report(tree: object, *, origin: str) -> Parsed | None:
    """Return scores per class as slices, averages as dotted names; ``None`` if it is no report.

    ``n`` is stated where the score is a plain proportion of rows: the recall of a class is one of
    its support, accuracy is one of all rows.
    """
    if not isinstance(tree, dict) or not is_report(tree):
        return None
    metrics = MetricList(origin)
    add_report(metrics, tree, "")
    return Parsed(format="sklearn classification report", metrics=metrics.done())


def is_report(tree: Mapping[str, object]) -> bool:
    """Tell whether ``tree`` is one report."""
    match tree:
        case {"macro avg": {"support": _, **macro}, "weighted avg": {"support": _}}:
            return _is_scores(macro)
        case _:
            return False


def add_report(metrics: MetricList, tree: Mapping[str, object], prefix: str) -> None:
    """Add the scores of one report, their names after ``prefix``."""
    for label, row in tree.items():
        match row:
            case dict() if _is_scores(row) and label not in _AVERAGES:
                _add_class(metrics, label, row, prefix)
            case dict() if _is_scores(row):
                for score in _SCORES:
                    metrics.add(f"{prefix}{label}.{score}", row[score])
            case dict():
                for name, value in row.items():
                    metrics.add(f"{prefix}{label}.{name}", value)
            case _ if label == "accuracy":
                _append(metrics, prefix + label, row, n=_rows(tree["weighted avg"]))
            case _:
                metrics.add(prefix + label, row)


def _is_scores(row: Mapping[Any, object]) -> bool:
    return all(score in row for score in _SCORES)


def _add_class(metrics: MetricList, label: str, row: Mapping[str, object], prefix: str) -> None:
    for score in _SCORES:
        rows = _rows(row) if score == "recall" else None
        _append(metrics, prefix + score, row[score], part=f"class={label}", n=rows)


def _append(
    metrics: MetricList, name: str, value: object, *, part: str = "", n: int | None = None
) -> None:
    number, problem, numeric = read_leaf(value)
    origin = metrics.source
    metrics.append(
        Metric(
            name=checked_name(name, origin),
            source=origin,
            value=number,
            problem=problem,
            numeric=numeric,
            slice=part and checked_name(part, origin),
            direction="higher",
            n=n,
        )
    )


def _rows(row: object) -> int | None:
    """Return the support when it is a number of rows; weights make it something else."""
    match row:
        case {"support": bool()}:
            return None
        case {"support": int(rows) | float(rows)} if 0 <= rows < 2**53 and rows == int(rows):
            return int(rows)
        case _:
            return None
