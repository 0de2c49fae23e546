"""The one thing every publisher can do, and the values it does it with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Action(StrEnum):
    """What publishing came down to."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    STALE = "stale"
    """A newer run has already spoken; we kept silent."""
    SKIPPED = "skipped"
    """Not worth a word under the chosen ``When``, and nothing of ours to correct."""
    OFF = "off"
    LOCKED = "locked"
    """The conversation is locked to us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A rendered report and how noteworthy it is."""

    body: str
    failed: bool = False
    changed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Where a person can read it, and what is to be said in the log."""

    action: Action
    url: str = ""
    warnings: tuple[str, ...] = ()


class Publisher(Protocol):
    """A place that keeps one report and replaces it on the next run."""

    def publish(self, post: Post) -> Published:
        """Bring the place to the state ``post`` describes; raise ``PublishError`` if refused."""
        ...
