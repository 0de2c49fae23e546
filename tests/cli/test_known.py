"""Trainings that are known: restored, said why not, ignored when torn, resumed when stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.machine import Machine, Ran

CONFIG = """\
train:
  command: |
    echo run >> runs
    cat data/*.csv params.yaml > model.bin
    echo '{"auc": 0.9}' > metrics.json
  inputs: [data, "src/**/*.py"]
  outputs: [model.bin]
"""


@pytest.fixture
def project(machine: Machine) -> Machine:
    machine.work.put(
        {
            "mlgate.yml": CONFIG,
            "data/a.csv": "1\n",
            "data/b.csv": "2\n",
            "src/pkg/train.py": "x = 1\n",
            "params.yaml": "seed: 1\n",
            "requirements.txt": "scikit-learn==1.7\n",
        }
    )
    return machine


def training(machine: Machine) -> dict[str, Any]:
    path = machine.path / ".mlgate/evidence/model/training.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["models"][0]
    return found


def runs(machine: Machine) -> int:
    return len((machine.path / "runs").read_text().splitlines())


def trained(machine: Machine, *args: str, **env: str) -> Ran:
    ran = machine.run("train", *args, **env)
    assert ran.exit_code == 0, ran.output
    return ran


def entry(machine: Machine) -> Path:
    (found,) = (machine.path / ".mlgate/trained").glob("*/entry.json")
    return found.parent


class TestHit:
    def test_outputs_and_costs_come_back(self, project: Machine) -> None:
        trained(project)
        first = training(project)
        for name in ("model.bin", "metrics.json"):
            (project.path / name).unlink()
        ran = trained(project)
        assert runs(project) == 1
        assert (project.path / "model.bin").read_text() == "1\n2\nseed: 1\n"
        assert json.loads((project.path / "metrics.json").read_text()) == {"auc": 0.9}
        assert "restored 2 outputs" in ran.stderr
        again = training(project)
        assert again["metrics"] == first["metrics"]
        assert again["training"] == {**first["training"], "cached": True}

    def test_what_is_there_is_not_written_again(self, project: Machine) -> None:
        trained(project)
        before = (project.path / "model.bin").stat()
        trained(project)
        after = (project.path / "model.bin").stat()
        assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)

    def test_a_changed_output_is_put_right(self, project: Machine) -> None:
        trained(project)
        (project.path / "model.bin").write_text("another")
        (project.path / "metrics.json").write_text('{"auc": 1.0}')
        trained(project)
        assert (project.path / "model.bin").read_text() == "1\n2\nseed: 1\n"
        assert json.loads((project.path / "metrics.json").read_text()) == {"auc": 0.9}

    def test_force(self, project: Machine) -> None:
        trained(project)
        trained(project, "--force")
        assert runs(project) == 2

    def test_from_another_folder_of_another_checkout(self, project: Machine) -> None:
        trained(project, "--cache", "kept")
        shutil.rmtree(project.path / ".mlgate")
        (project.path / "model.bin").unlink()
        trained(project, "--cache", "kept")
        assert runs(project) == 1
        assert (project.path / "model.bin").exists()

    def test_an_executable_output_stays_one(self, project: Machine) -> None:
        config = CONFIG.replace("echo '{", "chmod +x model.bin; echo '{")
        project.work.put({"mlgate.yml": config})
        trained(project)
        (project.path / "model.bin").unlink()
        trained(project)
        assert os.access(project.path / "model.bin", os.X_OK)


class TestMiss:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"data/a.csv": "3\n"}, "data/a.csv changed"),
            ({"data/c.csv": "3\n"}, "data/c.csv is new"),
            ({"src/pkg/train.py": "x = 2\n"}, "src/pkg/train.py changed"),
            ({"params.yaml": "seed: 2\n"}, "params.yaml changed"),
            ({"requirements.txt": "scikit-learn==1.8\n"}, "requirements.txt changed"),
            ({"mlgate.yml": CONFIG.replace("0.9", "0.8")}, "the command changed"),
        ],
    )
    def test_it_says_what_changed(
        self, project: Machine, change: dict[str, str], said: str
    ) -> None:
        trained(project)
        project.work.put(change)
        ran = trained(project)
        assert runs(project) == 2
        assert f"training: {said}\n" in ran.stderr
        assert training(project)["training"]["changed"] == [said]
        assert "cached" not in training(project)["training"]

    def test_what_is_no_input_changes_nothing(self, project: Machine) -> None:
        trained(project)
        project.work.put({"README.md": "new", "src/pkg/notes.txt": "new"})
        trained(project)
        assert runs(project) == 1

    def test_left_out_with_a_mark(self, project: Machine) -> None:
        config = CONFIG.replace("[data,", "[data, '!data/b.csv',")
        project.work.put({"mlgate.yml": config})
        trained(project)
        project.work.put({"data/b.csv": "9"})
        trained(project)
        assert runs(project) == 1

    def test_variables_count_where_they_are_named(self, project: Machine) -> None:
        project.work.put({"mlgate.yml": f"{CONFIG}  variables: [SEED]\n"})
        trained(project, SEED="1", OTHER="1")
        trained(project, SEED="1", OTHER="2")
        assert runs(project) == 1
        ran = trained(project, SEED="2")
        assert "the variable SEED changed" in ran.stderr
        secret = "hunter2-hunter2"  # noqa: S105
        trained(project, SEED=secret)
        found = [p.read_bytes() for p in (project.path / ".mlgate").rglob("*") if p.is_file()]
        assert not any(secret.encode() in raw for raw in found)

    def test_without_a_lock_the_packages_count(self, project: Machine) -> None:
        (project.path / "requirements.txt").unlink()
        key = project.run("train", "--show-key").stdout
        site = project.path / "site/other-1.0.dist-info"
        site.mkdir(parents=True)
        (site / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
        assert key == project.run("train", "--show-key").stdout
        assert key != project.run("train", "--show-key", PYTHONPATH=str(site.parent)).stdout

    def test_it_has_a_key_before_it_has_run(self, project: Machine) -> None:
        key = project.run("train", "--show-key").stdout.strip()
        trained(project)
        assert entry(project).name == key == training(project)["training"]["key"]


class TestTorn:
    def test_bytes(self, project: Machine) -> None:
        trained(project)
        stored = entry(project) / "files/1"
        stored.write_bytes(stored.read_bytes()[:-1] + b"x")
        (project.path / "model.bin").unlink()
        ran = trained(project)
        assert "model.bin is damaged" in ran.stderr
        assert runs(project) == 2
        assert not list(project.path.glob(".mlgate-*"))
        (project.path / "model.bin").unlink()
        trained(project)
        assert runs(project) == 2, "the torn entry was replaced by a whole one"

    @pytest.mark.parametrize("name", ["entry.json", "files/1"])
    def test_a_lost_file(self, project: Machine, name: str) -> None:
        trained(project)
        (entry(project) / name).unlink()
        (project.path / "model.bin").unlink()
        ran = trained(project)
        assert "ignored the known training" in ran.stderr
        assert runs(project) == 2

    @pytest.mark.parametrize("change", ["parts", "outputs", "ended"])
    def test_a_whole_entry_of_another_training(self, project: Machine, change: str) -> None:
        trained(project)
        file = entry(project) / "entry.json"
        found = json.loads(file.read_text())
        if change == "parts":
            found["parts"]["command"] = "0"
        elif change == "outputs":
            found["outputs"] = found["outputs"][:1]
        else:
            found["training"]["ended"] = "stopped"
        file.write_text(json.dumps(found))
        ran = trained(project)
        assert "it is another's" in ran.stderr
        assert runs(project) == 2

    @pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"schema": "other"}', b"\x00" * 100])
    def test_no_entry_at_all(self, project: Machine, raw: bytes) -> None:
        trained(project)
        (entry(project) / "entry.json").write_bytes(raw)
        ran = trained(project)
        assert "ignored the known training" in ran.stderr
        assert runs(project) == 2

    @pytest.mark.parametrize("path", ["../../evil", "/tmp/evil", "src/pkg/train.py", ".git/hooks"])  # noqa: S108
    def test_a_hostile_entry_writes_nothing(self, project: Machine, path: str) -> None:
        trained(project)
        file = entry(project) / "entry.json"
        found = json.loads(file.read_text())
        found["outputs"].append({**found["outputs"][1], "path": path})
        file.write_text(json.dumps(found))
        (project.path / "model.bin").unlink()
        ran = trained(project)
        assert "is no output of this training" in ran.stderr
        assert (project.path / "src/pkg/train.py").read_text() == "x = 1\n"
        assert not (project.path.parent / "evil").exists()

    def test_a_link_in_the_way_leads_nowhere(self, project: Machine, tmp_path: Path) -> None:
        config = CONFIG.replace("model.bin", "out/model.bin").replace(
            "echo run", "mkdir -p out; echo run"
        )
        project.work.put({"mlgate.yml": config})
        trained(project)
        shutil.rmtree(project.path / "out")
        outside = tmp_path / "outside"
        outside.mkdir()
        (project.path / "out").symlink_to(outside)
        ran = project.run("train")
        assert "outside the workspace" in ran.stderr
        assert ran.exit_code == 3
        assert "leads outside the workspace" in training(project)["sources"][0]["problem"]


class TestOutputs:
    def test_one_that_is_missing_is_no_training(self, project: Machine) -> None:
        project.work.put({"mlgate.yml": CONFIG.replace("outputs: [", "outputs: [report.txt, ")})
        ran = project.run("train")
        assert ran.exit_code == 3
        assert "no file is named 'report.txt'" in ran.stderr
        assert training(project)["training"]["ended"] == "failed"
        assert not list((project.path / ".mlgate").glob("trained/*"))
        report = project.report("--post", "never")
        assert report.exit_code == 3
        assert "report.txt" in report.output

    def test_a_link_that_leads_outside(self, project: Machine, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("s")
        config = CONFIG.replace("echo run", f"ln -sf {tmp_path}/secret model.bin; echo run", 1)
        project.work.put({"mlgate.yml": config.replace("> model.bin", "> other")})
        ran = project.run("train")
        assert ran.exit_code == 3
        assert "leads outside the workspace" in ran.stderr

    def test_one_that_was_there_before_is_said(self, project: Machine) -> None:
        config = CONFIG.replace("outputs: [", "outputs: [old.bin, ")
        project.work.put({"mlgate.yml": config, "old.bin": "of before"})
        ran = trained(project)
        assert "training did not write old.bin" in ran.stderr
        assert "old.bin" in training(project)["notes"][0]

    def test_inputs_that_change_are_not_remembered(self, project: Machine) -> None:
        config = CONFIG.replace("echo run", "echo 9 >> data/a.csv; echo run", 1)
        project.work.put({"mlgate.yml": config})
        ran = trained(project)
        assert "data/a.csv changed while training ran" in ran.stderr
        assert not list((project.path / ".mlgate").glob("trained/*/entry.json"))
        report = project.report("--post", "never", "--format", "markdown")
        assert "changed while training ran" in report.stdout

    def test_inputs_that_are_not_there(self, project: Machine) -> None:
        project.work.put({"mlgate.yml": CONFIG.replace("[data,", "[dat,")})
        ran = project.run("train")
        assert ran.exit_code == 2
        assert "no file is named 'dat'" in ran.stderr
        assert "dvc pull" in ran.stderr
        assert "no file is named 'dat'" in training(project)["sources"][0]["problem"]
        report = project.report("--post", "never")
        assert report.exit_code == 3, "metric files from before are not of this revision"

    def test_asking_for_the_key_leaves_a_trace_of_failure_only(self, project: Machine) -> None:
        assert project.run("train", "--show-key").exit_code == 0
        assert not (project.path / ".mlgate").exists()
        project.work.put({"mlgate.yml": CONFIG.replace("[data,", "[dat,")})
        assert project.run("train", "--show-key").exit_code == 2
        assert training(project)["training"]["ended"] == "failed"

    def test_a_failed_training_is_not_known(self, project: Machine) -> None:
        project.work.put(
            {"mlgate.yml": CONFIG.replace("echo run", "echo run >> runs; exit 4; echo", 1)}
        )
        assert project.run("train").exit_code == 4
        assert project.run("train").exit_code == 4
        assert runs(project) == 2

    def test_a_full_disk_loses_the_memory_only(self, project: Machine) -> None:
        (project.path / "full").write_text("a file where a folder would be")
        ran = trained(project, "--cache", "full")
        assert "this training is not remembered" in ran.stderr
        assert training(project)["training"]["ended"] == "finished"

    def test_old_ones_are_dropped(self, project: Machine) -> None:
        for number in range(4):
            project.work.put({"data/a.csv": f"{number}\n"})
            trained(project, "--keep", "1")
        assert len(list((project.path / ".mlgate/trained").glob("*/entry.json"))) == 2

    @pytest.mark.parametrize("key", ["outputs", "checkpoint", "variables"])
    def test_what_needs_inputs(self, machine: Machine, key: str) -> None:
        machine.work.put({"mlgate.yml": f"train: {{command: 'true', {key}: [x]}}\n"})
        ran = machine.run("train")
        assert ran.exit_code == 2
        assert "needs `inputs`" in ran.stderr


CHECKPOINTED = """\
import os, signal, sys, time
state = int(open("state").read()) if os.environ.get("MLGATE_RESUME") else 0
print("from", state, flush=True)
def save(*_):
    open("state", "w").write(str(state))
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
while state < 20:
    state += 1
    print("epoch", state, flush=True)
    time.sleep(0.01 if os.path.exists("fast") else 0.5)
