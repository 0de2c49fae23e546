"""What ``dvc.yaml``, ``dvc.lock`` and ``*.dvc`` files say, read as text: neither DVC nor its cache.

A stage's metrics and parameters tell which files to read; the outputs in the lock tell which data
and models this commit means, by digest, size and number of files.
"""

from __future__ import annotations

import functools
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mlgate.documents.evidence import DataFile
from mlgate.documents.strict_yaml import parse_yaml
from mlgate.errors import SourceError
from mlgate.sources.globs import inside
from mlgate.sources.parsed import whole
from mlgate.sources.reading import read_each

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlgate.sources.tree import Tree

MAX_DVC_BYTES: Final = 8 * 2**20
PIPELINE, _LOCK, _POINTER = "dvc.yaml", "dvc.lock", ".dvc"
_TEMPLATE: Final = "${"
_MODEL_SUFFIXES: Final = frozenset(
    ".bin .cbm .ckpt .gguf .h5 .joblib .keras .mlmodel .onnx .pb .pickle .pkl .pt .pth .rds "
    ".safetensors .skops .tflite .ubj".split()
)
_DATA_SUFFIXES: Final = frozenset(
    ".arrow .avro .csv .feather .jsonl .ndjson .npy .npz .orc .parquet .tfrecord .tsv".split()
)


@dataclass(slots=True)
class DvcProject:
    """Everything DVC's files in one tree say.

    Attributes:
        metrics: Metric files of all pipelines, in their order, each once.
        params: Parameter files, likewise.
        files: Data sets and models by path.
        outputs: Paths of single files that DVC keeps, metrics among them.
        notes: What could not be used, for the reader.
    """

    metrics: dict[str, None] = field(default_factory=dict)
    params: dict[str, None] = field(default_factory=dict)
    files: dict[str, DataFile] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def is_dvc_file(path: str) -> bool:
    """Tell whether DVC itself wrote or reads ``path``."""
    name = posixpath.basename(path)
    return name in {PIPELINE, _LOCK} or (name.endswith(_POINTER) and name != _POINTER)


def kind_of(path: str) -> str:
    """Return ``model``, ``data``, or nothing when the name of a file tells neither.

    >>> kind_of("models/churn.onnx"), kind_of("data/train.parquet"), kind_of("src/train.py")
    ('model', 'data', '')
    """
    suffix = posixpath.splitext(path)[1].lower()
    if suffix in _MODEL_SUFFIXES:
        return "model"
    return "data" if suffix in _DATA_SUFFIXES else ""


def read_dvc_project(tree: Tree) -> DvcProject:
    """Return what DVC's files in ``tree`` say; one that cannot be read becomes a note."""
    project = DvcProject()
    names = [path for path in tree.paths() if is_dvc_file(path)]
    if not names:
        return project
    contents = read_each(tree, names)
    failed = dict(contents.failed)
    for path in sorted(contents.read, key=_pipelines_last):
        try:
            content = _parse(contents.read[path], path)
        except SourceError as exc:
            failed[path] = exc
            continue
        if isinstance(content, dict):
            _Reader(project, path).read(content)
    project.notes += [f"DVC's file was left out: {failed[path].what}" for path in sorted(failed)]
    measured = {*project.metrics, *project.params}
    project.files = {p: f for p, f in project.files.items() if p not in measured}
    return project


@functools.lru_cache(maxsize=64)
def _parse(raw: bytes, path: str) -> object:
    """Return what a file says; pipelines rarely change between baseline and head."""
    return parse_yaml(raw, origin=path, max_bytes=MAX_DVC_BYTES).value


def _pipelines_last(path: str) -> tuple[bool, str]:
    return posixpath.basename(path) == PIPELINE, path


