from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.ci.github import GitHubRun
from mlgate.ci.payload import MAX_EVENT_CHARS
from mlgate.errors import ConfigError

MERGE, HEAD, BASE = "e" * 40, "a" * 40, "b" * 40
CANARY = "ghs_canary0123456789"
ENVIRON = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REPOSITORY": "octo/ml",
    "GITHUB_REPOSITORY_ID": "11",
    "GITHUB_REPOSITORY_OWNER_ID": "12",
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_RUN_ID": "501",
    "GITHUB_RUN_NUMBER": "17",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_JOB": "gate",
    "GITHUB_WORKFLOW": "Model",
    "GITHUB_SHA": MERGE,
    "GITHUB_REF": "refs/pull/7/merge",
    "GITHUB_WORKSPACE": "/w",
    "GITHUB_STEP_SUMMARY": "/s",
    "GITHUB_OUTPUT": "/o",
    "GITHUB_TOKEN": CANARY,
}


def pull_request(**changes: object) -> dict[str, Any]:
    found: dict[str, Any] = {
        "number": 7,
        "state": "open",
        "locked": False,
        "head": {"sha": HEAD, "ref": "better", "repo": {"id": 11}},
        "base": {"sha": BASE, "ref": "main", "repo": {"id": 11}},
    }
    return {
        "pull_request": found | changes,
        "repository": {"id": 11, "default_branch": "main"},
    }


def workflow_run(**changes: object) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": 400,
        "run_attempt": 3,
        "event": "pull_request",
        "head_sha": HEAD,
        "head_branch": "better",
        "head_repository": {"id": 99, "full_name": "eve/ml"},
        "pull_requests": [],
    }
    return {"workflow_run": found | changes, "repository": {"id": 11}}


def run_of(event: object, **environ: str) -> GitHubRun:
    run = GitHubRun.from_environ(ENVIRON | environ, json.dumps(event))
    assert run is not None
    return run


def test_a_pull_request() -> None:
    run = run_of(pull_request())
    assert (run.repository, run.repository_id, run.repository_owner_id) == ("octo/ml", 11, 12)
    assert (run.run_id, run.run_number, run.attempt) == (501, 17, 2)
    assert (run.workflow, run.job, run.default_branch) == ("Model", "gate", "main")
    assert (run.workspace, run.step_summary, run.output) == ("/w", "/s", "/o")
    assert run.run_url == "https://github.com/octo/ml/actions/runs/501/attempts/2"
    subject = run.subject
    assert (subject.head_sha, subject.base_sha) == (HEAD, BASE)
    assert (subject.head_ref, subject.base_ref, subject.pull_request) == ("better", "main", 7)
    assert (subject.is_fork, subject.locked, subject.closed) == (False, False, False)


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "pull_request_review"])
def test_the_merge_commit_is_never_the_head(event: str) -> None:
    run = run_of(pull_request(), GITHUB_EVENT_NAME=event)
    assert MERGE not in repr(run)
    assert run.is_pull_request_target == (event == "pull_request_target")


@pytest.mark.parametrize(
    ("head_repo", "fork"),
    [
        pytest.param({"id": 11}, False, id="same repository"),
        pytest.param({"id": 99}, True, id="another"),
        pytest.param({"id": 99, "fork": False}, True, id="another that says it is none"),
        pytest.param({"id": 11, "fork": True}, False, id="inside a repository that is a fork"),
        pytest.param(None, True, id="deleted"),
    ],
)
def test_a_fork_is_another_repository(head_repo: object, *, fork: bool) -> None:
    event = pull_request(head={"sha": HEAD, "ref": "better", "repo": head_repo})
    assert run_of(event).subject.is_fork == fork


def test_locked_and_closed() -> None:
    subject = run_of(pull_request(locked=True, state="closed")).subject
    assert subject.locked
    assert subject.closed


def test_a_merge_queue() -> None:
    group = {
        "head_sha": HEAD,
        "head_ref": "refs/heads/gh-readonly-queue/main/pr-7",
        "base_sha": BASE,
        "base_ref": "refs/heads/main",
    }
    subject = run_of({"merge_group": group}, GITHUB_EVENT_NAME="merge_group").subject
    assert (subject.head_sha, subject.base_sha, subject.base_ref) == (HEAD, BASE, "main")
    assert (subject.head_ref, subject.pull_request) == ("gh-readonly-queue/main/pr-7", None)


def test_a_workflow_run_speaks_of_its_source_only() -> None:
    run = run_of(workflow_run(), GITHUB_EVENT_NAME="workflow_run")
    source = run.subject.source_run
    assert source is not None
    assert (run.subject.head_sha, run.subject.pull_request, run.subject.is_fork) == (
        HEAD,
        None,
        True,
    )
    assert (source.run_id, source.head_repository, source.head_repository_id) == (400, "eve/ml", 99)
    assert run.order == (400, 3)
    assert MERGE not in repr(run)


def test_a_workflow_run_of_ours_is_no_fork() -> None:
    event = workflow_run(head_repository={"id": 11, "full_name": "octo/ml"})
    assert not run_of(event, GITHUB_EVENT_NAME="workflow_run").subject.is_fork


@pytest.mark.parametrize(
    ("before", "expected"),
    [pytest.param(BASE, BASE, id="known"), pytest.param("0" * 40, None, id="new branch")],
)
def test_a_push(before: str, expected: str | None) -> None:
    event = {"ref": "refs/heads/main", "before": before, "after": MERGE}
    run = run_of(event, GITHUB_EVENT_NAME="push", GITHUB_REF="refs/heads/main")
    assert (run.subject.head_sha, run.subject.head_ref) == (MERGE, "main")
    assert (run.subject.before, run.tag) == (expected, None)


