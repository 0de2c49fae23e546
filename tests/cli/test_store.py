"""Evidence of the default branch is kept in the repository, and is the baseline of later runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli.machine import RULES, auc, event, pull_request
from fakes.git import GitFolder

if TYPE_CHECKING:
    from pathlib import Path

    from cli.machine import Job, Machine
    from fakes.github import GitHubStandIn


@pytest.fixture
def pushed(machine: Machine, github: GitHubStandIn, tmp_path: Path) -> Job:
    """A push to ``main`` of metrics that git does not keep, with a remote."""
    machine.work.write(__gitignore=".mlgate/\nmetrics.json\n")
    machine.work.put({"mlgate.yml": RULES, "metrics.json": auc(0.9)})
    machine.work.commit("measured")
    remote = tmp_path / "remote.git"
    machine.work.git("clone", "--quiet", "--bare", str(machine.path), str(remote))
    machine.work.git("remote", "add", "origin", str(remote))
    return event(machine.work, github, "push", ref="refs/heads/main", before="0" * 40)


def stored(job: Job) -> list[str]:
    listed = job.work.git("ls-remote", "origin", "refs/mlgate/*")
    return [line.split("\t")[1] for line in listed.splitlines()]


def test_a_push_keeps_it_and_a_pull_request_finds_it(
    pushed: Job, github: GitHubStandIn, tmp_path: Path
) -> None:
    head = pushed.work.head()
    ran = pushed.report()
    assert f"evidence kept in the repository: refs/mlgate/evidence/{head}/501.1" in ran.stderr
    assert stored(pushed) == [f"refs/mlgate/evidence/{head}/501.1"]
    pushed.work.switch("better")
    pushed.work.put({"README.md": "1"})
    pushed.work.commit("changed")
    pushed.work.put({"metrics.json": auc(0.5)})
    clone = tmp_path / "clone"
    pushed.work.git("clone", "--quiet", str(pushed.path), str(clone))
    work = GitFolder(clone)
    work.git("branch", "main", "origin/main")
    work.git("remote", "set-url", "origin", str(tmp_path / "remote.git"))
    work.put({"metrics.json": auc(0.5)})
    job = pull_request(work, github)
    assert job.report().exit_code == 1
    assert json.loads(job.written())["baseline"]["origin"] == "stored evidence"
    assert job.judgement("auc")["metric"]["base"] == 0.9


def test_the_same_run_keeps_once(pushed: Job) -> None:
    pushed.report()
    pushed.report()
    assert len(stored(pushed)) == 1
    pushed.work.put({"metrics.json": auc(0.8)})
    assert "evidence was kept before" in pushed.report().stderr
    pushed.given(GITHUB_RUN_ATTEMPT="2").report()
    pushed.report("--key", "nightly run")
    assert [ref.rpartition("/")[2] for ref in stored(pushed)] == [
        "501.1",
        "501.1-nightly-run",
        "501.2",
    ]


def test_a_remote_that_refuses_never_changes_the_verdict(pushed: Job, tmp_path: Path) -> None:
    hook = tmp_path / "remote.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'GH013: Repository rule violations' >&2\nexit 1\n")
    hook.chmod(0o755)
    ran = pushed.report()
    assert ran.exit_code == 0
    assert "a rule of the repository refuses it" in ran.stderr
    before = len(pushed.summary())
    assert pushed.report("--store", "always").exit_code == 3
    assert len(pushed.summary()) > before, "the report is posted all the same"


def test_a_token_that_may_only_read_skips_it_and_says_so(pushed: Job) -> None:
    denied = "sh -c 'echo remote: Write access to repository not granted. >&2; exit 1'"
    pushed.work.git("config", "remote.origin.receivepack", denied)
    ran = pushed.report()
    assert ran.exit_code == 0
    assert "evidence is not kept in the repository: give the job `contents: write`" in ran.stderr
    assert "warning: " not in ran.stderr


@pytest.mark.parametrize("ref", ["refs/heads/other", "refs/tags/v1"])
def test_nothing_else_is_kept(pushed: Job, github: GitHubStandIn, ref: str) -> None:
    event(pushed.work, github, "push", ref=ref).report()
    pushed.report("--store", "never")
    assert stored(pushed) == []


def test_by_hand(pushed: Job) -> None:
    machine = pushed.given()
    machine.env.clear()  # type: ignore[attr-defined]
    assert machine.report("--store", "always").exit_code == 0
    (ref,) = stored(pushed)
    assert "/0." in ref
    assert pushed.report("--store", "always").exit_code == 0


def test_no_remote(machine: Machine) -> None:
    machine.work.commit("measured", metrics__json=auc(0.9))
    assert machine.report("--store", "always").exit_code == 2
