"""Octokit, GitHub's own client for JavaScript, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).resolve().parents[1] / "octokit"
MODULES = HERE.parents[2] / ".cache" / "npm" / "octokit"
ABSENT = "{} is not installed: Node.js 20 or newer with npm (apt-get install -y nodejs npm)"

Call = tuple[str, dict[str, Any]]


def install() -> None:
    """Install the pinned packages once; again when the lock file changes."""
    MODULES.mkdir(parents=True, exist_ok=True)
    for name in ("client.mjs", "package.json", "package-lock.json"):
        shutil.copy(HERE / name, MODULES / name)
    lock, done = (HERE / "package-lock.json").read_bytes(), MODULES / "installed-lock.json"
    if done.exists() and done.read_bytes() == lock:
        return
    npm = [_program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    finished = subprocess.run(npm, cwd=MODULES, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    done.write_bytes(lock)


def octokit(url: str, token: str, calls: Sequence[Call]) -> list[dict[str, Any]]:
    """Do the calls one after the other; each answer has ``status`` and ``data`` or ``error``."""
    finished = subprocess.run(
        [_program("node"), str(MODULES / "client.mjs")],
        env={**os.environ, "GITHUB_API_URL": url, "GITHUB_TOKEN": token},
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    answers: list[dict[str, Any]] = json.loads(finished.stdout)
    return answers


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found, ABSENT.format(name)
    return found
