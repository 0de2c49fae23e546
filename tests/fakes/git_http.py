"""A git server over HTTP on a loopback port, which lets nobody in without a token."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class GitServer:
    """Serves the bare repositories in ``folder`` by git's own ``http-backend``.

    ``token`` may read and, unless ``read_only``, write; ``asked`` are the paths of all requests
    with whether they were signed in.
    """

    folder: Path
    token: str
    read_only: bool = False
    private: bool = True
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def __enter__(self) -> Self:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def _serve(self) -> None:
                status, headers, body = server.answer(self)
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """The address of the server, as ``GITHUB_SERVER_URL`` has it."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return status, headers and body."""
        address = urlsplit(request.path)
        given = request.headers.get_all("Authorization") or []
        wanted = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        known = given in ([f"basic {wanted}"], [f"Basic {wanted}"])
        self.asked.append((request.path, known))
        writes = "receive-pack" in request.path
        if len(given) > 1:
            return 400, [], b"more than one Authorization"
        if not known and (self.private or writes):
            return 401, [("WWW-Authenticate", 'Basic realm="GitHub"')], b""
        if writes and self.read_only:
            return 403, [], b"Write access to repository not granted.\n"
        size = int(request.headers.get("Content-Length") or 0)
        environ = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "octo",
            "REQUEST_METHOD": request.command,
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(size),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        body = self._body(request, size)
        done = subprocess.run(
            ["git", "http-backend"], env=environ, input=body, capture_output=True, check=False
        )
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        pairs = [line.decode().split(": ", 1) for line in head.split(b"\r\n") if b": " in line]
        status = next((int(v.split()[0]) for n, v in pairs if n == "Status"), 200)
        return status, [(n, v) for n, v in pairs if n != "Status"], rest

    @staticmethod
    def _body(request: BaseHTTPRequestHandler, size: int) -> bytes:
        if request.headers.get("Transfer-Encoding") != "chunked":
            return request.rfile.read(size)
        parts = []
        while length := int(request.rfile.readline().strip() or b"0", 16):
            parts.append(request.rfile.read(length))
            request.rfile.readline()
        return b"".join(parts)
