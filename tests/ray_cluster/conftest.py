from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from cli.machine import Machine, repository

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_S = 90


@dataclass(frozen=True)
class Head:
    """A real Ray head in a session of its own; `ray stop` would kill those of others, too."""

    address: str
    process: subprocess.Popen[bytes]
    folder: str

    def jobs(self) -> dict[str, str]:
        """Submissions of ours by name, and how they are."""
        found = requests.get(f"{self.address}/api/jobs/", timeout=30).json()
        return {
            job["submission_id"]: job["status"]
            for job in found
            if (job["submission_id"] or "").startswith("mlgate-")
        }

    def kill(self) -> None:
        """Take all of it down at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def start_head() -> Head:
    """Start a head and wait until it answers."""
    port = free_port()
    folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("RAY_", "GITHUB_", "MLGATE"))}
    program = Path(sys.executable).with_name("ray")
    process = subprocess.Popen(
        [
            *(str(program), "start", "--head", "--block", "--disable-usage-stats"),
            *(f"--port={free_port()}", "--dashboard-host=127.0.0.1", f"--dashboard-port={port}"),
            *(f"--dashboard-agent-listen-port={free_port()}", "--num-cpus=2"),
            *(f"--temp-dir={folder}", "--object-store-memory=100000000"),
        ],
        env=clean,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{address}/api/version", timeout=2).ok:
                return Head(address, process, folder)
        assert process.poll() is None, "the head ended by itself"
        time.sleep(0.5)
    raise AssertionError(f"no head after {READY_S} s")


@pytest.fixture(scope="session")
def head() -> Iterator[Head]:
    """The head that all tests share."""
    made = start_head()
    yield made
    made.kill()
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture
def lost_head() -> Iterator[Head]:
    """A head that a test may kill."""
    made = start_head()
    yield made
    made.kill()
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    work = repository(tmp_path / "work")
    work.put({"uv.lock": "1"})
    return Machine(work)
