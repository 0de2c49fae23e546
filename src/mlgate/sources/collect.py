"""Everything that the files of one revision say about one model."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec

from mlgate.documents.evidence import (
    MAX_METRICS,
    DataFile,
    Metric,
    ModelEvidence,
    Parameter,
    SourceFile,
)
from mlgate.errors import SourceError
from mlgate.sources.data_files import read_data_files
from mlgate.sources.dvc_project import read_dvc_project
from mlgate.sources.dvc_tree import DvcTree
from mlgate.sources.find import (
    LOOKED_FOR,
    find_metric_files,
    find_parameter_files,
    is_certain,
    newest,
)
from mlgate.sources.parameters import MAX_PARAMETERS, parse_parameters
from mlgate.sources.parsed import NotMetricsError, Parsed, whole
from mlgate.sources.reading import Contents, read_each
from mlgate.sources.repeats import joined_runs, noted, unmatched, with_lists
from mlgate.sources.selection import Selection, select
from mlgate.sources.tree_formats import parse_metrics

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mlgate.policy.config import Repeats
    from mlgate.sources.dvc_tree import ThroughDvc
    from mlgate.sources.tree import Tree

MAX_SOURCES: Final = 20_000
MAX_NOTES: Final = 1000
_DIGITS: Final = re.compile(r"([0-9]{1,18})")
MAX_LIKELY: Final = 1000
"""More numbers than this in a file that nobody named are data, not a summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to collect for one model.

    Attributes:
        model: Name of the model.
        metrics: Paths or patterns of metric files; ``None`` finds them by their names.
        params: Paths or patterns of parameter files; ``None`` finds them by their names.
        artifacts: Paths or patterns of model files.
        data: Paths of data files.
        best_by: Column of a CSV whose best row counts; empty for the last row.
        repeats: Which metrics are those of repeated runs.
        predictions: File of predictions; where there is one, no metric file need be found.
        predicts: Whether predictions of any commit can be made again.
    """

    model: str
    metrics: tuple[str, ...] | None = None
    params: tuple[str, ...] | None = None
    artifacts: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    best_by: str = ""
    repeats: Repeats | None = None
    predictions: str = ""
    predicts: bool = False


def collect(tree: Tree, wanted: Wanted, *, through_dvc: ThroughDvc | None = None) -> ModelEvidence:
    """Return what the files in ``tree`` say about the model; a bad file is in ``sources``.

    Args:
        tree: The work tree or a commit.
        wanted: Which model, and which files are its own.
        through_dvc: Reads files that DVC tracks and git does not; used at commits.

    Raises:
        SourceError: the tree itself cannot be listed.
    """
    collection = _Collection(tree, wanted, through_dvc)
    return collection.evidence()


class _Collection:
    """One run over the files of a tree, and what it has gathered so far."""

    def __init__(self, tree: Tree, wanted: Wanted, through_dvc: ThroughDvc | None) -> None:
        self._dvc = read_dvc_project(tree)
        outputs = self._dvc.outputs if through_dvc else ()
        self._tree = DvcTree(tree, outputs, through_dvc) if through_dvc and outputs else tree
        self._wanted = wanted
        self._metrics: list[Metric] = []
        self._parameters: list[Parameter] = []
        self._sources: list[SourceFile] = []
        self._notes: list[str] = self._dvc.notes

    def evidence(self) -> ModelEvidence:
        runs = self._run_files()
        metrics = self._metric_files(without=runs.files)
        params = self._parameter_files(metrics)
        measured = [*metrics.files.values(), *params.files.values(), *runs.files.values()]
        contents = read_each(self._tree, measured)
        for source, path in metrics.files.items():
            self._add_metrics(source, path, contents)
        self._add_runs(runs, contents)
        self._sources += unmatched(self._metrics, self._wanted.repeats)
        for path in params.files.values():
            self._add_parameters(path, contents)
        named = metrics.files or metrics.problems or runs.files or runs.problems
        if not named and not self._wanted.predictions:
            self._sources.append(_nothing_found())
        return ModelEvidence(
            model=self._wanted.model,
            metrics=tuple(self._metrics),
            parameters=tuple(self._parameters[:MAX_PARAMETERS]),
            files=self._data_files(measured),
            sources=tuple(self._sources[:MAX_SOURCES]),
            notes=tuple(note[:4000] for note in self._notes[:MAX_NOTES]),
        )

    def _run_files(self) -> Selection:
        repeats = self._wanted.repeats
        return self._selected(repeats.files if repeats else (), "repeats")

    def _metric_files(self, *, without: Collection[str]) -> Selection:
        if self._wanted.metrics is not None:
            return self._selected(self._wanted.metrics, "metrics")
        declared = self._selected(self._dvc.metrics, "metrics") if self._dvc.metrics else None
        paths = [path for path in self._tree.paths() if path not in without]
        found = newest(find_metric_files(paths))
        if declared is None:
            return Selection(files=found)
        return Selection(files=found | declared.files, problems=declared.problems)

    def _parameter_files(self, metrics: Selection) -> Selection:
        if self._wanted.params is not None:
            return self._selected(self._wanted.params, "params")
        paths = self._tree.paths()
        present = frozenset(paths)
        found = find_parameter_files(paths, metrics.files.values())
        found += [path for path in self._dvc.params if path in present]
        return Selection(files={path: path for path in found})

    def _data_files(self, measured: Sequence[str]) -> tuple[DataFile, ...]:
        try:
            return read_data_files(
                self._tree,
                data=self._wanted.data,
                models=self._wanted.artifacts,
                dvc=self._dvc.files,
                without=measured,
            )
        except SourceError as exc:
            self._notes.append(f"Data and model files were left out: {exc.what}")
            return ()

    def _selected(self, names: Iterable[str], what: str) -> Selection:
        selection = select(self._tree, names, what)
        self._sources += (self._pulled(problem) for problem in selection.problems)
        return selection

    def _pulled(self, problem: SourceFile) -> SourceFile:
        """Name the usual cause where DVC tracks what is not there."""
        if not problem.absent or problem.path not in self._dvc.outputs:
            return problem
        hint = "DVC tracks it: run `dvc pull`, or `dvc repro` to make it"
        return msgspec.structs.replace(problem, hint=hint)

    def _add_metrics(self, source: str, path: str, contents: Contents) -> None:
        found = self._wanted.metrics is None
        try:
            parsed = self._parsed(source, path, contents)
            if found:
                _refuse_guess(parsed, path)
            _refuse_too_many(len(self._metrics) + len(parsed.metrics), path)
        except SourceError as exc:
            if found and isinstance(exc, NotMetricsError):
                self._notes.append(f"Left out {exc.what}")
            else:
                self._sources.append(_unreadable(path, exc))
            return
        self._metrics += parsed.metrics
        self._parameters += parsed.parameters
        self._notes += parsed.notes
        self._sources.append(SourceFile(path=whole(path), format=parsed.format))

    def _parsed(self, source: str, path: str, contents: Contents) -> Parsed:
        raw = content_of(path, contents)
        parsed = parse_metrics(raw, origin=whole(source), best_by=self._wanted.best_by)
        return replace(parsed, metrics=with_lists(parsed.metrics, self._wanted.repeats))

    def _add_runs(self, runs: Selection, contents: Contents) -> None:
        """Add the metrics of files of which each is one run; one that is broken is no run."""
        repeats = self._wanted.repeats
        if repeats is None:
            return
        found: dict[str, tuple[Metric, ...]] = {}
        try:
            for path in sorted(runs.files.values(), key=_in_order):
                parsed = self._parsed(path, path, contents)
                _refuse_too_many(len(self._metrics) + len(parsed.metrics), path)
                found[path] = parsed.metrics
                self._sources.append(SourceFile(path=whole(path), format=parsed.format))
            self._metrics += joined_runs(found, repeats)
        except SourceError as exc:
            self._sources.append(_unreadable(", ".join(repeats.files), exc))
        self._notes += noted(self._metrics, repeats)

    def _add_parameters(self, path: str, contents: Contents) -> None:
        try:
            self._parameters += parse_parameters(content_of(path, contents), origin=whole(path))
        except SourceError as exc:
            if self._wanted.params is None:
                self._notes.append(f"Parameters were left out: {exc.what}")
            else:
                self._sources.append(_unreadable(path, exc))


def _in_order(path: str) -> tuple[tuple[int, str], ...]:
    """Return a key that sorts ``seed-10`` after ``seed-9``."""
    return tuple(
        (int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(path)
    )


def content_of(path: str, contents: Contents) -> bytes:
    """Return the bytes of ``path``.

    Raises:
        SourceError: it could not be read.
    """
    if path in contents.failed:
        raise contents.failed[path]
    if path not in contents.read:
        raise SourceError(f"{path}: no such file", hint="was it removed while we looked?")
    return contents.read[path]


def _refuse_guess(parsed: Parsed, path: str) -> None:
    numbers = sum(metric.numeric for metric in parsed.metrics)
    if not numbers:
        raise NotMetricsError(f"{path}: it holds no number")
    if numbers > MAX_LIKELY and not is_certain(path):
        raise NotMetricsError(f"{path}: {numbers} numbers; name it under `metrics:` to read it")


def _refuse_too_many(metrics: int, path: str) -> None:
    if metrics > MAX_METRICS:
        raise SourceError(f"{path}: with it there are more than {MAX_METRICS} metrics")


def _unreadable(path: str, exc: SourceError) -> SourceFile:
    return SourceFile(
        path=whole(path)[:1024], problem=whole(exc.what)[:4000], hint=whole(exc.hint)[:4000]
    )


def _nothing_found() -> SourceFile:
    return SourceFile(
        path="",
        problem="no metric file found",
        hint=f"looked for {LOOKED_FOR}; name yours under `metrics:` in mlgate.yml",
        absent=True,
    )
