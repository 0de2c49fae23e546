from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests

from fakes.github import HEAD_SHA, TOKEN, faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.github import GitHubStandIn

COMMENTS = "/issues/7/comments"
CREATE = ("POST", r"/issues/7/comments$")
HELLO = {"body": "hello"}


@pytest.mark.parametrize(
    ("fault", "status", "created"),
    [
        pytest.param(faults.error_before(503), 503, 0, id="503 before"),
        pytest.param(faults.error_after(502), 502, 1, id="502 after"),
        pytest.param(faults.unicorn(502), 502, 0, id="a page in HTML"),
        pytest.param(faults.secondary_limit(), 403, 0, id="secondary limit"),
        pytest.param(faults.secondary_limit(status=429), 429, 0, id="secondary limit, 429"),
        pytest.param(faults.primary_limit(reset=0), 403, 0, id="primary limit"),
        pytest.param(faults.slow(0.001), 201, 1, id="slow"),
    ],
)
def test_a_planned_fault_strikes_once(
    github: GitHubStandIn,
    api: Callable[..., requests.Response],
    fault: faults.Fault,
    status: int,
    created: int,
) -> None:
    github.faults.add(*CREATE, fault)
    assert api("POST", COMMENTS, json=HELLO).status_code == status
    assert len(github.comments()) == created
    assert github.faults.unused == 0
    assert api("POST", COMMENTS, json=HELLO).status_code == 201
    assert [each.status for each in github.sent("POST")] == [status, 201]


@pytest.mark.parametrize(
    ("fault", "created"),
    [
        pytest.param(faults.drop_before(), 0, id="before"),
        pytest.param(faults.drop_after(), 1, id="after"),
    ],
)
def test_a_connection_drops(github: GitHubStandIn, fault: faults.Fault, created: int) -> None:
    github.faults.add(*CREATE, fault)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    address = f"{github.url}/repos/octo/ml{COMMENTS}"
    with pytest.raises(requests.ConnectionError):
        requests.post(address, json=HELLO, headers=headers, timeout=10)
    assert len(github.comments()) == created
    assert [each.status for each in github.requests] == [0]


def test_an_answer_is_cut_short(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.say("long enough")
    github.faults.add("GET", r"/comments$", faults.truncated())
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api("GET", COMMENTS)


def test_faults_are_used_up_in_order(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.faults.add(*CREATE, faults.error_before(500), times=2)
    github.faults.add("*", "/comments", faults.error_before(504))
    answers = [api("POST", COMMENTS, json=HELLO).status_code for _ in range(4)]
    assert answers == [500, 500, 504, 201]


def test_a_fault_strikes_only_its_own(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.faults.add(*CREATE, faults.error_before())
    assert api("GET", COMMENTS).status_code == 200
    assert api("GET", "/issues/7").status_code == 200
    assert github.faults.unused == 1


def test_a_list_lags_behind_a_comment(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.faults.add(*CREATE, faults.lag(lists=2))
    made = api("POST", COMMENTS, json=HELLO).json()
    assert api("GET", made["url"]).status_code == 200
    assert api("GET", "/issues/7").json()["comments"] == 1
    assert [len(api("GET", COMMENTS).json()) for _ in range(3)] == [0, 0, 1]


def test_a_list_lags_behind_a_check_run(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.faults.add("POST", "/check-runs$", faults.lag())
    api("POST", "/check-runs", json={"name": "gate", "head_sha": HEAD_SHA}).raise_for_status()
    counts = [api("GET", f"/commits/{HEAD_SHA}/check-runs").json() for _ in range(2)]
    assert [each["total_count"] for each in counts] == [0, 1]


def test_a_lag_after_a_refusal_hides_nothing(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.say("old")
    github.faults.add(*CREATE, faults.lag())
    assert api("POST", COMMENTS, json={"body": ""}).status_code == 422
    assert len(api("GET", COMMENTS).json()) == 1


def test_the_log_tells_what_was_sent(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    api("GET", f"{COMMENTS}?per_page=100")
    api("POST", COMMENTS, json=HELLO)
    read, written = github.requests
    assert (read.method, read.path, read.query) == (
        "GET",
        "/repos/octo/ml/issues/7/comments",
        {"per_page": "100"},
    )
    assert (written.status, written.body) == (201, HELLO)
    assert written.headers["content-type"] == "application/json"


def test_every_answer_counts_down(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.world.clock = lambda: 1_000_000.0
    headers = api("GET", COMMENTS).headers
    assert headers["x-ratelimit-limit"] == "1000"
    assert headers["x-ratelimit-remaining"] == "999"
    assert headers["x-ratelimit-reset"] == "1003601"
    assert api("GET", "/nothing").headers["x-ratelimit-remaining"] == "998"
    assert api("GET", f"{github.url}/rate_limit").json()["rate"]["remaining"] == 998


def test_the_hour_is_used_up_and_begins_again(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    now = [1_000_000.0]
    github.world.clock = lambda: now[0]
    github.world.rates.hourly = 2
    answers = [api("GET", COMMENTS) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 403]
    assert answers[2].headers["x-ratelimit-remaining"] == "0"
    assert "retry-after" not in answers[2].headers
    now[0] = float(answers[2].headers["x-ratelimit-reset"])
    assert api("GET", COMMENTS).status_code == 200


@pytest.mark.parametrize("status", [403, 429])
def test_too_many_writes_a_minute(
    github: GitHubStandIn, api: Callable[..., requests.Response], status: int
) -> None:
    now = [1_000_000.0]
    github.world.clock = lambda: now[0]
    github.world.rates.writes_per_minute, github.world.rates.status = 2, status
    answers = [api("POST", COMMENTS, json=HELLO) for _ in range(3)]
    assert [each.status_code for each in answers] == [201, 201, status]
    assert "secondary rate limit" in answers[2].json()["message"]
    assert api("GET", COMMENTS).status_code == 200
    now[0] += float(answers[2].headers["retry-after"])
    assert api("POST", COMMENTS, json=HELLO).status_code == 201


def test_a_primary_limit_says_when_it_ends(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    reset = int(time.time()) + 5
    github.faults.add("GET", "", faults.primary_limit(reset))
    headers = api("GET", COMMENTS).headers
    assert headers["x-ratelimit-remaining"] == "0"
    assert headers["x-ratelimit-reset"] == str(reset)


def test_a_secondary_limit_may_leave_the_wait_open(
    github: GitHubStandIn, api: Callable[..., requests.Response]
) -> None:
    github.faults.add("GET", "", faults.secondary_limit(7))
    github.faults.add("GET", "", faults.secondary_limit(None))
    assert api("GET", COMMENTS).headers["retry-after"] == "7"
    assert "retry-after" not in api("GET", COMMENTS).headers
