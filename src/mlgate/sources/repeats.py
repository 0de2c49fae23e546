"""Metrics of repeated runs: a file for each run, or a list with a number for each."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from mlgate.documents.evidence import MAX_REPEATS, SourceFile
from mlgate.errors import SourceError
from mlgate.evaluate.repeats import mean_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgate.documents.evidence import Metric
    from mlgate.policy.config import Repeats


def with_lists(metrics: Iterable[Metric], repeats: Repeats | None) -> tuple[Metric, ...]:
    """Return ``metrics`` with the lists that are repeated runs as their means.

    A list that is named and does not hold a number for every run has no value, which the gate
    takes as missing; one that nobody names stays what it was.
    """
    return tuple(_read(metric, repeats) for metric in metrics)


def unmatched(metrics: Sequence[Metric], repeats: Repeats | None) -> list[SourceFile]:
    """Return a problem for every name under ``repeats: metrics`` that no list has."""
    lists = [m.name for m in metrics if m.repeats or m.problem == _NO_NUMBERS]
    return [
        SourceFile(
            path="",
            problem=f"repeats: no list of numbers is named {name}",
            hint="name a metric whose value is a list with a number for every run",
        )
        for name in (repeats.metrics if repeats else ())
        if not any(fnmatchcase(one, name) for one in lists)
    ]


_NO_NUMBERS = "a list that is not a number for every run"


def _read(metric: Metric, repeats: Repeats | None) -> Metric:
    if metric.numeric or metric.problem != "a list":
        return metric
    if repeats is None or not any(fnmatchcase(metric.name, name) for name in repeats.metrics):
        return msgspec.structs.replace(metric, repeats=())
    if not metric.repeats:
        return msgspec.structs.replace(metric, numeric=True, problem=_NO_NUMBERS)
    return _mean(metric, metric.repeats, repeats)


def joined_runs(runs: Mapping[str, Sequence[Metric]], repeats: Repeats) -> list[Metric]:
    """Return one metric for all runs of it.

    Args:
        runs: The metrics of each run, by the path of its file, in the order of the runs.
        repeats: What the configuration says of them.

    Raises:
        SourceError: there are more runs than are read.
    """
    source = ", ".join(repeats.files)[:1024]
    if len(runs) > MAX_REPEATS:
        raise SourceError(f"{source}: more than {MAX_REPEATS} runs", hint="name fewer files")
    sides = {path: {(m.name, m.slice): m for m in found} for path, found in runs.items()}
    numbers = dict.fromkeys(k for side in sides.values() for k, m in side.items() if m.numeric)
    return [_joined(key, sides, source, repeats) for key in numbers]


def _joined(
    key: tuple[str, str],
    sides: Mapping[str, Mapping[tuple[str, str], Metric]],
    source: str,
    repeats: Repeats,
) -> Metric:
    found = {path: side[key] for path, side in sides.items() if key in side}
    first = next(iter(found.values()))
    kept = msgspec.structs.replace(first, source=source, stderr=None, n=None)
    gone = next((path for path in sides if path not in found), None)
    bad = next(((p, m) for p, m in found.items() if m.value is None), None)
    if len({m.task for m in found.values()}) > 1:
        why = "the runs are of different evaluation tasks"
    elif gone is not None:
        why = f"absent in {gone}"
    elif bad is not None:
        why = f"{bad[1].problem or 'no number'} in {bad[0]}"
    else:
        values = tuple(m.value for m in found.values() if m.value is not None)
        return _mean(kept, values, repeats)
    return msgspec.structs.replace(kept, value=None, problem=why[:400], numeric=True)


def _mean(metric: Metric, values: tuple[float, ...], repeats: Repeats) -> Metric:
    return msgspec.structs.replace(
        metric,
        value=mean_of(values),
        problem="",
        numeric=True,
        repeats=values,
        folds=repeats.folds or 0,
    )


def noted(metrics: Iterable[Metric], repeats: Repeats) -> list[str]:
    """Return what a reader must know of the metrics of repeated runs."""
    counts = sorted({len(m.repeats) for m in metrics if m.repeats})
    if not counts:
        return []
    what = "folds of a cross-validation" if repeats.folds else "repeated runs"
    many = " or ".join(str(count) for count in counts)
    kind = "the noise of training, not of the evaluation set"
    told = [f"Metrics of {many} {what} are means; their intervals are of {kind}."]
    if counts[0] == 1:
        told.append("One run alone has no spread: repeat it with another seed.")
    return told
