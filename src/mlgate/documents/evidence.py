"""Everything measured about the models of one commit."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from mlgate.documents.base import (
    Count,
    Direction,
    Document,
    FilePath,
    Label,
    Name,
    Run,
    Text,
)

MAX_METRICS = 200_000
MAX_BINS = 32
MAX_REPEATS = 1000
MAX_CURVES = 30
MAX_POINTS = 100
TRAINING = "mlgate train"
"""The source of metrics that say what training took; nobody calls more of it worse by itself."""
TRAINING_LOG = "training log"
"""The source of metrics that training printed."""


class Metric(Document, frozen=True, kw_only=True):
    """One number of one model, or the reason why there is none.

    Attributes:
        name: Dotted name inside its file, as in ``test.roc_auc``.
        source: The file it was read from.
        value: A finite number; ``None`` when ``problem`` says why there is none.
        problem: Why there is no value, as in ``NaN`` or ``null``.
        numeric: False for text, flags and lists, which travel with metrics but are none.
        slice: The part of the evaluation set, as in ``class=setosa``; empty for all of it.
        direction: Which way is better, where the file itself says so.
        stderr: Standard error of the value, in its unit, where the file states it.
        n: Number of rows the value is a plain proportion of, where the file states it.
        task: Digest or version of the evaluation task; two different ones do not compare.
        repeats: Values of repeated runs, of which ``value`` is the mean.
        folds: Number of folds where the runs are of one cross-validation; 0 for seeds.
    """

    name: Name
    source: FilePath
    value: float | None
    problem: Label = ""
    numeric: bool = True
    slice: Label = ""
    direction: Direction | None = None
    stderr: Annotated[float, msgspec.Meta(ge=0)] | None = None
    n: Count | None = None
    task: Label = ""
    repeats: Annotated[tuple[float, ...], msgspec.Meta(max_length=MAX_REPEATS)] = ()
    folds: Count = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what identifies this metric inside one model: source, name, slice."""
        return self.source, self.name, self.slice


class Parameter(Document, frozen=True, kw_only=True):
    """One setting of the training, as JSON text of its scalar or list value."""

    name: Name
    value: Text
    source: FilePath


class DataFile(Document, frozen=True, kw_only=True):
    """One data set or model file by its identity, not its content.

    Attributes:
        path: Where it is in the workspace.
        kind: ``data`` or ``model``.
        digest: ``algorithm:hex`` as the tracker states it.
        size: Bytes.
        files: Number of files, for a directory.
        rows: Number of rows, where known.
        columns: Number of columns, where known.
        tracked: Who keeps track of it.
    """

    path: FilePath
    kind: Literal["data", "model"]
    digest: Label = ""
    size: Count | None = None
    files: Count | None = None
    rows: Count | None = None
    columns: Count | None = None
    tracked: Literal["dvc.lock", "dvc", "lfs", "git", "none"] = "none"


class Distribution(Document, frozen=True, kw_only=True):
    """How one column is spread in the reference and in the current data.

    Attributes:
        column: The column.
        bins: What each bin holds, as in ``0 – 10``; names are numbered unless samples are shown.
        reference: Share of the rows of the reference in each bin, 0 to 1.
        current: Share of the current rows in each bin, 0 to 1.
    """

    column: Label
    bins: Annotated[tuple[Label, ...], msgspec.Meta(max_length=MAX_BINS)]
    reference: Annotated[tuple[float, ...], msgspec.Meta(max_length=MAX_BINS)]
    current: Annotated[tuple[float, ...], msgspec.Meta(max_length=MAX_BINS)]


