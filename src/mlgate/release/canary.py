"""The canary: more and more traffic for a new version, as long as it is not worse."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mlgate.documents.strict_json import parse_json
from mlgate.errors import SourceError
from mlgate.evaluate.sequential import Look, Sample, look
from mlgate.policy.release import ALL
from mlgate.policy.training import duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgate.policy.release import Canary

_MAX_LINE: Final = 65_536


class CanaryError(SourceError):
    """The new version is worse, or nobody can tell in time."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """One step: the share of the traffic, and the look that decided."""

    percent: int
    look: Look
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryRun:
    """A canary.

    Attributes:
        wanted: What the configuration says of it.
        shift: Sends that percentage of the traffic to the new version.
        measure: Returns the line that the metric command prints.
        now: A clock in seconds.
        sleep: Waits.
        progress: Is told what is being done.
    """

    wanted: Canary
    shift: Callable[[int], None]
    measure: Callable[[], str]
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    progress: Callable[[str], None] = field(default=lambda _said: None)

    def run(self) -> tuple[Stepped, ...]:
        """Give it traffic step by step, and all of it at the end.

        What has been seen counts on through all steps, and so does the error rate.

        Raises:
            CanaryError: it is worse, or a step stays undecided; it has no traffic any more.
            SourceError: a command fails; likewise.
        """
        steps: list[Stepped] = []
        try:
            for percent in self.wanted.steps:
                self.shift(percent)
                steps.append(self._step(percent, steps[-1].seen if steps else 0))
            self.shift(ALL)
        except BaseException as exc:
            self._withdraw(exc)
            raise
        return tuple(steps)

    def _withdraw(self, why: BaseException) -> None:
        """Take all traffic away; that this fails must not hide why it was needed."""
        try:
            self.shift(0)
        except SourceError as exc:
            if not isinstance(why, SourceError):
                return
            raise CanaryError(
                f"{why.what}; and its traffic could not be taken away: {exc.what}", hint=why.hint
            ) from why

    def _step(self, percent: int, seen: int) -> Stepped:
        """Look until the numbers decide; more must be seen than at the step before."""
        start, limit = self.now(), duration(self.wanted.timeout)
        margin, confidence = self.wanted.margin, self.wanted.confidence
        counted = (seen, 0)
        while True:
            self.sleep(duration(self.wanted.every))
            canary, stable = read_counts(self.measure())
            if canary.count < counted[0] or stable.count < counted[1]:
                raise CanaryError("the counts of the canary metric went down: another period?")
            counted = (canary.count, stable.count)
            found = look(canary, stable, margin=margin, confidence=confidence)
            said = f"{text_of(found)}, {canary.count} seen"
            self.progress(f"canary at {percent} %: {said}")
            if canary.count >= max(self.wanted.least, seen + 1):
                if found.decision == "bad":
                    raise CanaryError(f"the canary is worse at {percent} %: {said}")
                if found.decision == "good":
                    return Stepped(percent, found, canary.count)
            if self.now() - start >= limit:
                raise CanaryError(
                    f"undecided at {percent} % after {self.wanted.timeout}: {said}",
                    hint="allow a larger margin, or more time",
                )


def text_of(found: Look) -> str:
    """Return a look in words."""
    if math.isinf(found.high):
        return "nothing seen yet"
    return f"difference {found.difference:+.4g} in [{found.low:+.4g}, {found.high:+.4g}]"


def read_counts(line: str) -> tuple[Sample, Sample]:
    """Return what a metric command says of the canary and of the stable version.

    >>> read_counts('{"canary": {"bad": 1, "of": 10}, "stable": {"bad": 3, "of": 30}}')[0].count
    10

    Raises:
        SourceError: it is not the JSON that is wanted.
    """
    tree = parse_json(line.encode(), origin="metric", max_bytes=_MAX_LINE, finite=True)
    match tree:
        case {"canary": dict(canary), "stable": dict(stable)}:
            return _sample("canary", canary), _sample("stable", stable)
        case _:
            raise SourceError(
                f"metric: {line[:80]!r} does not tell of canary and stable",
                hint='print {"canary": {"bad": 3, "of": 1000}, "stable": {"bad": 20, "of": 9000}}',
            )


def _sample(side: str, told: dict[str, object]) -> Sample:
    match told:
        case {"bad": bool()} | {"of": bool()}:
            pass
        case {"bad": int(bad), "of": int(count)} if 0 <= bad <= count:
            return Sample.of_events(bad, count)
        case {"mean": int() | float() as mean, "sd": int() | float() as sd, "of": int(count)} if (
            sd >= 0 and count >= 0
        ):
            return Sample(float(mean), max(float(sd) ** 2, 1e-300), count)
        case _:
            pass
    raise SourceError(
        f"metric: {side}: neither `bad` and `of`, nor `mean`, `sd` and `of`",
        hint="counts are whole numbers, and no more are bad than there are",
    )
