from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from fakes.github import HEAD_SHA, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from fakes.github import GitHubStandIn
    from fakes.github.state import Artifact


@pytest.fixture
def evidence(github: GitHubStandIn) -> Artifact:
    """An artifact of a run of a fork, which the token may read."""
    github.world.tokens[TOKEN].permissions["actions"] = "read"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("evidence.json", "{}")
    run = github.add_run(HEAD_SHA, fork_owner="mallory")
    github.add_artifact(run.id, "log", b"")
    return github.add_artifact(run.id, "evidence", packed.getvalue())


def test_an_artifact_is_found_and_downloaded(
    api: Callable[..., requests.Response], evidence: Artifact
) -> None:
    listed = api("GET", f"/actions/runs/{evidence.run_id}/artifacts").json()
    assert [each["name"] for each in listed["artifacts"]] == ["log", "evidence"]
    named = api("GET", f"/actions/runs/{evidence.run_id}/artifacts?name=evidence").json()
    assert named["total_count"] == 1
    content = api("GET", named["artifacts"][0]["archive_download_url"]).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("evidence.json") == b"{}"


def test_the_storage_refuses_the_token(
    api: Callable[..., requests.Response], evidence: Artifact
) -> None:
    address = f"/actions/artifacts/{evidence.id}/zip"
    redirect = api("GET", address, allow_redirects=False)
    assert redirect.status_code == 302
    assert api("GET", redirect.headers["location"]).status_code == 400


def test_an_expired_artifact_is_gone(
    api: Callable[..., requests.Response], evidence: Artifact
) -> None:
    evidence.expired = True
    assert api("GET", f"/actions/artifacts/{evidence.id}/zip").status_code == 410


def test_a_download_needs_permission(
    github: GitHubStandIn, api: Callable[..., requests.Response], evidence: Artifact
) -> None:
    del github.world.tokens[TOKEN].permissions["actions"]
    refused = api("GET", f"/actions/artifacts/{evidence.id}/zip")
    assert refused.status_code == 403
    assert refused.headers["X-Accepted-GitHub-Permissions"] == "actions=read"


@pytest.mark.parametrize(("fork_owner", "numbers"), [("", [7]), ("mallory", [])])
def test_a_run_of_a_fork_names_no_pull_request(
    github: GitHubStandIn,
    api: Callable[..., requests.Response],
    fork_owner: str,
    numbers: list[int],
) -> None:
    run = github.add_run(HEAD_SHA, fork_owner=fork_owner)
    shown = api("GET", f"/actions/runs/{run.id}").json()
    assert [each["number"] for each in shown["pull_requests"]] == numbers
    assert shown["head_repository"]["full_name"] == f"{fork_owner or 'octo'}/ml"
