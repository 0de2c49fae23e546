"""Baseline and head side by side. No thresholds here."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from mlgate.documents.base import Count, Direction, Document, FilePath, Label, Name, Text
from mlgate.documents.evidence import DataFile, SourceFile, Training


class Baseline(Document, frozen=True, kw_only=True):
    """What the head is judged against, and how it was found.

    Attributes:
        commit: The baseline commit; empty when there is none.
        found: The way it was found.
        explanation: One sentence for the reader, as in ``merge base of head and main``.
        committed_at: Commit time, seconds since the epoch, UTC.
        behind: First-parent steps from the wanted commit to the one with evidence.
        origin: Where the evidence of that commit came from.
        problem: Why there is no baseline.
    """

    commit: Label = ""
    found: Literal[
        "merge-base", "merge-queue", "first-parent", "release", "parent", "given", "none"
    ] = "none"
    explanation: Text = ""
    committed_at: int | None = None
    behind: Count = 0
    origin: Literal["stored evidence", "artifact", "tracked files", "none"] = "none"
    problem: Text = ""


class Interval(Document, frozen=True, kw_only=True):
    """Confidence interval of a change (head − base) and the method it comes from.

    ``p`` is the two-sided p-value of no change, where the method tells one; ``freedom`` are the
    degrees of freedom of Student's t, ``None`` where the interval is not of that distribution.
    """

    low: float
    high: float
    confidence: float
    method: Label
    p: float | None = None
    freedom: float | None = None


class Past(Document, frozen=True, kw_only=True):
    """The best value of a metric at commits before the baseline.

    ``interval`` is the uncertainty of head − ``value``; it allows for being the best of many.
    """

    commit: Label
    value: float
    interval: Interval | None = None


class MetricChange(Document, frozen=True, kw_only=True):
    """One metric on both sides.

    Attributes:
        source: Its file at the head (at the baseline where the head has none).
        base: Value at the baseline, ``None`` when absent or not a number.
        head: Value at the head, likewise.
        base_problem: Why ``base`` is ``None``.
        head_problem: Why ``head`` is ``None``.
        change: head − base, exact in decimal arithmetic.
        relative: change / |base|; ``None`` when the base is zero or absent.
        interval: Uncertainty of ``change``; ``None`` when no source states one.
        head_interval: Uncertainty of ``head`` alone, for floors and ceilings.
        direction: Which way is better; ``None`` when nobody says.
        direction_from: Who says so.
        n: Rows at the head that the metric is of, where known.
        repeats: Runs at the head that the value is the mean of; 0 for a single one.
        incomparable: Why the two sides must not be compared; empty when they may.
        past: Commits before the baseline with a value; 0 where nobody asked for them.
        highest: The highest value of the past.
        lowest: The lowest value of the past.
        against: What ``base`` is where it is not the baseline: ``the best of 12 commits, 9f3c2ab``.
    """

    name: Name
    source: FilePath = ""
    slice: Label = ""
    base: float | None = None
    head: float | None = None
    base_problem: Label = ""
    head_problem: Label = ""
    change: float | None = None
    relative: float | None = None
    interval: Interval | None = None
    head_interval: Interval | None = None
    direction: Direction | None = None
    direction_from: Literal["rule", "file", "name", "unknown"] = "unknown"
    n: Count | None = None
    repeats: Count = 0
    incomparable: Text = ""
    past: Count = 0
    highest: Past | None = None
    lowest: Past | None = None
    against: Label = ""

    @property
    def title(self) -> str:
        """Return the metric as a reader names it: ``recall[class=setosa]``."""
        return f"{self.name}[{self.slice}]" if self.slice else self.name


class ParameterChange(Document, frozen=True, kw_only=True):
    """A setting that differs; ``None`` means that side does not have it."""

    name: Name
    source: FilePath
    base: Text | None
    head: Text | None


class FileChange(Document, frozen=True, kw_only=True):
    """A data or model file that differs; ``None`` means that side does not have it."""

    base: DataFile | None
    head: DataFile | None

    @property
    def path(self) -> str:
        """Return the path on whichever side has the file."""
        match self.head or self.base:
            case DataFile(path=path):
                return path
            case None:
                return ""


class CodeChange(Document, frozen=True, kw_only=True):
    """Tracked files that differ between baseline and head, other than data and models."""

    files: Count
    added: Count
    removed: Count
    paths: Annotated[tuple[FilePath, ...], msgspec.Meta(max_length=50)] = ()


MAX_POINTS = 200

Points = Annotated[tuple[tuple[float, float], ...], msgspec.Meta(max_length=MAX_POINTS)]


class Curve(Document, frozen=True, kw_only=True):
    """One picture of both models on an evaluation set, as points (x, y).

    Attributes:
        name: ``roc`` (false against true positive rate), ``precision-recall`` (recall against
            precision), ``calibration`` (mean score against share of positives) or ``residuals``
            (middle of a bin against share of the rows).
        base: Points of the baseline; empty without one.
        head: Points of the head.
    """

    name: Literal["roc", "precision-recall", "calibration", "residuals"]
    base: Points = ()
    head: Points


class Confusion(Document, frozen=True, kw_only=True):
    """Rows by true class (outer) and predicted class (inner), of both models."""

    labels: Annotated[tuple[Label, ...], msgspec.Meta(max_length=20)]
    base: tuple[tuple[float, ...], ...] = ()
    head: tuple[tuple[float, ...], ...]


class FlippedRow(Document, frozen=True, kw_only=True):
    """A row that the two models disagree on; classes are shown only where samples are allowed."""

    id: Label
    label: Label = ""
    base: Label = ""
    head: Label = ""


class Flips(Document, frozen=True, kw_only=True):
    """Rows that exactly one of the two models gets right, some of them by name.

    Attributes:
        newly_wrong: Rows that only the baseline gets right.
        newly_right: Rows that only the head gets right.
        wrong: Some of the rows that are newly wrong.
        right: Some of the rows that are newly right.
    """

    newly_wrong: Count = 0
    newly_right: Count = 0
    wrong: Annotated[tuple[FlippedRow, ...], msgspec.Meta(max_length=50)] = ()
    right: Annotated[tuple[FlippedRow, ...], msgspec.Meta(max_length=50)] = ()


class DiscoveredSlice(Document, frozen=True, kw_only=True):
    """Rows that nobody has declared a slice, where the head is worse than the baseline.

    Attributes:
        name: Which rows, as in ``region=north & age=30..45``.
        rows: How many.
        base: Accuracy, or mean absolute error, of the baseline on them.
        head: Likewise of the head.
        p: One-sided p-value of no difference, before the correction for all slices looked at.
    """

    name: Label
    rows: Count
    base: float
    head: float
    p: float


class RowFindings(Document, frozen=True, kw_only=True):
    """What the rows of a file of predictions say beyond its metrics.

    ``searched`` is the number of slices that were looked at to find those in ``discovered``.
    """

    source: FilePath
    rows: Count = 0
    curves: Annotated[tuple[Curve, ...], msgspec.Meta(max_length=10)] = ()
    confusion: Confusion | None = None
    flips: Flips | None = None
    discovered: Annotated[tuple[DiscoveredSlice, ...], msgspec.Meta(max_length=20)] = ()
    searched: Count = 0


class EnvironmentChange(Document, frozen=True, kw_only=True):
    """Something around training that differs; empty where that side does not have it."""

    name: Label
    base: Label = ""
    head: Label = ""


class TrainingChange(Document, frozen=True, kw_only=True):
    """What `mlgate train` saw at the head, at the baseline, and what differs around it."""

    head: Training
    base: Training | None = None
    environment: Annotated[tuple[EnvironmentChange, ...], msgspec.Meta(max_length=200)] = ()


class Comparison(Document, frozen=True, kw_only=True):
    """One model at the head against the same model at the baseline.

    ``unread`` are the metric files of the baseline that are there and could not be read; ``rows``
    is what predictions say row by row; ``past_problem`` is why not all of the past is known.
    """

    model: Name
    metrics: tuple[MetricChange, ...] = ()
    unread: tuple[SourceFile, ...] = ()
    parameters: tuple[ParameterChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    notes: tuple[Text, ...] = ()
    rows: RowFindings | None = None
    past_problem: Text = ""
    training: TrainingChange | None = None
