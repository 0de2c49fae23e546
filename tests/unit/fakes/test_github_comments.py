from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.github.state import Issue

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from fakes.github import GitHubStandIn

COMMENTS = "/issues/7/comments"


def test_a_comment_lives_from_create_to_delete(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    made = api("POST", COMMENTS, json={"body": "first"}).json()
    assert made["user"]["login"] == "github-actions[bot]"
    assert made["html_url"] == f"https://github.com/octo/ml/pull/7#issuecomment-{made['id']}"

    api("PATCH", made["url"], json={"body": "second"}).raise_for_status()
    assert api("GET", made["url"]).json()["body"] == "second"
    assert [each.body for each in github.comments(7)] == ["second"]
    assert api("GET", "/issues/7").json()["comments"] == 1

    assert api("DELETE", made["url"]).status_code == 204
    assert api("GET", made["url"]).status_code == 404
    assert github.comments(7) == []


def test_comments_belong_to_their_pull_request(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.repo.issues[3] = Issue(number=3)
    github.say("elsewhere", number=3)
    github.say("here")
    assert [each["body"] for each in api("GET", COMMENTS).json()] == ["here"]


def test_link_leads_through_a_thousand_comments(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.chatter(1000)
    url, bodies = f"{COMMENTS}?per_page=100", []
    while url:
        page = api("GET", url)
        bodies += [each["body"] for each in page.json()]
        url = page.links.get("next", {}).get("url", "")
    assert bodies == [f"comment {index}" for index in range(1000)]
    assert len(github.sent("GET", COMMENTS)) == 10


@pytest.mark.parametrize(
    ("query", "shown", "rels"),
    [
        pytest.param("", 30, {"next", "last"}, id="thirty by default"),
        pytest.param("?per_page=1000", 100, {"next", "last"}, id="a hundred at most"),
        pytest.param("?page=2", 30, {"prev", "first", "next", "last"}, id="in the middle"),
        pytest.param("?per_page=100&page=2", 5, {"prev", "first"}, id="the last"),
        pytest.param("?per_page=100&page=9", 0, {"prev", "first"}, id="beyond the last"),
    ],
)
def test_pages(
    github: GitHubStandIn,
    api: Callable[..., requests.Response],
    query: str,
    shown: int,
    rels: set[str],
) -> None:
    github.chatter(105)
    page = api("GET", COMMENTS + query)
    assert len(page.json()) == shown
    assert set(page.links) == rels


def test_one_page_has_no_link(api: Callable[..., requests.Response]) -> None:
    assert "link" not in api("GET", COMMENTS).headers


@pytest.mark.parametrize("letter", ["x", "é", "😀"])
def test_the_limit_counts_characters(api: Callable[..., requests.Response], letter: str) -> None:
    assert api("POST", COMMENTS, json={"body": letter * 65_536}).status_code == 201
    refused = api("POST", COMMENTS, json={"body": letter * 65_537})
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert error["message"] == "Body is too long (maximum is 65536 characters)"


def test_an_edit_has_the_same_limit_and_changes_nothing(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    made = api("POST", COMMENTS, json={"body": "short"}).json()
    assert api("PATCH", made["url"], json={"body": "x" * 65_537}).status_code == 422
    assert github.comments()[0].body == "short"


def test_a_blank_comment_is_refused(api: Callable[..., requests.Response]) -> None:
    refused = api("POST", COMMENTS, json={"body": " \n"})
    assert (refused.status_code, refused.json()["message"]) == (422, "Validation Failed")


def test_a_locked_pull_request_takes_no_comment(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.repo.pulls[7].locked = True
    refused = api("POST", COMMENTS, json={"body": "hello"})
    assert refused.status_code == 403
    assert refused.json()["message"] == "Unable to create comment because issue is locked."


def test_a_closed_pull_request_takes_comments(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.repo.pulls[7].state = "closed"
    assert api("POST", COMMENTS, json={"body": "late"}).status_code == 201


def test_the_prefix_of_an_enterprise_server_stays_in_the_addresses(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.chatter(31)
    page = api("GET", f"{github.ghes_url}/repos/octo/ml{COMMENTS}")
    assert page.links["next"]["url"].startswith(f"{github.url}/api/v3/repos/octo/ml")
    assert page.json()[0]["url"].startswith(f"{github.url}/api/v3/repos/octo/ml")
    assert api("GET", page.links["next"]["url"]).json()[0]["body"] == "comment 30"


def test_an_unchanged_list_is_free(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.say("same")
    first = api("GET", COMMENTS)
    again = api("GET", COMMENTS, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    github.say("new")
    changed = api("GET", COMMENTS, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["x-ratelimit-used"] == "2"
