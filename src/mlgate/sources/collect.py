"""Everything that the files of one revision say about one model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.documents.evidence import MAX_METRICS, Metric, ModelEvidence, Parameter, SourceFile
from mlgate.errors import SourceError
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
from mlgate.sources.selection import Selection, select
from mlgate.sources.tree_formats import parse_metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlgate.sources.tree import Tree

    ThroughDvc = Callable[[Sequence[str]], Mapping[str, bytes]]

MAX_SOURCES: Final = 20_000
MAX_NOTES: Final = 1000
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
    """

    model: str
    metrics: tuple[str, ...] | None = None
    params: tuple[str, ...] | None = None
    artifacts: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    best_by: str = ""


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
        self._tree = tree
        self._wanted = wanted
        self._through_dvc = through_dvc
        self._metrics: list[Metric] = []
        self._parameters: list[Parameter] = []
        self._sources: list[SourceFile] = []
        self._notes: list[str] = []

    def evidence(self) -> ModelEvidence:
        metrics, params = self._metric_files(), self._parameter_files()
        contents = read_each(self._tree, [*metrics.files.values(), *params.files.values()])
        for source, path in metrics.files.items():
            self._add_metrics(source, path, contents)
        for path in params.files.values():
            self._add_parameters(path, contents)
        if not metrics.files and not metrics.problems:
            self._sources.append(_nothing_found())
        return ModelEvidence(
            model=self._wanted.model,
            metrics=tuple(self._metrics),
            parameters=tuple(self._parameters[:MAX_PARAMETERS]),
            sources=tuple(self._sources[:MAX_SOURCES]),
            notes=tuple(note[:4000] for note in self._notes[:MAX_NOTES]),
        )

    def _metric_files(self) -> Selection:
        if self._wanted.metrics is None:
            return Selection(files=newest(find_metric_files(self._tree.paths())))
        return self._selected(self._wanted.metrics, "metrics")

    def _parameter_files(self) -> Selection:
        if self._wanted.params is None:
            found = find_parameter_files(self._tree.paths(), self._metric_files().files.values())
            return Selection(files={path: path for path in found})
        return self._selected(self._wanted.params, "params")

    def _selected(self, names: Iterable[str], what: str) -> Selection:
        selection = select(self._tree, names, what)
        self._sources += selection.problems
        return selection

    def _add_metrics(self, source: str, path: str, contents: Contents) -> None:
        found = self._wanted.metrics is None
        try:
            parsed = parse_metrics(
                content_of(path, contents), origin=whole(source), best_by=self._wanted.best_by
            )
            if found:
                _refuse_guess(parsed, path)
            if len(self._metrics) + len(parsed.metrics) > MAX_METRICS:
                raise SourceError(f"{path}: with it there are more than {MAX_METRICS} metrics")
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

    def _add_parameters(self, path: str, contents: Contents) -> None:
        try:
            self._parameters += parse_parameters(content_of(path, contents), origin=whole(path))
        except SourceError as exc:
            if self._wanted.params is None:
                self._notes.append(f"Parameters were left out: {exc.what}")
            else:
                self._sources.append(_unreadable(path, exc))


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


def _unreadable(path: str, exc: SourceError) -> SourceFile:
    return SourceFile(
        path=whole(path)[:1024], problem=whole(exc.what)[:4000], hint=whole(exc.hint)[:4000]
    )


def _nothing_found() -> SourceFile:
    return SourceFile(
        path="",
        problem="no metric file found",
        hint=f"looked for {LOOKED_FOR}; name yours under `metrics:` in mlgate.yml",
    )
