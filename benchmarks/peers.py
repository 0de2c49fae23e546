"""Environments and repositories that the benchmarks measure in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DVC = "3.67.1"
VEGA = {"vega": "6.4.0", "vega-cli": "6.4.0", "vega-lite": "6.5.0"}
"""What the action of CML installs on every run, besides CML."""

_QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "bench",
    "GIT_AUTHOR_EMAIL": "bench@example.org",
    "GIT_COMMITTER_NAME": "bench",
    "GIT_COMMITTER_EMAIL": "bench@example.org",
    "DVC_NO_ANALYTICS": "1",
}


@dataclass(frozen=True)
class Place:
    """Where things are: a scratch folder, and the programs to time."""

    folder: Path
    mlgate: Path
    python: Path
    dvc: Path
    version: str
    env: dict[str, str]
    dvc_version: str = DVC


def install_peers(folder: Path, root: Path) -> Place:
    """Install mlgate (no extras) and DVC with pip, each in an environment of its own."""
    env = {**os.environ, **_QUIET}
    for name, package in (("ours", str(root)), ("peer", f"dvc=={DVC}")):
        venv = folder / name
        subprocess.run([sys.executable, "-m", "venv", venv], check=True, env=env)
        pip = [venv / "bin" / "python", "-m", "pip", "install", "--quiet", package]
        subprocess.run(pip, check=True, env=env)
    ours, peer = folder / "ours" / "bin", folder / "peer" / "bin"
    said = subprocess.run([ours / "mlgate", "--version"], check=True, capture_output=True)
    return Place(
        folder=folder,
        mlgate=ours / "mlgate",
        python=ours / "python",
        dvc=peer / "dvc",
        version=said.stdout.decode().split()[-1],
        env=env,
    )


def repository_with(folder: Path, files: int, place: Place) -> Path:
    """Make a DVC repository of ``files`` metric files; every value differs in the work tree."""
    (folder / "eval").mkdir(parents=True)
    names = [f"eval/model{index:04}.json" for index in range(files)]
    (folder / "dvc.yaml").write_text("metrics:\n" + "".join(f"  - {name}\n" for name in names))
    _run(folder, place, "git", "init", "--quiet", "--initial-branch=main")
    _run(folder, place, place.dvc, "init", "--quiet")
    for shift in (0.0, 0.01):
        for index, name in enumerate(names):
            values = {"auc": 0.8 + index / 100000 + shift, "recall": 0.7 + shift}
            (folder / name).write_text(json.dumps(values))
        if not shift:
            _run(folder, place, "git", "add", "--all")
            _run(folder, place, "git", "commit", "--quiet", "--message=base")
    return folder


def npm_project(place: Place) -> Path:
    """Make a project with a lock file, and fill npm's cache."""
    folder = place.folder / "npm"
    folder.mkdir()
    package = {"name": "bench", "version": "1.0.0", "private": True, "dependencies": VEGA}
    (folder / "package.json").write_text(json.dumps(package))
    _run(folder, place, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund")
    return folder


def _run(folder: Path, place: Place, *command: str | Path) -> None:
    subprocess.run(command, cwd=folder, env=place.env, check=True, capture_output=True)
