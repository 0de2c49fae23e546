"""Branch protection: would this pull request merge now?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakes.github import history

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.github.state import Repository

SATISFYING = frozenset({"success", "neutral", "skipped"})


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the merge button works, and why not."""

    allowed: bool
    reasons: tuple[str, ...] = ()


def would_merge(repo: Repository, number: int) -> Decision:
    """Judge a pull request by the required checks of the repository."""
    pull = repo.pulls[number]
    if pull.state != "open":
        return Decision(allowed=False, reasons=("the pull request is closed",))
    sha = history.head_of(repo, pull)
    reasons = tuple(
        f"{name}: {state}"
        for name in repo.required_checks
        for state in _states(repo, sha, name)
        if state not in SATISFYING
    )
    return Decision(allowed=not reasons, reasons=reasons)


def _states(repo: Repository, sha: str, name: str) -> Iterator[str]:
    """Yield the latest check run and the latest status of a name; both count when both exist."""
    runs = [each for each in repo.check_runs if (each.head_sha, each.name) == (sha, name)]
    statuses = [each for each in repo.statuses if (each.sha, each.context) == (sha, name)]
    if not runs and not statuses:
        yield "pending (never reported on the head commit)"
    if runs:
        latest = max(runs, key=lambda run: run.id)
        yield latest.conclusion or f"pending ({latest.status})"
    if statuses:
        yield max(statuses, key=lambda status: status.id).state
