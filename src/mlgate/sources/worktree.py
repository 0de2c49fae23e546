"""The files that lie in the workspace now.

Places are texts, not ``Path`` objects: there may be thousands of files, and those would cost more
than reading them.
"""

# ruff: noqa: PTH114, PTH116, PTH118, PTH123
from __future__ import annotations

import hashlib
import os
import stat
from functools import cached_property
from typing import TYPE_CHECKING, Final

from mlgate.documents.strict_json import too_large
from mlgate.errors import SourceError
from mlgate.sources.tree import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

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
        self.root = os.path.realpath(root)
        self._inner = f"{self.root.rstrip(os.sep)}{os.sep}"
        self._repository = repository
        self._folders: dict[str, str] = {}

    def paths(self) -> Sequence[str]:
        """Return all files, sorted, without version control and environments."""
        return self._paths

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        found = sorted(_walk(self.root, "", 0))
        if len(found) > MAX_PATHS:
            raise SourceError(
                f"{self.root}: more than {MAX_PATHS:,} files",
                hint="set `working-directory`, or keep data outside the repository",
            )
        return tuple(found)

    def top(self) -> Sequence[str]:
        """Return the files at the top, sorted; no folder is walked."""
        return sorted(e.name for e in os.scandir(self.root) if not e.is_dir(follow_symlinks=False))

    def size(self, path: str) -> int | None:
        """Return the size in bytes, ``None`` when there is no such file in the workspace."""
        found = self._file(path)
        return found[1] if found else None

    def read(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return the content of files; absent ones are left out."""
        found: dict[str, bytes] = {}
        for path in paths:
            try:
                with open(self._inside(path), "rb") as file:
                    raw = file.read(MAX_FILE_BYTES + 1)
                    size = os.fstat(file.fileno()).st_size
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                continue
            except OSError as exc:
                raise SourceError(f"{path}: cannot be read: {exc.strerror}") from exc
            if len(raw) > MAX_FILE_BYTES:
                raise too_large(path, size, MAX_FILE_BYTES)
            found[path] = raw
        return found

    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return ``git:<blob id>`` of each file, so that it compares with a commit's."""
        places = {path: self._file(path) for path in paths}
        return {path: f"git:{_blob_id(*found)}" for path, found in places.items() if found}

    def sha256(self, path: str) -> str:
        """Return ``sha256:<hex>`` of one file; empty when it is absent."""
        found = self._file(path)
        return f"sha256:{_digest(found[0], hashlib.sha256())}" if found else ""

    def place(self, path: str) -> str:
        """Return where a file is, its links followed.

        Raises:
            SourceError: it leads outside the workspace.
        """
        return self._inside(path)

    def stamp(self, path: str) -> tuple[int, ...]:
        """Return what changes whenever a file is written; empty when it is absent, or outside.

        Times alone would miss a clock that was set back.
        """
        try:
            found = os.stat(self._inside(path))
        except (SourceError, OSError):
            return ()
        return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def tracked(self) -> frozenset[str]:
        """Return the paths that git tracks; none outside a repository."""
        return self._repository.tracked() if self._repository else frozenset()

    def _file(self, path: str) -> tuple[str, int] | None:
        """Return place and size of a file; ``None`` when it is absent, or a link leads out."""
        try:
            place = self._inside(path)
            found = os.stat(place)
        except (SourceError, OSError):
            return None
        return (place, found.st_size) if stat.S_ISREG(found.st_mode) else None

    def _inside(self, path: str) -> str:
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(os.path.join(self.root, folder))
        place = os.path.join(self._folders[folder], name)
        if name in {"", ".", ".."} or os.path.islink(place):
            place = os.path.realpath(place)
        if not f"{place}{os.sep}".startswith(self._inner):
            raise SourceError(
                f"{path}: leads outside the workspace",
                hint="name files inside the repository; links must not leave it",
            )
        return place


def _walk(root: str, folder: str, depth: int) -> Iterator[str]:
    try:
        entries = list(os.scandir(os.path.join(root, folder)))
    except OSError:
        return
    for entry in entries:
        name = f"{folder}/{entry.name}" if folder else entry.name
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in SKIPPED and depth < MAX_DEPTH:
                yield from _walk(root, name, depth + 1)
        else:
            yield name


def _blob_id(place: str, size: int) -> str:
    return _digest(place, hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False))


def _digest(place: str, digest: hashlib._Hash) -> str:
    with open(place, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
