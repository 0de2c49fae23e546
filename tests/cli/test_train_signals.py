"""What is seen while a training runs: its log, its environment, its inputs, and once more."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.machine import Machine, auc, event

if TYPE_CHECKING:
    from cli.machine import Ran
    from fakes.github import GitHubStandIn

PRINTS = """\
import json
for step in range(1, 11):
    print(json.dumps({"metric": "accuracy", "value": step / 10, "step": step}), flush=True)
    print(json.dumps({"metric": "loss", "value": 1 / step, "step": step}), flush=True)
"""
LOST = """\
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("Epoch 1/50\\n2/2 - 0s - loss: 0.5\\nEpoch 2/50\\n2/2 - 0s - loss: nan", flush=True)
time.sleep(60)
"""


def training(machine: Machine) -> dict[str, Any]:
    path = machine.path / ".mlgate/evidence/model/training.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["models"][0]
    return found


def checks(machine: Machine) -> dict[str, Any]:
    return {check["id"]: check for check in training(machine)["checks"]}


def configured(machine: Machine, script: str, more: str = "", **files: str) -> Machine:
    config = f"train:\n  command: {sys.executable} train.py\n{more}"
    machine.work.put({"mlgate.yml": config, "train.py": script, "uv.lock": "1", **files})
    return machine


def trained(machine: Machine, *args: str, **env: str) -> Ran:
    ran = machine.run("train", *args, **env)
    assert ran.exit_code == 0, ran.output
    return ran


class TestLog:
    def test_metrics_that_are_printed_are_metrics(self, machine: Machine) -> None:
        trained(configured(machine, PRINTS))
        found = {m["name"]: m for m in training(machine)["metrics"]}
        assert found["accuracy"]["value"] == 1.0
        assert found["accuracy"]["source"] == "training log"
        curves = {c["metric"]: c for c in training(machine)["training"]["curves"]}
        assert curves["loss"]["values"] == [1 / n for n in range(1, 11)]

    def test_they_are_judged_like_any_other(self, machine: Machine) -> None:
        rules = "gate:\n  - {metric: accuracy, min: 1.1}\n"
        configured(machine, PRINTS, rules, **{"metrics.json": auc(0.5)})
        machine.work.commit("x")
        trained(machine)
        ran = machine.report("--post", "never", "--format", "text")
        assert ran.exit_code == 1
        assert "accuracy" in ran.stdout

    def test_a_file_has_the_last_word(self, machine: Machine) -> None:
        configured(machine, PRINTS, **{"metrics.json": json.dumps({"accuracy": 0.25})})
        trained(machine)
        report = machine.report("--post", "never", "--format", "json").json()
        found = [m for m in report["comparisons"][0]["metrics"] if m["name"] == "accuracy"]
        assert [m["head"] for m in found] == [0.25]

    def test_annotations_of_the_first_second_fourth_step(
        self, machine: Machine, github: GitHubStandIn
    ) -> None:
        configured(machine, PRINTS).work.commit("x")
        job = event(machine.work, github, "push", ref="refs/heads/main")
        ran = job.run("train")
        notices = [line for line in ran.stdout.splitlines() if line.startswith("::notice")]
        assert [line.split("::")[-1] for line in notices] == [
            f"step {n}: accuracy {n / 10:.4g}, loss {1 / n:.4g}" for n in (1, 2, 4, 8)
        ]

    def test_a_curve_in_the_report(self, machine: Machine) -> None:
        configured(machine, PRINTS, **{"metrics.json": auc(0.5)})
        trained(machine)
        machine.report("--post", "never")
        comment, page = machine.written("report.md"), machine.written("report.html")
        assert "| loss | █" in comment
        assert "1 → 0.1" in comment
        assert 'aria-label="loss, 1 → 0.1"' in page

    def test_a_loss_that_is_none_stops_it(self, machine: Machine) -> None:
        ran = configured(machine, LOST, "  stop-on-nan: true\n").run("train")
        assert ran.exit_code == 3, ran.output
        assert "stopping: loss is NaN at 2" in ran.stderr
        found = training(machine)
        assert found["training"]["ended"] == "failed"
        assert found["training"]["seconds"] < 20
        assert "loss is NaN at 2" in found["sources"][0]["problem"]

    def test_it_goes_on_where_nobody_asked(self, machine: Machine) -> None:
        ran = trained(configured(machine, LOST.replace("time.sleep(60)", "print('end')")))
        assert ran.stdout.endswith("end\n")
        assert "loss is NaN at 2" in training(machine)["notes"][0]


class TestEnvironment:
    def test_it_is_recorded(self, machine: Machine) -> None:
        configured(machine, "", **{"params.yaml": "train: {seed: 7, lr: 0.1}\n"})
        trained(machine, PYTHONHASHSEED="0", MY_SEED="secret", PATH=_with_python())
        found = training(machine)["training"]["environment"]
        assert found["python"].startswith("cpython 3.")
        assert found["packages"]["pytest"]
        assert found["locks"]["uv.lock"].startswith("sha256:")
        assert found["cpu"].endswith("cores")
        assert found["seeds"] == ["PYTHONHASHSEED = 0", "params.yaml: train.seed = 7"]

    def test_what_differs_is_in_the_report(self, machine: Machine) -> None:
        configured(machine, "", **{"metrics.json": auc(0.5), ".gitignore": ".mlgate\n"})
        machine.work.commit("x")
        base = machine.path / ".mlgate/evidence.json"
        trained(machine, PATH=_with_python())
        machine.report("--post", "never")
        kept = json.loads(base.read_text())
        packages = kept["models"][0]["training"]["environment"]["packages"]
        packages["pytest"] = "1.0"
        kept["models"][0]["training"]["seconds"] = 1000.0
        machine.work.store(machine.work.head(), json.dumps(kept).encode())
        machine.work.commit("y", other="1")
        trained(machine, PATH=_with_python())
        machine.report("--post", "never", "--base", "HEAD~1")
        comment = machine.written("report.md")
        assert "| pytest | 1.0 |" in comment
        assert "−100" in comment


def _with_python() -> str:
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


READS = """\
import os, socket, subprocess, sys
open("data/known.csv").read()
open("model.bin", "w").write("x"); open("model.bin").read()
open("scratch.txt", "w").write("x"); open("scratch.txt").read()
import json, decimal
for path in sys.argv[1:]:
    subprocess.run([sys.executable, "-c", f"open({path!r}).read()"], check=True)
