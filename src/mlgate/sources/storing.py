"""Store evidence in the repository, under a ref of its own for each commit and run.

Objects are made by git's plumbing (``hash-object``, ``mktree``, ``commit-tree``) and pushed to a
ref that must not exist yet, so that any number of runs may write at once and none replaces
another's.
Work tree, index, HEAD and branches are not touched. The same files of the same run make the same
commit: a run that died halfway is simply run again.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from mlgate.errors import SourceError
from mlgate.sources.git import GitError
from mlgate.sources.pushing import create_ref, is_denied, is_ruled_out, told
from mlgate.sources.stored import STORED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.sources.git import Repository

MAX_STORED: Final = 50 * 2**20
"""Bytes of one run; GitHub warns of larger files."""
_WHO: Final = "mlgate <mlgate@users.noreply.github.com>"
_RUN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Stored(NamedTuple):
    """Where evidence is, and whether it was there before."""

    ref: str
    outcome: Literal["stored", "there"]


def store_evidence(
    repository: Repository,
    commit: str,
    run: str,
    files: Mapping[str, bytes],
) -> Stored:
    """Store ``files`` of one run for ``commit`` on the remote.

    Args:
        repository: The clone; its remote gets the ref.
        commit: The commit that was measured.
        run: Names the run, as in ``501.1``; the same run stores once.
        files: By path, with at most one folder.

    Raises:
        SourceError: it was not stored, and why.
    """
    if not _RUN.fullmatch(run):
        raise SourceError(f"{run[:100]!r} is no name of a run")
    total = sum(len(raw) for raw in files.values())
    if total > MAX_STORED:
        raise SourceError(
            f"evidence of {total} bytes is not stored; {MAX_STORED} may be",
            hint="keep fewer predictions (`predictions: store: false`)",
        )
    ref = f"{STORED}/{commit}/{run}"
    try:
        made = _commit(repository, commit, files)
        created = create_ref(repository, made, ref)
    except GitError as exc:
        raise SourceError(f"evidence was not stored: {told(exc)}", hint=_hint(exc)) from exc
    return Stored(ref, "stored" if created.ours else "there")


def _commit(repository: Repository, commit: str, files: Mapping[str, bytes]) -> str:
    """Return a commit without parents that holds the files; the same files give the same one."""
    folders: dict[str, dict[str, str]] = {}
    for path, raw in sorted(files.items()):
        folder, _, name = path.rpartition("/")
        blob = repository.git("hash-object", "-w", "--stdin", stdin=raw).decode().strip()
        folders.setdefault(folder, {})[name] = f"100644 blob {blob}\t{name}"
    top = folders.pop("", {})
    for folder, entries in folders.items():
        top[folder] = f"040000 tree {_tree(repository, entries)}\t{folder}"
    tree = _tree(repository, top)
    when = f"@{repository.committed_at(commit) or 0} +0000"
    name, _, address = _WHO.partition(" <")
    who = {
        f"GIT_{role}_{field}": value
        for role in ("AUTHOR", "COMMITTER")
        for field, value in (("NAME", name), ("EMAIL", address.rstrip(">")), ("DATE", when))
    }
    writer = dataclasses.replace(repository, environ={**repository.environ, **who})
    said = f"Evidence of {commit}"
    return writer.git("commit-tree", "--no-gpg-sign", "-m", said, tree).decode().strip()


def _tree(repository: Repository, entries: Mapping[str, str]) -> str:
    lines = "".join(f"{entries[name]}\n" for name in sorted(entries))
    return repository.git("mktree", stdin=lines.encode()).decode().strip()


def _hint(exc: GitError) -> str:
    if is_ruled_out(exc):
        return f"a rule of the repository refuses it: allow this workflow to create {STORED}/**"
    if is_denied(exc):
        return "give the job `contents: write` on pushes to the default branch"
    return "is the remote up? the next run stores its own evidence"