open("model.bin", "w").write(str(state))
"""


class TestCheckpoint:
    @pytest.fixture
    def slow(self, machine: Machine) -> Machine:
        config = (
            f"train:\n  command: {sys.executable} train.py\n  inputs: [train.py]\n"
            "  outputs: [model.bin]\n  checkpoint: [state]\n"
        )
        machine.work.put({"mlgate.yml": config, "train.py": CHECKPOINTED, "uv.lock": "1"})
        return machine

    def test_a_stopped_training_goes_on(self, slow: Machine) -> None:
        process = slow.start("train")
        assert process.stdout is not None
        for line in process.stdout:
            if line == "epoch 3\n":
                process.send_signal(signal.SIGTERM)
                break
        _, err = process.communicate(timeout=30)
        assert process.returncode == 143, err
        assert "kept the checkpoint (state)" in err
        stopped = training(slow)["training"]["seconds"]
        (slow.path / "state").unlink()
        (slow.path / "fast").touch()
        ran = trained(slow)
        assert ran.stdout.startswith("from 3\n")
        assert "resuming from the checkpoint" in ran.stderr
        found = training(slow)["training"]
        assert found["resumed"]
        assert found["seconds"] > stopped
        (slow.path / "model.bin").unlink()
        assert "restored 1 output" in trained(slow).stderr
        assert not list((slow.path / ".mlgate/trained").glob("*-checkpoint"))

    def test_changed_inputs_start_anew(self, slow: Machine) -> None:
        ran = slow.run("train", "--timeout", "2s")
        assert ran.exit_code == 124
        (slow.path / "fast").touch()
        slow.work.put({"train.py": f"{CHECKPOINTED}\n"})
        assert trained(slow).stdout.startswith("from 0\n")

    def test_none_was_saved(self, slow: Machine) -> None:
        slow.work.put({"train.py": "import time; time.sleep(60)"})
        ran = slow.run("train", "--timeout", "1s")
        assert "left no checkpoint" in ran.stderr


def test_ten_thousand_inputs_are_quick(machine: Machine) -> None:
    """Not timed here; it shows that as many files are taken, and one change among them is seen."""
    files = {f"data/{n // 100}/{n}.txt": f"{n}\n" for n in range(10_000)}
    for path, text in files.items():
        place = machine.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    machine.work.put({"mlgate.yml": "train: {command: 'echo run >> runs', inputs: [data]}\n"})
    trained(machine)
    trained(machine)
    assert runs(machine) == 1
    (machine.path / "data/55/5555.txt").write_text("other")
    assert "training: data/55/5555.txt changed\n" in trained(machine).stderr


def test_two_at_once_leave_a_whole_entry(project: Machine) -> None:
    both = [project.start("train", "--cache", "kept") for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    (project.path / "model.bin").unlink()
    assert "restored" in trained(project, "--cache", "kept").stderr