"""


class TestUndeclared:
    @pytest.fixture
    def project(self, machine: Machine) -> Machine:
        more = "  inputs: [train.py, data/known.csv]\n  outputs: [model.bin]\n"
        files = {"data/known.csv": "1", "data/other.csv": "2"}
        return configured(machine, READS, more, **files)

    def test_nothing(self, project: Machine) -> None:
        trained(project)
        assert checks(project)["training.inputs"]["outcome"] == "pass"
        assert checks(project)["training.network"]["outcome"] == "pass"

    def test_a_file_that_a_child_reads(self, project: Machine) -> None:
        trained(project, "--", sys.executable, "train.py", "data/other.csv")
        found = checks(project)["training.inputs"]
        assert found["outcome"] == "warn"
        assert found["message"] == "Read, and no declared input: data/other.csv."

    def test_a_file_outside_of_the_workspace(self, project: Machine) -> None:
        place = project.path.parent / "elsewhere.csv"
        place.write_text("x")
        trained(project, "--", sys.executable, "train.py", str(place))
        assert str(place) in checks(project)["training.inputs"]["message"]

    def test_a_host(self, project: Machine) -> None:
        ask = "try: socket.getaddrinfo('data.example.invalid', 80)\nexcept OSError: pass\n"
        near = "try: socket.create_connection(('127.0.0.1', 9), 1)\nexcept OSError: pass\n"
        project.work.put({"train.py": READS + ask + near})
        trained(project)
        assert checks(project)["training.network"]["message"] == (
            "Asked over the network: data.example.invalid."
        )

    def test_it_may_fail_the_gate(self, project: Machine) -> None:
        config = (project.path / "mlgate.yml").read_text() + "  undeclared: error\n"
        project.work.put({"mlgate.yml": config, "metrics.json": auc(0.5)})
        command = config.replace("train.py\n", "train.py data/other.csv\n", 1)
        project.work.put({"mlgate.yml": command})
        trained(project)
        ran = project.report("--post", "never", "--format", "text")
        assert ran.exit_code == 1
        assert "data/other.csv" in ran.stdout

    def test_it_is_known_of_a_known_training(self, project: Machine) -> None:
        args = ("--", sys.executable, "train.py", "data/other.csv")
        trained(project, *args)
        ran = trained(project, *args)
        assert "restored" in ran.stderr
        assert checks(project)["training.inputs"]["outcome"] == "warn"

    def test_off(self, project: Machine) -> None:
        config = (project.path / "mlgate.yml").read_text() + "  undeclared: off\n"
        project.work.put({"mlgate.yml": config.replace("train.py", "train.py data/other.csv", 1)})
        trained(project)
        assert "checks" not in training(project)

    def test_no_python_is_said_and_no_pass(self, machine: Machine) -> None:
        machine.work.put(
            {"mlgate.yml": "train: {command: 'true', inputs: [uv.lock]}", "uv.lock": "1"}
        )
        trained(machine)
        assert checks(machine)["training.inputs"]["outcome"] == "skipped"

    def test_the_users_own_sitecustomize_still_runs(self, project: Machine) -> None:
        folder = project.path.parent / "site"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text("print('mine')\n")
        assert "mine\n" in trained(project, PYTHONPATH=str(folder)).stdout


AGAIN = """\
import json, os, sys
count = len(os.listdir("../count")) if os.path.isdir("../count") else 0
os.makedirs(f"../count/{count}")
open("model.bin", "w").write(MODEL)
json.dump({"auc": AUC}, open("metrics.json", "w"))
with open("predictions.csv", "w") as file:
    file.write("id,label,predicted\\n")
    for row in range(100):
        file.write(f"{row},{row % 2},{PREDICTED}\\n")
