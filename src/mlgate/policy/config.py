"""``mlgate.yml`` as typed values."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec

from mlgate.compare.decimals import decimal
from mlgate.documents.base import Direction, Level
from mlgate.policy.limits import Tolerance, parse_tolerance, plain
from mlgate.policy.predictions import Predictions
from mlgate.policy.release import ReleaseNotes
from mlgate.policy.section import PathPattern, Pattern, Section
from mlgate.policy.training import Train

Effect = Literal["fail", "warn", "pass"]
Strict = Literal["fail", "warn"]


class Rule(Section, frozen=True, kw_only=True):
    """What one metric, or a group of them, must satisfy.

    Attributes:
        metric: Name or glob, as in ``roc_auc``, ``latency.*``, ``recall[class=rare]``.
        check: Id or glob of a data or model check, as in ``data.*``.
        min: Floor of the value.
        max: Ceiling of the value.
        max_drop: How far the value may fall below the baseline, ``0.005`` or ``"0.5 %"``.
        max_rise: How far the value may rise above the baseline.
        compare: What `max-drop` and `max-rise` are measured from: the `base`, or the `best` value
            of the base and the commits before it, so that small losses do not add up.
        slices: Whether each slice of the metric is judged as well.
        level: ``error`` can fail the gate, ``warn`` never does, ``off`` leaves the metric out.
        direction: Which way is better, where neither file nor name says so.
    """

    metric: Pattern | None = None
    check: Pattern | None = None
    min: float | None = None
    max: float | None = None
    max_drop: float | str | None = None
    max_rise: float | str | None = None
    compare: Literal["base", "best"] = "base"
    slices: bool = False
    level: Level = "error"
    direction: Direction | None = None

    def __post_init__(self) -> None:
        if (self.metric is None) == (self.check is None):
            raise ValueError("a rule names either a `metric` or a `check`")
        for bound in (self.min, self.max):
            if bound is not None and not math.isfinite(bound):
                raise ValueError("`min` and `max` are finite numbers")
        limited = any(b is not None for b in (self.min, self.max, self.drop, self.rise))
        if self.check is not None and (limited or self.slices):
            raise ValueError("a rule for a `check` has a `level` and no limits")
        if self.metric is not None and self.level != "off" and not limited:
            raise ValueError("give a limit: `min`, `max`, `max-drop` or `max-rise`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("`min` is larger than `max`")
        if self.compare == "best" and self.drop is None and self.rise is None:
            raise ValueError("`compare: best` needs `max-drop` or `max-rise`")

    @property
    def drop(self) -> Tolerance | None:
        """Return the allowed fall."""
        return None if self.max_drop is None else parse_tolerance(self.max_drop)

    @property
    def rise(self) -> Tolerance | None:
        """Return the allowed rise."""
        return None if self.max_rise is None else parse_tolerance(self.max_rise)

    @property
    def text(self) -> str:
        """Return the rule on one line, in the words of the configuration."""
        parts = {
            "min": None if self.min is None else plain(decimal(self.min)),
            "max": None if self.max is None else plain(decimal(self.max)),
            "max-drop": self.drop and self.drop.text,
            "max-rise": self.rise and self.rise.text,
            "compare": None if self.compare == "base" else self.compare,
            "slices": self.slices or None,
            "direction": self.direction,
            "level": None if self.level == "error" else self.level,
        }
        limits = "".join(
            f", {key}: {str(value).lower()}" for key, value in parts.items() if value is not None
        )
        return f"{self.metric or self.check}{limits}"


class At(Section, frozen=True, kw_only=True):
    """A file as it was at a revision.

    Attributes:
        path: The file, tracked by git or by DVC.
        rev: A commit, tag or branch; `base` is the commit that the head is compared with.
    """

    path: PathPattern
    rev: Pattern = "base"


class Data(Section, frozen=True, kw_only=True):
    """Data sets that belong to a model; their identity is shown under "what changed".

    Attributes:
        train: What the model is trained on: a file, a folder or a pattern. CSV, Parquet, JSON
            lines or Arrow, also compressed.
        test: What it is evaluated on.
        reference: What train and test are compared with for drift: a table, a profile that
            `mlgate profile` wrote, or `{path: FILE, rev: REV}`.
        label: The column that the model predicts.
        prediction: The column that holds what it predicted.
        id: The column that names a row.
        datetime: The column that says when a row was observed.
        categorical: Columns of numbers that are names, such as codes.
        ignore: Columns that no check looks at.
        where: Which rows count, as a condition in SQL: `country = 'NO'`.
        schema: The file that `mlgate check --write-schema` wrote and somebody reviewed.
    """

    train: PathPattern | None = None
    test: PathPattern | None = None
    reference: PathPattern | At | None = None
    label: Pattern | None = None
    prediction: Pattern | None = None
    id: Pattern | None = None
    datetime: Pattern | None = None
    categorical: tuple[Pattern, ...] = ()
    ignore: tuple[Pattern, ...] = ()
    where: Pattern | None = None
    schema: PathPattern | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the named paths of the work tree."""
        reference = self.reference if isinstance(self.reference, str) else None
        return tuple(path for path in (self.train, self.test, reference) if path)


