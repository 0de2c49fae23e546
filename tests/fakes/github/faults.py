"""What goes wrong on purpose."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Literal

from fakes.github.rates import PRIMARY, SECONDARY
from fakes.github.wire import Answer, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to fail, in the order it happens.

    ``delay_s`` passes, then ``instead`` answers and nothing is done, or the request is done and
    ``after`` answers. ``drop`` closes the connection before or after doing. ``hide_lists`` keeps
    what was created out of that many lists; ``cut`` sends that share of the answer and hangs up.
    """

    delay_s: float = 0.0
    instead: Answer | None = None
    after: Answer | None = None
    drop: Literal["", "before", "after"] = ""
    hide_lists: int = 0
    cut: float | None = None


def error_before(status: int = 503, *, retry_after: int | None = None) -> Fault:
    """Answer 5xx; nothing was done."""
    return Fault(instead=refuse(status, "Server Error", headers=_waits(retry_after)).answer)


def error_after(status: int = 502) -> Fault:
    """Do it, then answer 5xx as if it had not been done."""
    return Fault(after=refuse(status, "Server Error").answer)


def drop_before() -> Fault:
    """Hang up; nothing was done."""
    return Fault(drop="before")


def drop_after() -> Fault:
    """Do it, then hang up without an answer."""
    return Fault(drop="after")


def slow(seconds: float) -> Fault:
    """Take time, then do it."""
    return Fault(delay_s=seconds)


def lag(lists: int = 1) -> Fault:
    """Create, but keep it out of the next ``lists`` lists."""
    return Fault(hide_lists=lists)


def truncated(share: float = 0.5) -> Fault:
    """Do it, send only a share of the answer, hang up."""
    return Fault(cut=share)


def unicorn(status: int = 502) -> Fault:
    """Answer with the HTML page GitHub's front shows when nothing behind it answers."""
    page = b"<!DOCTYPE html><html><body>Unicorn! \xc2\xb7 GitHub</body></html>"
    return Fault(instead=Answer(status=status, raw=page, headers={"content-type": "text/html"}))


def secondary_limit(retry_after: int | None = 1, *, status: int = 403) -> Fault:
    """Refuse with the secondary rate limit; ``None`` leaves out ``retry-after``."""
    return Fault(instead=refuse(status, SECONDARY, headers=_waits(retry_after)).answer)


def primary_limit(reset: int, *, status: int = 403) -> Fault:
    """Refuse with the hourly limit used up until ``reset``, in seconds since 1970."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
    return Fault(instead=refuse(status, PRIMARY, headers=headers).answer)


def _waits(seconds: int | None) -> dict[str, str]:
    return {} if seconds is None else {"retry-after": str(seconds)}


@dataclass(slots=True)
class _Planned:
    method: str
    path: re.Pattern[str]
    fault: Fault
    left: int


@dataclass(slots=True)
class Faults:
    """The plan; each entry is used up in order."""

    _planned: list[_Planned] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, method: str, path: str, fault: Fault, *, times: int = 1) -> None:
        """Let the next ``times`` requests of ``method`` whose path contains the regex fail."""
        self._planned.append(_Planned(method.upper(), re.compile(path), fault, times))

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault this request runs into and use it up."""
        with self._lock:
            for each in self._planned:
                if each.left and each.method in {"*", method} and each.path.search(path):
                    each.left -= 1
                    return each.fault
        return None

    @property
    def unused(self) -> int:
        """How many planned failures nobody ran into."""
        return sum(each.left for each in self._planned)
