from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from github import Auth, BadCredentialsException, Github, GithubException, UnknownObjectException

from fakes.github import HEAD_SHA, TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from github.Repository import Repository

    from fakes.github import GitHubStandIn


def _client(github: GitHubStandIn, token: str = TOKEN, *, lazy: bool = False) -> Github:
    return Github(
        base_url=github.url,
        auth=Auth.Token(token),
        per_page=100,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        lazy=lazy,
    )


@pytest.fixture
def repository(github: GitHubStandIn) -> Iterator[Repository]:
    """``octo/ml`` as PyGithub sees it with the token of the workflow."""
    with _client(github) as client:
        yield client.get_repo("octo/ml")


def test_comments_are_created_updated_and_deleted(
    github: GitHubStandIn, repository: Repository
) -> None:
    pull = repository.get_pull(7)
    assert pull.head.sha == HEAD_SHA
    made = pull.create_issue_comment("first")
    assert made.user.login == "github-actions[bot]"
    made.edit("second | `x` ✅")
    assert pull.get_issue_comment(made.id).body == "second | `x` ✅"
    made.delete()
    assert github.comments() == []


def test_pages_are_followed_to_the_end(github: GitHubStandIn, repository: Repository) -> None:
    github.chatter(250)
    listed = repository.get_issue(7).get_comments()
    assert [each.body for each in listed] == [f"comment {n}" for n in range(250)]
    assert len(github.sent("GET", r"/issues/7/comments$")) == 3


def test_check_runs_are_created_completed_and_listed(
    github: GitHubStandIn, repository: Repository
) -> None:
    made = repository.create_check_run("gate", HEAD_SHA, status="in_progress")
    assert made.raw_data["conclusion"] is None
    note = {
        "path": "metrics.json",
        "start_line": 1,
        "end_line": 1,
        "annotation_level": "failure",
        "message": "roc_auc fell",
    }
    output = {"title": "No", "summary": "roc_auc fell", "annotations": [note]}
    made.edit(conclusion="failure", output=output)
    assert (made.status, made.conclusion) == ("completed", "failure")
    assert [each.message for each in made.get_annotations()] == ["roc_auc fell"]
    github.repo.required_checks = ["gate"]
    assert github.would_merge().reasons == ("gate: failure",)


def test_a_status_counts_for_the_merge(github: GitHubStandIn) -> None:
    github.world.tokens[TOKEN].permissions["statuses"] = "write"
    github.repo.required_checks = ["gate"]
    with _client(github, lazy=True) as client:
        commit = client.get_repo("octo/ml").get_commit(HEAD_SHA)
        assert commit.create_status("success", context="gate").context == "gate"
        assert commit.get_combined_status().state == "success"
    assert github.would_merge().allowed


def test_errors_are_of_the_right_kind(github: GitHubStandIn, repository: Repository) -> None:
    with pytest.raises(UnknownObjectException):
        repository.get_pull(99)
    with pytest.raises(GithubException) as too_long:
        repository.get_pull(7).create_issue_comment("x" * 65_537)
    assert too_long.value.status == 422
    assert "Body is too long" in str(too_long.value)
    with _client(github, "ghs_wrong") as stranger, pytest.raises(BadCredentialsException):
        stranger.get_repo("octo/ml")


def test_a_fork_may_read_and_not_write(github: GitHubStandIn, repository: Repository) -> None:
    github.world.tokens[TOKEN].fork = True
    pull = repository.get_pull(7)
    assert list(pull.get_issue_comments()) == []
    with pytest.raises(GithubException) as refused:
        pull.create_issue_comment("hello")
    assert refused.value.status == 403
    assert refused.value.message == "Resource not accessible by integration"
