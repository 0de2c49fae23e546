"""GitHub without a socket: a request goes in, an answer comes out, the world has changed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from fakes.github.call import Call
from fakes.github.routes import BLOBS, ROUTES
from fakes.github.state import World
from fakes.github.wire import Answer, RefusalError, Request, not_found, refuse

if TYPE_CHECKING:
    from fakes.github.state import Token

MALFORMED = object()
"""The body of a request whose JSON cannot be parsed."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer; ``template`` is empty when no operation has this path."""

    request: Request
    answer: Answer
    template: str


Referee: TypeAlias = Callable[[Exchange], list[str]]


@dataclass(slots=True, kw_only=True)
class Application:
    """Answers requests one at a time; ``referee`` judges what came in and went out."""

    world: World = field(default_factory=World)
    referee: Referee | None = None
    violations: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def answer(self, request: Request, *, hide_lists: int = 0) -> Answer:
        """Do what is asked."""
        with self.lock:
            before = self.world.last_id
            answer, template = self._route(request)
            if hide_lists and self.world.last_id > before:
                self.world.hidden[self.world.last_id] = hide_lists
            if self.referee is not None:
                self.violations += self.referee(Exchange(request, answer, template))
            return self.dressed(request, answer)

    def _route(self, request: Request) -> tuple[Answer, str]:
        template = ""
        try:
            for blob in BLOBS:
                if (params := blob.match(request.path)) is not None:
                    call = Call(world=self.world, request=request, token=None, params=params)
                    return blob.handler(call), ""
            token = self._admit(request)
            for route in ROUTES:
                params = route.match(request.path) if route.method == request.method else None
                if params is not None:
                    template = route.template
                    if request.body is MALFORMED:
                        raise refuse(400, "Problems parsing JSON")
                    call = Call(world=self.world, request=request, token=token, params=params)
                    return route.handler(call), template
            raise not_found()
        except RefusalError as refusal:
            return refusal.answer, template

    def _admit(self, request: Request) -> Token | None:
        if "user-agent" not in request.headers:
            raise refuse(403, "Request forbidden by administrative rules. No User-Agent.")
        token = self.world.tokens.get(request.secret)
        if token is None and "authorization" in request.headers:
            raise refuse(401, "Bad credentials")
        if request.path != "/rate_limit":
            write = request.method != "GET"
            limited = self.world.rates.spend(request.secret, self.world.clock(), write=write)
            if limited is not None:
                raise limited
        return token

    def dressed(self, request: Request, answer: Answer) -> Answer:
        """Add the headers every answer has; an unchanged answer becomes 304."""
        rates = self.world.rates.headers(request.secret, self.world.clock())
        headers = {**rates, "x-github-media-type": "github.v3; format=json", **answer.headers}
        if request.method == "GET" and answer.status == 200:
            headers["etag"] = f'W/"{hashlib.sha256(answer.content()).hexdigest()}"'
            if request.headers.get("if-none-match") == headers["etag"]:
                self.world.rates.give_back(request.secret, self.world.clock())
                return Answer(status=304, headers=headers)
        return Answer(status=answer.status, body=answer.body, headers=headers, raw=answer.raw)
