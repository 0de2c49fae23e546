"""Processes of the user's own: without the tokens of the job, and gone when their time is over."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

TOKENS: Final = ("GITHUB_TOKEN", "MLGATE_TOKEN", "ACTIONS_RUNTIME_TOKEN", "GH_TOKEN")


def without_tokens(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what lets a process act on the forge.

    >>> without_tokens({"GITHUB_TOKEN": "x", "HOME": "/"})
    {'HOME': '/'}
    """
    return {key: text for key, text in environ.items() if key not in TOKENS}


def finished(process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """Return what a process has printed, once it ends; it must lead a session of its own.

    Raises:
        TimeoutExpired: it did not end, and was killed with all that it had started.
    """
    try:
        printed, _ = process.communicate(timeout=seconds)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return printed or b""
