"""Training elsewhere by commands of the user's: a place made of folders and background shells."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.machine import Machine, Ran

SUBMIT = """\
#!/bin/sh
# Starts a job of its own in its own copy of the inputs, as a cluster would.
id="job-$(ls "$PLACE" | wc -l)"
mkdir -p "$PLACE/$id/work"
cp train.py "$PLACE/$id/work/"
cd "$PLACE/$id/work"
(setsid sh -c "$MLGATE_COMMAND"' > ../log 2>&1; echo $? > ../code' & echo $! > ../pid)
echo "submitted $MLGATE_SUBMISSION" >&2
echo "$id"
"""
STATUS = """\
#!/bin/sh
cd "$PLACE/$MLGATE_JOB" || exit 9
if [ -f cancelled ]; then echo CANCELLED; exit; fi
code="$(cat code 2>/dev/null)"  # read once: it may be written at this moment
if [ "$code" = 0 ]; then echo COMPLETED; exit; fi
if [ "$code" ]; then echo "FAILED $code"; exit; fi
echo "asking"
echo RUNNING
"""
TRAIN = """\
import json, os, sys, time
print("epoch 1", flush=True)
while os.environ.get("GATE") and not os.path.exists(os.environ["GATE"]): time.sleep(0.05)
open("model.bin", "w").write("trained")
json.dump({"auc": 0.9}, open("metrics.json", "w"))
print("done", flush=True)
"""


class Place:
    def __init__(self, machine: Machine, root: Path) -> None:
        self.machine = machine
        self.root = root
        self.environ = {"PLACE": str(root), "GATE": ""}

    def configure(self, script: str = TRAIN, **remote: str) -> None:
        commands = {
            "submit": "sh submit.sh",
            "status": "sh status.sh",
            "fetch": "cp $PLACE/$MLGATE_JOB/work/model.bin $PLACE/$MLGATE_JOB/work/metrics.json .",
            "logs": "cat $PLACE/$MLGATE_JOB/log",
            "cancel": "cd $PLACE/$MLGATE_JOB; touch cancelled; kill -- -$(cat pid)",
            **remote,
        }
        train = {
            "command": f"{sys.executable} train.py",
            "executor": "command",
            "inputs": ["train.py"],
            "outputs": ["model.bin"],
            "poll": "0.1 s",
            "grace": "5 s",
            "remote": {name: text for name, text in commands.items() if text},
        }
        self.machine.work.put(
            {
                "mlgate.yml": json.dumps({"train": train}),
                "train.py": script,
                "submit.sh": SUBMIT,
                "status.sh": STATUS,
                "uv.lock": "1",
            }
        )

    def run(self, *args: str) -> Ran:
        return self.machine.run("train", *args, **self.environ)

    @property
    def jobs(self) -> list[str]:
        return sorted(path.name for path in self.root.iterdir())

    @property
    def evidence(self) -> dict[str, Any]:
        path = self.machine.path / ".mlgate/evidence/model/training.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["models"][0]
        return found


@pytest.fixture
def place(machine: Machine, tmp_path: Path) -> Place:
    root = tmp_path / "place"
    root.mkdir()
    made = Place(machine, root)
    made.configure()
    return made


def test_log_outputs_and_evidence_come_back(place: Place) -> None:
    ran = place.run()
    assert ran.exit_code == 0, ran.output
    assert ran.stdout == "epoch 1\ndone\n"
    assert (place.machine.path / "model.bin").read_text() == "trained"
    assert place.evidence["training"]["executor"] == "command"
    assert place.evidence["training"]["seconds"] > 0
    again = place.run()
    assert "restored 2 outputs" in again.stderr
    assert place.jobs == ["job-0"]


def test_a_job_that_fails(place: Place) -> None:
    place.configure("import sys; print('no data'); sys.exit(7)")
    ran = place.run()
    assert ran.exit_code == 7
    assert ran.stdout == "no data\n"
    assert place.evidence["training"]["ended"] == "failed"
    place.run()
    assert place.jobs == ["job-0", "job-1"], "what failed is tried anew"


def test_a_client_that_dies_goes_on_with_its_job(place: Place, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    place.environ["GATE"] = str(gate)
    machine = place.machine
    os.environ.update(place.environ)
    try:
        process = machine.start("train")
    finally:
        for name in place.environ:
            del os.environ[name]
    assert process.stdout is not None
    assert process.stdout.readline() == "epoch 1\n"
    process.kill()
    process.communicate(timeout=30)
    gate.touch()
    ran = place.run()
    assert ran.exit_code == 0, ran.output
    assert ran.stdout == "epoch 1\ndone\n"
    assert place.jobs == ["job-0"]


def test_a_limit_cancels(place: Place) -> None:
    place.environ["GATE"] = "/nowhere"
    ran = place.run("--timeout", "1s")
    assert ran.exit_code == 124, ran.output
    assert (place.root / "job-0/cancelled").exists()
    assert place.evidence["training"]["ended"] == "timed out"


def test_a_stopped_job_cancels(place: Place) -> None:
    place.environ["GATE"] = "/nowhere"
    os.environ.update(place.environ)
    try:
        process = place.machine.start("train")
    finally:
        for name in place.environ:
            del os.environ[name]
    assert process.stdout is not None
    assert process.stdout.readline() == "epoch 1\n"
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 143, err
    assert (place.root / "job-0/cancelled").exists()


def test_no_way_to_cancel_is_said(place: Place) -> None:
    place.configure(cancel="")
    place.environ["GATE"] = str(place.root.parent / "gate")
    ran = place.run("--timeout", "1s")
    assert ran.exit_code == 124
    assert "there is no way to cancel job-0; it goes on" in ran.stderr
    (place.root.parent / "gate").touch()


def test_a_loss_that_is_none_cancels(place: Place) -> None:
    place.configure(
        'import time\nprint(\'{"metric": "loss", "value": NaN}\', flush=True)\ntime.sleep(60)'
    )
    config = json.loads((place.machine.path / "mlgate.yml").read_text())
    config["train"]["stop-on-nan"] = True
    place.machine.work.put({"mlgate.yml": json.dumps(config)})
    start = time.monotonic()
    ran = place.run()
    assert ran.exit_code == 3
    assert time.monotonic() - start < 30
    assert "loss is NaN" in place.evidence["sources"][0]["problem"]


@pytest.mark.parametrize(
    ("verb", "command", "said"),
    [
        ("submit", "echo no quota >&2; exit 4", "submit: ended with exit 4: no quota"),
        ("submit", "true", "submit: printed no name of the job"),
        ("fetch", "echo 404 >&2; exit 1", "fetch: ended with exit 1: 404"),
        ("fetch", "true", "no file is named 'model.bin'"),
    ],
)
def test_commands_that_do_not_do_it(place: Place, verb: str, command: str, said: str) -> None:
    place.configure(**{verb: command})
    ran = place.run()
    assert ran.exit_code == 3
    assert said in place.evidence["sources"][0]["problem"]


def test_what_a_place_says_is_no_command_for_the_runner(place: Place) -> None:
    place.configure(fetch="printf '::error::mine ##[group]' >&2; exit 1")
    ran = place.run()
    assert ran.exit_code == 3
    assert "::error::mine" in ran.stderr
    assert not any(line.lstrip().startswith("::") for line in ran.stderr.splitlines())
    assert "##[" not in ran.stderr


def test_a_state_that_is_none(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlgate.train.remote.drive._PATIENCE", 0.5)
    place.configure(status="echo who knows")
    ran = place.run()
    assert ran.exit_code == 3
    assert "status: 'who knows' is no state" in place.evidence["sources"][0]["problem"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{command: x, executor: command, inputs: [a]}", "needs `remote:"),
        ("{command: x, executor: ray}", "needs `inputs`"),
        ("{command: x, executor: ray, inputs: [a], checkpoint: [b]}", "is of `executor: local`"),
        ("{command: x, executor: slurm, inputs: [a]}", "slurm"),
    ],
)
def test_configurations_that_lack_something(machine: Machine, config: str, said: str) -> None:
    machine.work.put({"mlgate.yml": f"train: {config}\n", "a": "1"})
    ran = machine.run("train")
    assert ran.exit_code == 2
    assert said in ran.stderr
