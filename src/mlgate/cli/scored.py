"""What predictions say, as evidence and as parts of a comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from mlgate.compare.evidence import Paired
from mlgate.documents.comparison import Confusion, Curve, DiscoveredSlice, Interval, RowFindings
from mlgate.documents.evidence import Metric, SourceFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.documents.base import Direction
    from mlgate.documents.comparison import Flips
    from mlgate.documents.evidence import KeptPredictions, ModelEvidence
    from mlgate.errors import SourceError
    from mlgate.evaluate.proportion import Around
    from mlgate.evaluate.result import Estimate
    from mlgate.evaluate.rows import EvaluationSet
    from mlgate.policy.predictions import Predictions

FORMAT: Final = "predictions"
Key = tuple[str, str, str]
_DIRECTIONS: Final[Mapping[bool | None, Direction | None]] = {
    True: "higher",
    False: "lower",
    None: None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What the predictions of one model say.

    Attributes:
        head: Metrics of the head.
        base: Metrics of the baseline; ``None`` where it has no predictions.
        paired: What the rows tell, by the key of a metric.
        notes: What a reader must know of the rows.
        source: The file, or why it could not be read.
        rows: Pictures of the rows, and which of them flipped.
        kept: Where the predictions of the head are kept.
    """

    head: tuple[Metric, ...] = ()
    base: tuple[Metric, ...] | None = None
    paired: Mapping[Key, Paired] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    source: SourceFile
    rows: RowFindings | None = None
    kept: KeptPredictions | None = None

    @property
    def incomparable(self) -> bool:
        """Tell whether the evaluation set is not that of the baseline."""
        return any(one.incomparable for one in self.paired.values())

    def with_head(self, model: ModelEvidence) -> ModelEvidence:
        """Return the evidence of the head with the metrics of its predictions."""
        return msgspec.structs.replace(
            model,
            metrics=(*model.metrics, *self.head),
            sources=(*model.sources, self.source),
            notes=(*model.notes, *self.notes),
            predictions=self.kept,
        )

    def with_base(self, model: ModelEvidence | None) -> ModelEvidence | None:
        """Return the evidence of the baseline with the metrics of its predictions."""
        if model is None or self.base is None:
            return model
        others = tuple(m for m in model.metrics if m.source != self.source.path)
        return msgspec.structs.replace(model, metrics=(*others, *self.base))


def findings_of(wanted: Predictions, rows: EvaluationSet, flips: Flips | None) -> RowFindings:
    """Return pictures of the rows, and which of them flipped."""
    from mlgate.evaluate.curves import curves, matrices  # noqa: PLC0415
    from mlgate.evaluate.discover import discover  # noqa: PLC0415

    counted = matrices(rows)
    found, searched = discover(rows, wanted.min_rows) if wanted.discover else ([], 0)
    return RowFindings(
        source=wanted.file[:1024],
        rows=len(rows.head),
        curves=tuple(
            Curve(name=name, base=base, head=head)  # type: ignore[arg-type]
            for name, (base, head) in curves(rows).items()
        ),
        confusion=Confusion(
            labels=tuple(text[:400] for text in rows.labels),
            base=tuple(map(tuple, counted[0])),
            head=tuple(map(tuple, counted[1])),
        )
        if counted
        else None,
        flips=flips,
        discovered=tuple(
            DiscoveredSlice(
                name=one.name[:400], rows=one.rows, base=one.base, head=one.head, p=one.p
            )
            for one in found
        ),
        searched=searched,
    )


def metric_of(estimate: Estimate, value: float | None, source: str, task: str) -> Metric:
    """Return one side of an estimate as evidence."""
    return Metric(
        name=estimate.measure.name,
        source=source[:1024],
        value=None if value is None else _rounded(value),
        problem="" if value is not None else (estimate.problem or "no value")[:400],
        slice=_slice(estimate),
        direction=_DIRECTIONS[estimate.measure.higher],
        stderr=estimate.stderr,
        task=task[:400],
    )


def paired_of(estimate: Estimate, confidence: float, reason: str) -> Paired:
    """Return what the rows tell of one metric."""
    return Paired(
        change=_interval(estimate.change, confidence),
        head=_interval(estimate.around, confidence),
        n=estimate.n,
        incomparable=reason,
    )


def _interval(around: Around | None, confidence: float) -> Interval | None:
    if around is None:
        return None
    return Interval(
        low=_rounded(around.low),
        high=_rounded(around.high),
        confidence=confidence,
        method=around.method,
        p=around.p,
        freedom=around.freedom,
    )


def _rounded(value: float) -> float:
    """Return a number with as many digits as every order of adding up agrees on."""
    return float(f"{value:.12g}") + 0.0


def key_of(estimate: Estimate, source: str) -> Key:
    """Return what identifies a metric of predictions inside one model."""
    return source[:1024], estimate.measure.name, _slice(estimate)


def _slice(estimate: Estimate) -> str:
    return (estimate.slice or estimate.measure.part)[:400]


def broken(path: str, exc: SourceError) -> SourceFile:
    """Return the source that could not be read."""
    return SourceFile(
        path=path[:1024], format=FORMAT, problem=exc.what[:4000], hint=exc.hint[:4000]
    )
