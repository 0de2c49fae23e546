from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from fakes.github import HEAD_SHA, TOKEN, GitHubStandIn
from fakes.github.application import Exchange
from fakes.github.openapi import load_referee
from fakes.github.routes import ROUTES, Route
from fakes.github.state import Asset, Release
from fakes.github.wire import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

PULL = "/repos/{owner}/{repo}/pulls/{pull_number}"
COMMENTS = "/repos/{owner}/{repo}/issues/{issue_number}/comments"


def _request(method: str, body: object = None, **query: str) -> Request:
    return Request(method=method, path="/x", base_url="", body=body, query=query)


def test_every_operation_was_exercised_and_keeps_to_the_description(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.world.tokens[TOKEN].permissions |= {
        "statuses": "write",
        "actions": "read",
        "contents": "write",
        "deployments": "write",
    }
    run = github.add_run(HEAD_SHA)
    artifact = github.add_artifact(run.id, "evidence", b"PK")
    said = github.say("hello")
    check = github.record_job(HEAD_SHA, "gate", "success")
    release = _released(github)
    deployment = api(
        "POST",
        "/deployments",
        json={"ref": "main", "auto_merge": False, "required_contexts": [], "payload": {"a": 1}},
    ).json()
    parts: dict[str, object] = {
        "tag": "iris@v1.0.0",
        "release_id": release.id,
        "asset_id": release.assets[0].id,
        "deployment_id": deployment["id"],
        "owner": "octo",
        "repo": "ml",
        "issue_number": 7,
        "pull_number": 7,
        "comment_id": said.id,
        "check_run_id": check.id,
        "ref": "better",
        "sha": HEAD_SHA,
        "commit_sha": HEAD_SHA,
        "basehead": "main...better",
        "run_id": run.id,
        "artifact_id": artifact.id,
        "archive_format": "zip",
    }
    bodies = {
        "comments": {"body": "hello"},
        "comments/{comment_id}": {"body": "hello"},
        "check-runs": {"name": "gate", "head_sha": HEAD_SHA},
        "check-runs/{check_run_id}": {"status": "completed", "conclusion": "success"},
        "statuses/{sha}": {"state": "success"},
        "releases": {"tag_name": "v2.0.0", "draft": True},
        "releases/{release_id}": {"name": "better"},
        "deployments": {"ref": "main", "auto_merge": False, "required_contexts": []},
        "{deployment_id}/statuses": {"state": "success", "log_url": "https://example.com"},
    }
    answered = {}
    for route in sorted(ROUTES, key=_outermost_last):
        body = next((bodies[end] for end in bodies if route.template.endswith(end)), None)
        path = github.url + route.template.format(**parts)
        sent = body if route.method in {"POST", "PATCH"} else None
        if route.template.endswith("/assets") and route.method == "POST":
            kind = {"content-type": "application/octet-stream"}
            answer = api("POST", f"{path}?name=b.txt", data=b"b", headers=kind)
        else:
            answer = api(route.method, path, json=sent, allow_redirects=False)
        answered[f"{route.method} {route.template}"] = answer.status_code
    refused = {name: status for name, status in answered.items() if status >= 400}
    assert refused == {"GET /user": 403}


def _outermost_last(route: Route) -> tuple[bool, int]:
    """Delete what is inside before what holds it."""
    return route.method == "DELETE", -len(route.template) if route.method == "DELETE" else 0


def _released(github: GitHubStandIn) -> Release:
    now = github.world.now()
    asset = Asset(
        id=11, name="a.txt", size=1, digest="sha256:0", content="61", uploader="ada", created_at=now
    )
    made = Release(id=10, tag_name="iris@v1.0.0", author="ada", created_at=now, assets=[asset])
    github.repo.releases.append(made)
    return made


def test_a_person_keeps_to_the_description(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.world.tokens[TOKEN].installation = False
    assert api("GET", f"{github.url}/user").status_code == 200


@pytest.fixture
def pull(github: GitHubStandIn, api: Callable[..., requests.Response]) -> dict[str, Any]:
    """The body of a good answer, to spoil."""
    found: dict[str, Any] = api("GET", "/pulls/7").json()
    assert github.violations == []
    return found


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        pytest.param(("state",), "weird", "'weird' is not one of", id="enumeration"),
        pytest.param(("user", "id"), "1", "'1' is not of type 'integer'", id="type"),
        pytest.param(("created_at",), "yesterday", "is not a 'date-time'", id="date"),
        pytest.param(("created_at",), "2026-01-01 10:00:00", "is not a 'date-time'", id="local"),
        pytest.param(("html_url",), "/octo/ml", "is not a 'uri'", id="address"),
        pytest.param(("title",), None, "None is not of type 'string'", id="null"),
        pytest.param(("head", "repo", "forks"), ..., "'forks' is a required", id="missing"),
    ],
)
def test_a_wrong_answer_is_noticed(
    pull: dict[str, Any], path: tuple[str, ...], value: object, complaint: str
) -> None:
    spoiled = copy.deepcopy(pull)
    place = spoiled
    for name in path[:-1]:
        place = place[name]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    found = load_referee()(Exchange(_request("GET"), Answer(body=spoiled), PULL))
    assert any(complaint in each for each in found)


@pytest.mark.parametrize(
    ("exchange", "complaint"),
    [
        pytest.param(
            Exchange(_request("POST", {"text": "x"}), Answer(status=404, body={}), COMMENTS),
            "'body' is a required property",
            id="a field left out",
        ),
        pytest.param(
            Exchange(
                _request("POST", {"body": "x", "bdoy": 1}), Answer(status=404, body={}), COMMENTS
            ),
            "bdoy: no such field",
            id="a field nobody knows",
        ),
        pytest.param(
            Exchange(_request("GET", perpage="100"), Answer(body=[]), COMMENTS),
            "query perpage: no such parameter",
            id="a parameter nobody knows",
        ),
        pytest.param(
            Exchange(_request("GET", per_page="many"), Answer(body=[]), COMMENTS),
            "query per_page: $: 'many' is not of type 'integer'",
            id="a parameter of the wrong type",
        ),
        pytest.param(
            Exchange(_request("GET", {"body": "x"}), Answer(body=[]), COMMENTS),
            "sent a body where none is described",
            id="a body with GET",
        ),
        pytest.param(
            Exchange(_request("GET"), Answer(status=418, body=[]), COMMENTS),
            "418 answered $: [] is not of type 'object'",
            id="a refusal in another shape",
        ),
    ],
)
def test_a_wrong_exchange_is_noticed(exchange: Exchange, complaint: str) -> None:
    assert complaint in " ".join(load_referee()(exchange))


def test_items_of_a_list_are_judged_one_by_one(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.chatter(3)
    items = api("GET", "/issues/7/comments").json()
    del items[2]["node_id"]
    [found] = load_referee()(Exchange(_request("GET"), Answer(body=items), COMMENTS))
    assert "'node_id' is a required property" in found


def test_a_violation_reaches_the_stand_in() -> None:
    with GitHubStandIn(referee=lambda _: ["broken"]) as running:
        running.application.answer(_request("GET"))
        assert running.violations == ["broken"]
