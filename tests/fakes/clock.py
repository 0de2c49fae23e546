from __future__ import annotations

from dataclasses import dataclass, field

from mlgate.publish.patience import Clock


@dataclass
class Moments:
    """A clock that sleeping moves on at once; ``slept`` is what somebody would have waited."""

    now: float = 1_790_000_000.0
    slept: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.now, sleep=self._sleep, chance=lambda: 1.0)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
