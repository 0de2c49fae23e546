from __future__ import annotations

import contextlib
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest
import requests

from fakes.github import HEAD_SHA, TOKEN, Token
from fakes.github.state import Issue

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.github import GitHubStandIn

COMMENT = ("POST", "/issues/7/comments", {"body": "hello"})
CHECK = ("POST", "/check-runs", {"name": "gate", "head_sha": HEAD_SHA})
STATUS = ("POST", f"/statuses/{HEAD_SHA}", {"state": "success"})


@pytest.mark.parametrize(
    ("call", "permissions", "accepted"),
    [
        pytest.param(COMMENT, {}, "issues=write; pull_requests=write", id="comment"),
        pytest.param(
            COMMENT,
            {"pull-requests": "read"},
            "issues=write; pull_requests=write",
            id="comment, read only",
        ),
        pytest.param(CHECK, {"pull-requests": "write"}, "checks=write", id="check run"),
        pytest.param(STATUS, {"checks": "write"}, "statuses=write", id="status"),
    ],
)
def test_a_missing_permission_is_named(
    github: GitHubStandIn,
    api: Callable[..., requests.Response],
    call: tuple[str, str, dict[str, Any]],
    permissions: dict[str, str],
    accepted: str,
) -> None:
    github.world.tokens[TOKEN].permissions = permissions
    method, path, body = call
    refused = api(method, path, json=body)
    assert refused.status_code == 403
    assert refused.json()["message"] == "Resource not accessible by integration"
    assert refused.headers["X-Accepted-GitHub-Permissions"] == accepted


def test_permissions_may_be_spelled_both_ways(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.world.tokens[TOKEN].permissions = {"pull_requests": "write"}
    assert api(*COMMENT[:2], json=COMMENT[2]).status_code == 201


def test_a_fork_only_reads(github: GitHubStandIn, api: Callable[..., requests.Response]) -> None:
    github.world.tokens[TOKEN].fork = True
    assert api(*COMMENT[:2], json=COMMENT[2]).status_code == 403
    assert api(*CHECK[:2], json=CHECK[2]).status_code == 403
    assert api("GET", "/issues/7/comments").status_code == 200
    assert github.comments() == []


def test_an_issue_needs_its_own_permission(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.repo.issues[3] = Issue(number=3)
    assert api("POST", "/issues/3/comments", json={"body": "hello"}).status_code == 403
    github.world.tokens[TOKEN].permissions["issues"] = "write"
    assert api("POST", "/issues/3/comments", json={"body": "hello"}).status_code == 201


def test_the_token_of_a_workflow_is_nobody(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    refused = api("GET", f"{github.url}/user")
    assert refused.status_code == 403
    assert refused.json()["message"] == "Resource not accessible by integration"


def test_the_token_of_a_person_is_somebody(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.world.tokens[TOKEN] = Token(login="ada", installation=False)
    assert api("GET", f"{github.url}/user").json()["login"] == "ada"


def test_bad_credentials(github: GitHubStandIn) -> None:
    headers = {"Authorization": "Bearer wrong"}
    refused = requests.get(f"{github.url}/repos/octo/ml", headers=headers, timeout=10)
    assert (refused.status_code, refused.json()["message"]) == (401, "Bad credentials")


def test_without_a_token_one_reads_what_is_public(github: GitHubStandIn) -> None:
    address = f"{github.url}/repos/octo/ml/issues/7/comments"
    assert requests.get(address, timeout=10).status_code == 200
    assert requests.post(address, json={"body": "hello"}, timeout=10).status_code == 401
    github.repo.private = True
    assert requests.get(address, timeout=10).status_code == 404


def test_a_private_repository_needs_permission_to_read(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.repo.private = True
    assert api("GET", "/issues/7/comments").status_code == 200
    github.world.tokens[TOKEN].permissions = {"checks": "write"}
    refused = api("GET", "/issues/7/comments")
    assert refused.status_code == 403
    accepted = "issues=read; pull_requests=read"
    assert refused.headers["X-Accepted-GitHub-Permissions"] == accepted


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/issues/99/comments", "/issues/comments/99", "/pulls/99", "/issues/x/comments"],
)
def test_what_is_not_there_is_not_found(api: Callable[..., requests.Response], path: str) -> None:
    missing = api("GET", path)
    assert missing.status_code == 404
    assert missing.json() == {
        "message": "Not Found",
        "documentation_url": "https://docs.github.com/rest",
        "status": "404",
    }


def test_a_client_names_itself(github: GitHubStandIn) -> None:
    with contextlib.closing(HTTPConnection(github.url.removeprefix("http://"))) as connection:
        connection.request("GET", "/rate_limit")
        assert connection.getresponse().status == 403


def test_a_body_is_json(github: GitHubStandIn, api: Callable[..., requests.Response]) -> None:
    refused = api("POST", "/issues/7/comments", data="{")
    assert (refused.status_code, refused.json()["message"]) == (400, "Problems parsing JSON")
    assert github.violations
    github.violations.clear()
