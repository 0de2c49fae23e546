"""Data as it was at a commit, copied out of git or DVC into a folder; the work tree stays."""

from __future__ import annotations

import posixpath
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mlgate.errors import SourceError
from mlgate.sources.data_files import parse_pointer
from mlgate.sources.git import GitError
from mlgate.sources.globs import inside

if TYPE_CHECKING:
    from pathlib import Path

    from mlgate.sources.git import Repository


def copy_at(repository: Repository, commit: str, path: str, folder: Path) -> Path:
    """Return a copy in ``folder`` of the file ``path`` at ``commit``.

    Git's own files come from its objects, those that DVC tracks from its cache or remote.

    Raises:
        SourceError: there is no such file at that commit, or its content cannot be had.
    """
    name = inside("", path)
    if name is None:
        raise SourceError(f"{path[:300]} leads outside the workspace")
    target = folder / posixpath.basename(name)
    try:
        blob = repository.tree(commit).get(name)
        raw = repository.git("cat-file", "blob", blob.oid, seconds=600) if blob else None
    except GitError as exc:
        raise SourceError(f"{path} at {commit[:7]}: git cannot read it: {exc}") from exc
    if raw is None:
        _copy_from_dvc(repository, commit, name, target)
    elif parse_pointer(raw):
        raise SourceError(
            f"{path} at {commit[:7]} is kept by Git LFS",
            hint="write a profile of it with `mlgate profile`, and name that as the reference",
        )
    else:
        target.write_bytes(raw)
    return target


def _copy_from_dvc(repository: Repository, commit: str, path: str, target: Path) -> None:
    if find_spec("dvc") is None:
        raise SourceError(
            f"{path}: git has no such file at {commit[:7]}, and DVC is not installed",
            hint="install `mlgate[dvc]` (`extras: dvc` in the action) if DVC tracks it",
        )
    from dvc.api import DVCFileSystem  # noqa: PLC0415  # an extra, and slow to import
    from dvc.exceptions import DvcException  # noqa: PLC0415

    try:
        files = DVCFileSystem(str(repository.workspace), rev=commit)
        if not files.isfile(path):
            raise SourceError(
                f"{path}: neither git nor DVC has such a file at {commit[:7]}",
                hint="is the path relative to the repository, and was it there at that commit?",
            )
        files.get_file(path, str(target))
    except (DvcException, OSError) as exc:
        first = (str(exc).strip().splitlines() or [type(exc).__name__])[0][:300]
        raise SourceError(
            f"{path}: DVC cannot read it at {commit[:7]}: {first}",
            hint="was it pushed (`dvc push`), and may this job read the remote?",
        ) from exc
