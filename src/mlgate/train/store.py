"""Known trainings in a folder, each whole or not there: `KEY/entry.json` and `KEY/files/NUMBER`.

What is in it is checked before it is used, for a cache may be torn, or another's: digests of all
files, and that each is an output of this training.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

import msgspec

from mlgate.documents.codec import MAX_BYTES, decode, encode
from mlgate.documents.trained import Known, Output
from mlgate.errors import SourceError
from mlgate.sources.globs import inside
from mlgate.train.inputs import differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mlgate.sources.worktree import WorkTree

_KEY: Final = re.compile(r"[0-9a-f]{64}(-checkpoint)?")
_ENTRY: Final = "entry.json"
_CHUNK: Final = 2**20
_LOOKED_AT: Final = 20
_ABANDONED: Final = 86_400.0
CHECKPOINT: Final = "-checkpoint"


class _Broken(Exception):  # noqa: N818 - it never leaves the module
    """An entry is not what it says."""


class Nearest(NamedTuple):
    """The known training that is most like the one asked for, and what differs."""

    known: Known
    changes: Sequence[str]


class Store:
    """Known trainings in ``folder``; ``say`` is told of entries that cannot be used."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder = folder
        self._say = say

    def find(self, key: str) -> Known | None:
        """Return the entry of ``key``; one that is torn or another's is said and ignored."""
        path = self.folder / key / _ENTRY
        try:
            with path.open("rb") as file:
                found = decode(file.read(MAX_BYTES + 1), Known, origin=str(path))
        except FileNotFoundError:
            if path.parent.exists():
                self._say(f"ignored the known training {key[:12]}: it is not whole")
            return None
        except (OSError, SourceError) as exc:
            self._say(f"ignored the known training {key[:12]}: {exc}")
            return None
        return found

    def nearest(self, model: str, parts: Mapping[str, str]) -> Nearest | None:
        """Return the known training of ``model`` that differs least, of the latest."""
        entries = [path.name for path in self._entries() if CHECKPOINT not in path.name]
        known = (self.find(name) for name in entries[:_LOOKED_AT])
        near = (
            Nearest(one, differences(one.parts, parts))
            for one in known
            if one is not None and one.model == model
        )
        return min(near, key=lambda found: len(found.changes), default=None)

    def restore(
        self, key: str, known: Known, tree: WorkTree, allowed: Callable[[str], bool]
    ) -> bool:
        """Write all outputs of an entry into the work tree; none when one is not as it should be.

        Returns:
            Whether they are there now.
        """
        ready: list[tuple[str, str]] = []
        try:
            for number, output in enumerate(known.outputs):
                _require_output(output.path, allowed)
                if not _is_there(tree, output):
                    source = self.folder / key / "files" / str(number)
                    ready.append(_copied(source, output, tree))
            for made, place in ready:
                Path(made).replace(place)
        except (OSError, SourceError, _Broken) as exc:
            self._say(f"ignored the known training {key[:12]}: {exc}")
            for made, _ in ready:
                Path(made).unlink(missing_ok=True)
            return False
        with contextlib.suppress(OSError):
            os.utime(self.folder / key)  # what was used last is dropped last
        return True

    def keep(self, key: str, known: Known, files: Iterable[str], tree: WorkTree) -> bool:
        """Add an entry with ``files``, whole or not at all; a full disk loses nothing else.

        Returns:
            Whether it is there now.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(
                dir=self.folder, prefix=".new-", ignore_cleanup_errors=True
            ) as made:
                entry = Path(made) / "entry"
                (entry / "files").mkdir(parents=True)
                outputs = tuple(
                    _stored(tree, path, entry / "files" / str(number))
                    for number, path in enumerate(sorted(files))
                )
                whole = msgspec.structs.replace(known, outputs=outputs)
                (entry / _ENTRY).write_bytes(encode(whole))
                self.drop(key)
                entry.rename(self.folder / key)
        except (OSError, SourceError) as exc:
            why = exc.strerror if isinstance(exc, OSError) else str(exc)
            self._say(f"this training is not remembered: {why}")
            return False
        return True

    def drop(self, key: str) -> None:
        """Remove an entry, if there is one."""
        shutil.rmtree(self.folder / key, ignore_errors=True)

    def prune(self, most: int) -> None:
        """Remove all but the entries that were used last, and what was begun and never ended."""
        begun = [p for p in self.folder.glob(".new-*") if time.time() - _used(p) > _ABANDONED]
        for path in (*self._entries()[most:], *begun):
            shutil.rmtree(path, ignore_errors=True)

    def _entries(self) -> list[Path]:
        """Return the folders of entries, the latest first."""
        try:
            found = [p for p in self.folder.iterdir() if _KEY.fullmatch(p.name) and p.is_dir()]
        except OSError:
            return []
        return sorted(found, key=_used, reverse=True)


def _used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _require_output(path: str, allowed: Callable[[str], bool]) -> None:
    if not allowed(path) or inside("", path) != path:
        raise _Broken(f"{path[:200]} is no output of this training")


def _is_there(tree: WorkTree, output: Output) -> bool:
    """Tell whether the work tree has this very file already."""
    return tree.size(output.path) == output.size and tree.sha256(output.path) == (
        f"sha256:{output.digest}"
    )


def _copied(source: Path, output: Output, tree: WorkTree) -> tuple[str, str]:
    """Copy a stored file beside its place; return where it is and where it belongs."""
    place = Path(tree.root) / output.path
    _require_inside(place, tree)
    place.parent.mkdir(parents=True, exist_ok=True)
    _require_inside(place, tree)
    handle, made = tempfile.mkstemp(dir=place.parent, prefix=".mlgate-", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as target, source.open("rb") as file:
            _require_whole(output, *_copy(_chunks(file), target))
        Path(made).chmod(0o755 if output.executable else 0o644)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise
    return made, str(place)


def _require_whole(output: Output, digest: str, size: int) -> None:
    if (digest, size) != (output.digest, output.size):
        raise _Broken(f"{output.path[:200]} is damaged")


def _require_inside(place: Path, tree: WorkTree) -> None:
    """Refuse a place whose nearest existing folder is outside the workspace."""
    folder = place.parent
    while not folder.exists():
        folder = folder.parent
    if not folder.resolve().is_relative_to(tree.root):
        raise _Broken(f"{place.name} would be written outside the workspace")


def _stored(tree: WorkTree, path: str, target: Path) -> Output:
    """Copy one file of the work tree into an entry."""
    with open(tree.place(path), "rb") as file, target.open("wb") as made:  # noqa: PTH123
        digest, size = _copy(_chunks(file), made)
        executable = bool(os.fstat(file.fileno()).st_mode & 0o100)
    return Output(path=path, digest=digest, size=size, executable=executable)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _copy(chunks: Iterable[bytes], target: IO[bytes]) -> tuple[str, int]:
    """Write chunks; return their digest and size."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        target.write(chunk)
    return digest.hexdigest(), size
