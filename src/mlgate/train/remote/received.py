"""The log of a job that ran under ``program.py``: what people read, and what is meant for us."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from mlgate.documents.base import Count, Document, Label
from mlgate.errors import SourceError
from mlgate.sources.globs import inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlgate.sources.worktree import WorkTree

MOST_BYTES: Final = 256 * 2**20
_LONGEST: Final = 128 * 2**10


class Took(Document, frozen=True, kw_only=True):
    """What the command took on the cluster, and where that was."""

    exit_code: int
    seconds: float
    cpu_seconds: float
    peak_memory: Count
    python: Label = ""
    system: Label = ""
    cpu: Label = ""
    packages: dict[Label, Label] = msgspec.field(default_factory=dict)


class _File(Document, frozen=True, kw_only=True):
    path: str
    executable: bool = False
    digest: str = ""


class Received:
    """Takes a log apart as it comes.

    ``took`` and ``ended`` are set once the lines have come that tell them; files are written when
    the whole log was right, by ``put``.
    """

    def __init__(self, mark: str, folder: Path) -> None:
        self.took: Took | None = None
        self.ended = False
        self.refused = ""
        self._mark = f"{mark} ".encode()
        self._folder = folder
        self._rest = b""
        self._blank = False
        self._files: list[tuple[_File, Path]] = []
        self._open: tuple[_File, Path, hashlib._Hash] | None = None
        self._size = 0

    def feed(self, data: bytes, *, last: bool = False) -> bytes:
        """Take some of the log; return what of it is for people.

        Raises:
            SourceError: a line that is meant for us is not what it should be.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        endless = len(self._rest) > _LONGEST and not self._rest.startswith(self._mark)
        if self._rest and (last or endless):
            lines.append(self._rest)
            self._rest = b""
        shown: list[bytes] = []
        for line in lines:
            if line.startswith(self._mark):
                self._blank = False  # it stood before our line, and is ours
                self._own(line[len(self._mark) :])
                continue
            if self._blank:
                shown.append(b"")
            self._blank = not line
            if line:
                shown.append(line)
        return b"".join(line + b"\n" for line in shown)

    def put(self, tree: WorkTree, allowed: Callable[[str], bool]) -> list[str]:
        """Write the files into the work tree, all or none; return their paths.

        Raises:
            SourceError: one is not an output, or would leave the workspace.
        """
        if not self.ended:
            raise SourceError("the log of the job ends before its outputs: they were not fetched")
        for file, _ in self._files:
            if inside("", file.path) != file.path or not allowed(file.path):
                raise SourceError(f"the job sent {file.path[:200]}, which is no output of it")
            tree.place(file.path)
        for file, place in self._files:
            target = Path(tree.root) / file.path
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                tree.place(file.path)
                handle, made = tempfile.mkstemp(dir=target.parent, prefix=".mlgate-")
                with os.fdopen(handle, "wb") as copy, place.open("rb") as file_there:
                    while chunk := file_there.read(2**20):
                        copy.write(chunk)
                Path(made).chmod(0o755 if file.executable else 0o644)
                Path(made).replace(target)
            except OSError as exc:
                raise SourceError(f"{file.path}: cannot be written: {exc.strerror}") from exc
        return [file.path for file, _ in self._files]

    def _own(self, line: bytes) -> None:
        kind, _, text = line.partition(b" ")
        with self._readable(kind):
            match kind:
                case b"took":
                    self.took = msgspec.json.decode(text, type=Took)
                case b"file":
                    self._begin(msgspec.json.decode(text, type=_File))
                case b"data":
                    self._add(base64.b64decode(text, validate=True))
                case b"done":
                    self._finish(msgspec.json.decode(text, type=_File))
                case b"refused":
                    self.refused = msgspec.json.decode(text, type=dict[str, str])["why"][:1000]
                case b"end":
                    self.ended = self._open is None
                case _:
                    pass

    @contextlib.contextmanager
    def _readable(self, kind: bytes) -> Iterator[None]:
        try:
            yield
        except (msgspec.MsgspecError, binascii.Error, ValueError, KeyError, OSError) as exc:
            name = kind.decode("ascii", "replace")[:20]
            raise SourceError(
                f"the log of the job is torn at {name!r}: {exc}",
                hint="run the job again; does something between here and the cluster cut logs?",
            ) from exc

    def _begin(self, file: _File) -> None:
        if self._open is not None:
            raise ValueError("a file begins within another")
        place = self._folder / str(len(self._files))
        place.write_bytes(b"")
        self._open = (file, place, hashlib.sha256())

    def _add(self, chunk: bytes) -> None:
        if self._open is None:
            raise ValueError("data outside a file")
        self._size += len(chunk)
        if self._size > MOST_BYTES:
            raise ValueError(f"outputs are larger than {MOST_BYTES >> 20} MiB")
        _, place, digest = self._open
        with place.open("ab") as file:
            file.write(chunk)
        digest.update(chunk)

    def _finish(self, done: _File) -> None:
        if self._open is None or self._open[0].path != done.path:
            raise ValueError("a file ends that did not begin")
        begun, place, digest = self._open
        self._open = None
        if digest.hexdigest() != done.digest:
            raise ValueError(f"{begun.path[:200]} has another digest")
        self._files.append((begun, place))
