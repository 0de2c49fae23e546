"""The hidden first line that lets us find our own comment again."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from mlgate.errors import ConfigError

MAX_KEY: Final = 64

_PREFIX: Final = "<!-- mlgate:"
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9._-]+")
_DASHES: Final = re.compile(r"--+")
_RUN: Final = re.compile(r"run=([0-9]{1,20})\.([0-9]{1,9}) ")
_SHA: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Whose comment it is: one ``key`` has one comment; ``run`` orders its writers."""

    key: str
    run: tuple[int, int]
    sha: str

    def __post_init__(self) -> None:
        if self.key != safe_key(self.key) or min(self.run) < 0 or not _SHA.fullmatch(self.sha):
            raise ConfigError("comment marker: key, run or commit is malformed")

    @property
    def line(self) -> str:
        """The whole line."""
        run, attempt = self.run
        return f"{prefix(self.key)}run={run}.{attempt} sha={self.sha} -->"

    def mark(self, body: str) -> str:
        """Return ``body`` under the marker; what looks like a marker inside is made visible."""
        harmless = body.replace(_PREFIX, _PREFIX.replace("<", "&lt;"))
        return f"{self.line}\n{harmless}"


def prefix(key: str) -> str:
    """Return how every comment under ``key`` starts."""
    return f"{_PREFIX}v1 key={key} "


def run_in(body: str, key: str) -> tuple[int, int]:
    """Return run and attempt from a comment that starts with ``prefix(key)``.

    >>> run_in("<!-- mlgate:v1 key=a run=12.3 sha=0 -->", "a")
    (12, 3)
    >>> run_in("<!-- mlgate:v1 key=a broken -->", "a")
    (0, 0)
    """
    found = _RUN.match(body, len(prefix(key)))
    return (int(found[1]), int(found[2])) if found else (0, 0)


def safe_key(text: str) -> str:
    """Return ``text`` as a key: ``[A-Za-z0-9._-]``, at most 64; different texts stay different.

    >>> safe_key("model.linux-x64")
    'model.linux-x64'
    >>> safe_key("a/b -->")
    'a-b-0b9ad680'
    """
    kept = _DASHES.sub("-", _FOREIGN.sub("-", text))
    if kept == text and 0 < len(text) <= MAX_KEY:
        return text
    if not text:
        raise ConfigError("the comment's key is empty", hint="name it, or leave it out")
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{kept[: MAX_KEY - 9].strip('-')}-{digest}".lstrip("-")
