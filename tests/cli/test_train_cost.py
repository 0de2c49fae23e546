"""What training cost, against the baseline, in the comment and under rules."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from cli.machine import auc, pull_request
from fakes.github import shapes

if TYPE_CHECKING:
    from cli.machine import Job, Machine
    from fakes.github import GitHubStandIn

RULES = """\
metrics: [metrics.json]
gate:
  - {metric: auc, max-drop: 0.01}
  - {metric: training.seconds, max-rise: "50 %"}
"""


@pytest.fixture
def job(machine: Machine, github: GitHubStandIn) -> Job:
    """A pull request whose base was trained by a run that uploaded its evidence: in 100 s."""
    machine.work.put({"mlgate.yml": RULES, "metrics.json": auc(0.9)})
    machine.work.write(__gitignore=".mlgate/\n")
    base = machine.work.commit("measured")
    assert machine.run("train", "--", sys.executable, "-c", "pass").exit_code == 0
    machine.report("--post", "never")
    found = json.loads((machine.path / ".mlgate/evidence.json").read_text())
    (model,) = found["models"]
    model["training"] |= {"seconds": 100.0, "peak_memory": 50_000_000}
    for metric in model["metrics"]:
        if metric["name"] == "training.seconds":
            metric["value"] = 100.0
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("evidence.json", json.dumps(found))
    machine.work.switch("better")
    machine.work.commit("changed", metrics__json=auc(0.91))
    made = pull_request(machine.work, github)
    run = github.add_run(base, event="push")
    github.add_artifact(run.id, "mlgate", packed.getvalue())
    for token in github.world.tokens.values():
        token.permissions["actions"] = "read"
    number = shapes.minimal_repository(github.url, github.repo)["id"]
    return made.given(GITHUB_REPOSITORY_ID=str(number))


def test_the_change_is_in_the_comment(job: Job) -> None:
    assert job.run("train", "--", sys.executable, "-c", "b = bytearray(10**8)").exit_code == 0
    assert job.report().exit_code == 0
    (comment,) = job.github.comments()
    assert re.search(r"<b>Training</b>: 0\.\d s \(−100.% ?\)", comment.body)
    assert "| Time | 1 min 40 s |" in comment.body
    assert "| Peak memory | 50.0 MB |" in comment.body


def test_a_rule_on_it(job: Job) -> None:
    job.work.put({"mlgate.yml": RULES})
    assert job.run("train", "--", "sleep 0.1").exit_code == 0
    assert job.report().exit_code == 0
    seconds = job.judgement("training.seconds")
    assert (seconds["outcome"], seconds["metric"]["base"]) == ("improved", 100.0)


def test_nobody_is_asked_where_nothing_was_trained(job: Job) -> None:
    job.report()
    assert job.github.sent("GET", "artifacts") == []
