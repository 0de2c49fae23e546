"""Files that are not there yet: all of them are written, or none."""

from __future__ import annotations

import contextlib
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

from mlgate.errors import ConfigError, PublishError
from mlgate.publish.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def write_new(workspace: Path, texts: Mapping[str, str]) -> frozenset[str]:
    """Write the files that are missing in ``workspace``; return those that are there and kept.

    Raises:
        ConfigError: one cannot be written; then nothing is left of the others.
    """
    kept = frozenset(path for path in texts if _is_there(workspace, path))
    with ExitStack() as undo:
        for path, text in texts.items():
            if path not in kept:
                _create(workspace, path, text, undo)
        undo.pop_all()
    return kept


def _is_there(workspace: Path, path: str) -> bool:
    """Tell whether a file, or a link to anywhere, is in its place."""
    if os.path.isdir(workspace / path):  # noqa: PTH112  # `is_dir` raises for what may not be seen
        raise _unwritable(path, "it is a folder", "move it away")
    return os.path.lexists(workspace / path)


def _create(workspace: Path, path: str, text: str, undo: ExitStack) -> None:
    place = workspace / path
    try:
        for folder in reversed(place.parents[: path.count("/")]):
            _make_folder(workspace, folder, path, undo)
        write_atomically(place, text.encode())
    except OSError as exc:
        raise _unwritable(path, str(exc.strerror), "mend that") from exc
    except PublishError as exc:
        reason = exc.__cause__.strerror if isinstance(exc.__cause__, OSError) else exc.what
        raise _unwritable(path, str(reason), "mend that") from exc
    undo.callback(_try, place.unlink)


def _make_folder(workspace: Path, folder: Path, path: str, undo: ExitStack) -> None:
    name = folder.relative_to(workspace).as_posix()
    if not folder.resolve().is_relative_to(workspace.resolve()):
        raise _unwritable(path, f"{name} leads outside the workspace", f"move {name} away")
    if folder.is_dir():
        return
    if os.path.lexists(folder):
        raise _unwritable(path, f"{name} is no folder", f"move {name} away")
    folder.mkdir()
    undo.callback(_try, folder.rmdir)


def _try(undo: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):
        undo()


def _unwritable(path: str, reason: str, fix: str) -> ConfigError:
    return ConfigError(
        f"{path} cannot be written: {reason}",
        hint=f"{fix}, or take what `mlgate init --print` shows; nothing was written",
    )
