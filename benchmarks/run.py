"""Measure mlgate against its peers in one run and write ``docs/benchmarks.md``.

``nox -s benchmarks`` runs all; ``python benchmarks/run.py compare`` one group. Two commands take
turns (A B A B …) after a warm-up, on real repositories, in environments of their own. Ratios of
medians are what to read: absolute times belong to the machine.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from peers import Place, install_peers, npm_project, repository_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "benchmarks.md"
HEAD = """\
# Benchmarks

Written by `nox -s benchmarks` ({groups}): mlgate {ours} against DVC {dvc} on {machine}.
Ratios are of medians, of commands that took turns in the same run, each as a cold process.
Read the ratios; the seconds belong to the machine.

| what | mlgate | peer | ratio | promised |
| --- | ---: | ---: | ---: | ---: |
"""


@dataclass(frozen=True)
class Row:
    """One comparison: medians in seconds; ``promised`` is the largest ratio we allow ourselves."""

    what: str
    ours: float
    peer: float
    peer_name: str
    promised: float | None = None
    unit: str = "×"

    @property
    def value(self) -> float:
        """The ratio, or for an overhead the difference in seconds."""
        return self.ours / self.peer if self.unit == "×" else self.ours - self.peer

    @property
    def kept(self) -> bool:
        """Whether the promise holds in this run."""
        return self.promised is None or self.value <= self.promised

    def __str__(self) -> str:
        """Return the row of the table."""
        sign = "" if self.unit == "×" else "+"
        promised = "" if self.promised is None else f"≤ {sign}{self.promised:g} {self.unit}"
        broken = "" if self.kept else " **not kept**"
        return (
            f"| {self.what} | {self.ours:.3f} s | {self.peer:.3f} s ({self.peer_name}) "
            f"| {sign}{self.value:.2f} {self.unit} | {promised}{broken} |"
        )


@dataclass(frozen=True)
class Command:
    """A process to time: every run must exit with one of ``codes``."""

    args: Sequence[str | Path]
    folder: Path
    env: dict[str, str]
    codes: frozenset[int] = frozenset({0})
    prepare: Callable[[], None] = lambda: None

    def seconds(self) -> float:
        """Run once and return how long it took."""
        self.prepare()
        start = time.perf_counter()
        done = subprocess.run(
            self.args,
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        taken = time.perf_counter() - start
        if done.returncode not in self.codes:
            raise SystemExit(f"{self.args}: exit {done.returncode}\n{done.stdout.decode()}")
        return taken


def pair(ours: Command, peer: Command, runs: int) -> tuple[float, float]:
    """Return the medians of two commands that take turns, after one warm-up each."""
    times = [(ours.seconds(), peer.seconds()) for _ in range(runs + 1)][1:]
    return statistics.median(t for t, _ in times), statistics.median(t for _, t in times)


def compare(place: Place) -> Iterator[Row]:
    """Compare the work tree with the commit before it: metrics in 1, 500 and 2 000 files."""
    for files, promised, runs in ((1, 0.5, 9), (500, 0.1, 5), (2000, 0.1, 3)):
        folder = repository_with(place.folder / f"metrics-{files}", files, place)
        ours = Command([place.mlgate, "--quiet", "report"], folder, place.env)
        peer = Command([place.dvc, "metrics", "diff"], folder, place.env)
        what = f"`mlgate report`, {files:,} metrics file{'s' if files > 1 else ''}"
        yield Row(what, *pair(ours, peer, runs), "`dvc metrics diff`", promised)


def start(place: Place) -> Iterator[Row]:
    """Measure what `mlgate --help` costs on top of a bare interpreter."""
    bare = Command([place.python, "-c", "pass"], place.folder, place.env)
    ours = Command([place.mlgate, "--help"], place.folder, place.env)
    medians = pair(ours, bare, 15)
    yield Row("`mlgate --help`", *medians, "bare interpreter", 0.15, "s")


def install(place: Place) -> Iterator[Row]:
    """Install with warm caches of packages, into an empty folder, as a CI job does."""
    temp, venv = place.folder / "runner-temp", place.folder / "venv"

    def empty() -> None:
        for folder in (temp, venv):
            shutil.rmtree(folder, ignore_errors=True)
        temp.mkdir()
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)

    env = {**place.env, "RUNNER_TEMP": str(temp)}
    script = ["bash", ROOT / "actions" / "setup" / "install.sh"]
    without_uv = {**env, "PATH": os.pathsep.join(_path_without_uv())}
    pip = [venv / "bin" / "python", "-m", "pip", "install", "--quiet", f"dvc=={place.dvc_version}"]
    dvc = Command(pip, place.folder, place.env)
    for tool, environ in (("uv", env), ("pip", without_uv)):
        ours = Command(script, place.folder, environ, prepare=empty)
        what = f"`install.sh` with {tool}, packages cached"
        yield Row(what, *pair(ours, dvc, 3), "`pip install dvc`", 0.5)
    again = Command(script, place.folder, env)
    npm = npm_project(place)
    npm_ci = Command(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], npm, place.env)
    fresh = Command(script, place.folder, env, prepare=empty)
    medians = pair(fresh, npm_ci, 3)
    yield Row("`install.sh` with uv, packages cached", *medians, "`npm ci` of vega-cli", 1.0)
    medians = pair(again, npm_ci, 3)
    yield Row("`install.sh` again in the same job", *medians, "`npm ci` of vega-cli", 0.2)


def _path_without_uv() -> list[str]:
    folders = os.environ["PATH"].split(os.pathsep)
    return [folder for folder in folders if shutil.which("uv", path=folder) is None]


GROUPS = {"compare": compare, "start": start, "install": install}


def main(names: Sequence[str]) -> None:
    """Run the groups, print each row when it is known, and write all of them when all ran."""
    with tempfile.TemporaryDirectory(prefix="mlgate-benchmarks-") as folder:
        place = install_peers(Path(folder), ROOT)
        rows = []
        for name in names:
            for row in GROUPS[name](place):
                sys.stdout.write(f"{row}\n")
                sys.stdout.flush()
                rows.append(row)
    if set(names) == set(GROUPS):
        machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
        head = HEAD.format(
            groups=", ".join(names), ours=place.version, dvc=place.dvc_version, machine=machine
        )
        TARGET.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    if not all(row.kept for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:] or list(GROUPS))
