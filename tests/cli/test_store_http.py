"""Evidence over real HTTP, where a checkout has left no credentials behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cli.machine import RULES, auc, event
from fakes.git_http import GitServer
from fakes.github import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.machine import Job, Machine
    from fakes.github import GitHubStandIn


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    with GitServer(folder, TOKEN) as running:
        yield running


@pytest.fixture
def pushed(machine: Machine, github: GitHubStandIn, server: GitServer) -> Job:
    machine.work.write(__gitignore=".mlgate/\nmetrics.json\n")
    machine.work.put({"mlgate.yml": RULES, "metrics.json": auc(0.9)})
    machine.work.commit("measured")
    remote = server.folder / "octo" / "ml"
    machine.work.git("clone", "--quiet", "--bare", str(machine.path), str(remote))
    machine.work.git("remote", "add", "origin", f"{server.url}/octo/ml")
    job = event(machine.work, github, "push", ref="refs/heads/main", before="0" * 40)
    return job.given(GITHUB_SERVER_URL=server.url)


def test_the_token_of_the_job_keeps_it_and_finds_it_again(pushed: Job, server: GitServer) -> None:
    ran = pushed.report()
    assert "evidence kept in the repository" in ran.stderr
    assert any("receive-pack" in path and known for path, known in server.asked)
    config = (pushed.path / ".git" / "config").read_text()
    assert TOKEN not in config + ran.output
    pushed.work.git("update-ref", "-d", f"refs/mlgate/evidence/{pushed.work.head()}/501.1")
    pushed.work.put({"README.md": "1"})
    pushed.work.commit("next")
    pushed.work.put({"metrics.json": auc(0.5)})
    assert pushed.report().exit_code == 1
    assert '"stored evidence"' in pushed.written()


def test_a_header_that_a_checkout_left_is_not_sent_twice(pushed: Job, server: GitServer) -> None:
    left = f"http.{server.url}/.extraheader"
    pushed.work.git("config", left, "AUTHORIZATION: basic c3RhbGU6c3RhbGU=")
    assert "evidence kept in the repository" in pushed.report().stderr


def test_a_token_that_may_only_read_is_told_so_once(pushed: Job, server: GitServer) -> None:
    server.read_only = True
    ran = pushed.report()
    assert ran.exit_code == 0
    assert "evidence is not kept in the repository: give the job `contents: write`" in ran.stderr
    assert "warning: evidence" not in ran.stderr


def test_a_public_repository_is_read_by_strangers(pushed: Job, server: GitServer) -> None:
    server.private = False
    pushed.work.put({"README.md": "1"})
    pushed.work.commit("next")
    stranger = replace(pushed, env={**pushed.env, "GITHUB_TOKEN": ""})
    assert stranger.report("--store", "never").exit_code == 0
    assert server.asked
    assert not any(known for _, known in server.asked)
