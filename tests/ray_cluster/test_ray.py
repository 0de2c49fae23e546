"""Training on a real Ray head: sent, followed, found again, cancelled, flooded, and lost."""

from __future__ import annotations

import hashlib
import http.server
import json
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from cli.machine import Machine, Ran
    from ray_cluster.conftest import Head

TRAIN = """\
import json, os, sys, time
from src.model import NAME
os.makedirs("models", exist_ok=True)
open("models/weights.bin", "wb").write(bytes(range(256)) * 4000)
open("metrics.json", "w").write(json.dumps({"auc": 0.9}))
print(NAME, os.environ.get("SEED"), flush=True)
for step in range(1, 4):
    print(json.dumps({"metric": "loss", "value": 1 / step, "step": step}), flush=True)
"""
SLOW = """\
import time
print("started", flush=True)
for step in range(600):
    time.sleep(0.1)
"""
LASTS = """\
import json, time
print("started", flush=True)
time.sleep(6)
open("model.bin", "w").write("trained")
print("done", flush=True)
"""


def configured(machine: Machine, address: str, script: str, **more: object) -> Machine:
    train = {
        "executor": "ray",
        "inputs": ["train.py", "src"],
        "outputs": ["models"] if "models" in script else ["model.bin"],
        "poll": "0.3 s",
        "grace": "15 s",
        "ray": {"address": address, "python": sys.executable},
        "command": f"{sys.executable} train.py",
        **more,
    }
    machine.work.put(
        {
            "mlgate.yml": json.dumps({"train": train}),
            "train.py": script,
            "src/model.py": "NAME = 'forest'\n",
        }
    )
    return machine


def evidence(machine: Machine) -> dict[str, Any]:
    path = machine.path / ".mlgate/evidence/model/training.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["models"][0]
    return found


def submission(ran: Ran | str) -> str:
    text = ran if isinstance(ran, str) else ran.stderr
    (line,) = (line for line in text.splitlines() if line.startswith("ray: following "))
    return line.removeprefix("ray: following ")


class TestTrain:
    def test_outputs_metrics_and_costs_come_back(self, machine: Machine, head: Head) -> None:
        configured(machine, head.address, TRAIN, variables=["SEED"])
        ran = machine.run("train", SEED="7", OTHER="secret")
        assert ran.exit_code == 0, ran.output
        assert "forest 7\n" in ran.stdout
        assert '{"metric": "loss", "value": 0.5, "step": 2}' in ran.stdout
        raw = (machine.path / "models/weights.bin").read_bytes()
        assert raw == bytes(range(256)) * 4000
        assert json.loads((machine.path / "metrics.json").read_text()) == {"auc": 0.9}
        found = evidence(machine)
        assert found["training"]["executor"] == "ray"
        assert found["training"]["peak_memory"] > 5_000_000
        assert found["training"]["environment"]["packages"]["ray"]
        assert found["training"]["curves"][0]["values"] == [1.0, 0.5, 1 / 3]
        assert "secret" not in requests.get(f"{head.address}/api/jobs/", timeout=30).text
        assert "restored 2 outputs" in machine.run("train", SEED="7").stderr

    def test_the_same_folder_is_sent_once(self, machine: Machine, head: Head) -> None:
        configured(machine, head.address, TRAIN + "# once\n")
        with proxy(head) as seen:
            configured(machine, seen.address, TRAIN + "# once\n")
            assert machine.run("train").exit_code == 0
            assert machine.run("train", "--force").exit_code == 0
        assert [line for line in seen.lines if line.startswith("PUT")] == [
            line for line in seen.lines if line.startswith("PUT")
        ][:1]

    @pytest.mark.parametrize(
        ("script", "code", "ended"),
        [
            ("import sys; sys.exit(3)", 3, "failed"),
            ("import os; os.kill(os.getpid(), 9)", 137, "failed"),
            ("raise SystemExit('no data')", 1, "failed"),
        ],
    )
    def test_how_it_fails(
        self, machine: Machine, head: Head, script: str, code: int, ended: str
    ) -> None:
        ran = configured(machine, head.address, script).run("train")
        assert ran.exit_code == code, ran.output
        assert evidence(machine)["training"]["ended"] == ended

    def test_what_failed_is_tried_anew(self, machine: Machine, head: Head) -> None:
        configured(machine, head.address, "raise SystemExit(4)  # again")
        first, second = (submission(machine.run("train")) for _ in range(2))
        assert second == f"{first}-2"

    def test_an_output_that_leads_outside(self, machine: Machine, head: Head) -> None:
        script = "import os; os.symlink('/etc/hostname', 'model.bin')"
        ran = configured(machine, head.address, script).run("train")
        assert ran.exit_code == 3
        assert "leads outside the working folder" in evidence(machine)["sources"][0]["problem"]

    def test_a_python_that_is_not_there(self, machine: Machine, head: Head) -> None:
        ray = {"address": head.address, "python": "python0.9"}
        ran = configured(machine, head.address, TRAIN, ray=ray).run("train")
        assert ran.exit_code == 127, ran.output
        assert evidence(machine)["training"]["ended"] == "failed"

    def test_a_flood_arrives_whole(self, machine: Machine, head: Head) -> None:
        script = (
            "import sys\n"
            "for n in range(400_000): sys.stdout.write(f'line {n} of a long log\\n')\n"
            "open('model.bin', 'w').write('x')\n"
        )
        process = configured(machine, head.address, script).start("train")
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        _, begin, rest = out.partition("line 0 of")
        wanted = "".join(f"line {n} of a long log\n" for n in range(400_000))
        assert (
            hashlib.sha256((begin + rest).encode()).digest()
            == hashlib.sha256(wanted.encode()).digest()
        )


