"""Code that differs between baseline and work tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.documents.comparison import CodeChange
from mlgate.sources.dvc_project import PIPELINE, is_dvc_file
from mlgate.sources.git import GitError

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlgate.sources.git import Repository

SHOWN_PATHS = 50


def read_code_change(
    repository: Repository, base: str, without: Collection[str]
) -> CodeChange | None:
    """Return how many files and lines differ, ``without`` metric, parameter and data files."""
    try:
        differing = [c for c in repository.numstat(base) if c[0] not in without]
    except GitError:
        return None
    changes = [c for c in differing if c[0].rsplit("/", 1)[-1] == PIPELINE or not is_dvc_file(c[0])]
    return CodeChange(
        files=len(changes),
        added=sum(added for _, added, _ in changes),
        removed=sum(removed for _, _, removed in changes),
        paths=tuple(path[:1024] for path, _, _ in changes[:SHOWN_PATHS]),
    )
