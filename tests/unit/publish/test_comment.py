from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.clock import Moments
from fakes.github import HEAD_SHA, TOKEN, GitHubStandIn, faults
from mlgate.errors import ConfigError, PublishError
from mlgate.publish.base import Action, Post, Published
from mlgate.publish.comment import MAX_BODY_CHARS, Mode, StickyComment, When
from mlgate.publish.http import GitHubApi, PlainSession
from mlgate.publish.marker import Marker, prefix, run_in, safe_key

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from fakes.github.faults import Fault

US = "github-actions[bot]"
MARKER = Marker(key="churn", run=(501, 1), sha=HEAD_SHA)
OLDER = replace(MARKER, run=(99, 7))
NEWER = replace(MARKER, run=(1000, 1))


def sticky(api: GitHubApi, marker: Marker = MARKER, **changes: object) -> StickyComment:
    made = StickyComment(api=api, repository="octo/ml", pull_request=7, marker=marker)
    return replace(made, **changes)  # type: ignore[arg-type]


def bodies(github: GitHubStandIn) -> list[str]:
    return [each.body for each in github.comments() if each.author == US]


def writes(github: GitHubStandIn) -> list[str]:
    return [each.method for each in github.requests if each.method != "GET"]


def test_the_first_report_is_a_comment(github: GitHubStandIn, api: GitHubApi) -> None:
    found = sticky(api).publish(Post(body="accuracy fell"))
    assert found.action is Action.CREATED
    assert found.url == f"https://github.com/octo/ml/pull/7#issuecomment-{github.comments()[0].id}"
    line, text = bodies(github)[0].split("\n")
    assert line == f"<!-- mlgate:v1 key=churn run=501.1 sha={HEAD_SHA} -->"
    assert text == "accuracy fell"


def test_the_next_report_replaces_it(github: GitHubStandIn, api: GitHubApi) -> None:
    sticky(api, OLDER).publish(Post(body="one"))
    found = sticky(api).publish(Post(body="two"))
    assert found.action is Action.UPDATED
    assert bodies(github) == [MARKER.mark("two")]


def test_the_same_report_is_not_sent_again(github: GitHubStandIn, api: GitHubApi) -> None:
    first = sticky(api, login=US).publish(Post(body="one\r\n"))
    github.requests.clear()
    found = sticky(api, login=US).publish(Post(body="one"))
    assert found == Published(action=Action.UNCHANGED, url=first.url)
    assert [each.method for each in github.requests] == ["GET"]


def test_ours_is_found_among_a_thousand(github: GitHubStandIn, api: GitHubApi) -> None:
    github.chatter(250)
    ours = github.say(OLDER.mark("one"), author=US)
    github.chatter(750)
    assert sticky(api).publish(Post(body="two")).action is Action.UPDATED
    assert ours.body == MARKER.mark("two")
    assert len(github.sent("GET", "/issues/7/comments$")) == 11
    assert len(github.comments()) == 1001


@pytest.mark.parametrize(
    ("body", "author"),
    [
        pytest.param(NEWER.mark("mine now"), "mallory", id="somebody else"),
        pytest.param(f"> {NEWER.mark('x')}", US, id="quoted by us"),
        pytest.param(f"\n{NEWER.mark('x')}", US, id="not the first line"),
        pytest.param(replace(NEWER, key="churn-2").mark("x"), US, id="longer key"),
        pytest.param(NEWER.mark("x").replace("v1", "v2"), US, id="other version"),
        pytest.param(NEWER.mark("x"), "github-actions", id="almost us"),
    ],
)
def test_what_only_looks_like_ours_is_left_alone(
    github: GitHubStandIn, api: GitHubApi, body: str, author: str
) -> None:
    theirs = github.say(body, author=author)
    assert sticky(api).publish(Post(body="two")).action is Action.CREATED
    assert theirs in github.comments()
    assert theirs.body == body


def test_a_personal_token_knows_its_name(github: GitHubStandIn, api: GitHubApi) -> None:
    github.world.tokens[TOKEN].installation = False
    github.world.tokens[TOKEN].login = "Ada"
    github.say(OLDER.mark("not hers"), author=US)
    hers = github.say(OLDER.mark("one"), author="ada")
    sticky(api).publish(Post(body="two"))
    assert hers.body == MARKER.mark("two")
    assert bodies(github) == [OLDER.mark("not hers")]


