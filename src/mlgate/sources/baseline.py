"""Which commit the head is judged against, and why that one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.documents.comparison import Baseline
from mlgate.errors import ConfigError
from mlgate.sources.find import find_metric_files
from mlgate.sources.git import COMMIT, GitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgate.sources.git import Repository

MAX_BEHIND: Final = 50
DEFAULT_BRANCHES: Final = ("main", "master", "trunk", "develop")
_SHALLOW_HINT: Final = "let the job reach the remote, or check out with `fetch-depth: 0`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known about this run that tells which baseline is meant.

    Attributes:
        event: Name of the CI event, empty on a person's machine.
        base_ref: Target branch of a pull request or merge group.
        base_sha: Its commit as the event states it.
        head_sha: Head commit of the pull request.
        before: Commit that a push replaced.
        default_branch: Name of the default branch, where the CI machine says so.
        tag: Tag that is being built.
        given: Revision that the user names.
    """

    event: str = ""
    base_ref: str = ""
    base_sha: str = ""
    head_sha: str = ""
    before: str = ""
    default_branch: str = ""
    tag: str = ""
    given: str = ""


class NoBaselineError(Exception):
    """There is none; the text says why, and what would change it."""


def find_baseline(
    repository: Repository,
    situation: Situation,
    ask_merge_base: Callable[[str, str], str | None] = lambda _base, _head: None,
) -> Baseline:
    """Return the baseline commit; ``ask_merge_base`` asks the forge on shallow clones.

    Raises:
        ConfigError: a revision that the user named does not exist.
    """
    search = _Search(repository, situation, ask_merge_base)
    try:
        found = search.run()
        return _present(repository, found)
    except NoBaselineError as exc:
        return Baseline(problem=str(exc))
    except GitError as exc:
        return Baseline(problem=f"git could not tell: {exc}")


def _present(repository: Repository, found: Baseline) -> Baseline:
    """Make sure that the commit is here, fetching exactly it when it is not."""
    if not repository.has(found.commit):
        try:
            repository.fetch_commit(found.commit)
        except GitError as exc:
            raise NoBaselineError(
                f"commit {found.commit[:12]} ({found.explanation}) is not in this clone and "
                f"cannot be fetched ({exc}); {_SHALLOW_HINT}"
            ) from exc
    return Baseline(
        commit=found.commit,
        found=found.found,
        explanation=found.explanation,
        committed_at=repository.committed_at(found.commit),
    )


