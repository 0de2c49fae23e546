"""Differences between the evidence of a baseline and of a head."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from mlgate.compare.decimals import divide, subtract
from mlgate.compare.direction import known_direction
from mlgate.compare.training import compare_training
from mlgate.compare.uncertainty import change_interval, value_interval
from mlgate.documents.comparison import (
    Comparison,
    FileChange,
    MetricChange,
    ParameterChange,
)
from mlgate.documents.evidence import TRAINING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgate.documents.comparison import Interval
    from mlgate.documents.evidence import Metric, ModelEvidence, SourceFile

Pair = tuple["Metric | None", "Metric | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """What the rows of both sides tell of one metric, beyond its two values.

    Attributes:
        change: Interval of the change on the same rows.
        head: Interval of the head.
        n: Rows.
        incomparable: Why the rows of the two sides must not be compared; empty when they may.
    """

    change: Interval | None = None
    head: Interval | None = None
    n: int | None = None
    incomparable: str = ""


ALONE: Final = Paired()


def compare_models(
    base: ModelEvidence | None,
    head: ModelEvidence,
    *,
    confidence: float = 0.95,
    paired: Mapping[tuple[str, str, str], Paired] | None = None,
) -> Comparison:
    """Return what changed in one model.

    Args:
        base: The model at the baseline; ``None`` when there is no baseline.
        head: The model at the head.
        confidence: Of intervals from what metric files state.
        paired: What the rows tell, by the key of a metric.
    """
    pairs = list(pair_metrics(base.metrics if base else (), head.metrics))
    sources = _Sources(base.sources if base else ())
    return Comparison(
        model=head.model,
        metrics=tuple(
            _with_rows(_metric_change(*pair, sources, confidence), pair[1], paired or {})
            for pair in pairs
        ),
        unread=sources.unread,
        parameters=tuple(_parameter_changes(base, head)) if base else (),
        files=tuple(_file_changes(base, head)) if base else (),
        notes=head.notes,
        training=compare_training(base.training if base else None, head.training),
    )


class _Sources:
    """The metric files of the baseline: those that were read, and those that could not be."""

    def __init__(self, sources: Sequence[SourceFile]) -> None:
        self.unread = tuple(s for s in sources if s.problem and not s.absent)
        self._read = {s.path for s in sources if not s.problem}
        self._broken = {s.path for s in self.unread}

    def problem_of(self, metric: Metric) -> str:
        """Say why the baseline has no ``metric``; it is new only where all could be read."""
        if not self._broken or metric.source in self._read:
            return "absent"
        path = metric.source if metric.source in self._broken else self.unread[0].path
        return f"{path[:300] or 'a file'} could not be read"


def pair_metrics(base: Sequence[Metric], head: Sequence[Metric]) -> Iterator[Pair]:
    """Yield (base, head) pairs in the order of the head, then what only the base has.

    Metrics pair by file, name and slice. One that has moved to another file still pairs when its
    name is unique among what is left on both sides.
    """
    numbers_base = {m.key: m for m in base if m.numeric}
    numbers_head = {m.key: m for m in head if m.numeric or m.key in numbers_base}
    left = [m for key, m in numbers_base.items() if key not in numbers_head]
    new = [m for key, m in numbers_head.items() if key not in numbers_base]
    moved = _moved(left, new)
    taken = {m.key for m in moved.values()}
    for key, metric in numbers_head.items():
        yield numbers_base.get(key) or moved.get(key), metric
    for metric in left:
        if metric.key not in taken:
            yield metric, None


def _moved(left: Sequence[Metric], new: Sequence[Metric]) -> dict[tuple[str, str, str], Metric]:
    names_left = Counter((m.name, m.slice) for m in left)
    names_new = Counter((m.name, m.slice) for m in new)
    unique = {(m.name, m.slice): m for m in left if names_left[m.name, m.slice] == 1}
    return {
        m.key: unique[m.name, m.slice]
        for m in new
        if names_new[m.name, m.slice] == 1 and (m.name, m.slice) in unique
    }


def _metric_change(
    base: Metric | None, head: Metric | None, sources: _Sources, confidence: float
) -> MetricChange:
    one = head or base
    if one is None:  # pragma: no cover - pair_metrics never yields two absent sides
        raise ValueError("a pair needs at least one side")
    before = base.value if base else None
    after = head.value if head else None
    change = subtract(after, before) if before is not None and after is not None else None
    stated = (head and head.direction) or (base and base.direction) or None
    known = None if stated or one.source == TRAINING else known_direction(one.name)
    return MetricChange(
        name=one.name,
        source=one.source,
        slice=one.slice,
        base=before,
        head=after,
        base_problem=_problem(base) if base else sources.problem_of(one),
        head_problem=_problem(head) if head else "absent",
        change=change,
        relative=divide(change, before) if change is not None and before is not None else None,
        interval=change_interval(base, head, confidence) if base and head else None,
        head_interval=value_interval(head, confidence) if head else None,
        direction=stated or known,
        direction_from="file" if stated else "name" if known else "unknown",
        n=head.n if head else None,
        repeats=len(head.repeats) if head else 0,
        incomparable=_incomparable(base, head),
    )


def _with_rows(
    change: MetricChange, head: Metric | None, paired: Mapping[tuple[str, str, str], Paired]
) -> MetricChange:
    """Put what the rows tell in the place of what the files state."""
    known = paired.get(head.key, ALONE) if head else ALONE
    if known is ALONE:
        return change
    return msgspec.structs.replace(
        change,
        interval=known.change or change.interval,
        head_interval=known.head or change.head_interval,
        n=known.n,
        incomparable=known.incomparable or change.incomparable,
    )


def _problem(metric: Metric) -> str:
    return "" if metric.value is not None else metric.problem or "no number"


def _incomparable(base: Metric | None, head: Metric | None) -> str:
    if base and head and _other_folds(base, head):
        runs = f"{len(base.repeats)} → {len(head.repeats)}"
        return f"the folds changed ({runs}), so their values do not pair"
    if base is None or head is None or not base.task or not head.task or base.task == head.task:
        return ""
    return (
        "the evaluation task changed "
        f"({_short(base.task)} → {_short(head.task)}), so the two numbers measure different things"
    )


def _other_folds(base: Metric, head: Metric) -> bool:
    known = bool(base.repeats and head.repeats and (base.folds or head.folds))
    return known and (base.folds, len(base.repeats)) != (head.folds, len(head.repeats))


def _short(digest: str) -> str:
    return digest[:12]


def _parameter_changes(base: ModelEvidence, head: ModelEvidence) -> Iterator[ParameterChange]:
    before = {(p.source, p.name): p.value for p in base.parameters}
    after = {(p.source, p.name): p.value for p in head.parameters}
    for source, name in sorted(before.keys() | after.keys()):
        old, new = before.get((source, name)), after.get((source, name))
        if old != new:
            yield ParameterChange(name=name, source=source, base=old, head=new)


def _file_changes(base: ModelEvidence, head: ModelEvidence) -> Iterator[FileChange]:
    before = {f.path: f for f in base.files}
    after = {f.path: f for f in head.files}
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old is None or new is None or old.digest != new.digest:
            yield FileChange(base=old, head=new)
