from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from fakes.github import TOKEN, GitHubStandIn, faults
from fakes.github.faults import Fault
from fakes.github.wire import Answer
from mlgate.errors import PublishError
from mlgate.publish.http import MAX_ANSWER_BYTES, GitHubApi
from mlgate.publish.patience import limit_s
from mlgate.publish.refusal import RefusedError, UncertainError, permission_lines

if TYPE_CHECKING:
    from fakes.clock import Moments

COMMENTS = "/repos/octo/ml/issues/7/comments"
CANARY = "ghs_canary0123456789"
NEEDS = "pull-requests: write"


def say(api: GitHubApi, body: str = "hello") -> object:
    return api.request("POST", COMMENTS, {"body": body}, permission=NEEDS).json()


def redirect(target: str, status: int = 302) -> Fault:
    return Fault(instead=Answer(status=status, headers={"location": target}))


def test_every_request_says_who_and_how(github: GitHubStandIn, api: GitHubApi) -> None:
    say(api)
    headers = github.requests[0].headers
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["accept"] == "application/vnd.github+json"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["user-agent"] == "mlgate"


def test_an_enterprise_server_keeps_its_prefix_on_every_page(
    github: GitHubStandIn, moments: Moments
) -> None:
    github.chatter(150)
    with GitHubApi(base_url=github.ghes_url + "/", token=TOKEN, clock=moments.clock) as api:
        assert len(list(api.items(f"{COMMENTS}?per_page=100"))) == 150
        assert len(github.sent("GET")) == 2


FAILURES = [
    pytest.param(faults.error_before(502), id="502"),
    pytest.param(faults.drop_before(), id="dropped"),
    pytest.param(faults.unicorn(), id="unicorn"),
    pytest.param(faults.truncated(), id="truncated"),
]


@pytest.mark.parametrize("fault", FAILURES)
def test_reading_is_repeated(
    github: GitHubStandIn, api: GitHubApi, moments: Moments, fault: Fault
) -> None:
    github.faults.add("GET", "/comments", fault, times=3)
    assert api.get(COMMENTS).json() == []
    assert moments.slept == [1.0, 2.0, 4.0]


def test_an_idempotent_write_is_repeated(github: GitHubStandIn, api: GitHubApi) -> None:
    said = github.say("old", author="github-actions[bot]")
    github.faults.add("PATCH", "/comments/", faults.error_after(502))
    api.request("PATCH", f"/repos/octo/ml/issues/comments/{said.id}", {"body": "new"})
    assert [each.body for each in github.comments()] == ["new"]


def test_a_server_that_stays_broken_is_given_up(github: GitHubStandIn, api: GitHubApi) -> None:
    github.faults.add("GET", "", faults.error_before(503), times=99)
    with pytest.raises(PublishError, match=r"GET .*/comments: 503, 4 times"):
        api.get(COMMENTS)
    assert len(github.requests) == 4


def test_a_server_names_its_own_pause(
    github: GitHubStandIn, api: GitHubApi, moments: Moments
) -> None:
    github.faults.add("GET", "", faults.error_before(503, retry_after=17))
    api.get(COMMENTS)
    assert moments.slept == [17.0]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.error_after(502), id="502 after"),
        pytest.param(faults.error_before(503), id="503 before"),
        pytest.param(faults.drop_after(), id="dropped after"),
        pytest.param(faults.truncated(), id="truncated"),
    ],
)
def test_a_post_is_never_blindly_repeated(
    github: GitHubStandIn, api: GitHubApi, fault: Fault
) -> None:
    github.faults.add("POST", "/comments", fault)
    with pytest.raises(UncertainError):
        say(api)
    assert len(github.sent("POST")) == 1