def test_duplicates_heal_into_the_oldest(github: GitHubStandIn, api: GitHubApi) -> None:
    first = github.say(OLDER.mark("one"), author=US)
    for _ in range(3):
        github.say(OLDER.mark("again"), author=US)
    sticky(api).publish(Post(body="two"))
    assert github.comments() == [first]
    assert first.body == MARKER.mark("two")
    deletes = [index for index, each in enumerate(github.requests) if each.method == "DELETE"]
    verified = [
        index for index, each in enumerate(github.requests) if each.path.endswith(f"/{first.id}")
    ]
    assert max(verified) < min(deletes)


def test_nothing_is_deleted_until_the_survivor_shows_our_content(
    github: GitHubStandIn, api: GitHubApi
) -> None:
    first = github.say(OLDER.mark("one"), author=US)
    github.say(OLDER.mark("again"), author=US)

    def undo() -> None:
        first.body = OLDER.mark("one")

    github.after_write = undo
    found = sticky(api).publish(Post(body="two"))
    assert found.warnings
    assert len(github.comments()) == 2
    assert "DELETE" not in writes(github)


def test_a_stale_run_keeps_silent(github: GitHubStandIn, api: GitHubApi) -> None:
    github.say(NEWER.mark("newer"), author=US)
    found = sticky(api).publish(Post(body="older"))
    assert found.action is Action.STALE
    assert writes(github) == []


@pytest.mark.parametrize(
    ("first", "second", "action"),
    [
        ((9, 1), (10, 1), Action.UPDATED),
        ((10, 9), (10, 10), Action.UPDATED),
        ((10, 10), (10, 9), Action.STALE),
        ((10, 1), (9, 2), Action.STALE),
        ((10, 1), (10, 1), Action.UPDATED),
    ],
)
def test_runs_are_compared_as_numbers(
    api: GitHubApi, first: tuple[int, int], second: tuple[int, int], action: Action
) -> None:
    sticky(api, replace(MARKER, run=first)).publish(Post(body="one"))
    found = sticky(api, replace(MARKER, run=second)).publish(Post(body="two"))
    assert found.action is action


def test_the_newest_of_several_duplicates_survives(github: GitHubStandIn, api: GitHubApi) -> None:
    github.say(OLDER.mark("one"), author=US)
    github.say(NEWER.mark("three"), author=US)
    assert sticky(api).publish(Post(body="two")).action is Action.STALE
    assert bodies(github) == [NEWER.mark("three")]


LOST = [
    pytest.param(faults.error_after(502), id="502 after creating"),
    pytest.param(faults.drop_after(), id="dropped after creating"),
    pytest.param(faults.truncated(), id="truncated"),
    pytest.param(faults.error_before(502), id="502 before"),
    pytest.param(faults.drop_before(), id="dropped before"),
    pytest.param(faults.unicorn(), id="unicorn"),
]


@pytest.mark.parametrize("mode", [Mode.UPDATE, Mode.RECREATE, Mode.APPEND])
@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_leaves_one_comment(
    github: GitHubStandIn, api: GitHubApi, fault: Fault, mode: Mode
) -> None:
    github.faults.add("POST", "/comments$", fault)
    assert sticky(api, mode=mode).publish(Post(body="one")).action is Action.CREATED
    assert bodies(github) == [MARKER.mark("one")]


def test_a_lost_answer_and_a_lagging_list_leave_one_comment(
    github: GitHubStandIn, api: GitHubApi, moments: Moments
) -> None:
    github.faults.add("POST", "/comments$", replace(faults.error_after(502), hide_lists=2))
    sticky(api).publish(Post(body="one"))
    assert bodies(github) == [MARKER.mark("one")]
    assert moments.slept == [1.0, 2.0, 4.0]


def test_a_lagging_list_does_not_hide_what_we_created(
    github: GitHubStandIn, api: GitHubApi
) -> None:
    github.faults.add("POST", "/comments$", faults.lag(3))
    assert sticky(api).publish(Post(body="one")).action is Action.CREATED
    assert bodies(github) == [MARKER.mark("one")]


def test_a_forge_that_always_loses_answers_is_given_up(
    github: GitHubStandIn, api: GitHubApi
) -> None:
    github.faults.add("POST", "/comments$", faults.drop_before(), times=99)
    with pytest.raises(PublishError, match="3 times"):
        sticky(api).publish(Post(body="one"))


def test_a_comment_deleted_in_between_is_written_again(
    github: GitHubStandIn, api: GitHubApi
) -> None:
    gone = github.say(OLDER.mark("one"), author=US)
    github.faults.add("PATCH", "", faults.error_before(404))
    github.faults.add("GET", f"/{gone.id}$", faults.error_before(404))
    sticky(api).publish(Post(body="two"))
    assert bodies(github) == [MARKER.mark("two")]


