from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING

import requests

from fakes.github import HEAD_SHA, TOKEN, GitHubStandIn, Pull, example_world, persist
from fakes.github.state import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TESTS = __file__.partition("/unit/")[0]


@contextlib.contextmanager
def _running(state: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "fakes.github", "--port", "0", "--state", str(state)]
    with subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()
        assert process.wait(timeout=10) == 0


def test_a_process_keeps_its_state_in_a_file(tmp_path: Path) -> None:
    state = tmp_path / "github.json"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with _running(state) as url:
        address = f"{url}/repos/octo/ml/issues/7/comments"
        answer = requests.post(address, json={"body": "hello"}, headers=headers, timeout=10)
        assert answer.status_code == 201
        [saved] = persist.load(state).repositories["octo/ml"].comments
        assert saved.body == "hello"
    with _running(state) as url:
        address = f"{url}/repos/octo/ml/issues/7/comments"
        [found] = requests.get(address, headers=headers, timeout=10).json()
        assert (found["body"], found["id"]) == ("hello", saved.id)


def test_the_world_survives_a_file(tmp_path: Path) -> None:
    with GitHubStandIn(example_world()) as github:
        github.repo.issues[3] = Issue(number=3)
        github.repo.pulls[8] = Pull(number=8, fork_owner="mallory")
        github.repo.required_checks = ["gate"]
        github.say("hello")
        github.record_job(HEAD_SHA, "gate", "success")
        github.add_artifact(github.add_run(HEAD_SHA).id, "evidence", b"PK\x00")
        github.world.hidden[7] = 2
        github.world.rates.window(TOKEN, 5.0).writes.append(5.0)
        persist.save(github.world, tmp_path / "github.json")
        assert persist.load(tmp_path / "github.json") == github.world


def test_serving_needs_the_standard_library_only(tmp_path: Path) -> None:
    code = (
        "import sys; import fakes.github.__main__ as main\n"
        "known = sys.stdlib_module_names | {'fakes', '__main__'}\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} - known))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
    assert list(tmp_path.iterdir()) == []
