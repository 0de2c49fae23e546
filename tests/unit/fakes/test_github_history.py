from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from fakes.github import BASE_SHA, HEAD_SHA, MERGE_BASE_SHA, MERGE_SHA
from fakes.github.state import Commit, Pull, sha_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import requests

    from fakes.github import GitHubStandIn


def _git(where: Path, *args: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(
        ["git", *identity, *args], cwd=where, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """``main`` with two commits, ``feature/better`` with two of its own from the first."""
    _git(tmp_path, "init", "--quiet", "--initial-branch=main")
    _git(tmp_path, "commit", "--quiet", "--allow-empty", "--message=root")
    _git(tmp_path, "tag", "root")
    _git(tmp_path, "switch", "--quiet", "--create", "feature/better")
    for message in ("better\n\nwith a body", "best"):
        _git(tmp_path, "commit", "--quiet", "--allow-empty", f"--message={message}")
    _git(tmp_path, "switch", "--quiet", "main")
    _git(tmp_path, "commit", "--quiet", "--allow-empty", "--message=meanwhile")
    return tmp_path


@pytest.mark.parametrize(
    ("basehead", "status", "ahead", "behind", "common"),
    [
        ("main...better", "diverged", 1, 1, MERGE_BASE_SHA),
        (f"{BASE_SHA}...{HEAD_SHA}", "diverged", 1, 1, MERGE_BASE_SHA),
        ("better...better", "identical", 0, 0, HEAD_SHA),
        (f"{MERGE_BASE_SHA}...better", "ahead", 1, 0, MERGE_BASE_SHA),
        (f"better...{MERGE_BASE_SHA}", "behind", 0, 1, MERGE_BASE_SHA),
        ("main...refs/pull/7/merge", "ahead", 2, 0, BASE_SHA),
        ("octo:main...mallory:better", "diverged", 1, 1, MERGE_BASE_SHA),
    ],
)
def test_compare_from_the_state(  # noqa: PLR0913, PLR0917 - one per column
    api: Callable[..., requests.Response],
    basehead: str,
    status: str,
    ahead: int,
    behind: int,
    common: str,
) -> None:
    found = api("GET", f"/compare/{basehead}").json()
    assert (found["status"], found["ahead_by"], found["behind_by"]) == (status, ahead, behind)
    assert found["merge_base_commit"]["sha"] == common
    assert len(found["commits"]) == ahead


def test_compare_asks_a_real_repository(
    github: GitHubStandIn, api: Callable[..., requests.Response], checkout: Path
) -> None:
    github.attach(checkout)
    found = api("GET", "/compare/main...feature/better").json()
    assert found["merge_base_commit"]["sha"] == _git(checkout, "rev-parse", "root")
    assert [each["commit"]["message"] for each in found["commits"]] == [
        "better\n\nwith a body",
        "best",
    ]
    assert found["behind_by"] == 1


def test_a_pull_request_follows_its_branch(
    github: GitHubStandIn, api: Callable[..., requests.Response], checkout: Path
) -> None:
    github.attach(checkout)
    github.repo.pulls[7].head_ref = "feature/better"
    before = _git(checkout, "rev-parse", "feature/better")
    assert api("GET", "/pulls/7").json()["head"]["sha"] == before
    assert api("GET", f"/commits/{before}/pulls").json()[0]["number"] == 7
    _git(checkout, "branch", "--force", "feature/better", "main")
    assert api("GET", "/pulls/7").json()["head"]["sha"] == _git(checkout, "rev-parse", "main")


@pytest.mark.parametrize("basehead", ["main...nowhere", "nowhere...main", "main..better", "main"])
def test_nothing_to_compare(api: Callable[..., requests.Response], basehead: str) -> None:
    assert api("GET", f"/compare/{basehead}").status_code == 404


def test_strangers_have_no_merge_base(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    orphan = sha_of("an orphan")
    github.repo.commits[orphan] = Commit(sha=orphan)
    assert api("GET", f"/compare/main...{orphan}").status_code == 404


@pytest.mark.parametrize(
    "ref", ["better", "heads/better", HEAD_SHA, "pull/7/head", "refs/pull/7/head"]
)
def test_a_ref_has_many_spellings(
    github: GitHubStandIn, api: Callable[..., requests.Response], ref: str
) -> None:
    github.record_job(HEAD_SHA, "gate", "success")
    assert api("GET", f"/commits/{ref}/check-runs").json()["total_count"] == 1


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [8, 7]),
        ("?state=all", [9, 8, 7]),
        ("?state=closed", [9]),
        ("?head=octo:better", [7]),
        ("?head=mallory:better", [8]),
        ("?base=release", [8]),
    ],
)
def test_pull_requests_are_found(
    github: GitHubStandIn, api: Callable[..., requests.Response], query: str, numbers: list[int]
) -> None:
    fork = Pull(number=8, head_sha=HEAD_SHA, base_ref="release", fork_owner="mallory")
    github.repo.pulls |= {8: fork, 9: Pull(number=9, head_ref="old", state="closed")}
    assert [each["number"] for each in api("GET", f"/pulls{query}").json()] == numbers


def test_the_head_of_a_fork_lives_in_the_fork(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.repo.pulls[7].fork_owner = "mallory"
    pull = api("GET", "/pulls/7").json()
    assert pull["head"]["repo"]["full_name"] == "mallory/ml"
    assert pull["head"]["repo"]["fork"] is True
    assert pull["head"]["repo"]["id"] != pull["base"]["repo"]["id"]
    assert pull["base"]["repo"]["full_name"] == "octo/ml"


@pytest.mark.parametrize(
    ("sha", "numbers"),
    [
        pytest.param(HEAD_SHA, [7], id="head"),
        pytest.param(MERGE_BASE_SHA, [], id="already on main"),
        pytest.param(MERGE_SHA, [], id="merge commit"),
    ],
)
def test_a_commit_names_its_pull_requests(
    api: Callable[..., requests.Response], sha: str, numbers: list[int]
) -> None:
    assert [each["number"] for each in api("GET", f"/commits/{sha}/pulls").json()] == numbers


def test_a_commit_may_not_name_the_pull_request_of_a_fork(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.repo.pulls[7].fork_owner = "mallory"
    assert len(api("GET", f"/commits/{HEAD_SHA}/pulls").json()) == 1
    github.world.commit_pulls_sees_forks = False
    assert api("GET", f"/commits/{HEAD_SHA}/pulls").json() == []