class CheckResult(Document, frozen=True, kw_only=True):
    """What one data or model check found; an error or a skip is never a pass.

    Attributes:
        id: Dotted and stable, as in ``data.nulls``.
        outcome: What its own condition makes of it.
        message: One sentence.
        value: The worst value that was measured.
        threshold: The condition, as in ``≤ 5 %``.
        columns: The columns that break it.
        engine: Who checked.
        table: What was measured, after a row of headings.
        distributions: Pictures of the columns that have drifted.
    """

    id: Name
    outcome: Literal["pass", "warn", "fail", "error", "skipped"]
    message: Text = ""
    value: float | None = None
    threshold: Label = ""
    columns: Annotated[tuple[Label, ...], msgspec.Meta(max_length=1000)] = ()
    engine: Label = "builtin"
    table: Annotated[
        tuple[Annotated[tuple[Label, ...], msgspec.Meta(max_length=20)], ...],
        msgspec.Meta(max_length=100),
    ] = ()
    distributions: Annotated[tuple[Distribution, ...], msgspec.Meta(max_length=20)] = ()


class SourceFile(Document, frozen=True, kw_only=True):
    """A file that was read, or could not be.

    Attributes:
        path: Where it is, or the pattern that stands for it; empty when none was found.
        format: What it was read as.
        problem: Why it could not be read; empty when it was.
        hint: What to do about the problem.
        absent: Whether the problem is that it does not exist.
    """

    path: FilePath
    format: Label = ""
    problem: Text = ""
    hint: Text = ""
    absent: bool = False


class KeptPredictions(Document, frozen=True, kw_only=True):
    """Predictions that lie beside the evidence, as Parquet.

    Attributes:
        path: Where, relative to the evidence.
        digest: ``sha256:<hex>`` of the file.
        rows: Number of rows.
        size: Bytes.
    """

    path: Annotated[str, msgspec.Meta(pattern=r"^predictions/[A-Za-z0-9_.-]{1,120}$")]
    digest: Annotated[str, msgspec.Meta(pattern="^sha256:[0-9a-f]{64}$")]
    rows: Count
    size: Count


class LogCurve(Document, frozen=True, kw_only=True):
    """How a number went on while training ran, as its log told.

    Attributes:
        metric: Its name in the log.
        steps: Epochs or steps, or the count of values where the log names none; thinned out.
        values: One for each step; finite.
        stated: Whether the log calls it a metric, and not only a signal on the way.
        problem: Why the last value is none, as in ``NaN``.
    """

    metric: Name
    steps: Annotated[tuple[float, ...], msgspec.Meta(max_length=MAX_POINTS)] = ()
    values: Annotated[tuple[float, ...], msgspec.Meta(max_length=MAX_POINTS)] = ()
    stated: bool = False
    problem: Label = ""


class Environment(Document, frozen=True, kw_only=True):
    """Where training ran, as far as it can decide what comes out.

    Attributes:
        python: Implementation and version.
        packages: Versions by name, as installed for that Python.
        locks: SHA-256 of the files that name the packages of an environment.
        system: Operating system and machine.
        cpu: Name and number of cores.
        cpu_flags: Instruction sets that change how sums are rounded.
        gpus: Names.
        driver: Version of the driver of the GPUs.
        seeds: Settings and variables that are named like seeds, as in ``params.yaml: seed = 1``.
    """

    python: Label = ""
    packages: Annotated[dict[Label, Label], msgspec.Meta(max_length=5000)] = msgspec.field(
        default_factory=dict
    )
    locks: Annotated[dict[FilePath, Label], msgspec.Meta(max_length=100)] = msgspec.field(
        default_factory=dict
    )
    system: Label = ""
    cpu: Label = ""
    cpu_flags: Annotated[tuple[Label, ...], msgspec.Meta(max_length=50)] = ()
    gpus: Annotated[tuple[Label, ...], msgspec.Meta(max_length=64)] = ()
    driver: Label = ""
    seeds: Annotated[tuple[Label, ...], msgspec.Meta(max_length=50)] = ()


