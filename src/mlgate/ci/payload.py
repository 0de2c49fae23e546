"""Typed reading of a foreign JSON object: absent is ``None``, the wrong type is an error."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from mlgate.errors import ConfigError

MAX_EVENT_CHARS: Final = 25 * 1024 * 1024
"""No event text longer than this is parsed; GitHub's own limit for a webhook is 25 MB."""

_MAX_TEXT: Final = 4096
_MAX_ID: Final = 2**63


@dataclass(frozen=True, slots=True)
class Payload:
    """One event payload, read by dotted path; ``None`` on the way means absent."""

    root: dict[str, object]

    @classmethod
    def parse(cls, text: str) -> Payload:
        """Parse the event's JSON; an empty text is an empty event."""
        if len(text) > MAX_EVENT_CHARS:
            raise ConfigError(f"event payload: longer than {MAX_EVENT_CHARS} characters")
        try:
            root = json.loads(text or "{}")
        except (ValueError, RecursionError):
            raise ConfigError("event payload: not JSON", hint="see GITHUB_EVENT_PATH") from None
        if not isinstance(root, dict):
            raise ConfigError("event payload: not a JSON object", hint="see GITHUB_EVENT_PATH")
        return cls(root)

    def text(self, path: str) -> str | None:
        """Return the string at ``path``: short, and free of control characters."""
        match self._at(path):
            case None:
                return None
            case str(text) if len(text) <= _MAX_TEXT and text.isprintable():
                return text
            case _:
                raise ConfigError(f"event payload: {path} is not a short printable string")

    def number(self, path: str) -> int | None:
        """Return the whole number at ``path``; it is positive and fits 64 bits."""
        match self._at(path):
            case None:
                return None
            case int(number) if not isinstance(number, bool) and 0 < number < _MAX_ID:
                return number
            case _:
                raise ConfigError(f"event payload: {path} is not a positive whole number")

    def flag(self, path: str) -> bool | None:
        """Return the boolean at ``path``."""
        match self._at(path):
            case None | bool() as flag:
                return flag
            case _:
                raise ConfigError(f"event payload: {path} is not true or false")

    def has(self, path: str) -> bool:
        """Return whether something other than ``null`` is at ``path``."""
        return self._at(path) is not None

    def _at(self, path: str) -> object:
        value: object = self.root
        for step in path.split("."):
            match value:
                case None:
                    return None
                case dict():
                    value = value.get(step)
                case _:
                    raise ConfigError(f"event payload: no object on the way to {path}")
        return value
