"""The files that lie in the workspace now."""

from __future__ import annotations

import hashlib
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlgate.documents.strict_json import too_large
from mlgate.errors import SourceError
from mlgate.sources.tree import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgate.sources.git import Repository

SKIPPED: Final = frozenset(
    ".git .hg .svn .dvc .mlgate .venv venv .tox .nox node_modules __pycache__ .mypy_cache "
    ".ruff_cache .pytest_cache .ipynb_checkpoints site-packages .cache mlgate-demo".split()
)
MAX_DEPTH: Final = 12
MAX_PATHS: Final = 200_000
CHUNK: Final = 2**20


class WorkTree:
    """Files below ``root``, whatever git thinks of them; links must stay inside."""

    label = ""

    def __init__(self, root: Path, repository: Repository | None = None) -> None:
        self.root = root.resolve()
        self._repository = repository
        self._folders: dict[str, str] = {}

    def paths(self) -> Sequence[str]:
        """Return all files, sorted, without version control and environments."""
        return self._paths

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        found = sorted(_walk(str(self.root), "", 0))
        if len(found) > MAX_PATHS:
            raise SourceError(
                f"{self.root}: more than {MAX_PATHS:,} files",
                hint="set `working-directory`, or keep data outside the repository",
            )
        return tuple(found)

    def size(self, path: str) -> int | None:
        """Return the size in bytes, ``None`` when there is no such file in the workspace."""
        try:
            place = self._file(path)
            return place.stat().st_size if place else None
        except OSError:
            return None

    def read(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return the content of files; absent ones are left out."""
        found: dict[str, bytes] = {}
        for path in paths:
            place = self._inside(path)
            try:
                with place.open("rb") as file:
                    raw = file.read(MAX_FILE_BYTES + 1)
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                continue
            except OSError as exc:
                raise SourceError(f"{path}: cannot be read: {exc.strerror}") from exc
            if len(raw) > MAX_FILE_BYTES:
                raise too_large(path, place.stat().st_size, MAX_FILE_BYTES)
            found[path] = raw
        return found

    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return ``git:<blob id>`` of each file, so that it compares with a commit's."""
        places = {path: self._file(path) for path in paths}
        return {path: f"git:{_blob_id(place)}" for path, place in places.items() if place}

    def sha256(self, path: str) -> str:
        """Return ``sha256:<hex>`` of one file; empty when it is absent."""
        place = self._file(path)
        return f"sha256:{_digest(place, hashlib.sha256())}" if place else ""

    def tracked(self) -> frozenset[str]:
        """Return the paths that git tracks; none outside a repository."""
        return self._repository.tracked() if self._repository else frozenset()

    def _file(self, path: str) -> Path | None:
        """Return where a file lies; ``None`` when it is absent, or a link leads out to it."""
        try:
            place = self._inside(path)
        except SourceError:
            return None
        return place if place.is_file() else None

    def _inside(self, path: str) -> Path:
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(self.root / folder)
        place = os.path.join(self._folders[folder], name)  # noqa: PTH118 - hot path
        if name in {"", ".", ".."} or os.path.islink(place):  # noqa: PTH114 - hot path
            place = os.path.realpath(place)
        inside = Path(place)
        if not inside.is_relative_to(self.root):
            raise SourceError(
                f"{path}: leads outside the workspace",
                hint="name files inside the repository; links must not leave it",
            )
        return inside


def _walk(root: str, folder: str, depth: int) -> Iterator[str]:
    try:
        entries = list(os.scandir(os.path.join(root, folder)))  # noqa: PTH118 - hot path
    except OSError:
        return
    for entry in entries:
        name = f"{folder}/{entry.name}" if folder else entry.name
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in SKIPPED and depth < MAX_DEPTH:
                yield from _walk(root, name, depth + 1)
        else:
            yield name


def _blob_id(place: Path) -> str:
    start = b"blob %d\0" % place.stat().st_size
    return _digest(place, hashlib.sha1(start, usedforsecurity=False))


def _digest(place: Path, digest: hashlib._Hash) -> str:
    with place.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
