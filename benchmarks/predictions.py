"""Measure predictions against scikit-learn and scipy in one run; docs/benchmarks-predictions.md.

``python benchmarks/predictions.py`` (``nox -s benchmarks``). Ours are whole cold processes; peers
are timed inside theirs, without imports and reading, and extrapolated where they take minutes.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from checks import Cost, best, cost

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "benchmarks-predictions.md"
HEAD = """\
# Benchmarks of predictions

Written by `nox -s benchmarks` on {machine}. mlgate is a whole cold process, reading included; the
peers are timed without imports and reading, which favours them; the third gives values only, mlgate
intervals and tests as well. Read the ratios, the seconds belong to the machine.

| work | mlgate | peer | time | promised |
| --- | ---: | ---: | ---: | ---: |
"""
PEER = """\
import json, sys, time
import duckdb, numpy as np
head, base, what = sys.argv[1:4]
pairs = f"SELECT h.*, b.p AS q FROM '{head}' h JOIN '{base}' b USING (id)"
columns = duckdb.sql(pairs).fetchnumpy()
y, p, q = (np.asarray(columns[c]) for c in ("y", "p", "q"))
from sklearn import metrics as sk
from scipy import stats
start = time.perf_counter()
if what == "auc":
    folds, wanted = 20, 1000
    random = np.random.default_rng(1)
    for _ in range(folds):
        rows = random.integers(0, len(y), len(y))
        sk.roc_auc_score(y[rows], p[rows]) - sk.roc_auc_score(y[rows], q[rows])
    scale = wanted / folds
elif what == "f1":
    folds, wanted = 20, 2000
    a, b = p > 0.5, q > 0.5
    def change(rows):
        return sk.f1_score(y[rows], a[rows]) - sk.f1_score(y[rows], b[rows])
    stats.bootstrap((np.arange(len(y)),), change, n_resamples=folds, vectorized=False,
                    method="percentile", rng=1)
    scale = wanted / folds
else:
    names = [c for c in columns if c[0] == "s"]
    parts = [np.full(len(y), True)]
    slices = 0
    for name in names:
        values = np.asarray(columns[name])
        for value in np.unique(values)[:2]:  # two of twenty: each is as large as the others
            parts.append(values == value)
    took = []
    for rows in parts:
        begin = time.perf_counter()
        for score in (p, q):
            t, s = y[rows], score[rows]
            c = (s > 0.5).astype(int)
            for of in (sk.accuracy_score, sk.balanced_accuracy_score, sk.precision_score,
                       sk.recall_score, sk.f1_score, sk.matthews_corrcoef):
                of(t, c)
            for of in (sk.roc_auc_score, sk.average_precision_score, sk.log_loss,
                       sk.brier_score_loss):
                of(t, s)
        took.append(time.perf_counter() - begin)
    seconds = took[0] + 10 * sum(took[1:])
    print(json.dumps(seconds))
    raise SystemExit
print(json.dumps((time.perf_counter() - start) * scale))
"""


def tables(folder: Path, rows: int) -> tuple[Path, Path]:
    """Two models on the same rows, with ten columns of twenty values each."""
    import duckdb  # noqa: PLC0415

    parts = ", ".join(f"'v' || floor(random() * 20)::INT AS s{n}" for n in range(10))
    names = ", ".join(f"s{n}" for n in range(10))
    found = []
    with duckdb.connect() as database:
        database.execute("SELECT setseed(0.3)").fetchall()
        world = f"SELECT range AS id, (random() < 0.3)::INT AS y, random() AS u, {parts}"
        database.execute(f"CREATE TABLE t AS {world} FROM range({rows})").fetchall()
        for side, noise in (("head", 0.3), ("base", 0.31)):
            path = folder / f"{side}-{rows}.parquet"
            score = f"1 / (1 + exp(-(2 * y - 1.4 + (u - 0.5) * 4 + (random() - 0.5) * {noise})))"
            made = f"SELECT id, y, {score} AS p, {names} FROM t"  # noqa: S608
            database.execute(f"COPY ({made}) TO '{path}' (FORMAT PARQUET)").fetchall()
            found.append(path)
        database.execute("DROP TABLE t").fetchall()
    return found[0], found[1]


def peer(what: str, head: Path, base: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", PEER, head, base, what], capture_output=True, text=True, check=True
    )
    return float(json.loads(done.stdout))


def row(what: str, we: Cost, they: float, promised: str) -> str:
    return (
        f"| {what} | {we.seconds:.2f} s, {we.memory:.0f} MiB | {they:.0f} s "
        f"| {they / we.seconds:.0f} × faster | {promised} |"
    )


def main() -> None:
    """Measure, print and write."""
    ours = Path(sys.executable).with_name("mlgate")
    packages = [sysconfig.get_path("purelib"), str(ROOT / "src")]  # compiled, as pip leaves them
    subprocess.run([sys.executable, "-m", "compileall", "-q", *packages], check=False)
    lines = []
    with tempfile.TemporaryDirectory(prefix="mlgate-benchmarks-") as scratch:
        folder = Path(scratch)
        large, small = tables(folder, 1_000_000), tables(folder, 100_000)
        for what, name, pair, promised in (
            ("auc", "paired ROC AUC with interval, 1 000 000 rows", large, "≥ 200 ×, ≤ 1.5 s"),
            ("f1", "paired F1, 2000 replicates, 100 000 rows", small, "≥ 50 ×"),
            ("slices", "all metrics and 200 slices, 1 000 000 rows", large, "≥ 20 ×, ≤ 1 GiB"),
        ):
            command = [ours, "--quiet", "evaluate", pair[0], "--against", pair[1]]
            command += ["--id", "id", "--label", "y", "--score", "p", "--format", "json"]
            command += {"auc": ["--metric", "roc_auc"], "f1": ["--metric", "f1"]}.get(what, [])
            if what == "slices":
                command += [text for n in range(10) for text in ("--slice", f"s{n}")]
                we = cost(command, folder)
            else:
                we = best(command, folder, 3)
            lines.append(row(name, we, peer(what, *pair), promised))
            sys.stdout.write(lines[-1] + "\n")
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    TARGET.write_text(HEAD.format(machine=machine) + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