def test_a_tag_push() -> None:
    event = {"ref": "refs/tags/v1.2", "before": "0" * 40}
    run = run_of(event, GITHUB_EVENT_NAME="push", GITHUB_REF="refs/tags/v1.2")
    assert (run.tag, run.subject.head_ref, run.subject.head_sha) == ("v1.2", None, MERGE)


@pytest.mark.parametrize("event", ["workflow_dispatch", "schedule"])
def test_an_event_without_commits_is_about_its_own(event: str) -> None:
    run = run_of({}, GITHUB_EVENT_NAME=event)
    assert (run.subject.head_sha, run.subject.base_sha) == (MERGE, None)


def test_order_is_run_and_attempt() -> None:
    older = run_of(pull_request(), GITHUB_RUN_ID="99", GITHUB_RUN_ATTEMPT="10")
    assert older.order < run_of(pull_request(), GITHUB_RUN_ID="100").order
    assert run_of(pull_request()).order < run_of(pull_request(), GITHUB_RUN_ATTEMPT="10").order


@pytest.mark.parametrize("said", [None, "false", ""])
def test_elsewhere_there_is_no_run(said: str | None) -> None:
    environ = {} if said is None else {"GITHUB_ACTIONS": said}
    assert GitHubRun.from_environ(environ, "not even JSON") is None


def test_the_token_hides_and_our_own_wins() -> None:
    run = run_of(pull_request(), MLGATE_TOKEN=f"{CANARY}_own\n")
    assert run.token == f"{CANARY}_own"
    assert CANARY not in repr(run)


@pytest.mark.parametrize("token", [f"{CANARY} x", f"{CANARY}\nX-Evil: 1", f"{CANARY}é"])
def test_a_token_that_is_no_header_is_refused_unseen(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run_of(pull_request(), GITHUB_TOKEN=token)
    assert CANARY not in caught.value.what + caught.value.hint


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("GITHUB_API_URL", "https://ghe.example/api/v3"),
        ("GITHUB_API_URL", "http://127.0.0.1:8123"),
        ("GITHUB_SERVER_URL", "http://localhost:1"),
        ("GITHUB_GRAPHQL_URL", "http://[::1]:9/graphql"),
    ],
)
def test_a_server_of_ones_own(name: str, url: str) -> None:
    assert url in repr(run_of(pull_request(), **{name: f"{url}/"}))


@pytest.mark.parametrize(
    "url",
    [
        "http://api.github.com",
        "http://127.0.0.1.evil.example",
        "http://127.evil.example",
        "ftp://localhost",
        "https://",
        "api.github.com",
        "https://user@evil.example",
        "https://a b",
        "https://[",
        "file:///etc/passwd",
        "https://x/?a",
        "https://x\n.y",
    ],
)
@pytest.mark.parametrize("name", ["GITHUB_API_URL", "GITHUB_SERVER_URL", "GITHUB_GRAPHQL_URL"])
def test_an_unsafe_server_is_refused(name: str, url: str) -> None:
    with pytest.raises(ConfigError, match=name):
        run_of(pull_request(), **{name: url})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_REPOSITORY", ""),
        ("GITHUB_REPOSITORY", "octo"),
        ("GITHUB_REPOSITORY", "octo/.."),
        ("GITHUB_REPOSITORY", "octo/ml/../../x"),
        ("GITHUB_REPOSITORY", "octo/ml\n"),
        ("GITHUB_RUN_ID", ""),
        ("GITHUB_RUN_ID", "-5"),
        ("GITHUB_RUN_ID", "٣"),
        ("GITHUB_RUN_ATTEMPT", "0"),
        ("GITHUB_RUN_NUMBER", "1e3"),
        ("GITHUB_EVENT_NAME", ""),
    ],
)
def test_an_impossible_environment_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        run_of(pull_request(), **{name: value})


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"pull_request": []}, id="a list"),
        pytest.param(pull_request(number=True), id="a flag for a number"),
        pytest.param(pull_request(number="7"), id="a text for a number"),
        pytest.param(pull_request(number=-7), id="negative"),
        pytest.param(pull_request(number=1.5), id="fraction"),
        pytest.param(pull_request(number=2**64), id="huge"),
        pytest.param(pull_request(number=None), id="no number"),
        pytest.param(pull_request(locked="no"), id="a text for a flag"),
        pytest.param(pull_request(head={"sha": HEAD[:-1]}), id="short commit"),
        pytest.param(pull_request(head={"sha": HEAD + "\n"}), id="commit and newline"),
        pytest.param(pull_request(head={"sha": "--output=/etc/passwd"}), id="an option"),
        pytest.param(pull_request(head={"sha": HEAD, "ref": "a\nb"}), id="ref of two lines"),
        pytest.param(pull_request(head={"sha": HEAD, "ref": "a" * 5000}), id="endless ref"),
        pytest.param(pull_request(head={"sha": HEAD, "repo": "x"}), id="repository is a text"),
    ],
)
def test_a_wrong_payload_is_a_config_error(event: object) -> None:
    with pytest.raises(ConfigError, match="event payload"):
        run_of(event)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="cut"),
        pytest.param("[]", id="list"),
        pytest.param("7", id="number"),
        pytest.param("[" * 200_000, id="deep"),
        pytest.param('{"a":' + "9" * 5000 + "}", id="endless number"),
        pytest.param(" " * (MAX_EVENT_CHARS + 1), id="too long"),
    ],
)
def test_a_payload_that_is_no_object_is_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError, match="event payload"):
        GitHubRun.from_environ(ENVIRON, text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["head", "base", "sha", "ref", "repo", "id", "number", "locked", "state"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_any_payload_is_read_or_refused(event: object) -> None:
    try:
        found = run_of({"pull_request": event}).subject
    except ConfigError:
        return
    assert found.pull_request is not None
