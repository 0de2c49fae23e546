"""Results of EleutherAI's lm-evaluation-harness, which state direction, standard error and n."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlgate.documents.evidence import Metric
from mlgate.sources.parsed import MetricList, Parsed, checked_name, read_leaf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.documents.base import Direction

_PROPORTIONS: Final = frozenset({"acc", "acc_norm", "exact_match", "em"})
_NO_FILTER: Final = "none"


def parse_lm_eval(tree: object, *, origin: str) -> Parsed | None:
    """Return one metric per task, metric and filter; ``None`` if it is no harness result.

    The key ``acc_norm,none`` of the task ``arc_easy`` becomes ``arc_easy.acc_norm``; a filter other
    than ``none`` stays, as in ``gsm8k.exact_match,strict-match``. A task's hash (its version where
    there is none) identifies the evaluation set: results under two hashes do not compare.
    """
    match tree:
        case {"results": dict(results), "n-shot": _, "versions": _} if isinstance(tree, dict):
            metrics = MetricList(origin)
            for task, scores in results.items():
                if isinstance(scores, dict):
                    _add_task(metrics, tree, task, scores)
            return Parsed(format="lm-evaluation-harness", metrics=metrics.done())
        case _:
            return None


def _add_task(
    metrics: MetricList, tree: Mapping[str, object], task: str, scores: Mapping[str, object]
) -> None:
    rows = _count(_of(_of(tree, "n-samples"), task), "effective")
    better = _of(_of(tree, "higher_is_better"), task)
    identity = _identity(tree, task)
    for key, value in scores.items():
        name, comma, chosen = key.partition(",")
        if not comma or name.endswith("_stderr"):
            continue
        number, problem, numeric = read_leaf(value)
        title = f"{task}.{name}" if chosen == _NO_FILTER else f"{task}.{key}"
        metrics.append(
            Metric(
                name=checked_name(title, metrics.source),
                source=metrics.source,
                value=number,
                problem=problem,
                numeric=numeric,
                direction=_direction(better, name),
                stderr=_stderr(scores.get(f"{name}_stderr,{chosen}")),
                n=rows if name in _PROPORTIONS else None,
                task=identity,
            )
        )


def _of(tree: object, key: str) -> object:
    return tree.get(key) if isinstance(tree, dict) else None


def _count(tree: object, key: str) -> int | None:
    match _of(tree, key):
        case bool():
            return None
        case int(count) if 0 <= count < 2**53:
            return count
        case _:
            return None


def _direction(better: object, name: str) -> Direction | None:
    match _of(better, name):
        case True:
            return "higher"
        case False:
            return "lower"
        case _:
            return None


def _stderr(value: object) -> float | None:
    number = read_leaf(value).value
    return number if number is not None and number >= 0 else None


def _identity(tree: Mapping[str, object], task: str) -> str:
    match _of(tree.get("task_hashes"), task), _of(tree.get("versions"), task):
        case str(digest), _ if digest:
            return f"hash {digest}"[:200]
        case _, str() | int() | float() as version:
            return f"version {version}"[:200]
        case _:
            return ""
