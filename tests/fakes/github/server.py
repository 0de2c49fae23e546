"""The stand-in on a loopback port."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fakes.github.application import MALFORMED, Application
from fakes.github.faults import Fault, Faults
from fakes.github.wire import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from typing_extensions import override
else:

    def override(method: object) -> object:
        """Stand in for ``typing.override``: serving needs the standard library only."""
        return method


GHES_PREFIX = "/api/v3"
PREFIXES = (GHES_PREFIX, "/api/uploads")


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One line of the request log; ``status`` 0 means the connection was dropped."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    body: Any
    headers: dict[str, str]


class Server:
    """Serves an application on 127.0.0.1; a context manager."""

    def __init__(self, application: Application, *, port: int = 0) -> None:
        self.application = application
        self.faults = Faults()
        self.requests: list[Logged] = []
        self.after_write: Callable[[], None] = _nothing
        self._http = _Http(self, port)
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def url(self) -> str:
        """What ``GITHUB_API_URL`` is to be set to."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def ghes_url(self) -> str:
        """The same API under the prefix GitHub Enterprise Server has."""
        return self.url + GHES_PREFIX

    def sent(self, method: str, path: str = "") -> list[Logged]:
        """Return the logged requests of ``method`` whose path contains the regex."""
        wanted = re.compile(path)
        return [
            each for each in self.requests if each.method == method and wanted.search(each.path)
        ]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.hang_up()
        self._http.server_close()
        self._thread.join()

    def respond(self, request: Request) -> tuple[Answer | None, Fault]:
        """Do a request under the fault plan; no answer means hang up."""
        fault = self.faults.take(request.method, request.path) or Fault()
        time.sleep(fault.delay_s)
        answer = fault.instead and self.application.dressed(request, fault.instead)
        if answer is None and fault.drop != "before":
            answer = self.application.answer(request, hide_lists=fault.hide_lists)
            if request.method != "GET":
                with self.application.lock:
                    self.after_write()
        if fault.after is not None:
            answer = self.application.dressed(request, fault.after)
        if fault.drop:
            answer = None
        self._log(request, 0 if answer is None else answer.status)
        return answer, fault

    def _log(self, request: Request, status: int) -> None:
        line = Logged(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            status=status,
            body=request.body,
            headers=dict(request.headers),
        )
        self.requests.append(line)


def _nothing() -> None:
    """Nobody wants to know about writes."""


class _Http(ThreadingHTTPServer):
    daemon_threads = False  # joined on close, so that no socket outlives a test
    request_queue_size = 64

    def __init__(self, owner: Server, port: int) -> None:
        self.owner = owner
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def opened(self, connection: socket.socket) -> None:
        self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        self._open.discard(connection)

    def hang_up(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "GitHub.com"
    wbufsize = -1  # headers and body in one packet: no 40 ms waits
    disable_nagle_algorithm = True
    server: _Http  # type: ignore[mutable-override]

    @override
    def setup(self) -> None:
        self.server.opened(self.request)
        super().setup()

    @override
    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.server.closed(self.request)

    @override
    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle()

    def _serve(self) -> None:
        answer, fault = self.server.owner.respond(self._read())
        if answer is None:
            self.close_connection = True
            return
        content = answer.content()
        self.send_response(answer.status)
        headers = {"content-type": "application/json; charset=utf-8", **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        if answer.status not in {204, 304}:
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        if fault.cut is not None:
            content = content[: int(len(content) * fault.cut)]
            self.close_connection = True
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

    def _read(self) -> Request:
        url = urlsplit(self.path)
        prefix = next((p for p in PREFIXES if url.path.startswith(f"{p}/")), "")
        size = int(self.headers.get("content-length") or 0)
        return Request(
            method=self.command,
            path=unquote(url.path.removeprefix(prefix)).rstrip("/") or "/",
            base_url=f"http://{self.headers.get('host')}{GHES_PREFIX if prefix else ''}",
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            **self._body(size),
        )

    def _body(self, size: int) -> dict[str, Any]:
        raw = self.rfile.read(size)
        if "octet-stream" in self.headers.get("content-type", ""):
            return {"raw": raw}
        return {"body": _parsed(raw)}

    @override
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet; the request log is in ``Server.requests``."""


def _parsed(content: bytes) -> object:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return MALFORMED