def test_recreate_moves_the_comment_to_the_end(github: GitHubStandIn, api: GitHubApi) -> None:
    old = github.say(OLDER.mark("one"), author=US)
    github.chatter(2)
    found = sticky(api, mode=Mode.RECREATE).publish(Post(body="two"))
    assert found.action is Action.CREATED
    assert old not in github.comments()
    assert github.comments()[-1].body == MARKER.mark("two")
    again = sticky(api, mode=Mode.RECREATE).publish(Post(body="two"))
    assert again.action is Action.UNCHANGED
    stale = sticky(api, OLDER, mode=Mode.RECREATE).publish(Post(body="one"))
    assert stale.action is Action.STALE
    assert bodies(github) == [MARKER.mark("two")]


def test_append_leaves_what_is_there(github: GitHubStandIn, api: GitHubApi) -> None:
    for marker, body in ((OLDER, "one"), (MARKER, "two"), (MARKER, "two")):
        sticky(api, marker, mode=Mode.APPEND).publish(Post(body=body))
    assert bodies(github) == [OLDER.mark("one"), MARKER.mark("two")]


def test_off_asks_nobody(github: GitHubStandIn, api: GitHubApi) -> None:
    assert sticky(api, mode=Mode.OFF).publish(Post(body="one")).action is Action.OFF
    assert github.requests == []


@pytest.mark.parametrize(
    ("when", "changed", "failed", "wanted"),
    [
        (When.ALWAYS, False, False, True),
        (When.CHANGES, False, False, False),
        (When.CHANGES, True, False, True),
        (When.CHANGES, False, True, True),
        (When.FAILURES, True, False, False),
        (When.FAILURES, True, True, True),
    ],
)
@pytest.mark.parametrize("mode", [Mode.UPDATE, Mode.RECREATE, Mode.APPEND])
def test_only_a_noteworthy_report_starts_a_comment(  # noqa: PLR0913
    github: GitHubStandIn,
    api: GitHubApi,
    when: When,
    mode: Mode,
    *,
    changed: bool,
    failed: bool,
    wanted: bool,
) -> None:
    post = Post(body="one", changed=changed, failed=failed)
    found = sticky(api, when=when, mode=mode).publish(post)
    assert found.action is (Action.CREATED if wanted else Action.SKIPPED)
    assert len(bodies(github)) == wanted


@pytest.mark.parametrize("mode", [Mode.UPDATE, Mode.RECREATE, Mode.APPEND])
def test_a_comment_that_is_there_is_brought_to_the_resolved_state(
    github: GitHubStandIn, api: GitHubApi, mode: Mode
) -> None:
    github.say(OLDER.mark("it fails"), author=US)
    post = Post(body="resolved", changed=False, failed=False)
    sticky(api, when=When.FAILURES, mode=mode).publish(post)
    assert bodies(github) == [MARKER.mark("resolved")]


def test_a_locked_conversation_is_a_warning(github: GitHubStandIn, api: GitHubApi) -> None:
    github.repo.pulls[7].locked = True
    found = sticky(api).publish(Post(body="one"))
    assert found.action is Action.LOCKED
    assert "#7 is locked" in found.warnings[0]


def test_a_closed_pull_request_is_a_warning(github: GitHubStandIn, api: GitHubApi) -> None:
    github.repo.pulls[7].state = "closed"
    found = sticky(api, closed=True).publish(Post(body="one"))
    assert found.action is Action.CREATED
    assert found.warnings == ("#7 is closed; comment: created",)


def test_a_token_that_can_only_read_is_told_the_line(github: GitHubStandIn, api: GitHubApi) -> None:
    github.world.tokens[TOKEN].permissions = {"pull-requests": "read"}
    with pytest.raises(PublishError) as caught:
        sticky(api).publish(Post(body="one"))
    assert "      pull-requests: write" in caught.value.hint.splitlines()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("a" * (MAX_BODY_CHARS - len(MARKER.line)), id="characters"),
        pytest.param("😀" * (MAX_BODY_CHARS - len(MARKER.line) - 1) + "aa", id="bytes"),
    ],
)
def test_a_body_that_is_too_long_is_refused_before_it_is_sent(
    github: GitHubStandIn, api: GitHubApi, body: str
) -> None:
    with pytest.raises(PublishError, match="GitHub takes 65536"):
        sticky(api).publish(Post(body=body))
    assert github.requests == []


def test_a_body_of_full_length_is_taken(github: GitHubStandIn, api: GitHubApi) -> None:
    sticky(api).publish(Post(body="a" * (MAX_BODY_CHARS - len(MARKER.line) - 1)))
    assert len(bodies(github)[0]) == MAX_BODY_CHARS


