"""The smoke test: does what was deployed answer as the released model did, and in time?"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import requests

from mlgate.documents.strict_json import parse_json
from mlgate.errors import SourceError
from mlgate.policy.training import duration
from mlgate.publish.http import PlainSession
from mlgate.release.golden import difference
from mlgate.sources.shell import run_shell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlgate.policy.release import Smoke
    from mlgate.release.golden import Golden

MAX_ANSWER: Final = 16 * 2**20
_PAUSE: Final = 1.0
_P95: Final = 0.95
_OK: Final = 200


class Answered(NamedTuple):
    """One answer and how long it took; ``problem`` says why there is none."""

    value: object
    seconds: float
    problem: str = ""


class Asking(Protocol):
    """A way to ask what is deployed."""

    def __call__(self, rows: Sequence[Golden]) -> Sequence[Answered]:
        """Return an answer for each row."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A smoke test that holds.

    Attributes:
        rounds: Rounds in a row.
        answers: Answers in them.
        p95: Seconds within which 95 % of them came.
        waited: Seconds until the first round held.
    """

    rounds: int
    answers: int
    p95: float
    waited: float


class SmokeError(SourceError):
    """What was deployed does not answer as the released model did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokeTest:
    """A smoke test.

    Attributes:
        wanted: What the configuration says of it.
        rows: The golden predictions.
        ask: Asks what is deployed.
        now: A clock in seconds.
        sleep: Waits.
        progress: Is told what is being done.
    """

    wanted: Smoke
    rows: Sequence[Golden]
    ask: Asking
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    progress: Callable[[str], None] = field(default=lambda _said: None)

    def run(self) -> Passed:
        """Ask until enough rounds in a row hold.

        Raises:
            SmokeError: none holds in time, one fails after one that held, or they are too slow.
        """
        start, limit = self.now(), duration(self.wanted.wait)
        while True:
            problem, times = self._round()
            waited = self.now() - start
            if not problem:
                break
            self.progress(f"not yet: {problem}")
            if waited >= limit:
                raise SmokeError(f"the smoke test does not hold after {waited:.0f} s: {problem}")
            self.sleep(_PAUSE)
        for number in range(2, self.wanted.rounds + 1):
            self.sleep(_PAUSE)
            problem, more = self._round()
            if problem:
                raise SmokeError(
                    f"what is deployed flaps: round {number} of {self.wanted.rounds} fails after "
                    f"one that held: {problem}"
                )
            times += more
        return self._judged(times, waited)

    def _judged(self, times: list[float], waited: float) -> Passed:
        p95 = sorted(times)[min(len(times) - 1, int(_P95 * len(times)))]
        if self.wanted.latency is not None and p95 > duration(self.wanted.latency):
            raise SmokeError(
                f"95 % of {len(times)} answers take up to {p95 * 1000:.0f} ms; the limit is "
                f"{duration(self.wanted.latency) * 1000:.0f} ms"
            )
        return Passed(rounds=self.wanted.rounds, answers=len(times), p95=p95, waited=waited)

    def _round(self) -> tuple[str, list[float]]:
        """Return what is wrong with the first answer that is, and the times of all."""
        answers = self.ask(self.rows)
        for row, answer in zip(self.rows, answers, strict=True):
            found = answer.problem or difference(row.answer, answer.value, self.wanted.tolerance)
            if found:
                return f"line {row.line}: {found}", []
        return "", [answer.seconds for answer in answers]


def by_url(url: str, seconds: float) -> Asking:
    """Return a way to ask an address, one question after the other, over one connection."""
    session = PlainSession()

    def ask(rows: Sequence[Golden]) -> Sequence[Answered]:
        found: list[Answered] = []
        for row in rows:
            found.append(_posted(session, url, row, seconds))
            if found[-1].problem:
                left = len(rows) - len(found)
                return [*found, *[Answered(None, 0.0, "not asked")] * left]
        return found

    return ask


def _posted(session: requests.Session, url: str, row: Golden, seconds: float) -> Answered:
    start = time.perf_counter()
    try:
        with session.post(
            url, json=row.question, timeout=seconds, allow_redirects=False, stream=True
        ) as response:
            raw = response.raw.read(MAX_ANSWER + 1, decode_content=True)
            status = response.status_code
    except (requests.RequestException, OSError) as exc:
        return Answered(None, 0.0, f"no answer ({type(exc).__name__})")
    taken = time.perf_counter() - start
    if status != _OK:
        return Answered(None, taken, f"HTTP {status}")
    return _read(raw, taken)


def _read(raw: bytes, taken: float) -> Answered:
    try:
        value = parse_json(raw, origin="the answer", max_bytes=MAX_ANSWER, finite=True)
    except SourceError as exc:
        return Answered(None, taken, exc.what)
    return Answered(value, taken)


def by_command(command: str, folder: Path, environ: Mapping[str, str], seconds: float) -> Asking:
    """Return a way to ask by a command, all questions at once."""

    def ask(rows: Sequence[Golden]) -> Sequence[Answered]:
        lines = "".join(f"{json.dumps(row.question)}\n" for row in rows)
        with tempfile.TemporaryDirectory(prefix="mlgate-") as place:
            file = Path(place) / "input.jsonl"
            file.write_text(lines, encoding="utf-8")
            start = time.perf_counter()
            named = {"MLGATE_INPUT": str(file)}
            done = run_shell(command, folder, {**environ, **named}, seconds)
            taken = (time.perf_counter() - start) / len(rows)
        problem = ""
        if done.timed_out:
            problem = f"no answer within {seconds:g} s"
        elif done.code:
            problem = f"exit {done.code}: {done.complaint[:200]}"
        elif len(done.lines) != len(rows):
            problem = f"{len(done.lines)} answers to {len(rows)} questions"
        if problem:
            return [Answered(None, taken, problem)] * len(rows)
        return [_read(line.encode(), taken) for line in done.lines]

    return ask