class Condition(Section, frozen=True, kw_only=True):
    """What one check, or a group of them, must satisfy instead of its default.

    Attributes:
        check: Id or glob, as in `data.nulls` or `drift.*`.
        max: The largest value that passes.
        min: The smallest value that passes.
        max_rise: How far the value may rise above the reference.
        method: How distance is measured: `ks`, `psi`, `js`, `wasserstein`, `cramers-v` or `tvd`.
        columns: The only columns it looks at.
        ignore: Columns it does not look at.
        outcome: What a value beyond the limit is: `fail` or `warn`; `off` leaves the check out.
    """

    check: Pattern
    max: float | None = None
    min: float | None = None
    max_rise: float | None = None
    method: Literal["ks", "psi", "js", "wasserstein", "cramers-v", "tvd"] | None = None
    columns: tuple[Pattern, ...] = ()
    ignore: tuple[Pattern, ...] = ()
    outcome: Literal["fail", "warn", "off"] | None = None

    def __post_init__(self) -> None:
        for bound in (self.min, self.max, self.max_rise):
            if bound is not None and not math.isfinite(bound):
                raise ValueError("`min`, `max` and `max-rise` are finite numbers")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("`min` is larger than `max`")


class Engine(Section, frozen=True, kw_only=True):
    """Who checks data and model, and how strictly.

    Attributes:
        engine: `builtin`, `deepchecks` in an environment of its own, or `dvc`: whether dvc.lock is
            current, the check `dvc.lock`, and whether its data is on the remote, `dvc.remote`.
        suites: Suites of deepchecks.
        checks: Single checks; left out, all that the data allows.
        conditions: What replaces default conditions.
        samples: Whether results may show values of the data.
    """

    engine: Literal["builtin", "deepchecks", "dvc"] = "builtin"
    suites: tuple[Pattern, ...] = ()
    checks: tuple[Pattern, ...] = ()
    conditions: tuple[Condition, ...] = ()
    samples: bool = False

    def __post_init__(self) -> None:
        if self.suites and self.engine != "deepchecks":
            raise ValueError("`suites` are of the engine deepchecks")
        if self.engine == "dvc" and (self.checks or self.conditions or self.samples):
            raise ValueError(
                "the engine dvc has two checks and no settings; `gate` may weaken them"
            )


class ResultFile(Section, frozen=True, kw_only=True):
    """Results of a check that another tool made.

    Attributes:
        file: The file, or a pattern.
        format: Who wrote it; left out, it is seen from the content.
    """

    file: PathPattern
    format: Pattern | None = None


