"""Measure data checks against deepchecks in one run and write ``docs/benchmarks-checks.md``.

``python benchmarks/checks.py`` (``nox -s benchmarks``). Each is a whole cold process; memory is
that of the process at its peak. deepchecks runs as its users run it, over frames in memory.
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "benchmarks-checks.md"
PINS = ROOT / "src" / "mlgate" / "checks" / "deepchecks" / "pins.txt"
HEAD = """\
# Benchmarks of data checks

Written by `nox -s benchmarks` on {machine}. Whole cold processes in one run; read the ratios, the
seconds belong to the machine. `deepchecks` is the suites `data_integrity` and
`train_test_validation` over pandas frames read from the same Parquet files.

| work | mlgate | deepchecks | time | memory | promised |
| --- | ---: | ---: | ---: | ---: | ---: |
"""
PEER = """\
import sys, warnings
warnings.simplefilter("ignore")
import pandas as pd
from deepchecks.tabular import Dataset
from deepchecks.tabular.suites import data_integrity, train_test_validation
train, test = (pd.read_parquet(path) for path in sys.argv[1:3])
names = [c for c in train.columns if train[c].dtype == object]
data = [Dataset(frame, label="label", cat_features=names) for frame in (train, test)]
data_integrity().run(data[0])
train_test_validation().run(*data)
"""
SQL = """\
import sys
import duckdb
path, memory, folder = sys.argv[1:4]
database = duckdb.connect()
database.execute(f"SET memory_limit = '{memory}'").execute(f"SET temp_directory = '{folder}'")
relation = f"read_parquet('{path}')"
parts = []
for column, kind, *_ in database.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall():
    parts += [f"count({column})", f"approx_count_distinct({column})"]
    if kind != "VARCHAR":
        quantiles = [number / 256 for number in range(1, 256)]
        parts += [f"{of}({column})" for of in ("min", "max", "avg", "stddev_samp")]
        parts.append(f"approx_quantile({column}, {quantiles})")
    else:
        database.execute(f"SELECT {column}, count(*) FROM {relation} GROUP BY 1").fetchall()
