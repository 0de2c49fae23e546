"""What ``mlgate train`` adds to the bare command; docs/benchmarks-train.md.

``python benchmarks/train.py`` (``nox -s benchmarks``). Both sides run the same command in turn, in
the same git repository, as whole cold processes.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "benchmarks-train.md"
LINES = 5_000_000
FILES = 10_000
WORK = "import hashlib\nd = b''\nfor _ in range(4_000_000): d = hashlib.sha256(d).digest()"
FLOOD = f"yes 'epoch 1 step 100 loss 0.5123' 2>/dev/null | head -n {LINES} || true"
HEAD = """\
# Benchmarks of training

Written by `nox -s benchmarks` on {machine}. Medians of {rounds} rounds; both sides in turn.

| work | bare | mlgate train | difference | promised |
| --- | ---: | ---: | ---: | ---: |
"""


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Return wall and CPU seconds of a command and its children."""
    start, before = time.perf_counter(), os.times()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    after = os.times()
    cpu = after.children_user + after.children_system
    return time.perf_counter() - start, cpu - before.children_user - before.children_system


def medians(
    bare: list[str], ours: list[str], folder: Path, rounds: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return median (wall, CPU) seconds of the two commands, run in turn."""
    found: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for _ in range(rounds):
        for place, command in enumerate((bare, ours)):
            found[place].append(timed(command, folder))
    walls, cpus = ([[pair[k] for pair in side] for side in found] for k in (0, 1))
    return (
        (statistics.median(walls[0]), statistics.median(cpus[0])),
        (statistics.median(walls[1]), statistics.median(cpus[1])),
    )


def known_inputs(ours: str, folder: Path, rounds: int) -> float:
    """Return median seconds in which a known training of many input files is restored."""
    for number in range(FILES):
        place = folder / "data" / str(number // 100) / f"{number}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{number}\n")
    config = "train: {command: 'true', inputs: [data]}\n"
    (folder / "mlgate.yml").write_text(config, encoding="utf-8")
    (folder / "uv.lock").write_text("", encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    command = [ours, "train"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return statistics.median(timed(command, folder)[0] for _ in range(rounds))


def main(*, rounds: int = 7) -> None:
    """Measure, print and write."""
    ours = str(Path(sys.executable).with_name("mlgate"))
    packages = [sysconfig.get_path("purelib"), str(ROOT / "src")]  # compiled, as pip leaves them
    subprocess.run([sys.executable, "-m", "compileall", "-q", *packages], check=False)
    with tempfile.TemporaryDirectory(prefix="mlgate-benchmarks-") as scratch:
        folder = Path(scratch)
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        nothing = ["bash", "-c", "true"]
        idle = medians(nothing, [ours, "--quiet", "train", "--", *nothing], folder, rounds)
        work = [sys.executable, "-c", WORK]
        busy = medians(work, [ours, "--quiet", "train", "--", *work], folder, rounds)
        short = [sys.executable, "-c", "import time; time.sleep(1)"]
        second = medians(short, [ours, "--quiet", "train", "--", *short], folder, rounds)
        known = known_inputs(ours, folder / "known", rounds)
        flood = ["bash", "-c", FLOOD]
        loud = medians(flood, [ours, "--quiet", "train", "--", *flood], folder, rounds)
    added = busy[1][1] - busy[0][1] - (idle[1][1] - idle[0][1])
    lines = [
        (
            f"| a command that does nothing | {idle[0][0]:.3f} s | {idle[1][0]:.3f} s "
            f"| + {idle[1][0] - idle[0][0]:.3f} s | ≤ 0.15 s |"
        ),
        (
            f"| a command of one second | {second[0][0]:.3f} s | {second[1][0]:.3f} s "
            f"| + {second[1][0] - second[0][0]:.3f} s | ≤ 0.15 s |"
        ),
        (
            f"| {busy[0][1]:.1f} s of CPU | {busy[0][1]:.2f} s CPU | {busy[1][1]:.2f} s CPU "
            f"| {added / busy[0][1]:+.1%} beyond the start | ≤ 1 % |"
        ),
        (
            f"| {LINES // 10**6} million lines of log | {loud[0][0]:.2f} s | {loud[1][0]:.2f} s "
            f"| {LINES / loud[1][0] / 1e6:.1f} million lines a second | ≥ 0.2 million |"
        ),
    ]
    lines.append(f"| a known training of {FILES:,} inputs | | {known:.2f} s | | ≤ 1 s |")
    sys.stdout.write("\n".join(lines) + "\n")
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    text = HEAD.format(machine=machine, rounds=rounds) + "\n".join(lines) + "\n"
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