def test_a_post_that_never_left_is_repeated(github: GitHubStandIn, moments: Moments) -> None:
    with GitHubStandIn() as gone:
        url = gone.url
    with GitHubApi(base_url=url, token=TOKEN, clock=moments.clock) as api:
        with pytest.raises(PublishError, match="ConnectionError, 4 times") as caught:
            say(api)
        assert not isinstance(caught.value, UncertainError)
    assert github.requests == []


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_with_a_pause_is_waited_for(
    github: GitHubStandIn, api: GitHubApi, moments: Moments, status: int
) -> None:
    github.faults.add("POST", "", faults.secondary_limit(33, status=status))
    say(api)
    assert moments.slept == [33.0]
    assert len(github.comments()) == 1


def test_an_hourly_limit_is_waited_for(
    github: GitHubStandIn, api: GitHubApi, moments: Moments
) -> None:
    github.faults.add("POST", "", faults.primary_limit(int(moments.now) + 40))
    say(api)
    assert moments.slept == [41.0]


def test_a_bare_limit_is_waited_for_ever_longer(github: GitHubStandIn, moments: Moments) -> None:
    github.faults.add("POST", "", faults.secondary_limit(None, status=429), times=3)
    with GitHubApi(base_url=github.url, token=TOKEN, clock=moments.clock, budget_s=1000) as api:
        say(api)
    assert moments.slept == [60.0, 120.0, 240.0]


def test_the_budget_ends_with_the_time_to_come_back(
    github: GitHubStandIn, api: GitHubApi, moments: Moments
) -> None:
    github.faults.add("POST", "", faults.primary_limit(1_790_003_599))
    with pytest.raises(PublishError, match="2026-09-21 15:13:20 UTC"):
        say(api)
    assert moments.slept == []


def test_the_budget_is_for_everything_together(github: GitHubStandIn, api: GitHubApi) -> None:
    github.faults.add("POST", "", faults.secondary_limit(70), times=2)
    with pytest.raises(PublishError, match="we wait 120 s at most"):
        say(api)


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_a_refusal_is_final(github: GitHubStandIn, api: GitHubApi, status: int) -> None:
    body = {"message": "No.\n::error::x", "documentation_url": "https://x"}
    github.faults.add("POST", "", Fault(instead=Answer(status=status, body=body)), times=9)
    with pytest.raises(RefusedError) as caught:
        say(api)
    assert caught.value.status == status
    assert "\n" not in caught.value.what
    assert len(github.requests) == 1


def test_a_missing_permission_is_answered_with_its_lines(
    github: GitHubStandIn, api: GitHubApi
) -> None:
    github.world.tokens[TOKEN].fork = True
    with pytest.raises(RefusedError, match="not accessible by integration") as caught:
        say(api)
    assert "    permissions:\n      pull-requests: write\n" in caught.value.hint
    assert "fork" in caught.value.hint
    assert len(github.requests) == 1


@pytest.mark.parametrize(
    ("permission", "accepted", "line"),
    [
        ("checks: write", "", "      checks: write"),
        (NEEDS, "issues=write; pull_requests=write", "      pull-requests: write"),
        (NEEDS, "x=write", "      pull-requests: write"),
        ("", "contents=write,actions=read", "      contents: write\n      actions: read"),
        ("", "evil\n=write; $(id)=read", "the token may not do this"),
    ],
)
def test_permission_lines(permission: str, accepted: str, line: str) -> None:
    assert permission_lines(permission, accepted).endswith(line)


def test_no_permission_is_no_limit_even_with_the_hour_used_up() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"}
    message = "Resource not accessible by integration"
    assert limit_s(403, headers, message, refusals=0, now=0) is None
    assert limit_s(403, headers, "API rate limit exceeded", refusals=0, now=0) == 10


def test_a_renamed_repository_is_followed(github: GitHubStandIn, api: GitHubApi) -> None:
    github.faults.add("POST", "/old/", redirect(COMMENTS, 307))
    api.request("POST", "/repos/octo/old/issues/7/comments", {"body": "moved"})
    assert [each.body for each in github.comments()] == ["moved"]
    assert github.requests[-1].headers["authorization"] == f"Bearer {TOKEN}"


