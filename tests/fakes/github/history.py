"""Refs, ancestors and merge bases, from a real git repository when one is attached."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from fakes.github.state import Commit

if TYPE_CHECKING:
    from fakes.github.state import Pull, Repository

_SHA = re.compile(r"[0-9a-f]{40}")
_FIELDS = "%H%x1f%P%x1f%cI%x1f%B%x1e"


def resolve(repo: Repository, ref: str) -> str | None:
    """Return the commit a branch, ``heads/branch``, ``refs/...`` or SHA stands for."""
    name = ref.removeprefix("refs/").removeprefix("heads/")
    if name in repo.branches:
        return repo.branches[name]
    if re.fullmatch(r"(refs/)?pull/\d+/(head|merge)", ref):
        _, number, side = ref.removeprefix("refs/").split("/")
        pull = repo.pulls.get(int(number))
        if pull is None:
            return None
        return head_of(repo, pull) if side == "head" else pull.merge_commit_sha
    if repo.git and (found := _in_git(repo, name)):
        return found
    return ref if _SHA.fullmatch(ref) and _known(repo, ref) else None


def head_of(repo: Repository, pull: Pull) -> str:
    """Return the head commit of a pull request."""
    return pull.head_sha or resolve(repo, pull.head_ref) or "0" * 40


def base_of(repo: Repository, pull: Pull) -> str:
    """Return the tip of the base branch of a pull request."""
    return pull.base_sha or resolve(repo, pull.base_ref) or "0" * 40


def ancestry(repo: Repository, sha: str) -> dict[str, Commit]:
    """Return a commit and all its ancestors, newest first."""
    if repo.git and _in_git(repo, sha):
        return _git_log(repo, sha)
    found: dict[str, Commit] = {}
    waiting = [sha]
    while waiting:
        here = waiting.pop(0)
        if here not in found:
            found[here] = repo.commits.get(here, Commit(sha=here))
            waiting += found[here].parents
    return found


def merge_base(repo: Repository, one: str, other: str) -> str | None:
    """Return the newest commit both have in common."""
    if repo.git and _in_git(repo, one) and _in_git(repo, other):
        return _git(repo, "merge-base", one, other) or None
    theirs = ancestry(repo, other)
    return next((sha for sha in ancestry(repo, one) if sha in theirs), None)


def _known(repo: Repository, sha: str) -> bool:
    pulls = repo.pulls.values()
    named = {pull.head_sha for pull in pulls} | {pull.merge_commit_sha for pull in pulls}
    named |= {pull.base_sha for pull in pulls} | set(repo.branches.values())
    return sha in repo.commits or sha in named


def _in_git(repo: Repository, name: str) -> str | None:
    for spelled in (f"refs/heads/{name}", f"refs/{name}", f"refs/tags/{name}", name):
        ref = f"{spelled}^{{commit}}"
        if found := _git(repo, "rev-parse", "--verify", "--quiet", "--end-of-options", ref):
            return found
    return None


def _git_log(repo: Repository, sha: str) -> dict[str, Commit]:
    found = {}
    for record in _git(repo, "log", f"--format={_FIELDS}", sha).split("\x1e"):
        if not record.strip():
            continue
        name, parents, date, message = record.strip().split("\x1f")
        date = re.sub(r"\+00:00$", "Z", date)
        commit = Commit(sha=name, parents=parents.split(), message=message.strip(), date=date)
        found[name] = commit
    return found


def _git(repo: Repository, *args: str) -> str:
    done = subprocess.run(
        ["git", "-C", repo.git, *args],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
