"""Why a training must end before it does by itself."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

    Handler = Callable[[int, FrameType | None], object] | int | None


class Stops:
    """Takes the signals that end us as requests, and knows the other reasons.

    Attributes:
        asked: How often somebody has asked.
        number: The signal that asked last.
        lost: Why the training is lost, as its log told.
        ended: As what it will have ended, once there was a reason; empty where it is lost.
    """

    def __init__(self, timeout: float | None) -> None:
        self.asked = 0
        self.number = 0
        self.lost = ""
        self.ended: Literal["", "stopped", "timed out"] = ""
        self._timeout = timeout
        self._before: dict[int, Handler] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def why(self, taken: float) -> str:
        """Return why it must end after ``taken`` seconds; empty where it may go on."""
        if self.asked:
            self.ended = "stopped"
            return "this job is stopped"
        if self.lost:
            return self.lost
        if self._timeout is not None and taken > self._timeout:
            self.ended = "timed out"
            return f"its limit of {self._timeout:g} s is over"
        return ""

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        self.asked += 1
        self.number = number
