"""One authenticated call on its way to a handler: who asks, about what, and paging."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fakes.github.state import Issue, Pull, Repository, Token, World
from fakes.github.wire import Answer, Json, Request, not_found, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INACCESSIBLE = "Resource not accessible by integration"
MAX_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose token is known; ``params`` are the named parts of its path."""

    world: World
    request: Request
    token: Token | None
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        """Address of the API as the client sees it."""
        return self.request.base_url

    @property
    def repo(self) -> Repository:
        """The repository in the path."""
        found = self.world.repository(f"{self.params['owner']}/{self.params['repo']}")
        if found is None or (found.private and self.token is None):
            raise not_found()
        return found

    @property
    def repo_url(self) -> str:
        """API address of the repository."""
        return f"{self.base_url}/repos/{self.repo.full_name}"

    @property
    def page_url(self) -> str:
        """Address of the repository for people."""
        return f"{self.world.server_url}/{self.repo.full_name}"

    @property
    def fields(self) -> Json:
        """The JSON object of the body."""
        if not isinstance(self.request.body, dict):
            raise refuse(422, "Invalid request.\n\nFor 'links/0/schema', nil is not an object.")
        return self.request.body

    def number(self, name: str) -> int:
        """Return a part of the path that must be a number."""
        if not self.params[name].isdecimal():
            raise not_found()
        return int(self.params[name])

    def issue(self) -> Issue:
        """Return the issue or pull request in the path."""
        found = self.repo.numbered(self.number("issue_number"))
        if found is None:
            raise not_found()
        return found

    def may_read(self, *permissions: str) -> None:
        """Refuse unless one of the permissions is there; anyone reads a public repository."""
        if self.repo.private:
            self.must_read(*permissions)

    def must_read(self, *permissions: str) -> Token:
        """Refuse unless one of the permissions is there, in a public repository too."""
        return self._demand("read", permissions)

    def may_write(self, *permissions: str) -> Token:
        """Refuse unless one of the permissions is ``write``."""
        return self._demand("write", permissions)

    def may_comment(self, issue: Issue) -> Token:
        """Refuse unless comments here may be written."""
        on_pull = ("issues", "pull_requests")
        return self.may_write(*(on_pull if isinstance(issue, Pull) else on_pull[:1]))

    def _demand(self, level: str, permissions: Sequence[str]) -> Token:
        if self.token is None:
            raise refuse(401, "Requires authentication")
        enough = {"write"} if level == "write" else {"read", "write"}
        if not any(self.token.level(each) in enough for each in permissions):
            accepted = "; ".join(f"{each}={level}" for each in permissions)
            raise refuse(403, INACCESSIBLE, headers={"x-accepted-github-permissions": accepted})
        return self.token

    def paged(self, items: Sequence[object], *, key: str = "") -> Answer:
        """Return one page with its ``Link`` header, wrapped in ``key`` when GitHub does so."""
        size = min(self._positive("per_page", 30), MAX_PAGE)
        page = self._positive("page", 1)
        last = max(1, -(-len(items) // size))
        shown = list(items[(page - 1) * size : page * size])
        body = {"total_count": len(items), key: shown} if key else shown
        return Answer(body=body, headers=self._links(page, last))

    def _positive(self, name: str, default: int) -> int:
        text = self.request.query.get(name, "")
        return int(text) if text.isdecimal() and int(text) else default

    def _links(self, page: int, last: int) -> dict[str, str]:
        places: dict[str, int] = {}
        if page > 1:
            places |= {"prev": min(page - 1, last), "first": 1}
        if page < last:
            places |= {"next": page + 1, "last": last}
        links = [f'<{self._at(where)}>; rel="{rel}"' for rel, where in places.items()]
        return {"link": ", ".join(links)} if links else {}

    def _at(self, page: int) -> str:
        query = urlencode({**self.request.query, "page": str(page)})
        return f"{self.base_url}{self.request.path}?{query}"
