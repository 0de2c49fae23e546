"""Make the fixtures again, each by the tool whose files we read.

``nox -s producers`` makes all, ``python tests/producers/make.py keras`` one. Every producer runs in
an environment of its own below ``.cache/producers``, so that none of them is ours to install.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parents[1] / ".cache" / "producers"
FIXTURES = HERE.parent / "fixtures" / "producers"
TORCH = "torch==2.13.0"
MAX_BYTES = 40_000


@dataclass(frozen=True)
class Producer:
    """What to install, and which of the files it leaves behind are kept, as patterns."""

    requirements: tuple[str, ...]
    kept: tuple[str, ...]


PRODUCERS = {
    "scikit_learn": Producer(("scikit-learn==1.9.1",), ("*.json",)),
    "dvc": Producer(
        ("dvc==3.67.1",),
        ("dvc.yaml", "dvc.lock", "params.yaml", "metrics.json", "data/*.dvc", "data/*.csv"),
    ),
    "dvclive": Producer(("dvclive==3.49.1",), ("dvclive/metrics.json", "dvclive/params.yaml")),
    "keras": Producer(("keras==3.15.1", TORCH), ("training.csv",)),
    "lightning": Producer(
        ("lightning==2.6.6", TORCH),
        ("lightning_logs/version_0/metrics.csv", "lightning_logs/version_0/hparams.yaml"),
    ),
    "transformers": Producer(
        ("transformers[torch]==5.24.0", TORCH), ("out/trainer_state.json", "out/*_results.json")
    ),
    "deepchecks": Producer(
        (
            "deepchecks==0.19.1",
            "numpy<2",
            "pandas<3",
            "plotly<6",
            "scikit-learn==1.3.2",
            "setuptools<82",
        ),
        ("*.json",),
    ),
    "evidently": Producer(("evidently==0.7.23", "pandas<3"), ("*.json",)),
    "great_expectations": Producer(("great-expectations==1.24.1", "pandas<3"), ("*.json",)),
    "pandera": Producer(("pandera==0.35.0", "pandas<4"), ("*.json",)),
    "pointblank": Producer(("pointblank==1.1.1", "polars==2.1.0"), ("*.json",)),
    "pytest_junit": Producer(("pytest==9.2.0",), ("junit.xml",)),
    "lm_eval": Producer(("lm-eval[hf]==0.4.13", TORCH), ("out/results_*.json",)),
}


def main(names: list[str]) -> None:
    """Make the named fixtures, or all."""
    for name in names or list(PRODUCERS):
        sys.stdout.write(f"· {name}\n")
        sys.stdout.flush()
        make(name, PRODUCERS[name])


def make(name: str, producer: Producer) -> None:
    """Run one producer in an empty folder and keep what it wrote."""
    python = environment(producer)
    target = FIXTURES / name
    with tempfile.TemporaryDirectory() as folder:
        program = HERE / "programs" / f"{name}.py"
        offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DVC_NO_ANALYTICS": "1"}
        offline |= {"DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
        scratch = {"HOME": folder, "HF_HOME": f"{folder}/hub", "TMPDIR": folder}
        run = Path(folder, "run")
        run.mkdir()
        subprocess.run(  # -P: the program is called like the package that it imports
            [python, "-P", program], cwd=run, env={**os.environ, **offline, **scratch}, check=True
        )
        shutil.rmtree(target, ignore_errors=True)
        for pattern in producer.kept:
            for path in sorted(run.glob(pattern)):
                keep(path, target / path.relative_to(run), folder)
    versions = [one for one in producer.requirements if one != TORCH or "torch" not in name]
    (target / "made-by.json").write_text(json.dumps(versions, indent=1) + "\n", encoding="utf-8")


def keep(path: Path, target: Path, scratch: str) -> None:
    """Copy a file without the names of this machine's folders."""
    text = path.read_text(encoding="utf-8").replace(scratch, "/scratch")
    text = text.replace(str(ENVIRONMENTS), "/environments")
    if len(text) > MAX_BYTES:
        raise SystemExit(f"{path.name}: {len(text)} bytes are too many for a fixture")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def environment(producer: Producer) -> Path:
    """Return the interpreter that has the requirements, installing them when it is new."""
    home = ENVIRONMENTS / "-".join(sorted(producer.requirements)).replace("/", "_")
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *producer.requirements]
        subprocess.run(install, check=True)
        (home / "complete").touch()
    return python


if __name__ == "__main__":
    main(sys.argv[1:])
