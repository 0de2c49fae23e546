"""What `dvc repro` says it did with each stage of a pipeline."""

from __future__ import annotations

import re
from typing import Final, Literal

Outcome = Literal["ran", "restored", "unchanged"]

_LINE: Final = re.compile(
    rb"^(?:(?P<ran>Running stage) '(?P<a>[^'\r\n]{1,300})':"
    rb"|Stage '(?P<b>[^'\r\n]{1,300})' (?:(?P<same>didn't change)|(?P<kept>is cached))"
    rb"|(?P<pulled>Pulling data for stage:) '(?P<c>[^'\r\n]{1,300})')",
    re.MULTILINE,
)
_LONGEST: Final = 1000
_MOST: Final = 1000


class Stages:
    """Listens to the output of a pipeline."""

    def __init__(self) -> None:
        self.found: dict[str, Outcome] = {}
        self._tail: dict[int, bytes] = {}

    def feed(self, data: bytes, stream: int = 1) -> None:
        """Take some output; a line may come in parts."""
        text = self._tail.get(stream, b"") + data
        for match in _LINE.finditer(text) if b"tage" in text else ():
            name = (match["a"] or match["b"] or match["c"]).decode("utf-8", "replace")
            outcome: Outcome = (
                "ran" if match["ran"] else "unchanged" if match["same"] else "restored"
            )
            if len(self.found) < _MOST and not name.endswith(".dvc"):
                self.found[name] = "ran" if self.found.get(name) == "ran" else outcome
        self._tail[stream] = text.rpartition(b"\n")[2][-_LONGEST:]
