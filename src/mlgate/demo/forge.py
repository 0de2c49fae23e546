"""Just enough of GitHub on a loopback address to receive a comment and a check run."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

LOGIN: Final = "github-actions[bot]"
_COMMENTS: Final = re.compile(r"/repos/[^/]+/[^/]+/issues/(\d+)/comments")
_COMMENT: Final = re.compile(r"/repos/[^/]+/[^/]+/issues/comments/(\d+)")
_CHECKS: Final = re.compile(r"/repos/[^/]+/[^/]+/check-runs")
_CHECK: Final = re.compile(r"/repos/[^/]+/[^/]+/check-runs/(\d+)")

Reply = tuple[int, object]


@dataclass
class DemoForge:
    """Comments and check runs in memory; a context manager that serves them meanwhile."""

    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    checks: dict[int, dict[str, Any]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        forge = self

        class Handler(_Handler):
            def answer(self, method: str, path: str, body: dict[str, Any]) -> Reply:
                return forge.answer(method, path, body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Reply:
        """Answer one request as GitHub would."""
        path = path.partition("?")[0]
        if path == "/user":
            return 403, {"message": "Resource not accessible by integration"}
        for pattern, handle in self._routes():
            found = pattern.fullmatch(path)
            if found:
                return handle(method, int(found[1]) if found.groups() else 0, body)
        return 404, {"message": "Not Found"}

    def _routes(self) -> list[tuple[re.Pattern[str], Callable[[str, int, dict[str, Any]], Reply]]]:
        return [
            (_COMMENTS, self._on_comments),
            (_COMMENT, self._on_comment),
            (_CHECKS, self._on_checks),
            (_CHECK, self._on_check),
        ]

    def _on_comments(self, method: str, number: int, body: dict[str, Any]) -> Reply:
        if method == "GET":
            return 200, list(self.comments.values())
        new = len(self.comments) + 1
        address = f"{self.url}/octo/demo/pull/{number}#issuecomment-{new}"
        user = {"login": LOGIN, "id": 41898282}
        self.comments[new] = {"id": new, "html_url": address, "user": user, "body": body["body"]}
        return 201, self.comments[new]

    def _on_comment(self, method: str, number: int, body: dict[str, Any]) -> Reply:
        if number not in self.comments:
            return 404, {"message": "Not Found"}
        if method == "PATCH":
            self.comments[number]["body"] = body["body"]
        return 200, self.comments[number]

    def _on_checks(self, method: str, _number: int, body: dict[str, Any]) -> Reply:
        if method != "POST":
            return 200, {"total_count": len(self.checks), "check_runs": list(self.checks.values())}
        new = len(self.checks) + 1
        self.checks[new] = {**body, "id": new, "html_url": f"{self.url}/octo/demo/runs/{new}"}
        return 201, self.checks[new]

    def _on_check(self, _method: str, number: int, body: dict[str, Any]) -> Reply:
        if number not in self.checks:
            return 404, {"message": "Not Found"}
        self.checks[number].update(body)
        return 200, self.checks[number]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Reply:
        """Answer one request; the server's own class knows how."""
        raise NotImplementedError

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        status, reply = self.answer(self.command, self.path, body)
        raw = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - names of the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the demo prints what a person should see."""
