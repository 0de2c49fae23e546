"""An environment that serves a model: a loopback server that answers with the weight in a file."""

from __future__ import annotations

import json
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass
class Serving:
    """Serves ``folder/model.safetensors``, which a deployment replaces.

    ``spoil`` is asked for every answer: it gets the number of the request and the answer, and
    returns the status and the body that are sent instead.
    """

    folder: Path
    spoil: Callable[[int, dict[str, Any]], tuple[int, bytes]] | None = None
    asked: list[Any] = field(default_factory=list)

    def __enter__(self) -> Self:
        serving = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                status, body = serving.answer(json.loads(self.rfile.read(size)))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/predict"

    def answer(self, question: Any) -> tuple[int, bytes]:  # noqa: ANN401
        self.asked.append(question)
        weight = self.weight
        if weight is None:
            return 503, b"no model"
        found = {"y": weight * question["x"], "id": len(self.asked)}
        if self.spoil is not None:
            return self.spoil(len(self.asked), found)
        return 200, json.dumps(found).encode()

    @property
    def weight(self) -> float | None:
        """What is served now."""
        place = self.folder / "model.safetensors"
        if not place.is_file():
            return None
        (found,) = struct.unpack("<f", place.read_bytes()[-4:])
        return float(found)
