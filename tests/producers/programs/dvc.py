"""A DVC repository with a pipeline that has run: pointers, lock, metrics and parameters."""

import subprocess
import sys
from pathlib import Path

TRAIN = """\
import json
import re
lr = float(re.search(r"lr: (.*)", open("params.yaml").read())[1])
rows = open("data/train.csv").read().splitlines()[1:]
open("model.pkl", "w").write("weights")
json.dump({"auc": 0.5 + lr, "rows": len(rows)}, open("metrics.json", "w"))
"""
PIPELINE = """\
stages:
  train:
    cmd: python train.py
    deps: [data/train.csv, data/images, train.py]
    params: [lr]
    outs: [model.pkl]
    metrics:
      - metrics.json:
          cache: false
"""


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


dvc = str(Path(sys.executable).with_name("dvc"))
run("git", "init", "--quiet")
run(dvc, "init", "--quiet")
Path("data/images").mkdir(parents=True)
Path("data/train.csv").write_text("id,label\n" + "".join(f"{i},{i % 2}\n" for i in range(40)))
for number in range(3):
    Path(f"data/images/{number}.txt").write_text(f"image {number}")
Path("params.yaml").write_text("lr: 0.25\nepochs: 3\n")
Path("train.py").write_text(TRAIN)
Path("dvc.yaml").write_text(PIPELINE)
run(dvc, "add", "--quiet", "data/train.csv", "data/images")
run(dvc, "repro", "--quiet")
