"""Follow a job elsewhere to its end: its log as it comes, its limits, and what it took."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Literal

from mlgate.documents.evidence import Environment, Training
from mlgate.errors import SourceError
from mlgate.train.remote.executor import OVER, Status
from mlgate.train.remote.received import Received
from mlgate.train.run import HEARTBEAT, TIMED_OUT
from mlgate.train.stops import Stops

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgate.sources.worktree import WorkTree
    from mlgate.train.remote.executor import Executor, RemoteJob

UNREACHED: Final = 3
"""Exit code where the place cannot be reached, or its outputs are not fetched."""
_PATIENCE: Final = 90.0
_TICK: Final = 0.2
_LOG_SHARE: Final = 5.0
"""Reading the log may take a fifth of the time: places hand back the whole of it every time."""


def mark_of(name: str) -> str:
    """Return what begins the lines of the log that are for us; any client of the job knows it."""
    return f"mlgate-{hashlib.sha256(name.encode()).hexdigest()[:24]}"


def run_remote(  # noqa: PLR0913 - the same hands as of a local run
    executor: Executor,
    job: RemoteJob,
    tree: WorkTree,
    out: IO[bytes],
    *,
    say: Callable[[str], None],
    hear: Callable[[bytes, int], str],
    allowed: Callable[[str], bool],
) -> Training:
    """Run ``job`` elsewhere to its end, or go on with the one of that name.

    Args:
        executor: The place.
        job: What to train.
        tree: The work tree, which its outputs are written into.
        out: Gets its log as it comes.
        say: Is told of what happens around it.
        hear: Listens to its log, and may say why it is lost.
        allowed: Tells of a path whether it is an output.
    """
    with tempfile.TemporaryDirectory(prefix="mlgate-") as folder, Stops(job.timeout) as stops:
        following = _Following(executor, job, Received(mark_of(job.name), Path(folder)), stops)
        try:
            return following.to_the_end(tree, out, say, hear, allowed)
        except SourceError as exc:
            why = f"{exc.what.rstrip('.')}{f' ({exc.hint})' if exc.hint else ''}"
            return following.training("failed", problem=why[:4000], exit_code=UNREACHED)


class _Following:
    def __init__(
        self, executor: Executor, job: RemoteJob, received: Received, stops: Stops
    ) -> None:
        self._executor = executor
        self._job = job
        self._received = received
        self._stops = stops
        self._start = time.monotonic()
        self._offset = 0
        self._written = 0
        self._next_log = 0.0
        self._heard = self._start
        self._give_up: float | None = None

    def to_the_end(
        self,
        tree: WorkTree,
        out: IO[bytes],
        say: Callable[[str], None],
        hear: Callable[[bytes, int], str],
        allowed: Callable[[str], bool],
    ) -> Training:
        executor, job = self._executor, self._job
        handle = executor.submit(job)
        say(f"{executor.name}: following {handle}")
        status = Status("pending")
        while status.state not in OVER:
            status = self._patiently(lambda: executor.status(handle), say)
            self._read_log(handle, out, hear, last=status.state in OVER)
            self._bound(handle, status, say)
            if self._give_up is not None and time.monotonic() > self._give_up:
                say(f"{executor.name}: {handle} did not stop in time; it may go on")
                break
            if status.state not in OVER:
                self._wait()
        return self._result(handle, status, tree, allowed)

    def _result(
        self, handle: str, status: Status, tree: WorkTree, allowed: Callable[[str], bool]
    ) -> Training:
        if self._stops.ended == "stopped":
            return self.training("stopped", exit_code=128 + self._stops.number)
        if self._stops.ended == "timed out":
            return self.training("timed out", exit_code=TIMED_OUT)
        took = self._received.took
        code = took.exit_code if took else status.exit_code or 0
        code = 128 - code if code < 0 else code & 255
        if self._stops.lost:
            return self.training("failed", problem=self._stops.lost, exit_code=code or UNREACHED)
        if self._received.refused:
            why = f"its outputs cannot be fetched: {self._received.refused}"
            return self.training("failed", problem=why, exit_code=UNREACHED)
        if status.state != "succeeded":
            said = " ".join(status.message.split())[:300]
            why = f"{self._executor.name} says {status.state}{f': {said}' if said else ''}"
            return self.training("failed", problem="" if code else why, exit_code=code or UNREACHED)
        if took is not None:
            self._received.put(tree, allowed)
        self._executor.fetch(handle, self._job)
        return self.training("finished")

    def training(
        self,
        ended: Literal["finished", "failed", "timed out", "stopped"],
        *,
        problem: str = "",
        exit_code: int = 0,
    ) -> Training:
        """Return what is known: of the command where it told, else of our waiting."""
        took = self._received.took
        waited = round(time.monotonic() - self._start, 3)
        where = Environment(
            python=took.python,
            system=took.system,
            cpu=took.cpu,
            packages=dict(sorted(took.packages.items())[:5000]),
        ) if took else None  # fmt: skip
        return Training(
            ended=ended,
            exit_code=exit_code,
            seconds=took.seconds if took else waited,
            cpu_seconds=took.cpu_seconds if took else 0.0,
            peak_memory=took.peak_memory if took else 0,
            output=self._written,
            problem=problem,
            executor=self._executor.name,
            environment=where,
        )

    def _patiently(self, ask: Callable[[], Status], say: Callable[[str], None]) -> Status:
        """Ask until there is an answer: a head may be away for some time."""
        end = time.monotonic() + _PATIENCE
        told = False
        while True:
            try:
                return ask()
            except SourceError as exc:
                if time.monotonic() > end or self._stops.asked:
                    raise
                if not told:
                    say(f"{exc.what}; trying for {_PATIENCE:.0f} s")
                    told = True
                time.sleep(min(5 * _TICK, self._job.poll))

    def _read_log(
        self, handle: str, out: IO[bytes], hear: Callable[[bytes, int], str], *, last: bool
    ) -> None:
        before = time.monotonic()
        if before < self._next_log and not last:
            return
        with contextlib.nullcontext() if last else contextlib.suppress(SourceError):
            data = self._executor.logs(handle, self._offset)
            self._offset += len(data)
            shown = self._received.feed(data, last=last)
            if shown:
                out.write(shown)
                out.flush()
                self._written += len(shown)
                self._heard = time.monotonic()
                self._stops.lost = hear(shown, 1) or self._stops.lost
        self._next_log = time.monotonic() + _LOG_SHARE * (time.monotonic() - before)

    def _bound(self, handle: str, status: Status, say: Callable[[str], None]) -> None:
        """Cancel what takes too long or is not wanted any more, and break a long silence."""
        now, job = time.monotonic(), self._job
        if status.state in OVER:
            return
        if self._give_up is None and (why := self._stops.why(now - self._start)):
            say(f"cancelling: {why}")
            asked = self._executor.cancel(handle)
            if not asked:
                say(f"{self._executor.name}: there is no way to cancel {handle}; it goes on")
            self._give_up = now + (job.grace if asked else 0.0)
        elif self._stops.asked > 1:
            self._give_up = now
        elif now - self._heard > HEARTBEAT:
            self._heard = now
            say(f"{self._executor.name}: {status.state} for {now - self._start:.0f} s")

    def _wait(self) -> None:
        end = time.monotonic() + self._job.poll
        asked = self._stops.asked
        while time.monotonic() < end and self._stops.asked == asked:
            time.sleep(min(_TICK, self._job.poll))
