"""The conversation of one pull request, seen as the comments that are ours."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mlgate.errors import PublishError
from mlgate.publish.refusal import RefusedError, UncertainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgate.publish.http import GitHubApi

ACTIONS_LOGIN: Final = "github-actions[bot]"
PERMISSION: Final = "pull-requests: write"

_POSTS: Final = 3
_LOOK_AGAIN_S: Final = (1.0, 2.0, 4.0)
_FORBIDDEN = 403
_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One comment; ``url`` is the page a person can open."""

    id: int
    body: str = field(repr=False)
    url: str
    author: str

    def says(self, body: str) -> bool:
        """Whether the content is ``body``, but for what a forge does to line ends and blanks."""
        return _normal(self.body) == _normal(body)


@dataclass(slots=True, kw_only=True)
class CommentThread:
    """Lists and changes comments; ``login`` is who we are, found out when it is empty."""

    api: GitHubApi
    repository: str
    number: int
    login: str = ""

    def mine(self, start: str) -> list[Comment]:
        """Return our comments that begin with ``start``, oldest first, from all pages."""
        found = [comment for comment in self._all() if comment.body.startswith(start)]
        if found and not self.login:
            self.login = self._who_am_i()
        ours = [comment for comment in found if comment.author.lower() == self.login.lower()]
        return sorted(ours, key=lambda comment: comment.id)

    def create(self, body: str, look: Callable[[], Comment | None]) -> Comment:
        """Comment once; when the answer is lost, ``look`` decides whether it has been done."""
        for _ in range(_POSTS):
            with suppress(UncertainError):
                return self._post(body)
            for pause in _LOOK_AGAIN_S:
                self.api.wait(pause, f"looking for the comment on #{self.number}")
                if (found := look()) is not None:
                    return found
        raise PublishError(f"#{self.number}: {_POSTS} times the answer to a new comment was lost")

    def read(self, comment_id: int) -> Comment | None:
        """Return a comment as it is now; ``None`` when it is gone."""
        return self._gone_is_none("GET", comment_id)

    def update(self, comment_id: int, body: str) -> Comment | None:
        """Replace the body; ``None`` when the comment is gone."""
        return self._gone_is_none("PATCH", comment_id, {"body": body})

    def delete(self, comment_id: int) -> None:
        """Delete a comment, if somebody else has not."""
        try:
            self.api.request("DELETE", self._place(comment_id), permission=PERMISSION)
        except RefusedError as exc:
            if exc.status not in _GONE:
                raise

    def _post(self, body: str) -> Comment:
        path = f"/repos/{self.repository}/issues/{self.number}/comments"
        return _comment(
            self.api.request("POST", path, {"body": body}, permission=PERMISSION).object()
        )

    def _gone_is_none(self, method: str, comment_id: int, payload: object = None) -> Comment | None:
        try:
            answer = self.api.request(
                method, self._place(comment_id), payload, permission=PERMISSION
            )
        except RefusedError as exc:
            if exc.status in _GONE and not exc.locked:
                return None
            raise
        return _comment(answer.object())

    def _all(self) -> list[Comment]:
        path = f"/repos/{self.repository}/issues/{self.number}/comments?per_page=100"
        return [_comment(item) for item in self.api.items(path)]

    def _place(self, comment_id: int) -> str:
        return f"/repos/{self.repository}/issues/comments/{comment_id}"

    def _who_am_i(self) -> str:
        try:
            user = self.api.get("/user").object()
        except RefusedError as exc:
            if exc.status != _FORBIDDEN:
                raise
            return ACTIONS_LOGIN  # GITHUB_TOKEN may not ask who it is
        match user:
            case {"login": str(login)} if login:
                return login
            case _:
                raise PublishError("GET /user: the answer names nobody")


def _comment(item: dict[str, object]) -> Comment:
    match item:
        case {"id": int(number), "html_url": str(url)} if number > 0:
            user, body = item.get("user"), item.get("body")
        case _:
            raise PublishError("a comment in the answer has no id or no address")
    author = user.get("login") if isinstance(user, dict) else ""
    return Comment(id=number, body=str(body or ""), url=url, author=str(author or ""))


def _normal(body: str) -> str:
    return "\n".join(line.rstrip() for line in body.replace("\r\n", "\n").split("\n")).rstrip()