class TestFollow:
    def test_a_client_that_dies_finds_its_job(self, machine: Machine, head: Head) -> None:
        process = configured(machine, head.address, LASTS).start("train")
        assert process.stdout is not None
        for line in process.stdout:
            if line == "started\n":
                break
        process.kill()
        _, err = process.communicate(timeout=30)
        name = submission(err)
        ran = machine.run("train")
        assert ran.exit_code == 0, ran.output
        assert submission(ran) == name
        told = [line for line in ran.stdout.splitlines() if line in {"started", "done"}]
        assert told == ["started", "done"]  # Ray writes lines of its own between them
        assert (machine.path / "model.bin").read_text() == "trained"
        assert [n for n in head.jobs() if n.startswith(name)] == [name]

    def test_two_clients_share_a_job(self, machine: Machine, head: Head) -> None:
        configured(machine, head.address, LASTS + "# shared\n")
        both = [machine.start("train") for _ in range(2)]
        names = set()
        for process in both:
            _, err = process.communicate(timeout=90)
            assert process.returncode == 0, err
            names.add(submission(err))
        (name,) = names
        assert [n for n in head.jobs() if n.startswith(name)] == [name]

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
    def test_a_stopped_job_stops_it(
        self, machine: Machine, head: Head, number: int, code: int
    ) -> None:
        process = configured(machine, head.address, SLOW + f"# {number}\n").start("train")
        assert process.stdout is not None
        for line in process.stdout:
            if line == "started\n":
                break
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert process.returncode == code, err
        assert head.jobs()[submission(err)] == "STOPPED"
        assert evidence(machine)["training"]["ended"] == "stopped"

    def test_a_limit_stops_it(self, machine: Machine, head: Head) -> None:
        ran = configured(machine, head.address, SLOW + "# limit\n").run("train", "--timeout", "8s")
        assert ran.exit_code == 124, ran.output
        assert head.jobs()[submission(ran)] == "STOPPED"


class TestTrouble:
    def test_a_head_that_is_lost(
        self, machine: Machine, lost_head: Head, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mlgate.train.remote.drive._PATIENCE", 3.0)
        configured(machine, lost_head.address, SLOW)
        threading.Timer(12, lost_head.kill).start()
        start = time.monotonic()
        ran = machine.run("train")
        assert ran.exit_code == 3, ran.output
        assert time.monotonic() - start < 90
        problem = evidence(machine)["sources"][0]["problem"]
        assert "does not answer" in problem
        assert "is the head up" in problem

    def test_no_head_at_all(self, machine: Machine) -> None:
        ran = configured(machine, "http://127.0.0.1:9", TRAIN).run("train")
        assert ran.exit_code == 3
        assert "does not answer" in evidence(machine)["sources"][0]["problem"]

    def test_errors_on_the_way_are_asked_again(self, machine: Machine, head: Head) -> None:
        with proxy(head, broken=3) as seen:
            ran = configured(machine, seen.address, TRAIN + "# broken\n").run("train")
            assert ran.exit_code == 0, ran.output
            assert seen.failed > 5

    def test_the_token_is_sent_and_never_shown(self, machine: Machine, head: Head) -> None:
        with proxy(head, token="let-me-in") as seen:  # noqa: S106
            ray = {"address": seen.address, "python": sys.executable, "token": "RAY_TOKEN"}
            configured(machine, seen.address, TRAIN + "# token\n", ray=ray)
            ran = machine.run("train", RAY_TOKEN="let-me-in")  # noqa: S106
            assert ran.exit_code == 0, ran.output
            assert "let-me-in" not in ran.output
            refused = machine.run("train", "--force", RAY_TOKEN="guess")  # noqa: S106
            assert refused.exit_code == 3
            assert "is the token right?" in refused.stderr

    @pytest.mark.parametrize(
        ("ray", "said"),
        [
            ({}, "no address of a cluster"),
            ({"address": "ray://host:10001"}, "no address of a dashboard"),
            ({"address": "https://ray.example", "token": "RAY_TOKEN"}, "RAY_TOKEN is empty"),
            ({"address": "http://ray.example", "token": "HOME"}, "travel in the open"),
        ],
    )
    def test_addresses_and_tokens_that_will_not_do(
        self, machine: Machine, ray: dict[str, str], said: str
    ) -> None:
        ran = configured(machine, "", TRAIN, ray=ray).run("train", HOME="/root")
        assert ran.exit_code == 2, ran.output
        assert said in ran.stderr


class Seen:
    """A door before the head, which counts, asks for a token, and fails every few requests."""

    def __init__(self, head: Head, broken: int, token: str) -> None:
        self.lines: list[str] = []
        self.failed = 0
        outer = self

        class Door(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                outer.lines.append(f"{self.command} {self.path}")
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                if token and self.headers.get("Authorization") != f"Bearer {token}":
                    return self.say(401, b"who are you")
                if broken and len(outer.lines) % broken:
                    outer.failed += 1
                    return self.say(503, b"try later")
                kept = {
                    k: v for k, v in self.headers.items() if k.lower() in {"content-type", "accept"}
                }
                got = requests.request(
                    self.command, head.address + self.path, data=body, headers=kept, timeout=60
                )
                return self.say(got.status_code, got.content)

            do_GET = do_POST = do_PUT = answer  # noqa: N815

            def say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Seen:  # noqa: PYI034
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def proxy(head: Head, *, broken: int = 0, token: str = "") -> Seen:
    return Seen(head, broken, token)