database.execute(f"SELECT {', '.join(parts)} FROM {relation}").fetchall()
rows = f"SELECT hash(t) AS h, count(*) AS n FROM {relation} AS t GROUP BY h HAVING n > 1"
database.execute(f"SELECT sum(n - 1) FROM ({rows})").fetchall()
"""
IMPORT_AND_ONE = """\
import sys
import pandas as pd
from deepchecks.tabular import Dataset
from deepchecks.tabular.checks import IsSingleValue
IsSingleValue().run(Dataset(pd.read_parquet(sys.argv[1]), cat_features=[]))
"""


class Cost(NamedTuple):
    """Seconds, and mebibytes at the peak."""

    seconds: float
    memory: float


def table(path: Path, rows: int, columns: int, seed: float) -> Path:
    """Numbers with gaps and names, two to one, and a binary label."""
    import duckdb  # noqa: PLC0415  # after the imports of the standard library

    parts = ["(random() < 0.3)::INTEGER AS label"]
    for number in range(columns - 1):
        if number % 3 == 2:  # noqa: PLR2004
            text = f"'name ' || floor(random() * random() * {5 + number})::INTEGER"
        else:
            text = f"CASE WHEN random() > 0.02 THEN (random() + random()) * {number + 1} END"
        parts.append(f"{text} AS c{number}")
    with duckdb.connect() as database:
        database.execute(f"SELECT setseed({seed})").fetchall()
        made = f"SELECT {', '.join(parts)} FROM range({rows})"  # noqa: S608
        database.execute(f"COPY ({made}) TO '{path}' (FORMAT PARQUET)").fetchall()
    return path


def cost(command: list[str | Path], folder: Path, codes: tuple[int, ...] = (0,)) -> Cost:
    """Run once, in a process whose children are measured apart."""
    quiet = {"DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY": "1", "DISABLE_LATEST_VERSION_CHECK": "1"}
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **quiet}, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in codes:
        raise SystemExit(f"{command}: exit {code}")
    return Cost(taken, usage.ru_maxrss / 1024)


def best(command: list[str | Path], folder: Path, runs: int, codes: tuple[int, ...] = (0,)) -> Cost:
    """Return the fastest of several runs."""
    return min(cost(command, folder, codes) for _ in range(runs))


def main(*, large: bool) -> None:
    """Measure, print and write."""
    ours = Path(sys.executable).with_name("mlgate")
    lines = []

    def tell(line: str) -> None:
        lines.append(line)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory(prefix="mlgate-benchmarks-") as scratch:
        folder = Path(scratch)
        subprocess.run(["uv", "venv", "-q", "--python", "3.11", folder / "peer"], check=True)
        peer = folder / "peer" / "bin" / "python"
        install = ["uv", "pip", "install", "-q", "--no-deps", "-r", PINS, "--python", peer]
        subprocess.run([*install, "--compile-bytecode"], check=True)
        ours_too = [sysconfig.get_path("purelib"), str(ROOT / "src")]  # as pip leaves them
        subprocess.run([sys.executable, "-m", "compileall", "-q", *ours_too], check=False)
        train = table(folder / "train.parquet", 350_000, 30, 0.1)
        test = table(folder / "test.parquet", 150_000, 30, 0.2)
        check = [ours, "--quiet", "check", "--train", train, "--test", test, "--label", "label"]
        we, they = best(check, folder, 3), cost([peer, "-c", PEER, train, test], folder)
        tell(row("integrity and train/test, 500 000 × 30 Parquet", we, they, "≤ 1/48, ≤ 1/10"))
        small = table(folder / "small.parquet", 1000, 5, 0.3)
        one = [ours, "--quiet", "check", "--train", small]
        we, they = best(one, folder, 3), best([peer, "-c", IMPORT_AND_ONE, small], folder, 2)
        tell(row("start and the first check, 1 000 × 5", we, they, "≤ 0.4 s"))
        if large:
            alone(tell, folder, ours)
            wide(tell, folder, ours)
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    if large:
        TARGET.write_text(HEAD.format(machine=machine) + "\n".join(lines) + "\n", encoding="utf-8")


def alone(tell: Callable[[str], None], folder: Path, ours: Path) -> None:
    """Sizes that deepchecks cannot hold; ours under a limit of memory."""
    for rows, columns, memory, promised in (
        (10_000_000, 20, "1GB", "≤ 1.2 × SQL by hand, ≤ 1.1 GiB"),
        (100_000_000, 10, "3GB", "finishes below 4 GB"),
    ):
        path = table(folder / "large.parquet", rows, columns, 0.4)
        command = [ours, "--quiet", "check", "--train", path, "--label", "label"]
        we = cost([*command, "--memory", memory], folder, (0, 1))
        size = f"{rows:,} × {columns} Parquet".replace(",", " ")
        tell(row(f"integrity, {size}, `--memory {memory}`", we, None, promised))
        if "SQL" in promised:
            peer = cost([sys.executable, "-c", SQL, path, memory, folder / "spill"], folder)
            tell(row("SQL by hand for the same statistics", peer, None, ""))
            tell(
                f"| time of SQL by hand | {we.seconds / peer.seconds:.2f} × | – | – | – | ≤ 1.2 × |"
            )
        path.unlink()


def wide(tell: Callable[[str], None], folder: Path, ours: Path) -> None:
    """Ten thousand columns, a quarter of them names."""
    heading = ",".join(f"c{number}" for number in range(10_000))
    lines = [
        ",".join(f"n{(n * r) % 7}" if n % 4 == 0 else str((n * r) % 101) for n in range(10_000))
        for r in range(200)
    ]
    path = folder / "wide.csv"
    path.write_text("\n".join([heading, *lines, ""]), encoding="utf-8")
    we = cost([ours, "--quiet", "check", "--train", path], folder, (0, 1))
    tell(row("integrity, 200 × 10 000 CSV", we, None, "finishes"))


def row(what: str, we: Cost, they: Cost | None, promised: str) -> str:
    """Return the row of the table."""
    if they is None:
        return f"| {what} | {we.seconds:.1f} s, {we.memory:.0f} MiB | – | – | – | {promised} |"
    times, memory = they.seconds / we.seconds, they.memory / we.memory
    return (
        f"| {what} | {we.seconds:.2f} s, {we.memory:.0f} MiB "
        f"| {they.seconds:.1f} s, {they.memory:.0f} MiB "
        f"| {times:.0f} × faster | {memory:.1f} × less | {promised} |"
    )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(large="--small" not in sys.argv)
