"""``mlgate train``: real processes that end well, fail, hang, leave children and flood the log."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from cli.machine import Machine, auc, pull_request

if TYPE_CHECKING:
    from pathlib import Path

    from cli.machine import Ran
    from fakes.github import GitHubStandIn


def training(machine: Machine, model: str = "model") -> dict[str, Any]:
    path = machine.path / ".mlgate/evidence" / model / "training.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["models"][0]["training"]
    return found


def python(code: str) -> tuple[str, ...]:
    return ("--", sys.executable, "-c", code)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)  # noqa: PLW1510
    return stat.stdout.strip()[:1] not in {"", "Z"}


def gone(path: Path) -> bool:
    """Whether the process whose number is in the file ends within some seconds."""
    pid = int(path.read_text())
    end = time.monotonic() + 10
    while alive(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class TestRun:
    def test_output_and_costs(self, machine: Machine) -> None:
        code = "import sys; b = bytearray(150_000_000); print('out'); print('err', file=sys.stderr)"
        process = machine.start("train", *python(code))  # a large parent would count as memory
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert out == "out\n"
        assert err.startswith("err\n")
        found = training(machine)
        assert found["ended"] == "finished"
        assert 150_000_000 < found["peak_memory"] < 250_000_000
        assert found["cpu_seconds"] > 0
        assert found["seconds"] < 30
        assert found["output"] == 8

    def test_children_count(self, machine: Machine) -> None:
        burn = "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass"
        code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"
        machine.run("train", *python(code))
        assert training(machine)["cpu_seconds"] > 0.5

    @pytest.mark.parametrize(
        ("command", "code", "name"),
        [
            (("--", "exit 3"), 3, ""),
            (("--", "exit 200"), 200, ""),
            (("--", "false\necho on"), 1, ""),
            (("--", "false | cat"), 1, ""),
            (("--", "kill -9 $$"), 137, "SIGKILL"),
            (("--", "kill -SEGV $$"), 139, "SIGSEGV"),
            (("--", "no-such-command-here"), 127, ""),
            (("--", "no-such-command-here", "x"), 127, ""),
            (("--", "/etc/passwd", "x"), 126, ""),
        ],
    )
    def test_how_it_ends(
        self, machine: Machine, command: tuple[str, ...], code: int, name: str
    ) -> None:
        ran = machine.run("train", *command)
        assert ran.exit_code == code, ran.output
        found = training(machine)
        assert (found["ended"], found["exit_code"]) == ("failed", code)
        assert found.get("signal", "") == name
        assert f"training failed with exit {code}" in ran.stderr

    def test_a_quiet_failure_is_said(self, machine: Machine) -> None:
        ran = machine.run("--quiet", "train", "--", "exit 3")
        assert ran.stderr.startswith("training failed with exit 3")

    def test_garbage_and_a_flood_arrive_whole(self, machine: Machine) -> None:
        code = "import os, sys; sys.stdout.buffer.write(bytes(range(256)) * 400_000)"
        done = subprocess.run(
            [sys.executable, "-m", "mlgate", "train", *python(code)],
            cwd=machine.path,
            capture_output=True,
            check=True,
            timeout=120,
        )
        wanted = hashlib.sha256(bytes(range(256)) * 400_000).hexdigest()
        assert hashlib.sha256(done.stdout).hexdigest() == wanted
        assert training(machine)["output"] == 102_400_000

    def test_nothing_is_read_from_the_terminal(self, machine: Machine) -> None:
        assert machine.run(
            "train", *python("import sys; print(repr(sys.stdin.read()))")
        ).stdout == ("''\n")


class TestLimits:
    def test_a_limit_gives_time_to_save(self, machine: Machine) -> None:
        script = "trap 'echo saved > checkpoint; exit 0' TERM\necho go\nsleep 60 & wait"
        ran = machine.run("train", "--timeout", "1s", "--", script)
        assert ran.exit_code == 124, ran.output
        assert (machine.path / "checkpoint").read_text() == "saved\n"
        assert training(machine)["ended"] == "timed out"
        assert training(machine)["seconds"] < 10

    def test_who_does_not_stop_is_killed_with_its_children(self, machine: Machine) -> None:
        script = "trap '' TERM\nsleep 300 &\necho $! > child\nwait; wait; sleep 300"
        ran = machine.run("train", "--timeout", "1s", "--grace", "1s", "--", script)
        assert ran.exit_code == 124, ran.output
        assert training(machine)["signal"] == "SIGKILL"
        assert gone(machine.path / "child")

    def test_children_that_outlive_their_parent(self, machine: Machine) -> None:
        ran = machine.run("train", "--", "sleep 300 &\necho $! > child\necho done")
        assert ran.exit_code == 0, ran.output
        assert ran.stdout == "done\n"
        assert "left processes behind" in ran.stderr
        assert gone(machine.path / "child")

    @pytest.mark.parametrize("wait", ["0.001", "300"])
    def test_a_child_that_left_the_group(self, machine: Machine, wait: str) -> None:
        loop = f"echo $$ > child; while :; do echo y; sleep {wait}; done"
        process = machine.start("train", "--", f"setsid sh -c '{loop}' &\nsleep 0.5")
        try:
            out, err = process.communicate(timeout=60)
        finally:
            with contextlib.suppress(ProcessLookupError):  # it ends by itself where it writes
                os.kill(int((machine.path / "child").read_text()), signal.SIGKILL)
        assert process.returncode == 0, err
        assert out.startswith("y\n")
        assert "keeps the output open" in err

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
    def test_a_stopped_job_stops_its_training(
        self, machine: Machine, number: int, code: int
    ) -> None:
        script = "trap 'echo saved > checkpoint; exit 0' TERM\necho go\nsleep 60 & wait"
        process = machine.start("train", "--", script)
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
        assert process.returncode == code, err
        assert (machine.path / "checkpoint").read_text() == "saved\n"
        assert training(machine)["ended"] == "stopped"

    @pytest.mark.parametrize("given", ["", "0s", "-1s", "soon", "3 parsecs", "nan"])
    def test_no_time_span(self, machine: Machine, given: str) -> None:
        ran = machine.run("train", "--timeout", given, "--", "true")
        assert ran.exit_code == 2
        assert "2h 30m" in ran.stderr


class TestConfiguration:
    def test_the_command_of_the_configuration(self, machine: Machine) -> None:
        machine.work.put({"mlgate.yml": "train: {command: echo trained, timeout: 1 min}\n"})
        assert machine.run("train").stdout == "trained\n"

    def test_several_models_one_after_another(self, machine: Machine) -> None:
        one, other = ("{train: {command: 'echo " + name + "'}}" for name in "ab")
        machine.work.put({"mlgate.yml": f"models:\n  a: {one}\n  b: {other}\n"})
        assert machine.run("train").stdout == "a\nb\n"
        assert machine.run("train", "--model", "b").stdout == "b\n"
        assert machine.run("train", "--", "true").exit_code == 2
        assert training(machine, "a")["ended"] == training(machine, "b")["ended"] == "finished"

    def test_none(self, machine: Machine) -> None:
        ran = machine.run("train")
        assert ran.exit_code == 2
        assert "mlgate train -- python train.py" in ran.stderr

    def test_a_limit_that_is_none(self, machine: Machine) -> None:
        machine.work.put({"mlgate.yml": "train: {command: 'true', timeout: soon}\n"})
        ran = machine.run("train")
        assert ran.exit_code == 2
        assert "mlgate.yml:1" in ran.stderr


class TestReport:
    def trained(self, machine: Machine, command: str) -> Ran:
        machine.work.commit("measured", metrics__json=auc(0.9))
        return machine.run("train", "--", command)

    def test_costs_are_metrics_without_a_judgement(self, machine: Machine) -> None:
        self.trained(machine, "true")
        assert machine.report().exit_code == 0
        assert machine.judgement("training.seconds")["outcome"] == "unjudged"

    def test_a_rule_may_limit_them(self, machine: Machine) -> None:
        machine.work.put(
            {"mlgate.yml": "gate:\n  - {metric: training.peak-memory, max: 1000000}\n"}
        )
        self.trained(machine, "true")
        assert machine.report().exit_code == 1
        assert machine.judgement("training.peak-memory")["outcome"] == "fail"

    def test_failed_training_is_missing_evidence(self, machine: Machine) -> None:
        self.trained(machine, "exit 3")
        assert machine.report().exit_code == 3
        assert "training failed with exit 3 after" in machine.written("report.md")

    def test_a_command_that_was_given_may_hold_a_secret(self, machine: Machine) -> None:
        self.trained(machine, "SECRET=hunter2 false")
        assert machine.report().exit_code == 3
        for path in (machine.path / ".mlgate").rglob("*.*"):
            assert "hunter2" not in path.read_text(encoding="utf-8"), path

    def test_a_command_of_the_configuration_is_named(self, machine: Machine) -> None:
        config = """train: {command: "echo '<b>`'; exit 3"}"""
        machine.work.put({"mlgate.yml": f"{config}\n"})
        machine.work.commit("measured", metrics__json=auc(0.9))
        assert machine.run("train").exit_code == 3
        assert machine.report().exit_code == 3
        shown = "`echo '<b>''; exit 3`"  # one span of code, in which nothing is markup
        assert shown in machine.written("report.md")

    def test_killed_before_it_ended_is_missing_evidence(self, machine: Machine) -> None:
        machine.work.commit("measured", metrics__json=auc(0.9))
        process = machine.start("train", "--", "echo $$ > child; echo go; exec sleep 300")
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        process.kill()
        process.communicate(timeout=30)
        os.killpg(int((machine.path / "child").read_text()), signal.SIGKILL)
        assert machine.report().exit_code == 3
        assert "did not see it end" in machine.written("report.md")

    def test_of_another_commit_it_says_nothing(self, machine: Machine) -> None:
        self.trained(machine, "exit 3")
        machine.work.commit("again", metrics__json=auc(0.91))
        assert machine.report().exit_code == 0

    def test_it_goes_to_another_job(self, machine: Machine) -> None:
        self.trained(machine, "exit 3")
        ran = machine.report("--evidence", ".mlgate/evidence")
        assert ran.exit_code == 3
        assert "training failed" in ran.output

    def test_a_rise_against_the_baseline(self, machine: Machine) -> None:
        machine.work.put(
            {"mlgate.yml": 'gate:\n  - {metric: training.seconds, max-rise: "50 %"}\n'}
        )
        self.trained(machine, "sleep 0.2")
        machine.report()
        kept = json.loads(machine.written("evidence.json"))
        machine.work.store(kept["commit"], json.dumps(kept).encode())
        machine.work.switch("slower")
        machine.work.commit("slower", other__txt="x")
        machine.run("train", "--", "sleep 1")
        ran = machine.report()
        assert ran.exit_code == 1, ran.output
        assert machine.judgement("training.seconds")["outcome"] == "fail"

    def test_in_a_job_it_is_grouped_and_handed_over(
        self, machine: Machine, github: GitHubStandIn
    ) -> None:
        machine.work.commit("measured", metrics__json=auc(0.9))
        machine.work.switch("better")
        machine.work.commit("more", metrics__json=auc(0.91))
        job = pull_request(machine.work, github)
        ran = job.run("train", "--", "echo hi")
        assert ran.exit_code == 0, ran.output
        assert ran.stdout == "::group::echo hi\nhi\n\n::endgroup::\n"
        job.report()
        assert job.judgement("training.seconds")["outcome"] == "unjudged"
