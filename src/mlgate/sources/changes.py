"""Code that differs between baseline and work tree."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from mlgate.documents.comparison import CodeChange
from mlgate.sources.dvc_project import PIPELINE, is_dvc_file
from mlgate.sources.git import GitError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mlgate.sources.git import Repository

SHOWN_PATHS: Final = 50
ASKED_AT_ONCE: Final = 500


def read_code_change(
    repository: Repository, base: str, without: Collection[str]
) -> CodeChange | None:
    """Return how many files and lines differ, ``without`` metric, parameter and data files.

    Lines are counted in the code alone: the data may have millions.
    """
    try:
        changed = [path for path in repository.changed(base) if path not in without]
        code = [p for p in changed if posixpath.basename(p) == PIPELINE or not is_dvc_file(p)]
        lines = [c for some in batched(code) for c in repository.numstat(base, some)]
    except GitError:
        return None
    return CodeChange(
        files=len(code),
        added=sum(added for _, added, _ in lines),
        removed=sum(removed for _, _, removed in lines),
        paths=tuple(path[:1024] for path in code[:SHOWN_PATHS]),
    )


def batched(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield ``paths`` in parts that fit a command line."""
    yield from (paths[at : at + ASKED_AT_ONCE] for at in range(0, len(paths), ASKED_AT_ONCE))