class _Search:
    def __init__(
        self,
        repository: Repository,
        situation: Situation,
        ask_merge_base: Callable[[str, str], str | None],
    ) -> None:
        self._repository = repository
        self._situation = situation
        self._ask = ask_merge_base

    def run(self) -> Baseline:
        situation = self._situation
        if situation.given:
            return self._given(situation.given)
        head = self._repository.resolve("HEAD")
        if head is None:
            raise NoBaselineError("this repository has no commit yet")
        match situation.event:
            case "pull_request" | "pull_request_target":
                return self._pull_request(head)
            case "merge_group":
                return self._merge_group()
            case _ if situation.tag:
                return self._release(head)
            case "push" if situation.base_ref == situation.default_branch:
                return self._first_parent(head, "the commit before this one on the branch")
            case _:
                return self._local(head)

    def _given(self, revision: str) -> Baseline:
        commit = self._repository.resolve(revision)
        if commit is None and COMMIT.fullmatch(revision):
            commit = revision
        if commit is None:
            raise ConfigError(
                f"--base {revision!r} is no commit of this repository",
                hint="name a branch, a tag or a commit; on a shallow clone give all 40 digits",
            )
        return Baseline(commit=commit, found="given", explanation=f"named by --base {revision}")

    def _pull_request(self, head: str) -> Baseline:
        """Find the merge base of what is checked out and the target branch.

        On pull requests the CI machine checks out a merge commit of target and head. The merge
        base of *that* with the target is its first parent, named in the commit itself, so a
        shallow clone needs no history.
        """
        situation = self._situation
        target = situation.base_ref or "the target branch"
        parents = self._repository.parents(head)
        if len(parents) > 1 and situation.head_sha in parents[1:]:
            return Baseline(
                commit=parents[0],
                found="merge-base",
                explanation=f"{target} as merged with this pull request",
            )
        tip = _tip(self._repository, situation.base_ref) or situation.base_sha
        if not tip:
            raise NoBaselineError("the event names no base branch")
        commit = self._merge_base(tip, head)
        return Baseline(
            commit=commit, found="merge-base", explanation=f"merge base of head and {target}"
        )

    def _merge_group(self) -> Baseline:
        base = self._situation.base_sha
        if not COMMIT.fullmatch(base):
            raise NoBaselineError("the merge group names no base commit")
        return Baseline(commit=base, found="merge-queue", explanation="base of the merge group")

    def _release(self, head: str) -> Baseline:
        """Find the previous release: the nearest older tag of the same name pattern."""
        tag = self._situation.tag
        prefix = re.sub(r"[vV]?[0-9]+([.][0-9]+)*[^/@]*$", "", tag)
        pattern = f"{prefix}*" if prefix else "*"
        parents = self._repository.parents(head)
        if not parents:
            raise NoBaselineError(f"{tag} is the first commit")
        try:
            asked = ("describe", "--tags", "--abbrev=0", f"--match={pattern}", parents[0])
            previous = self._repository.git(*asked).decode().strip()
        except GitError as exc:
            hint = f" ({_SHALLOW_HINT})" if self._repository.shallow else ""
            raise NoBaselineError(f"no release before {tag} was found{hint}") from exc
        commit = self._repository.resolve(f"refs/tags/{previous}")
        if commit is None:
            raise NoBaselineError(f"the tag {previous} names no commit")
        return Baseline(
            commit=commit, found="release", explanation=f"the previous release, {previous}"
        )

    def _first_parent(self, head: str, explanation: str) -> Baseline:
        parents = self._repository.parents(head)
        if not parents:
            raise NoBaselineError("this is the first commit of the repository")
        return Baseline(commit=parents[0], found="first-parent", explanation=explanation)

    def _local(self, head: str) -> Baseline:
        branch = self._situation.default_branch or default_branch(self._repository)
        tip = _tip(self._repository, branch) if branch else None
        base = self._merge_base(tip, head) if tip else None
        if base is not None and base != head:
            return Baseline(
                commit=base, found="merge-base", explanation=f"merge base of HEAD and {branch}"
            )
        if self._repository.dirty or find_metric_files(self._repository.untracked()):
            return Baseline(
                commit=head, found="parent", explanation="the commit before the work tree's changes"
            )
        return self._first_parent(head, "the commit before HEAD")

    def _merge_base(self, tip: str, head: str) -> str:
        repository = self._repository
        base = repository.merge_base(tip, head) if repository.has(tip) else None
        base = base or self._ask(tip, head)
        if base is None and (repository.shallow or not repository.has(tip)):
            base = self._deepened_merge_base(tip, head)
        if base is None:
            raise NoBaselineError(
                f"{head[:12]} and {tip[:12]} share no history; name a baseline with --base"
            )
        return base

    def _deepened_merge_base(self, tip: str, head: str) -> str | None:
        repository = self._repository
        try:
            if not repository.shallow:
                repository.fetch_commit(tip)
                return repository.merge_base(tip, head)
            for _ in repository.deepen(tip, head):
                base = repository.merge_base(tip, head)
                if base:
                    return base
        except GitError as exc:
            raise NoBaselineError(
                f"this clone has too little history and fetching failed ({exc}); {_SHALLOW_HINT}"
            ) from exc
        return None


def default_branch(repository: Repository) -> str:
    """Return the default branch as the remote or, failing that, its name tells; may be empty."""
    remote = repository.remote
    try:
        head = repository.git("symbolic-ref", "--short", f"refs/remotes/{remote}/HEAD")
        return head.decode().strip().removeprefix(f"{remote}/")
    except GitError:
        names = (name for name in DEFAULT_BRANCHES if _tip(repository, name))
        return next(names, "")


def _tip(repository: Repository, branch: str) -> str | None:
    if not branch or branch.startswith("-"):
        return None
    remote = repository.remote
    return repository.resolve(f"refs/remotes/{remote}/{branch}") or (
        repository.resolve(f"refs/heads/{branch}")
    )
