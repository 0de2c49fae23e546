"""Evidence in refs of the repository: many writers, crashes, and remotes that refuse."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from fakes.git import QUIET, GitFolder
from mlgate.errors import SourceError
from mlgate.sources.git import Repository
from mlgate.sources.sign_in import SignIn
from mlgate.sources.stored import read_object, stored_refs
from mlgate.sources.storing import MAX_STORED, store_evidence

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"evidence.json": b"{}\n", "predictions/model.parquet": b"PAR1" * 1000}


class Clone:
    """A clone of a bare repository."""

    def __init__(self, folder: Path) -> None:
        self.remote = folder / "remote.git"
        self.work = GitFolder.new(folder / "work")
        self.work.git("init", "--quiet", "--bare", str(self.remote))
        self.work.git("remote", "add", "origin", str(self.remote))
        self.work.write(a="1")
        self.commit = self.work.commit("first")
        self.work.git("push", "--quiet", "origin", "HEAD")

    @property
    def repository(self) -> Repository:
        found = Repository.discover(self.work.path, {**os.environ, **QUIET})
        assert found is not None
        return found

    def refs(self) -> list[str]:
        listed = self.work.git("ls-remote", str(self.remote), "refs/mlgate/*")
        return sorted(line.split("\t")[1] for line in listed.splitlines())

    def state(self) -> tuple[str, ...]:
        asked = (
            ("status", "--porcelain"),
            ("rev-parse", "HEAD"),
            ("for-each-ref",),
            ("ls-files", "-s"),
        )
        return tuple(self.work.git(*args) for args in asked)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_it_is_found_again_and_nothing_else_has_moved(clone: Clone) -> None:
    before = clone.state()
    found = store_evidence(clone.repository, clone.commit, "501.1", FILES)
    assert found == (f"refs/mlgate/evidence/{clone.commit}/501.1", "stored")
    assert clone.state() == before
    assert stored_refs(clone.repository, clone.commit, fetch=True) == (found.ref,)
    for name, raw in FILES.items():
        assert read_object(clone.repository, f"{found.ref}:{name}") == raw


def test_the_first_of_a_run_stays(clone: Clone) -> None:
    store_evidence(clone.repository, clone.commit, "501.1", FILES)
    again = store_evidence(clone.repository, clone.commit, "501.1", {"evidence.json": b"other"})
    assert again.outcome == "there"
    (ref,) = stored_refs(clone.repository, clone.commit, fetch=True)
    assert read_object(clone.repository, f"{ref}:evidence.json") == b"{}\n"


def test_sixty_four_writers_at_once(clone: Clone) -> None:
    slow = "sh -c 'sleep 0.3; exec git-receive-pack \"$@\"' git-receive-pack"
    clone.work.git("config", "remote.origin.receivepack", slow)
    repository = clone.repository
    start = time.monotonic()

    def store(number: int) -> str:
        raw = f'{{"run": {number}}}'.encode()
        return store_evidence(repository, clone.commit, f"{number}.1", {"e.json": raw}).outcome

    with ThreadPoolExecutor(64) as pool:
        assert set(pool.map(store, range(64))) == {"stored"}
    assert time.monotonic() - start < 60  # 1.1 s when it was written; a loaded machine takes longer
    assert len(clone.refs()) == 64
    clone.work.git("--git-dir", str(clone.remote), "fsck", "--strict")


PROGRAM = """\
import os, sys
from pathlib import Path
from mlgate.sources.git import Repository
from mlgate.sources.storing import store_evidence
repository = Repository.discover(Path.cwd(), dict(os.environ))
files = {"evidence.json": b"{}", "predictions/model.parquet": b"x" * 3_000_000}
print(store_evidence(repository, sys.argv[1], "7.1", files).outcome)
"""


def test_killed_at_any_step_and_run_again(clone: Clone) -> None:
    command = [sys.executable, "-c", PROGRAM, clone.commit]
    env = {**os.environ, **QUIET, "PYTHONPATH": os.pathsep.join(sys.path)}
    for step in range(12):
        process = subprocess.Popen(
            command, cwd=clone.work.path, env=env, stdout=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(0.15 + step * 0.03)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert len(clone.refs()) <= 1
    done = subprocess.run(
        command, cwd=clone.work.path, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() in {"stored", "there"}
    (ref,) = stored_refs(clone.repository, clone.commit, fetch=True)
    assert read_object(clone.repository, f"{ref}:evidence.json") == b"{}"
    assert clone.work.git("status", "--porcelain") == ""
    clone.work.git("--git-dir", str(clone.remote), "fsck", "--strict")


def refusing(clone: Clone, text: str) -> None:
    hook = clone.remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho '{text}' >&2\nexit 1\n")
    hook.chmod(0o755)


@pytest.mark.parametrize("text", ["GH013: Repository rule violations found", "no such refs here"])
def test_a_rule_that_refuses_is_said(clone: Clone, text: str) -> None:
    refusing(clone, text)
    with pytest.raises(SourceError) as caught:
        store_evidence(clone.repository, clone.commit, "1.1", FILES)
    assert "a rule of the repository refuses it" in caught.value.hint
    assert text in caught.value.what


def test_a_remote_that_is_away_is_said(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    clone.work.git("remote", "set-url", "origin", str(clone.remote.parent / "gone.git"))
    with pytest.raises(SourceError, match="evidence was not stored") as caught:
        store_evidence(clone.repository, clone.commit, "1.1", FILES)
    assert "is the remote up?" in caught.value.hint


def test_a_host_that_is_not_there_is_no_question_of_rights(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    clone.work.git("remote", "set-url", "origin", "http://127.0.0.1:9/gone.git")
    with pytest.raises(SourceError, match="evidence was not stored") as caught:
        store_evidence(clone.repository, clone.commit, "1.1", FILES)
    assert "is the remote up?" in caught.value.hint


@pytest.mark.parametrize("run", ["", "../1", "a b", ".hidden", "x" * 200, "-f"])
def test_a_run_that_is_no_name(clone: Clone, run: str) -> None:
    with pytest.raises(SourceError, match="no name of a run"):
        store_evidence(clone.repository, clone.commit, run, FILES)


def test_too_much(clone: Clone) -> None:
    with pytest.raises(SourceError, match="is not stored"):
        store_evidence(clone.repository, clone.commit, "1.1", {"e": b"x" * (MAX_STORED + 1)})


def test_the_token_is_a_header_of_its_server_and_nowhere_else() -> None:
    given = SignIn(server="https://ghe.example/", token="t0ken")  # noqa: S106
    found = given.variables({"GIT_CONFIG_COUNT": "1"})
    assert found["GIT_CONFIG_COUNT"] == "3"
    assert found["GIT_CONFIG_KEY_1"] == "http.https://ghe.example/.extraheader"
    assert found["GIT_CONFIG_VALUE_1"] == ""
    assert found["GIT_CONFIG_VALUE_2"].startswith("AUTHORIZATION: basic ")
    assert "t0ken" not in repr(given)
    assert SignIn().variables({}) == {}
