"""Measure releases against GTO in one run and write ``docs/benchmarks-release.md``.

``python benchmarks/release.py`` (``nox -s benchmarks``). Whole cold processes.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.git import GitFolder, environment
from fakes.tags import Tagged, make_commits, make_tags
from mlgate.sources.stored import STORED, read_stored

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "benchmarks-release.md"
BIN = Path(sys.executable).parent
TAGS = 1500
REFS = 10_000
HEAD = """\
# Benchmarks of releases

Written by `nox -s benchmarks` on {machine}. Whole cold processes in one run, CPU seconds of the
process and its children; read the ratios, the seconds belong to the machine.

| work | mlgate | peer | ratio | promised |
| --- | ---: | ---: | ---: | ---: |
"""


def registered(folder: Path, models: int) -> GitFolder:
    """A repository with 1 500 tags of so many models, which ``dvc.yaml`` names, as GTO wants it."""
    work = GitFolder.new(folder)
    named = "".join(f"  model-{n}: {{path: model-{n}.onnx, type: model}}\n" for n in range(models))
    commits = make_commits(work, TAGS, "dvc.yaml", f"artifacts:\n{named}")
    tags = []
    for number in range(TAGS):
        model, counter = f"model-{number % models}", number // models
        if counter % 2 == 0:
            tags.append(Tagged(f"{model}@v1.{counter // 2}.0", number, number))
        else:
            stage = ("dev", "staging", "prod")[counter // 2 % 3]
            tags.append(Tagged(f"{model}#{stage}#{counter}", number - models, number))
    make_tags(work, commits, tags)
    return work


def cpu(command: list[str], folder: Path, runs: int) -> float:
    """Return the least CPU seconds of several runs."""
    least = float("inf")
    for _ in range(runs):
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment(), "HOME": os.environ["HOME"]},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status):
            raise SystemExit(f"{command}: failed")
        least = min(least, usage.ru_utime + usage.ru_stime)
    return least


def lookup(folder: Path) -> tuple[float, float]:
    """Seconds to fetch and read the evidence of one commit of 10 000, and of one ``ls-remote``."""
    served = GitFolder.new(folder / "served")
    commit = served.commit("measured", a="1")

    evidence = b'{"schema": "mlgate/evidence/v1", "commit": "%s"}' % commit.encode()
    served.store(commit, evidence)
    blob = served.git("rev-parse", f"{STORED}/{commit}/1.1")
    packed = served.path / ".git" / "packed-refs"
    refs = [f"{blob} {STORED}/{number:040x}/1.1\n" for number in range(REFS)]
    refs.append(f"{blob} {STORED}/{commit}/1.1\n")
    head = "# pack-refs with: peeled fully-peeled sorted \n"
    packed.write_text(head + "".join(sorted(refs, key=lambda line: line.split()[1])))
    clone = served.clone(folder / "clone")
    repository = clone.open()
    start = time.perf_counter()
    repository.git("ls-remote", "origin", "refs/heads/main")
    trip = time.perf_counter() - start
    least = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        if read_stored(repository, commit, fetch=True) is None:
            raise SystemExit("the evidence was not found")
        least = min(least, time.perf_counter() - start)
        clone.git("update-ref", "-d", f"{STORED}/{commit}/1.1")
    return least, trip


def show(folder: Path, models: int) -> str:
    """Return the row for ``release show``."""
    work = registered(folder / f"of-{models}", models)
    ours = cpu([str(BIN / "mlgate"), "release", "show"], work.path, 5)
    theirs = cpu([str(BIN / "gto"), "show"], work.path, 1)
    of = "one model" if models == 1 else f"{models} models"
    return (
        f"| `release show` on {TAGS:,} tags of {of}, against `gto show` | {ours:.2f} s "
        f"| {theirs:.1f} s | {theirs / ours:.0f} × faster | ≥ 50 × |"
    )


def main() -> None:
    """Measure and write."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [show(Path(folder), models) for models in (1, 20)]
        found, trip = lookup(Path(folder))
    rows.append(
        f"| baseline among {REFS:,} evidence refs, against one `git ls-remote` | {found:.2f} s "
        f"| {trip:.2f} s | {max(0.0, found - trip):.2f} s more | ≤ 0.3 s more |"
    )
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    TARGET.write_text(HEAD.format(machine=machine) + "\n".join(rows) + "\n", encoding="utf-8")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