class _Reader:
    """Adds one file to the project."""

    def __init__(self, project: DvcProject, path: str) -> None:
        self._project = project
        self._path = path
        self._folder = posixpath.dirname(path)

    def read(self, content: Mapping[str, object]) -> None:
        match posixpath.basename(self._path):
            case name if name == PIPELINE:
                self._pipeline(content)
            case name if name == _LOCK:
                self._lock(content)
            case _:
                self._outputs(content.get("outs"), "dvc")

    def _pipeline(self, content: Mapping[str, object]) -> None:
        self._metrics(content.get("metrics"), self._folder)
        self._parameters(content.get("params"), self._folder)
        stages = content.get("stages")
        for stage in stages.values() if isinstance(stages, dict) else ():
            match stage:
                case {"do": dict(body)} | dict(body):
                    pass
                case _:
                    continue
            folder = self._working_folder(body.get("wdir"))
            if folder is None:
                continue
            self._metrics(body.get("metrics"), folder)
            self._parameters(body.get("params"), folder)
            for path in self._plain(_names(body.get("plots")), folder):
                self._project.files.pop(path, None)

    def _working_folder(self, wdir: object) -> str | None:
        """Return where a stage's paths start; ``None`` when that is not a folder we can see."""
        name = str(wdir or ".")
        # The workspace itself is a folder as well, so a file in it is asked for.
        found = None if _TEMPLATE in name else inside(self._folder, posixpath.join(name, "file"))
        if found is None:
            self._project.notes.append(
                f"{self._path}: the stage in {name[:120]!r} was left out: `wdir` is not a folder "
                "of the workspace; name its files under `metrics:`"
            )
            return None
        return posixpath.dirname(found)

    def _metrics(self, entries: object, folder: str) -> None:
        self._project.metrics |= dict.fromkeys(self._plain(_names(entries), folder))

    def _parameters(self, entries: object, folder: str) -> None:
        # A string names keys of params.yaml in a stage, and a file at the top level.
        named = entries if isinstance(entries, list) else ()
        files = [key for entry in named if isinstance(entry, dict) for key in entry]
        files += [entry for entry in named if isinstance(entry, str) and "." in entry]
        for path in self._plain(files, folder):
            if posixpath.splitext(path)[1] in {".yaml", ".yml", ".json", ".toml"}:
                self._project.params[path] = None

    def _lock(self, content: Mapping[str, object]) -> None:
        stages = content.get("stages", content)
        for stage in stages.values() if isinstance(stages, dict) else ():
            if isinstance(stage, dict):
                self._outputs(stage.get("deps"), "dvc.lock", only_data=True)
                self._outputs(stage.get("outs"), "dvc.lock")

    def _outputs(self, entries: object, tracked: str, *, only_data: bool = False) -> None:
        for entry in entries if isinstance(entries, list) else ():
            found = self._file(entry, tracked) if isinstance(entry, dict) else None
            if found is None:
                continue
            folder = found.digest.endswith(".dir")
            if only_data and not folder and not kind_of(found.path):
                continue
            if not only_data and not folder:
                self._project.outputs.add(found.path)
            if found.path not in self._project.files or not only_data:
                self._project.files[found.path] = found

    def _file(self, entry: Mapping[str, object], tracked: str) -> DataFile | None:
        named = entry.get("path")
        path = inside(self._folder, named) if isinstance(named, str) else None
        name = str(entry.get("hash") or next((k for k in ("md5", "etag") if k in entry), ""))
        digest = entry.get(name)
        if path is None or not isinstance(digest, str):
            return None
        return DataFile(
            path=whole(path)[:1024],
            kind="model" if kind_of(path) == "model" else "data",
            digest=whole(f"{name}:{digest}")[:200],
            size=_count(entry.get("size")),
            files=_count(entry.get("nfiles")),
            tracked="dvc.lock" if tracked == "dvc.lock" else "dvc",
        )

    def _plain(self, names: Iterable[str], folder: str) -> Iterator[str]:
        for name in names:
            if _TEMPLATE in name:
                self._project.notes.append(
                    f"{self._path}: {name[:120]!r} is a template; name the file under `metrics:`"
                )
            elif (path := inside(folder, name)) is not None:
                yield path


def _names(entries: object) -> list[str]:
    """Return the paths in a list of paths and of ``{path: options}``."""
    found: list[str] = []
    for entry in entries if isinstance(entries, list) else ():
        match entry:
            case str():
                found.append(entry)
            case dict():
                found += [str(key) for key in entry]
            case _:
                pass
    return found


def _count(value: object) -> int | None:
    match value:
        case bool():
            return None
        case int() if 0 <= value < 2**53:
            return value
        case _:
            return None
