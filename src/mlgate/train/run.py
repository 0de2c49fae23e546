"""One command of the user's, with all that it starts: its output, its limits, and what it took."""

from __future__ import annotations

import array
import errno
import fcntl
import os
import selectors
import shutil
import signal
import subprocess
import sys
import termios
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final

from mlgate.documents.evidence import Training
from mlgate.train.stops import Stops

if TYPE_CHECKING:
    import resource
    from collections.abc import Callable, Mapping
    from pathlib import Path

HEARTBEAT: Final = 60.0
"""Seconds of silence after which we say that training still goes on."""
NOT_FOUND, NOT_RUNNABLE, TIMED_OUT = 127, 126, 124
"""Exit codes of a shell, and of timeout(1)."""

_TICK: Final = 0.2
_CHUNK: Final = 1 << 18
_LEFTOVER_GRACE: Final = 2.0
_KIBIBYTE: Final = 1 if sys.platform == "darwin" else 1024  # the unit of ru_maxrss


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to run.

    Attributes:
        command: One text for a shell, or a program with its arguments.
        folder: Where.
        environ: Its whole environment.
        timeout: Seconds until it is stopped; ``None`` for no limit.
        grace: Seconds between being asked to stop and being killed.
        heartbeat: Seconds of silence until somebody is told that it goes on.
    """

    command: tuple[str, ...]
    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    timeout: float | None = None
    grace: float = 30.0
    heartbeat: float = HEARTBEAT

    @property
    def text(self) -> str:
        """Return the command as a reader knows it."""
        return " ".join(self.command)[:4000]


def run_training(
    job: Job,
    out: IO[bytes],
    err: IO[bytes],
    say: Callable[[str], None] = lambda _said: None,
    hear: Callable[[bytes, int], str] = lambda _data, _stream: "",
) -> Training:
    """Run ``job`` to its end and return what it took.

    Its output goes to ``out`` and ``err`` as it comes, bytes as they are. A deadline, SIGTERM and
    SIGINT stop its whole process group: TERM first, KILL after the grace period or at a second
    signal. Processes that outlive the command are stopped as well, and ``say`` tells so.
    ``hear`` is given what was printed, with 1 for output and 2 for errors, and may return why the
    training is lost: it is then stopped, and has failed.
    """
    start = time.monotonic()
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own command
            _argv(job.command),
            cwd=job.folder,
            env=dict(job.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as exc:
        missing = isinstance(exc, OSError) and exc.errno == errno.ENOENT
        why = exc.strerror if isinstance(exc, OSError) else str(exc)
        say(f"{job.command[0]}: {why}")
        code = NOT_FOUND if missing else NOT_RUNNABLE
        return Training(ended="failed", exit_code=code)
    return _Watch(job, process, start, say, hear).until_over(out, err)


def _argv(command: tuple[str, ...]) -> list[str]:
    """Return what to execute; a text of several commands stops at the first that fails."""
    if len(command) > 1:
        return list(command)
    bash = shutil.which("bash")
    if bash:
        return [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", command[0]]
    return ["/bin/sh", "-ec", command[0]]


class _Watch:
    """A process group while it runs."""

    def __init__(
        self,
        job: Job,
        process: subprocess.Popen[bytes],
        start: float,
        say: Callable[[str], None],
        hear: Callable[[bytes, int], str],
    ) -> None:
        self._job = job
        self._hear = hear
        self._process = process
        self._start = start
        self._say = say
        self._heard = start
        self._stops = Stops(job.timeout)
        self._kill_at: float | None = None
        self._usage: resource.struct_rusage | None = None
        self._written = 0

    def until_over(self, out: IO[bytes], err: IO[bytes]) -> Training:
        with self._stops, selectors.DefaultSelector() as ready:
            for pipe, target in ((self._process.stdout, out), (self._process.stderr, err)):
                if pipe is not None:
                    ready.register(pipe, selectors.EVENT_READ, target)
            try:
                while not self._over():
                    self._pump(ready)
                    self._bound()
                seconds = time.monotonic() - self._start
                self._stop_leftovers(ready)
            except BaseException:
                self._send(signal.SIGKILL)
                raise
            finally:
                for pipe in (self._process.stdout, self._process.stderr):
                    if pipe is not None:
                        pipe.close()
        return self._result(seconds)

    def _over(self) -> bool:
        """Tell whether the command has ended, and take down what it used."""
        if self._process.returncode is None:
            pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
            if pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                self._usage = usage
        return self._process.returncode is not None

    def _pump(self, ready: selectors.BaseSelector) -> int:
        """Hand on what has been printed; return how many bytes."""
        if not ready.get_map():
            time.sleep(_TICK / 10)
            return 0
        written = 0
        for key, _ in ready.select(_TICK):
            data = os.read(key.fd, _CHUNK)
            if not data:
                ready.unregister(key.fileobj)
                continue
            key.data.write(data)
            key.data.flush()
            stream = 1 if key.fileobj is self._process.stdout else 2
            self._stops.lost = self._hear(data, stream) or self._stops.lost
            written += len(data)
        if written:
            self._heard = time.monotonic()
            self._written += written
        return written

    def _bound(self) -> None:
        """Stop what takes too long or is not wanted any more, and break a long silence."""
        now, job = time.monotonic(), self._job
        taken = now - self._start
        if self._kill_at is None and (why := self._stops.why(taken)):
            self._say(f"stopping: {why}; it has {job.grace:g} s to save what it needs")
            self._send(signal.SIGTERM)
            self._kill_at = now + job.grace
        elif self._kill_at is not None and (now > self._kill_at or self._stops.asked > 1):
            self._send(signal.SIGKILL)
        elif now - self._heard > job.heartbeat:
            self._heard = now
            self._say(f"training for {taken:.0f} s; no output for {job.heartbeat:.0f} s")

    def _stop_leftovers(self, ready: selectors.BaseSelector) -> None:
        """Read what is left in the pipes, and stop the processes that hold them open."""
        patience = time.monotonic() + _LEFTOVER_GRACE
        left = self._send(0)
        if left and self._kill_at is None:
            self._say("the command has ended and left processes behind; they are stopped")
        if left:
            self._send(signal.SIGTERM)
        self._pump_until(ready, patience)
        while self._send(0) and time.monotonic() < patience:
            time.sleep(_TICK / 10)
        self._send(signal.SIGKILL)
        self._pump_until(ready, patience + _LEFTOVER_GRACE)
        if ready.get_map():
            self._say("a process that left the group keeps the output open; not waiting for it")
            self._pump_pending(ready)

    def _pump_until(self, ready: selectors.BaseSelector, end: float) -> None:
        while ready.get_map() and time.monotonic() < end:
            self._pump(ready)

    def _pump_pending(self, ready: selectors.BaseSelector) -> None:
        """Hand on what the pipes hold now, and nothing that comes later."""
        for key in ready.get_map().values():
            held = array.array("i", [0])
            fcntl.ioctl(key.fd, termios.FIONREAD, held)
            left = held[0]
            while left > 0 and (data := os.read(key.fd, min(left, _CHUNK))):
                key.data.write(data)
                left -= len(data)
                self._written += len(data)
            key.data.flush()

    def _send(self, number: int) -> bool:
        """Send a signal to the group; return whether there is one."""
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def _result(self, seconds: float) -> Training:
        code = self._process.returncode
        usage = self._usage
        stops = self._stops
        ended = stops.ended or ("failed" if code or stops.lost else "finished")
        shown = 128 - code if code < 0 else code
        if ended == "timed out":
            shown = TIMED_OUT
        elif ended == "stopped":
            shown = 128 + stops.number
        return Training(
            ended=ended,
            exit_code=shown,
            signal=_signal_name(-code) if code < 0 else "",
            seconds=round(seconds, 3),
            cpu_seconds=round(usage.ru_utime + usage.ru_stime, 3) if usage else 0.0,
            peak_memory=usage.ru_maxrss * _KIBIBYTE if usage else 0,
            output=self._written,
            problem=stops.lost if ended == "failed" else "",
        )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