def test_another_server_never_sees_the_token(github: GitHubStandIn, api: GitHubApi) -> None:
    with GitHubStandIn() as other:
        other.faults.add("GET", "", Fault(instead=Answer(body=[])))
        github.faults.add("GET", "", redirect(f"{other.url}/blob"))
        assert api.get(COMMENTS).json() == []
        assert "authorization" not in other.requests[0].headers
        assert TOKEN not in repr(other.requests)


def test_a_write_is_not_sent_on_to_another_server(github: GitHubStandIn, api: GitHubApi) -> None:
    with GitHubStandIn() as other:
        github.faults.add("POST", "", redirect(f"{other.url}{COMMENTS}", 307))
        with pytest.raises(PublishError, match="another server"):
            say(api)
        assert other.requests == []


def test_redirects_end(github: GitHubStandIn, api: GitHubApi) -> None:
    github.faults.add("GET", "", redirect(COMMENTS), times=99)
    with pytest.raises(PublishError, match="too often"):
        api.get(COMMENTS)


@pytest.mark.parametrize(
    ("link", "complaint"),
    [
        pytest.param("https://evil.example/2", "another server", id="elsewhere"),
        pytest.param("{url}/user", "never end", id="round and round"),
    ],
)
def test_a_next_page_is_not_trusted(
    github: GitHubStandIn, api: GitHubApi, link: str, complaint: str
) -> None:
    headers = {"link": f'<{link.format(url=github.url)}>; rel="next"'}
    github.faults.add("GET", "", Fault(instead=Answer(body=[], headers=headers)), times=9)
    with pytest.raises(PublishError, match=complaint):
        list(api.items(COMMENTS))


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"a": 1}', b"[" * 100_000])
def test_a_list_that_is_none_is_refused(github: GitHubStandIn, api: GitHubApi, body: bytes) -> None:
    github.faults.add("GET", "", Fault(instead=Answer(raw=body)))
    with pytest.raises(PublishError, match="the answer is not"):
        list(api.items(COMMENTS))


def test_an_endless_answer_is_not_read(github: GitHubStandIn, api: GitHubApi) -> None:
    endless = Answer(raw=b"x" * (MAX_ANSWER_BYTES + 1))
    github.faults.add("GET", "", Fault(instead=endless))
    with pytest.raises(PublishError, match="longer than"):
        api.get(COMMENTS)


def test_many_writes_are_spread_out(
    github: GitHubStandIn, api: GitHubApi, moments: Moments
) -> None:
    for number in range(12):
        say(api, f"{number}")
    assert moments.slept == [1.0, 1.0]
    assert len(github.comments()) == 12


@pytest.mark.parametrize(
    "fault",
    [
        *FAILURES,
        pytest.param(redirect("http://evil.example/"), id="redirect"),
        pytest.param(redirect("http://["), id="redirect to nonsense"),
        pytest.param(faults.secondary_limit(9999), id="limit"),
        pytest.param(faults.error_before(404), id="404"),
    ],
)
def test_a_token_never_leaks(
    github: GitHubStandIn, moments: Moments, fault: Fault, capfd: pytest.CaptureFixture[str]
) -> None:
    github.world.tokens[CANARY] = github.world.tokens[TOKEN]
    github.faults.add("POST", "", fault, times=99)
    with GitHubApi(base_url=github.url, token=CANARY, clock=moments.clock) as api:
        with pytest.raises(PublishError) as caught:
            say(api)
        assert CANARY not in repr(api)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=False)
    assert CANARY not in "".join(shown.format())
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert CANARY not in "".join(capfd.readouterr())


@pytest.mark.parametrize("token", [f"{CANARY}\n", f"{CANARY} x", f"{CANARY}é"])
def test_a_token_that_is_no_header_is_refused_unseen(token: str) -> None:
    with pytest.raises(PublishError) as caught:
        GitHubApi(base_url="https://api.github.com", token=token)
    assert CANARY not in str(caught.value)
