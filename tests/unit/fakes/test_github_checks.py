from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakes.github import HEAD_SHA, MERGE_SHA, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from fakes.github import GitHubStandIn

CHECKS = "/check-runs"
ANNOTATION = {
    "path": "train.py",
    "start_line": 1,
    "end_line": 1,
    "annotation_level": "warning",
    "message": "accuracy fell",
}


def _output(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"title": "Gate", "summary": "fine", **more}


def test_a_check_run_is_started_and_completed(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    started = {"name": "gate", "head_sha": HEAD_SHA, "status": "in_progress"}
    made = api("POST", CHECKS, json=started).json()
    assert (made["status"], made["conclusion"], made["completed_at"]) == ("in_progress", None, None)
    assert made["app"]["slug"] == "github-actions"
    assert [each["number"] for each in made["pull_requests"]] == [7]

    finished = {"status": "completed", "conclusion": "failure", "output": _output()}
    done = api("PATCH", made["url"], json=finished).json()
    assert (done["status"], done["conclusion"]) == ("completed", "failure")
    assert done["completed_at"] is not None
    assert github.repo.check_runs[0].output == {"title": "Gate", "summary": "fine"}


def test_a_conclusion_completes(api: Callable[..., requests.Response]) -> None:
    given = {"name": "gate", "head_sha": HEAD_SHA, "conclusion": "success"}
    assert api("POST", CHECKS, json=given).json()["status"] == "completed"


def test_annotations_add_up_fifty_at_a_time(api: Callable[..., requests.Response]) -> None:
    batch = _output(annotations=[ANNOTATION] * 50)
    given = {"name": "gate", "head_sha": HEAD_SHA, "status": "in_progress", "output": batch}
    made = api("POST", CHECKS, json=given).json()
    rest = {"status": "in_progress", "output": _output(annotations=[ANNOTATION] * 7)}
    changed = api("PATCH", made["url"], json=rest).json()
    assert changed["output"]["annotations_count"] == 57
    listed = api("GET", f"{made['url']}/annotations?per_page=100").json()
    assert [each["message"] for each in listed] == ["accuracy fell"] * 57


@pytest.mark.parametrize(
    ("output", "message"),
    [
        pytest.param(
            _output(annotations=[ANNOTATION] * 51),
            "No more than 50 items are allowed; 51 were supplied.",
            id="annotations",
        ),
        pytest.param(
            _output(summary="x" * 65_536),
            "Only 65535 characters are allowed; 65536 were supplied.",
            id="summary",
        ),
        pytest.param(
            _output(text="x" * 65_536),
            "Only 65535 characters are allowed; 65536 were supplied.",
            id="text",
        ),
        pytest.param({"title": "Gate"}, '"summary" wasn\'t supplied.', id="no summary"),
    ],
)
def test_output_has_limits(
    github: GitHubStandIn,
    api: Callable[..., requests.Response],
    output: dict[str, Any],
    message: str,
) -> None:
    given = {"name": "gate", "head_sha": HEAD_SHA, "status": "in_progress", "output": output}
    refused = api("POST", CHECKS, json=given)
    assert refused.status_code == 422
    assert refused.json()["message"].endswith(message)
    assert github.repo.check_runs == []
    assert len(github.violations) == 1
    github.violations.clear()


def test_texts_may_fill_their_limit(api: Callable[..., requests.Response]) -> None:
    output = _output(summary="x" * 65_535, text="y" * 65_535)
    given = {"name": "gate", "head_sha": HEAD_SHA, "output": output}
    assert api("POST", CHECKS, json=given).status_code == 201


def test_completed_needs_a_conclusion(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    made = api("POST", CHECKS, json={"name": "gate", "head_sha": HEAD_SHA}).json()
    assert api("PATCH", made["url"], json={"status": "completed"}).status_code == 422
    assert "not valid under any of the given schemas" in github.violations[0]
    github.violations.clear()


def test_an_unknown_commit_has_no_checks(api: Callable[..., requests.Response]) -> None:
    refused = api("POST", CHECKS, json={"name": "gate", "head_sha": "f" * 40})
    assert refused.status_code == 422
    assert refused.json()["message"] == f"No commit found for SHA: {'f' * 40}"


def test_the_list_shows_the_latest_of_each_name(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    old = github.record_job(HEAD_SHA, "gate", "failure")
    new = github.record_job(HEAD_SHA, "gate", "success")
    other = github.record_job(HEAD_SHA, "lint", None)
    github.record_job(MERGE_SHA, "gate", "failure")

    def listed(query: str) -> list[int]:
        answer = api("GET", f"/commits/{HEAD_SHA}/check-runs{query}").json()
        assert answer["total_count"] == len(answer["check_runs"])
        return [each["id"] for each in answer["check_runs"]]

    assert listed("") == [other.id, new.id]
    assert listed("?check_name=gate&filter=all") == [new.id, old.id]
    assert listed("?status=in_progress") == [other.id]


def test_no_pull_request_is_named_for_a_fork(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.repo.pulls[7].fork_owner = "mallory"
    made = api("POST", CHECKS, json={"name": "gate", "head_sha": HEAD_SHA}).json()
    assert made["pull_requests"] == []


def test_only_an_app_creates_check_runs(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.world.tokens[TOKEN].installation = False
    refused = api("POST", CHECKS, json={"name": "gate", "head_sha": HEAD_SHA})
    assert refused.status_code == 403
    assert refused.json()["message"] == "You must authenticate via a GitHub App."


def test_statuses_combine(github: GitHubStandIn, api: Callable[..., requests.Response]) -> None:
    github.world.tokens[TOKEN].permissions["statuses"] = "write"

    def combined() -> str:
        return str(api("GET", f"/commits/{HEAD_SHA}/status").json()["state"])

    def say(state: str, context: str) -> None:
        given = {"state": state, "context": context, "description": None}
        api("POST", f"/statuses/{HEAD_SHA}", json=given).raise_for_status()

    assert combined() == "pending"
    say("failure", "gate")
    say("success", "lint")
    assert combined() == "failure"
    say("pending", "gate")
    assert combined() == "pending"
    say("success", "gate")
    assert combined() == "success"


def test_a_status_says_little(github: GitHubStandIn, api: Callable[..., requests.Response]) -> None:
    github.world.tokens[TOKEN].permissions["statuses"] = "write"
    given = {"state": "success", "description": "x" * 141}
    assert api("POST", f"/statuses/{HEAD_SHA}", json=given).status_code == 422
