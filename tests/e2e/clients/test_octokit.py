from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from e2e.clients.octokit import install, octokit
from fakes.github import HEAD_SHA, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.github import GitHubStandIn

    Ask = Callable[..., list[dict[str, Any]]]

HERE = {"owner": "octo", "repo": "ml"}
PULL = {**HERE, "issue_number": 7}


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    install()


@pytest.fixture
def ask(github: GitHubStandIn) -> Ask:
    """Do calls with the token of the workflow."""

    def asked(*calls: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
        return octokit(github.url, TOKEN, calls)

    return asked


def test_comments_are_created_updated_and_deleted(github: GitHubStandIn, ask: Ask) -> None:
    [made] = ask(("issues.createComment", {**PULL, "body": "first"}))
    assert made["status"] == 201
    assert made["data"]["user"]["login"] == "github-actions[bot]"
    here = {**HERE, "comment_id": made["data"]["id"]}
    changed, read = ask(
        ("issues.updateComment", {**here, "body": "second | `x` ✅"}), ("issues.getComment", here)
    )
    assert changed["data"]["body"] == read["data"]["body"] == "second | `x` ✅"
    [gone, missing] = ask(("issues.deleteComment", here), ("issues.getComment", here))
    assert (gone["status"], missing["status"]) == (204, 404)
    assert github.comments() == []


def test_pages_are_followed_to_the_end(github: GitHubStandIn, ask: Ask) -> None:
    github.chatter(250)
    [listed] = ask(("*issues.listComments", {**PULL, "per_page": 100}))
    assert [each["body"] for each in listed["data"]] == [f"comment {n}" for n in range(250)]
    assert len(github.sent("GET", r"/issues/7/comments$")) == 3


def test_check_runs_are_created_completed_and_listed(github: GitHubStandIn, ask: Ask) -> None:
    [made] = ask(
        ("checks.create", {**HERE, "name": "gate", "head_sha": HEAD_SHA, "status": "in_progress"})
    )
    assert (made["status"], made["data"]["conclusion"]) == (201, None)
    place = {"path": "metrics.json", "start_line": 1, "end_line": 1}
    note = {**place, "annotation_level": "failure", "message": "roc_auc fell"}
    output = {"title": "No", "summary": "roc_auc fell", "annotations": [note]}
    here = {**HERE, "check_run_id": made["data"]["id"]}
    done, notes, listed = ask(
        ("checks.update", {**here, "conclusion": "failure", "output": output}),
        ("*checks.listAnnotations", here),
        ("*checks.listForRef", {**HERE, "ref": HEAD_SHA}),
    )
    assert (done["data"]["status"], done["data"]["conclusion"]) == ("completed", "failure")
    assert [each["message"] for each in notes["data"]] == ["roc_auc fell"]
    assert [each["id"] for each in listed["data"]] == [made["data"]["id"]]
    github.repo.required_checks = ["gate"]
    assert github.would_merge().reasons == ("gate: failure",)


def test_a_status_counts_for_the_merge(github: GitHubStandIn, ask: Ask) -> None:
    github.world.tokens[TOKEN].permissions["statuses"] = "write"
    github.repo.required_checks = ["gate"]
    status = {**HERE, "sha": HEAD_SHA, "state": "success", "context": "gate"}
    made, combined = ask(
        ("repos.createCommitStatus", status),
        ("repos.getCombinedStatusForRef", {**HERE, "ref": HEAD_SHA}),
    )
    assert made["status"] == 201
    assert combined["data"]["state"] == "success"
    assert github.would_merge().allowed


@pytest.mark.parametrize(
    ("call", "status", "says"),
    [
        (("issues.createComment", {**PULL, "body": "x" * 65_537}), 422, "Body is too long"),
        (("issues.createComment", {**HERE, "issue_number": 99, "body": "x"}), 404, "Not Found"),
        (("users.getAuthenticated", {}), 403, "Resource not accessible by integration"),
        (
            ("checks.create", {**HERE, "name": "gate", "head_sha": "0" * 40}),
            422,
            "No commit found for SHA",
        ),
    ],
    ids=["too long", "no such pull request", "who am I", "no such commit"],
)
def test_an_error_says_what_is_wrong(
    ask: Ask, call: tuple[str, dict[str, Any]], status: int, says: str
) -> None:
    [refused] = ask(call)
    assert refused["status"] == status
    assert says in refused["error"]


def test_a_fork_may_read_and_not_write(github: GitHubStandIn, ask: Ask) -> None:
    github.world.tokens[TOKEN].fork = True
    github.say("hello")
    listed, refused = ask(
        ("*issues.listComments", PULL), ("issues.createComment", {**PULL, "body": "hello"})
    )
    assert len(listed["data"]) == 1
    assert refused["status"] == 403
    assert "pull_requests=write" in refused["headers"]["x-accepted-github-permissions"]


def test_a_wrong_token_is_refused(github: GitHubStandIn) -> None:
    [refused] = octokit(github.url, "ghs_wrong", [("issues.get", PULL)])
    assert (refused["status"], refused["error"].partition(" -")[0]) == (401, "Bad credentials")
