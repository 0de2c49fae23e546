"""One command of the user's, run by a shell to its end or to its limit."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIMED_OUT: Final = 124
"""The exit code of timeout(1)."""
_GRACE: Final = 10.0
_MOST_BYTES: Final = 1 << 30


class Finished(NamedTuple):
    """How a command ended, and what it printed where that was not shown."""

    code: int
    out: bytes = b""
    err: bytes = b""
    timed_out: bool = False

    @property
    def lines(self) -> list[str]:
        """Return the lines of its output that are not blank."""
        text = self.out.decode("utf-8", "replace")
        return [line.strip() for line in text.split("\n") if line.strip()]

    @property
    def complaint(self) -> str:
        """Return the last line that it said."""
        said = (self.err or self.out).decode("utf-8", "replace").strip().splitlines()
        return said[-1] if said else "it said nothing"


def run_shell(
    command: str, folder: Path, environ: Mapping[str, str], seconds: float, *, shown: bool = False
) -> Finished:
    """Run ``command``; several lines stop at the first that fails.

    Args:
        command: A text for bash, or the shell of the system.
        folder: Where.
        environ: Its whole environment.
        seconds: Its limit. At that it is asked to stop, and killed ten seconds later, with all
            that it has started; the exit code is then 124.
        shown: Whether what it prints goes to our standard error as it comes, and is not kept.
    """
    bash = shutil.which("bash")
    shell = [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c"] if bash else ["/bin/sh", "-ec"]
    # Files, not pipes: what it leaves in the background would hold those open.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        target = sys.__stderr__ if shown else None
        process = subprocess.Popen(  # noqa: S603 - the user's own command
            [*shell, command],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=target or out,
            stderr=target or err,
            start_new_session=True,
        )
        code = _waited(process, seconds)
        out.seek(0)
        err.seek(0)
        printed, said = out.read(_MOST_BYTES), err.read(_MOST_BYTES)
    return Finished(TIMED_OUT if code is None else code, printed, said, code is None)


def _waited(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Return the exit code as a shell tells it, ``None`` at the limit."""
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        _stop(process)
        return None
    except BaseException:
        _stop(process)
        raise
    return 128 - code if code < 0 else code


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
