from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.github import HEAD_SHA, MERGE_SHA, Decision
from fakes.github.state import Status, sha_of

if TYPE_CHECKING:
    from fakes.github import GitHubStandIn


@pytest.mark.parametrize(
    ("conclusion", "allowed"),
    [
        ("success", True),
        ("neutral", True),
        ("skipped", True),
        ("failure", False),
        ("cancelled", False),
        ("timed_out", False),
        ("action_required", False),
        (None, False),
    ],
)
def test_what_satisfies_a_required_check(
    github: GitHubStandIn, conclusion: str | None, *, allowed: bool
) -> None:
    github.repo.required_checks = ["gate"]
    github.record_job(HEAD_SHA, "gate", conclusion)
    assert github.would_merge(7).allowed is allowed


def test_nothing_required_is_mergeable(github: GitHubStandIn) -> None:
    github.record_job(HEAD_SHA, "lint", "failure")
    assert github.would_merge(7) == Decision(allowed=True)


def test_a_check_that_never_reports_stays_pending(github: GitHubStandIn) -> None:
    github.repo.required_checks = ["gate", "lint"]
    github.record_job(HEAD_SHA, "lint", "success")
    reasons = ("gate: pending (never reported on the head commit)",)
    assert github.would_merge(7) == Decision(allowed=False, reasons=reasons)


def test_a_result_on_the_merge_commit_does_not_count(github: GitHubStandIn) -> None:
    github.repo.required_checks = ["gate"]
    github.record_job(MERGE_SHA, "gate", "success")
    assert not github.would_merge(7).allowed


@pytest.mark.parametrize(("first", "last"), [("failure", "success"), ("success", "failure")])
def test_the_latest_run_counts(github: GitHubStandIn, first: str, last: str) -> None:
    github.repo.required_checks = ["gate"]
    github.record_job(HEAD_SHA, "gate", first)
    github.record_job(HEAD_SHA, "gate", last)
    assert github.would_merge(7).allowed is (last == "success")


def test_a_push_starts_over(github: GitHubStandIn) -> None:
    github.repo.required_checks = ["gate"]
    github.record_job(HEAD_SHA, "gate", "success")
    github.push(sha_of("a second commit"))
    assert not github.would_merge(7).allowed


def test_a_check_and_a_status_of_one_name_are_both_required(github: GitHubStandIn) -> None:
    github.repo.required_checks = ["gate"]
    github.record_job(HEAD_SHA, "gate", "success")
    github.repo.statuses.append(
        Status(
            id=github.world.new_id(),
            sha=HEAD_SHA,
            state="failure",
            context="gate",
            creator="ada",
            created_at=github.world.now(),
        )
    )
    assert github.would_merge(7) == Decision(allowed=False, reasons=("gate: failure",))


def test_a_closed_pull_request_does_not_merge(github: GitHubStandIn) -> None:
    github.repo.pulls[7].state = "closed"
    assert not github.would_merge(7).allowed
