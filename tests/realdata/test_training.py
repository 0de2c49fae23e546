"""scikit-learn on the census employment data: one script, and a DVC pipeline with three stages."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from cli.machine import Machine, repository

if TYPE_CHECKING:
    from cli.machine import Ran

SHIPPED = "nannyml/datasets/data/employment_MA_reference.pq"
FEATURES = "AGEP SCHL MAR RELP DIS ESP CIT MIG MIL ANC NATIVITY DEAR DEYE DREM SEX RAC1P".split()
TRAIN = f"""\
import json
import duckdb, joblib
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

settings = dict(line.split(": ") for line in open("params.yaml").read().splitlines())
frame = duckdb.sql("FROM 'data/census.parquet'").fetchnumpy()
rows = list(zip(*(frame[name] for name in {FEATURES!r})))
split = train_test_split(rows, frame["employed"], test_size=0.3, random_state=0)
train_x, test_x, train_y, test_y = split
model = HistGradientBoostingClassifier(
    max_iter=int(settings["trees"]), random_state=int(settings["seed"])
)
model.fit(train_x, train_y)
joblib.dump(model, "model.joblib")
score = model.predict_proba(test_x)[:, 1]
for measure in (roc_auc_score, log_loss):
    print(json.dumps({{"metric": measure.__name__, "value": measure(test_y, score)}}))
json.dump({{"roc_auc": roc_auc_score(test_y, score)}}, open("metrics.json", "w"))
with open("predictions.csv", "w") as file:
    file.write("id,label,score\\n")
    for place, (label, one) in enumerate(zip(test_y, score)):
        file.write(f"{{place}},{{int(label)}},{{one}}\\n")
"""
CONFIG = f"""\
predictions: {{file: predictions.csv, id: id, label: label, score: score}}
artifacts: [model.joblib]
train:
  command: {sys.executable} train.py
  inputs: [train.py, data/census.parquet]
  reproduce: true
gate:
  - {{metric: roc_auc, max-drop: 0.02}}
  - {{metric: training.seconds, max-rise: "2000 %"}}
  - {{check: "training.*", level: error}}
"""
PREPARE = """\
import duckdb
duckdb.read_parquet("raw.parquet").write_parquet("data/census.parquet")
"""
PIPELINE = f"""\
stages:
  prepare:
    cmd: {sys.executable} prepare.py
    deps: [raw.parquet]
    outs: [data/census.parquet]
  train:
    cmd: {sys.executable} train.py
    deps: [data/census.parquet, train.py]
    params: [trees, seed]
    outs: [model.joblib, predictions.csv]
    metrics: [{{metrics.json: {{cache: false}}}}]
  evaluate:
    cmd: wc -l predictions.csv > rows.txt
    deps: [predictions.csv]
    outs: [rows.txt]
"""


@pytest.fixture
def work(tables: Path, tmp_path: Path) -> Machine:
    made = repository(tmp_path / "work")
    (made.path / "data").mkdir()
    rows = duckdb.read_parquet(str(tables / SHIPPED)).limit(20_000)
    rows.select(*FEATURES, "employed").write_parquet(str(made.path / "data/census.parquet"))
    made.put({"train.py": TRAIN, "params.yaml": "trees: 40\nseed: 0\n", "uv.lock": "1"})
    return Machine(made, {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"})


def trained(machine: Machine) -> tuple[Ran, dict[str, Any]]:
    ran = machine.run("train")
    assert ran.exit_code == 0, ran.output
    path = machine.path / ".mlgate/evidence/model/training.json"
    found: dict[str, Any] = json.loads(path.read_text())["models"][0]
    return ran, found


def test_a_script(work: Machine) -> None:
    work.work.put({"mlgate.yml": CONFIG})
    work.work.commit("first")
    _, found = trained(work)
    checks = {check["id"]: check for check in found["checks"]}
    assert checks["training.reproducible"]["message"] == "Identical: 3 outputs, byte for byte."
    assert checks["training.inputs"]["outcome"] == "pass", checks["training.inputs"]["message"]
    assert checks["training.network"]["outcome"] == "pass"
    assert found["training"]["peak_memory"] > 100_000_000
    assert {c["metric"] for c in found["training"]["curves"]} == {"roc_auc_score", "log_loss"}
    ran = work.report("--post", "never", "--format", "text")
    assert ran.exit_code == 0, ran.output
    assert found["training"]["environment"]["seeds"] == ["params.yaml: seed = 0"]
    for name in ("model.joblib", "metrics.json", "predictions.csv"):
        (work.path / name).unlink()
    ran, found = trained(work)
    assert "restored 3 outputs" in ran.stderr
    assert work.report("--post", "never").exit_code == 0
    work.work.put({"params.yaml": "trees: 2\nseed: 0\n"})
    ran, _ = trained(work)
    assert "training: params.yaml changed" in ran.stderr


def test_a_pipeline_of_three_stages(work: Machine) -> None:
    shutil.move(work.path / "data/census.parquet", work.path / "raw.parquet")
    config = CONFIG.partition("train:")[0] + "checks: [{engine: dvc}]\n"
    ignored = ".mlgate/\n/data/census.parquet\n/model.joblib\n/predictions.csv\n/rows.txt\n"
    work.work.put(
        {"mlgate.yml": config, "dvc.yaml": PIPELINE, "prepare.py": PREPARE, "data/.keep": ""}
    )
    work.work.write(__gitignore=ignored)
    for args in (
        ("init", "--quiet"),
        ("remote", "add", "--default", "store", str(work.path.parent / "store")),
        ("add", "--quiet", "raw.parquet"),
    ):
        subprocess.run([sys.executable, "-m", "dvc", *args], cwd=work.path, check=True)
    _, found = trained(work)
    assert found["training"]["stages"] == {"prepare": "ran", "train": "ran", "evaluate": "ran"}
    subprocess.run([sys.executable, "-m", "dvc", "push", "--quiet"], cwd=work.path, check=True)
    work.work.commit("trained")
    first = found["metrics"]
    ran, found = trained(work)
    assert "DVC had all stages" in ran.stderr
    assert found["metrics"] == first
    ran = work.report("--post", "never", "--format", "text")
    assert ran.exit_code == 0, ran.output
    work.work.put({"params.yaml": "trees: 2\nseed: 0\n"})
    work.work.commit("worse, and not reproduced")
    ran = work.report("--post", "never", "--format", "text", "--base", "HEAD~1")
    assert ran.exit_code == 1
    assert "dvc.lock" in ran.stdout