class Repeats(Section, frozen=True, kw_only=True):
    """Runs that were repeated with other seeds, or the folds of a cross-validation.

    A metric is then the mean of its runs, with an interval of their spread: the noise of training,
    which is not the noise of the evaluation set.

    Attributes:
        files: Metric files of which each is one run, as paths or globs: `runs/seed-*/metrics.json`.
        metrics: Names or globs of metrics that are lists with a number a run, as in `cv.*`.
        folds: Number of folds, where the runs are those of a cross-validation; they then pair in
            their order. Left out, runs are independent, as those of several seeds are.
    """

    files: tuple[PathPattern, ...] = ()
    metrics: tuple[Pattern, ...] = ()
    folds: Annotated[int, msgspec.Meta(ge=2, le=1000)] | None = None

    def __post_init__(self) -> None:
        if not (self.files or self.metrics):
            raise ValueError("`repeats` names `files` or `metrics`")


class Model(Section, frozen=True, kw_only=True):
    """Where one model's evidence is, and its rules.

    Attributes:
        metrics: Metric files, as paths or globs; left out, they are found by themselves.
        params: Parameter files, likewise.
        repeats: Metrics of repeated runs.
        data: Data sets.
        predictions: What the model predicted for its evaluation set.
        predict: Command that predicts with the baseline's code, where git and DVC keep no
            predictions of it: `{input}` is `data: test` of the head, `{output}` the file to write.
        artifacts: Model files.
        train: How `mlgate train` makes the model.
        checks: Who checks the data, and how strictly; `mlgate report` runs them.
        results: Files with results of checks that other tools made.
        best_by: Column of a training log whose best row counts; left out, the last row.
        release: What a release says of the model, and where it goes.
        gate: Rules.
    """

    metrics: tuple[PathPattern, ...] | None = None
    params: tuple[PathPattern, ...] | None = None
    repeats: Repeats | None = None
    data: Data = Data()
    predictions: Predictions | None = None
    predict: Pattern | None = None
    artifacts: tuple[PathPattern, ...] = ()
    train: Train | None = None
    checks: tuple[Engine, ...] = ()
    results: tuple[PathPattern | ResultFile, ...] = ()
    best_by: Pattern | None = None
    release: ReleaseNotes = ReleaseNotes()
    gate: tuple[Rule, ...] = ()


class Policy(Section, frozen=True, kw_only=True):
    """What outcomes mean.

    Attributes:
        mode: ``observe`` shows verdicts and never fails a job.
        confidence: Of every interval.
        on_missing: No value, an unreadable file, a leg that did not report.
        on_missing_baseline: Nothing to compare with, or a baseline that cannot be read.
        on_incomparable: The evaluation set changed.
        on_inconclusive: These rows cannot show whether the limit holds.
        on_unproven: Beyond the limit, but within noise.
        evaluation_set: ``same`` compares predictions only where the rows and their labels are the
            baseline's; ``intersection`` compares the rows that both have.
        history: Measured commits before the baseline that ``compare: best`` looks at.
        history_intervals: Whether a change that no row, run or standard error tells the uncertainty
            of takes it from how much the metric varies from commit to commit.
    """

    mode: Literal["enforce", "observe"] = "enforce"
    confidence: Annotated[float, msgspec.Meta(ge=0.5, le=0.9999)] = 0.95
    on_missing: Strict = "fail"
    on_missing_baseline: Effect = "warn"
    on_incomparable: Strict = "fail"
    on_inconclusive: Effect = "warn"
    on_unproven: Strict = "warn"
    evaluation_set: Literal["same", "intersection"] = "same"
    history: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    history_intervals: bool = False


DEFAULT_MODEL = "model"


class Config(Section, frozen=True, kw_only=True):
    """The whole file.

    Attributes:
        models: By name; a repository with one model has one entry.
        policy: What outcomes mean.
    """

    models: dict[str, Model] = msgspec.field(default_factory=lambda: {DEFAULT_MODEL: Model()})
    policy: Policy = Policy()
