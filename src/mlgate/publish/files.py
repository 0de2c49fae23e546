"""The runner's command files, and files that are either whole or as they were."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlgate.ci.commands import output_entry
from mlgate.errors import PublishError
from mlgate.publish.base import Action, Post, Published

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_SUMMARY_BYTES: Final = 1024 * 1024
"""What GitHub takes from one step; a longer file is dropped whole."""


@dataclass(frozen=True, slots=True)
class JobSummary:
    """Publisher for the page of the run; ``path`` is what ``GITHUB_STEP_SUMMARY`` names."""

    path: Path

    def publish(self, post: Post) -> Published:
        """Append the report, unless the step's summary would become too long."""
        text = _encoded(post.body.rstrip("\n") + "\n\n")
        try:
            there = self.path.stat().st_size if self.path.exists() else 0
            if there + len(text) > MAX_SUMMARY_BYTES:
                raise PublishError(
                    f"job summary: {there + len(text)} bytes; GitHub takes {MAX_SUMMARY_BYTES}"
                )
            _append(self.path, text)
        except OSError as exc:
            raise PublishError(f"job summary {self.path}: {exc.strerror}") from exc
        return Published(action=Action.UPDATED if there else Action.CREATED)


def append_outputs(path: Path, outputs: Mapping[str, str]) -> None:
    """Add step outputs to the file ``GITHUB_OUTPUT`` names; any value is safe."""
    text = "".join(output_entry(name, value) for name, value in outputs.items())
    try:
        _append(path, _encoded(text))
    except OSError as exc:
        raise PublishError(f"step outputs {path}: {exc.strerror}") from exc


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file that readers see whole or not at all, even if we are killed.

    A symbolic link in its place is replaced, never followed; missing folders are made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)
    except OSError as exc:
        raise PublishError(f"{path}: {exc.strerror}") from exc


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
