"""How long to wait before asking a forge again: pure rules, and the clock they are fed with."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TRIES: Final = 4
"""How often a request that may be repeated is sent before we give up."""

_LONGEST_BACKOFF_S: Final = 8.0
_FIRST_LIMIT_S: Final = 60.0
_LONGEST_LIMIT_S: Final = 900.0
_LIMITED: Final = frozenset({403, 429})
_TOO_MANY: Final = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time and chance, handed in so that tests neither wait nor guess."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


def backoff_s(failures: int, chance: float) -> float:
    """Return the pause after the n-th failure: exponential, capped, with full jitter.

    >>> [backoff_s(n, 1.0) for n in (1, 2, 3, 4, 9)]
    [1.0, 2.0, 4.0, 8.0, 8.0]
    """
    return chance * min(_LONGEST_BACKOFF_S, 2.0 ** (failures - 1))


def limit_s(
    status: int, headers: Mapping[str, str], message: str, *, refusals: int, now: float
) -> float | None:
    """Return how long a rate limit asks us to wait; ``None`` when this is no rate limit.

    ``refusals`` counts the limits already waited for.
    """
    if status not in _LIMITED or "not accessible" in message.lower():
        return None
    after = headers.get("retry-after", "")
    if _is_count(after):
        return max(1.0, float(after))
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and _is_count(reset):
        return max(1.0, float(reset) + 1.0 - now)
    if status == _TOO_MANY or "rate limit" in message.lower() or "abuse" in message.lower():
        return min(_LONGEST_LIMIT_S, _FIRST_LIMIT_S * 2.0 ** min(refusals, 8))
    return None


def utc(seconds: float) -> str:
    """Return a moment as people read it.

    >>> utc(1790000000)
    '2026-09-21 14:13:20 UTC'
    """
    try:
        return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return "the end of time"


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 12  # noqa: PLR2004