def test_an_odd_body_is_sendable(github: GitHubStandIn, api: GitHubApi) -> None:
    sticky(api).publish(Post(body="nul \0 lone \ud800"))
    assert bodies(github) == [MARKER.mark("nul \ufffd lone ?")]


class Turns:
    """Lets one writer at a time send one request, in the order ``schedule`` says."""

    def __init__(self, schedule: list[int]) -> None:
        self._schedule = schedule
        self._changed = threading.Condition()
        self._waiting: set[int] = set()
        self._done: set[int] = set()
        self._turn = -1

    def take(self, writer: int) -> None:
        with self._changed:
            self._waiting.add(writer)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self._turn == writer, timeout=20)
            self._turn = -1
            self._waiting.discard(writer)

    def run(self, writers: list[threading.Thread]) -> None:
        for each in writers:
            each.start()
        step = 0
        while True:
            with self._changed:
                assert self._changed.wait_for(lambda: self._settled(writers), timeout=20)
                ready = sorted(self._waiting)
                if not ready:
                    break
                wanted = self._schedule[step % len(self._schedule)] if self._schedule else 0
                self._turn, step = ready[wanted % len(ready)], step + 1
                self._changed.notify_all()
        for each in writers:
            each.join()

    def _settled(self, writers: list[threading.Thread]) -> bool:
        busy = set(range(len(writers))) - self._done
        return self._turn == -1 and busy <= self._waiting

    def done(self, writer: int) -> None:
        with self._changed:
            self._done.add(writer)
            self._changed.notify_all()


def session_of(turns: Turns, writer: int) -> Callable[[], requests.Session]:
    class Waiting(PlainSession):
        def send(
            self,
            request: requests.PreparedRequest,
            **options: Any,  # noqa: ANN401 - whatever requests passes on
        ) -> requests.Response:
            turns.take(writer)
            return super().send(request, **options)

    return Waiting


def race(github: GitHubStandIn, markers: list[Marker], schedule: list[int]) -> list[Action]:
    turns, actions = Turns(schedule), list[Action]()

    def write(writer: int, marker: Marker) -> None:
        session = session_of(turns, writer)
        clock = Moments().clock
        try:
            with GitHubApi(
                base_url=github.url, token=TOKEN, clock=clock, new_session=session
            ) as mine:
                report = sticky(mine, marker, login=US)
                actions.append(report.publish(Post(body=f"run {marker.run[0]}")).action)
        finally:
            turns.done(writer)

    writers = [threading.Thread(target=write, args=pair) for pair in enumerate(markers)]
    turns.run(writers)
    return actions


@settings(max_examples=40, deadline=None)
@given(st.permutations([OLDER, NEWER]), st.lists(st.integers(0, 1), max_size=16))
def test_two_writers_end_with_the_newest_in_one_comment(
    markers: list[Marker], schedule: list[int]
) -> None:
    with GitHubStandIn() as github:
        assert len(race(github, markers, schedule)) == 2
        assert bodies(github) == [NEWER.mark("run 1000")]


@settings(max_examples=30, deadline=None)
@given(st.permutations([OLDER, MARKER, NEWER]), st.lists(st.integers(0, 2), max_size=24))
def test_many_writers_end_with_one_whole_comment(
    markers: list[Marker], schedule: list[int]
) -> None:
    with GitHubStandIn() as github:
        assert len(race(github, markers, schedule)) == 3
        assert len(bodies(github)) == 1
        assert bodies(github)[0] in {each.mark(f"run {each.run[0]}") for each in markers}


@given(st.text(min_size=1))
def test_a_key_is_safe_stable_and_no_other(text: str) -> None:
    key = safe_key(text)
    marked = Marker(key=key, run=(1, 2), sha=HEAD_SHA).mark("x")
    assert safe_key(key) == key
    assert len(key) <= 64
    assert marked.split("\n")[0].count("--") == 2
    assert run_in(marked, key) == (1, 2)
    assert safe_key(text + "/") != key


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(ConfigError, match="empty"):
        safe_key("")


@pytest.mark.parametrize(
    "changes",
    [{"key": "a b"}, {"key": "a-->"}, {"sha": "HEAD"}, {"sha": HEAD_SHA + "\n"}, {"run": (-1, 1)}],
)
def test_a_malformed_marker_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="malformed"):
        replace(MARKER, **changes)  # type: ignore[arg-type]


def test_data_cannot_forge_a_marker() -> None:
    marked = MARKER.mark(f"{NEWER.line}\n{NEWER.line}")
    assert marked.count("<!-- mlgate:") == 1
    assert run_in(marked, "churn") == (501, 1)
    assert marked.startswith(prefix("churn"))