class Training(Document, frozen=True, kw_only=True):
    """What one training command took, and how it ended.

    Attributes:
        command: The command, where the configuration names it; one that a job was given may hold a
            secret, and evidence is published.
        ended: ``finished`` with exit code 0, ``failed``, ``timed out`` at its limit, ``stopped``
            with the job around it, or ``unseen``: we were killed before it ended.
        exit_code: As a shell tells it: 128 + n after signal n, 127 for a command that is not there,
            124 at its limit.
        signal: The signal that ended it, as in ``SIGKILL``.
        seconds: From start to end.
        cpu_seconds: Of the command and all that it waited for, user and system.
        peak_memory: Bytes; the resident set of its largest process, and at least our own, of which
            it is a copy before it starts.
        output: Bytes that it printed.
        problem: Why it is no training though the command says so, as of an output that is missing.
        cached: Whether outputs and costs are those of an earlier training of the same inputs, or
            DVC had all of its stages.
        key: What it is known by: a digest of inputs, command and environment.
        changed: What differs from the nearest training that was known.
        resumed: Whether it went on from the checkpoint of one that was stopped.
        gpu_memory: Most bytes in use on all GPUs together; ``None`` without one.
        gpu_utilisation: Mean share of time in which the GPUs worked, 0 to 1.
        energy: Joules of processors and GPUs, where the machine tells; all that ran on it counts.
        curves: What the log told on the way.
        environment: Where it ran.
        checks: What was found while it ran: inputs that nobody declared, whether it reproduces.
        stages: What DVC did with each stage, where it ran a pipeline.
        executor: Who ran it, where it was not this machine.
    """

    command: Text = ""
    ended: Literal["finished", "failed", "timed out", "stopped", "unseen"]
    exit_code: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0
    signal: Label = ""
    seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    cpu_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    peak_memory: Count = 0
    output: Count = 0
    problem: Text = ""
    cached: bool = False
    key: Label = ""
    changed: Annotated[tuple[Label, ...], msgspec.Meta(max_length=100)] = ()
    resumed: bool = False
    gpu_memory: Count | None = None
    gpu_utilisation: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    energy: Annotated[float, msgspec.Meta(ge=0)] | None = None
    curves: Annotated[tuple[LogCurve, ...], msgspec.Meta(max_length=MAX_CURVES)] = ()
    environment: Environment | None = None
    checks: Annotated[tuple[CheckResult, ...], msgspec.Meta(max_length=10)] = ()
    executor: Label = ""
    stages: Annotated[
        dict[Label, Literal["ran", "restored", "unchanged"]], msgspec.Meta(max_length=1000)
    ] = msgspec.field(default_factory=dict)


class ModelEvidence(Document, frozen=True, kw_only=True):
    """Everything measured about one model.

    ``predictions`` is where its rows are kept, ``training`` what `mlgate train` saw of it, if so.
    """

    model: Name
    metrics: Annotated[tuple[Metric, ...], msgspec.Meta(max_length=MAX_METRICS)] = ()
    parameters: Annotated[tuple[Parameter, ...], msgspec.Meta(max_length=20_000)] = ()
    files: Annotated[tuple[DataFile, ...], msgspec.Meta(max_length=20_000)] = ()
    checks: Annotated[tuple[CheckResult, ...], msgspec.Meta(max_length=10_000)] = ()
    sources: Annotated[tuple[SourceFile, ...], msgspec.Meta(max_length=20_000)] = ()
    notes: Annotated[tuple[Text, ...], msgspec.Meta(max_length=1000)] = ()
    predictions: KeptPredictions | None = None
    training: Training | None = None


class Evidence(Document, frozen=True, kw_only=True):
    """The only thing that crosses a boundary: between jobs, from forks, to releases.

    ``commit`` is the measured commit (40 or 64 hexadecimal digits), empty outside git.
    """

    schema: Literal["mlgate/evidence/v1"] = msgspec.field(default="mlgate/evidence/v1")
    commit: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{40}|[0-9a-f]{64})?$")] = ""
    dirty: bool = False
    run: Run | None = None
    models: Annotated[tuple[ModelEvidence, ...], msgspec.Meta(max_length=1000)] = ()