"""


class TestReproducible:
    def project(self, machine: Machine, *, more: str = "", **values: str) -> Machine:
        script = AGAIN
        for name, text in {"MODEL": "'m'", "AUC": "0.5", "PREDICTED": "row % 2", **values}.items():
            script = script.replace(name, text)
        config = "  inputs: [train.py]\n  outputs: [model.bin]\n  undeclared: off\n"
        predictions = (
            "predictions: {file: predictions.csv, id: id, label: label, prediction: predicted}\n"
        )
        reproduce = "" if "reproduce" in more else "  reproduce: true\n"
        return configured(machine, script, config + reproduce + more + predictions)

    def runs(self, machine: Machine) -> int:
        return len(list((machine.path.parent / "count").iterdir()))

    def test_identical(self, machine: Machine) -> None:
        trained(self.project(machine))
        assert self.runs(machine) == 2
        found = checks(machine)["training.reproducible"]
        assert found["outcome"] == "pass"
        assert found["message"] == "Identical: 3 outputs, byte for byte."

    def test_other_bytes_and_the_same_metrics(self, machine: Machine) -> None:
        trained(self.project(machine, MODEL="str(count)"))
        found = checks(machine)["training.reproducible"]
        assert found["outcome"] == "pass"
        assert found["message"] == (
            "Trained twice: other bytes in model.bin; 1 metric within 1e-06."
        )
        assert (machine.path / "model.bin").read_text() == "0", "the first is the candidate"

    def test_other_metrics(self, machine: Machine) -> None:
        trained(self.project(machine, AUC="0.5 + count / 100"))
        found = checks(machine)["training.reproducible"]
        assert found["outcome"] == "fail"
        assert "other metrics: auc 0.5 then 0.51" in found["message"]
        assert json.loads((machine.path / "metrics.json").read_text()) == {"auc": 0.5}
        ran = machine.report("--post", "never", "--format", "text")
        assert ran.exit_code == 1

    def test_within_a_tolerance(self, machine: Machine) -> None:
        trained(self.project(machine, AUC="0.5 + count / 100", more="  tolerance: 0.05\n"))
        assert checks(machine)["training.reproducible"]["outcome"] == "pass"

    def test_predictions_that_disagree(self, machine: Machine) -> None:
        other = "(row + (count and row < 3)) % 2"
        trained(self.project(machine, PREDICTED=other))
        found = checks(machine)["training.reproducible"]
        assert found["outcome"] == "fail"
        assert "97.00% of 100 predictions agree" in found["message"]

    def test_a_second_training_that_fails(self, machine: Machine) -> None:
        trained(self.project(machine, MODEL="'m' if count == 0 else sys.exit(5)"))
        assert checks(machine)["training.reproducible"]["outcome"] == "error"
        assert (machine.path / "model.bin").read_text() == "m"

    def test_weekly(self, machine: Machine, github: GitHubStandIn) -> None:
        self.project(machine, more="  reproduce: weekly\n")
        trained(machine)
        assert self.runs(machine) == 2
        machine.work.put({"train.py": (machine.path / "train.py").read_text() + "\n"})
        trained(machine)
        assert self.runs(machine) == 3
        assert "Tested weekly, last on" in checks(machine)["training.reproducible"]["message"]
        machine.work.commit("x")
        machine.work.put({"train.py": (machine.path / "train.py").read_text() + "\n"})
        job = event(machine.work, github, "schedule")
        assert job.run("train").exit_code == 0
        assert self.runs(machine) == 5

    def test_what_is_known_is_tested_again_when_it_is_due(
        self, machine: Machine, github: GitHubStandIn
    ) -> None:
        self.project(machine, more="  reproduce: weekly\n", MODEL="str(count)")
        trained(machine)
        machine.work.commit("x")
        trained(machine)
        assert self.runs(machine) == 2, "known, and tested today"
        job = event(machine.work, github, "schedule")
        assert job.run("train").exit_code == 0
        assert self.runs(machine) == 3
        found = training(machine)
        assert found["training"]["cached"]
        (check,) = (c for c in found["checks"] if c["id"] == "training.reproducible")
        assert "other bytes in model.bin" in check["message"]
        assert (machine.path / "model.bin").read_text() == "0"

    @pytest.mark.parametrize("day", ["2026-02-31", "0000-00-00"])
    def test_a_day_that_is_none_is_no_day(self, machine: Machine, day: str) -> None:
        trained(self.project(machine, more="  reproduce: weekly\n"))
        (entry,) = (machine.path / ".mlgate/trained").glob("*/entry.json")
        kept = json.loads(entry.read_text())
        entry.write_text(json.dumps({**kept, "reproduced": day}))
        trained(machine)
        assert self.runs(machine) == 3

    def test_weekly_after_a_week(self, machine: Machine) -> None:
        trained(self.project(machine, more="  reproduce: weekly\n"))
        (entry,) = (machine.path / ".mlgate/trained").glob("*/entry.json")
        kept = json.loads(entry.read_text())
        kept["reproduced"] = "2020-01-01"
        entry.write_text(json.dumps(kept))
        machine.work.put({"train.py": (machine.path / "train.py").read_text() + "\n"})
        trained(machine)
        assert self.runs(machine) == 4
