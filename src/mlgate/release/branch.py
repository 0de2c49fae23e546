"""Whether a commit is on the branch that releases come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.errors import ConfigError, SourceError
from mlgate.sources.baseline import default_branch
from mlgate.sources.git import GitError

if TYPE_CHECKING:
    from mlgate.sources.git import Repository


def require_on_branch(repository: Repository, commit: str, branch: str) -> str:
    """Return the branch that ``commit`` is on; history that is not here is fetched.

    Args:
        repository: The clone, which may be shallow.
        commit: The commit.
        branch: Name of the branch; empty for the default branch of the repository.

    Raises:
        ConfigError: no branch is named, and none is the default.
        SourceError: the commit is not on it, or nobody can tell.
    """
    wanted = branch or default_branch(repository)
    if not wanted or wanted.startswith("-"):
        raise ConfigError(
            "the branch that releases come from is not known", hint="name it with --branch"
        )
    if _is_on(repository, commit, wanted):
        return wanted
    remote = bool(repository.git("remote").strip())
    try:
        if remote and _is_on_fetched(repository, commit, wanted):
            return wanted
    except GitError as exc:
        raise SourceError(
            f"the history of {wanted} cannot be fetched: {exc}",
            hint="let the job reach the remote, or check out with `fetch-depth: 0`",
        ) from exc
    raise SourceError(
        f"commit {commit[:12]} is not on {wanted}",
        hint=f"merge it first, then tag what {wanted} has; another branch is named with --branch",
    )


def _is_on(repository: Repository, commit: str, branch: str) -> bool:
    remote = repository.remote
    tips = (f"refs/remotes/{remote}/{branch}", f"refs/heads/{branch}")
    known = [tip for tip in tips if repository.resolve(tip)]
    return any(_is_ancestor(repository, commit, tip) for tip in known[:1])


def _is_on_fetched(repository: Repository, commit: str, branch: str) -> bool:
    """Fetch the branch, and in a shallow clone as much of its history as it takes."""
    ref = f"refs/remotes/{repository.remote}/{branch}"
    spec = f"+refs/heads/{branch}:{ref}"
    if not repository.shallow:
        repository.fetch_refs(spec)
        return _is_ancestor(repository, commit, ref)
    return any(_is_ancestor(repository, commit, ref) for _ in repository.deepen(spec))


def _is_ancestor(repository: Repository, commit: str, tip: str) -> bool:
    try:
        repository.git("merge-base", "--is-ancestor", commit, tip)
    except GitError:
        return False
    return True
