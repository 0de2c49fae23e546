"""One pull-request comment per key, kept up to date; writers converge without a lock.

Every writer drives the conversation to the same state: the comment with the lowest id survives,
holds the content of the newest run, and later duplicates go once that content has been read back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from mlgate.errors import PublishError
from mlgate.publish.base import Action, Post, Published
from mlgate.publish.marker import Marker, prefix, run_in
from mlgate.publish.refusal import RefusedError
from mlgate.publish.thread import Comment, CommentThread

if TYPE_CHECKING:
    from mlgate.publish.http import GitHubApi

MAX_BODY_CHARS: Final = 65_536
MAX_BODY_BYTES: Final = 262_144
_ROUNDS: Final = 4


class Mode(StrEnum):
    """What happens to the comment of the run before."""

    UPDATE = "update"
    RECREATE = "recreate"
    APPEND = "append"
    OFF = "off"


class When(StrEnum):
    """Which reports are worth a *new* comment; an existing one is always brought up to date."""

    ALWAYS = "always"
    CHANGES = "changes"
    FAILURES = "failures"

    def wants(self, post: Post) -> bool:
        """Whether ``post`` is worth it."""
        match self:
            case When.ALWAYS:
                return True
            case When.CHANGES:
                return post.changed or post.failed
            case When.FAILURES:
                return post.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class StickyComment:
    """Publisher for one pull request; ``login`` is whose comments are ours, empty to find out."""

    api: GitHubApi
    repository: str
    pull_request: int
    marker: Marker
    mode: Mode = Mode.UPDATE
    when: When = When.ALWAYS
    login: str = ""
    closed: bool = False

    def publish(self, post: Post) -> Published:
        """Bring the comment to the state ``post`` describes; a locked conversation is a result."""
        if self.mode is Mode.OFF:
            return Published(action=Action.OFF)
        thread = CommentThread(
            api=self.api, repository=self.repository, number=self.pull_request, login=self.login
        )
        writer = _Writer(thread=thread, marker=self.marker, body=self._fitting(post.body))
        try:
            return self._noted(self._write(writer, wanted=self.when.wants(post)))
        except RefusedError as exc:
            if not exc.locked:
                raise
            warning = f"#{self.pull_request} is locked: the report is in the job summary only"
            return self._noted(Published(action=Action.LOCKED, warnings=(warning,)))

    def _write(self, writer: _Writer, *, wanted: bool) -> Published:
        mine = writer.list_mine()
        if not wanted:
            return writer.settle(mine) if mine else Published(action=Action.SKIPPED)
        match self.mode:
            case Mode.RECREATE:
                return writer.replace(mine)
            case Mode.APPEND:
                return writer.append(mine)
            case _:
                return writer.settle(mine)

    def _noted(self, published: Published) -> Published:
        if not self.closed:
            return published
        warning = f"#{self.pull_request} is closed; comment: {published.action}"
        return Published(
            action=published.action, url=published.url, warnings=(*published.warnings, warning)
        )

    def _fitting(self, body: str) -> str:
        sendable = body.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
        marked = self.marker.mark(sendable)
        size = len(marked.encode())
        if len(marked) > MAX_BODY_CHARS or size > MAX_BODY_BYTES:
            raise PublishError(
                f"comment {self.marker.key}: {len(marked)} characters, {size} bytes; "
                f"GitHub takes {MAX_BODY_CHARS} and {MAX_BODY_BYTES}",
                hint="the full report is in the job summary",
            )
        return marked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    """One run that wants ``body`` to be what people read."""

    thread: CommentThread
    marker: Marker
    body: str

    def list_mine(self) -> list[Comment]:
        return self.thread.mine(prefix(self.marker.key))

    def settle(self, mine: list[Comment]) -> Published:
        """Drive to one comment that holds the newest content; create it when there is none."""
        action = Action.UNCHANGED
        for _ in range(_ROUNDS):
            if not mine:
                made, action = self._create(), Action.CREATED
                mine = _with(self.list_mine(), made)
            survivor, *extra = mine
            newest = self._newest(mine)
            if not survivor.says(newest):
                self.thread.update(survivor.id, newest)
                action = Action.UPDATED if action is Action.UNCHANGED else action
            elif not extra:
                return self._done(survivor, newest, action)
            seen = self.thread.read(survivor.id)
            if seen is not None and seen.says(newest):
                self._remove(extra)
                return self._done(seen, newest, action)
            mine = self.list_mine()
        warning = "somebody else keeps changing our comment; it may show another run"
        return Published(action=action, url=mine[0].url if mine else "", warnings=(warning,))

    def replace(self, mine: list[Comment]) -> Published:
        """Comment anew, then remove the older ones; a newer run's comment makes us step back."""
        if mine and self._newest(mine) != self.body:
            return Published(action=Action.STALE, url=mine[-1].url)
        if mine and mine[-1].says(self.body):
            self._remove(mine[:-1])
            return Published(action=Action.UNCHANGED, url=mine[-1].url)
        made = self._create()
        mine = _with(self.list_mine(), made)
        newest = self._newest(mine)
        if newest != self.body:
            self.thread.delete(made.id)
            return Published(action=Action.STALE, url=mine[-1].url)
        seen = self.thread.read(made.id)
        if seen is not None and seen.says(self.body):
            last = (self.marker.run, made.id)
            self._remove([each for each in mine if (self._run(each), each.id) < last])
        return Published(action=Action.CREATED, url=made.url)

    def append(self, mine: list[Comment]) -> Published:
        """Comment anew and leave the others, unless the last one says the same."""
        if mine and mine[-1].says(self.body):
            return Published(action=Action.UNCHANGED, url=mine[-1].url)
        return Published(action=Action.CREATED, url=self._create().url)

    def _create(self) -> Comment:
        def look() -> Comment | None:
            return next((each for each in self.list_mine() if each.says(self.body)), None)

        return self.thread.create(self.body, look)

    def _newest(self, mine: list[Comment]) -> str:
        """Return the content of the newest run; ours wins a tie."""
        newest = max(mine, key=self._run)
        return newest.body if self._run(newest) > self.marker.run else self.body

    def _run(self, comment: Comment) -> tuple[int, int]:
        return run_in(comment.body, self.marker.key)

    def _remove(self, comments: list[Comment]) -> None:
        for comment in comments:
            self.thread.delete(comment.id)

    def _done(self, comment: Comment, content: str, action: Action) -> Published:
        return Published(action=action if content == self.body else Action.STALE, url=comment.url)


def _with(listed: list[Comment], made: Comment) -> list[Comment]:
    """A list may lag behind what we know to be there."""
    others = [comment for comment in listed if comment.id != made.id]
    return sorted([*others, made], key=lambda comment: comment.id)
