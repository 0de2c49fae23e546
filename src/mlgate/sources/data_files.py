"""Identity of data sets and models: digest, size, number of files and rows, never the content."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

import msgspec

from mlgate.documents.evidence import DataFile
from mlgate.sources.dvc_project import kind_of
from mlgate.sources.find import is_left_alone
from mlgate.sources.globs import inside, is_pattern, matching
from mlgate.sources.parsed import whole
from mlgate.sources.reading import read_each
from mlgate.sources.tree import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from mlgate.sources.tree import Tree

MAX_DATA_FILES: Final = 2000
MAX_COUNTED_BYTES: Final = 64 * 2**20
"""Files whose rows are counted, all of one model together."""
_POINTER_BYTES: Final = 1024
_POINTER: Final = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid (sha256:[0-9a-f]{64})\n"
    rb"size ([0-9]{1,15})\n?"
)
_LINES: Final = frozenset({".csv", ".tsv", ".jsonl", ".ndjson"})


def read_data_files(
    tree: Tree,
    *,
    data: Sequence[str],
    models: Sequence[str],
    dvc: Mapping[str, DataFile],
    without: Collection[str],
) -> tuple[DataFile, ...]:
    """Return the data sets and models of ``tree``, sorted by path.

    Args:
        tree: The work tree or a commit.
        data: Paths of data that the configuration names.
        models: Paths or patterns of model files that it names.
        dvc: What DVC's files say, by path; they win over what lies in the tree.
        without: Metric and parameter files.

    Git's own files are found by their suffix. A file that git does not track counts when named.
    """
    outside, below = frozenset(without) | dvc.keys(), _below(dvc)
    kinds = dict.fromkeys(_named(data, tree.paths()), "data")
    kinds |= dict.fromkeys(_named(models, tree.paths()), "model")
    guesses = {p: kind_of(p) for p in tree.paths() if kind_of(p) and not is_left_alone(p)}
    tracked = tree.tracked() if guesses or kinds else frozenset()
    for path in sorted(tracked.intersection(guesses) - kinds.keys())[:MAX_DATA_FILES]:
        kinds[path] = guesses[path]
    plain = {p: kind for p, kind in kinds.items() if p not in outside and not below(p)}
    called = {*_named(models, dvc), *(path for path, kind in kinds.items() if kind == "model")}
    found = {
        path: msgspec.structs.replace(file, kind="model") if path in called else file
        for path, file in dvc.items()
        if path not in without
    }
    counted = _with_rows(tree, found | _plain_files(tree, plain, tracked))
    return tuple(counted[path] for path in sorted(counted))[:MAX_DATA_FILES]


def parse_pointer(raw: bytes) -> tuple[str, int] | None:
    """Return digest and size from a Git LFS pointer (its specification, version 1).

    >>> parse_pointer(b"oid sha256:")
    """
    found = _POINTER.fullmatch(raw) if len(raw) <= _POINTER_BYTES else None
    return (found[1].decode(), int(found[2])) if found else None


def count_rows(path: str, raw: bytes) -> int | None:
    r"""Return the number of records in a CSV or JSON-lines file, ``None`` for other formats.

    >>> count_rows("a.csv", b'id,text\n1,"two\nlines"\n2,b'), count_rows("a.jsonl", b"{}\n\n{}")
    (2, 2)
    """
    match posixpath.splitext(path)[1].lower():
        case ".csv" | ".tsv" if b'"' in raw:
            return _count_quoted(raw)
        case ".csv" | ".tsv":
            return max(_lines(raw) - 1, 0)
        case ".jsonl" | ".ndjson":
            return _lines(raw)
        case _:
            return None


def _lines(raw: bytes) -> int:
    return sum(1 for line in raw.split(b"\n") if line.strip())


def _count_quoted(raw: bytes) -> int | None:
    import csv  # noqa: PLC0415  # only for files with quotes
    import io  # noqa: PLC0415

    lines = csv.reader(io.StringIO(raw.decode("utf-8", "replace"), newline=""))
    try:
        return max(sum(1 for row in lines if row) - 1, 0)
    except csv.Error:
        return None


def _named(names: Iterable[str], paths: Collection[str]) -> Iterator[str]:
    """Yield those of ``paths`` that are named, or fit a pattern."""
    present = frozenset(paths)
    for name in names:
        path = inside("", name)
        if path is None:
            continue
        if path in present:
            yield path
        elif is_pattern(path):
            yield from matching(path, sorted(present))


def _below(dvc: Mapping[str, DataFile]) -> Callable[[str], object]:
    """Return a test for paths inside a folder that DVC tracks as a whole."""
    folders = [re.escape(path) for path, file in dvc.items() if file.digest.endswith(".dir")]
    return re.compile(f"(?:{'|'.join(folders)})/.*" if folders else "(?!)").fullmatch


def _plain_files(
    tree: Tree, kinds: Mapping[str, str], tracked: Collection[str]
) -> dict[str, DataFile]:
    large = _in_lfs(tree, list(kinds))
    digests = tree.digests([path for path in kinds if path not in large])
    found: dict[str, DataFile] = {}
    for path, kind in kinds.items():
        if path in large:
            digest, size = _lfs_identity(tree, path)
        else:
            digest, size = digests.get(path, ""), tree.size(path)
        found[path] = DataFile(
            path=whole(path)[:1024],
            kind="model" if kind == "model" else "data",
            digest=digest,
            size=size,
            tracked="lfs" if path in large else "git" if path in tracked else "none",
        )
    return found


def _lfs_identity(tree: Tree, path: str) -> tuple[str, int | None]:
    """Read a pointer, or digest the content that stands in its place in the work tree."""
    size = tree.size(path)
    if size is None or size <= _POINTER_BYTES:
        pointer = parse_pointer(read_each(tree, [path]).read.get(path, b""))
        if pointer:
            return pointer
    return tree.sha256(path), size


def _in_lfs(tree: Tree, paths: Sequence[str]) -> frozenset[str]:
    """Return which of ``paths`` the ``.gitattributes`` files give to Git LFS."""
    names = [p for p in tree.paths() if posixpath.basename(p) == ".gitattributes"]
    if not names or not paths:
        return frozenset()
    found: set[str] = set()
    for name, raw in sorted(read_each(tree, names).read.items()):
        folder = posixpath.dirname(name)
        for line in raw.decode("utf-8", "replace").splitlines():
            pattern, *attributes = line.split() or [""]
            if not pattern or pattern.startswith("#") or not _says_filter(attributes):
                continue
            anchored = pattern.lstrip("/") if "/" in pattern else f"**/{pattern}"
            matched = matching(posixpath.join(folder, anchored), paths)
            found = found.union(matched) if "filter=lfs" in attributes else found - set(matched)
    return frozenset(found)


def _says_filter(attributes: Sequence[str]) -> bool:
    return any(attribute.lstrip("-!").startswith("filter") for attribute in attributes)


def _with_rows(tree: Tree, found: Mapping[str, DataFile]) -> dict[str, DataFile]:
    """Add the number of rows to files that are small enough to count."""
    counted, room = [], MAX_COUNTED_BYTES
    for path, file in found.items():
        size = tree.size(path)
        fits = size is not None and size <= min(MAX_FILE_BYTES, room)
        if file.tracked != "lfs" and fits and posixpath.splitext(path)[1].lower() in _LINES:
            counted.append(path)
            room -= size or 0
    contents = tree.read(counted) if counted else {}
    rows = {path: count_rows(path, raw) for path, raw in contents.items()}
    return {
        path: msgspec.structs.replace(file, rows=rows.get(path)) for path, file in found.items()
    }
