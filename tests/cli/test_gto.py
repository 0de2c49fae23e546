"""GTO and DVC read what we write, we read what GTO writes, and both come to the same answer."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dvc.api
import gto.api
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.git import GitFolder, environment
from fakes.tags import Tagged, make_commits, make_tags
from mlgate.release.registry import models_of
from mlgate.release.tags import read_events

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.machine import Machine

VERSIONS = [f"v{major}.{minor}.0" for major in range(2) for minor in range(3)]
STAGES = ["prod", "dev"]
OPERATION = st.tuples(
    st.sampled_from(["register", "deregister", "assign", "unassign", "deprecate"]),
    st.integers(0, len(VERSIONS) - 1),
    st.sampled_from(STAGES),
)


def tags_of(operations: list[tuple[str, int, str]]) -> list[Tagged]:
    """Tags that GTO would let one write, after all commits: version ``n`` is at commit ``n``."""
    made: list[Tagged] = []
    names: set[str] = set()
    registered: set[int] = set()
    for counter, (action, number, stage) in enumerate(operations, start=1):
        version = VERSIONS[number]
        name = {
            "register": f"iris@{version}",
            "deregister": f"iris@{version}!",
            "assign": f"iris#{stage}#{counter}",
            "unassign": f"iris#{stage}!#{counter}",
            "deprecate": "iris@deprecated",
        }[action]
        if action == "register":
            registered.add(number)
        elif not registered or (action != "deprecate" and number not in registered):
            continue
        name = name if name not in names else f"{name}#{counter}"
        names.add(name)
        made.append(Tagged(name, number, 100 + counter))
    return made


@given(st.lists(OPERATION, max_size=25))
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
def test_the_state_is_that_of_gto(operations: list[tuple[str, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = GitFolder.new(Path(folder) / "work")
        commits = make_commits(work, len(VERSIONS))
        make_tags(work, commits, tags_of(operations))
        theirs = gto.api.show(str(work.path), deprecated=True)
        models = models_of(read_events(work.open()))
        ours = {
            name: {
                "version": model.latest or None,
                "stage": {s: h.version for s in model.holdings if (h := model.holder(s))},
                "registered": True,
                "active": model.active,
            }
            for name, model in models.items()
        }
        for one in theirs.values():
            one["stage"] = {stage: held for stage, held in one["stage"].items() if held}
        assert ours == theirs


@pytest.fixture
def project(machine: Machine) -> GitFolder:
    """Three commits of a model that DVC knows as an artifact."""
    machine.work.put({"dvc.yaml": "artifacts:\n  iris: {path: model.txt, type: model}\n"})
    machine.work.put({".dvc/config": "", ".dvcignore": ""})
    for number in range(3):
        machine.work.put({"model.txt": str(number)})
        machine.work.commit(f"model {number}")
    return machine.work


def gto_cli(work: GitFolder, *args: str) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "gto"), *args],
        cwd=work.path,
        env={**environment(), "GIT_COMMITTER_DATE": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def deployed(work: GitFolder, stage: str) -> dict[str, str | None]:
    """The commit that each reader takes for the one that holds a stage."""
    state: Mapping[str, Any] = gto.api.show(str(work.path))
    version = state["iris"]["stage"].get(stage)
    found = {"gto": work.git("rev-parse", f"iris@{version}^{{commit}}") if version else None}
    found["dvc"] = dvc.api.artifacts_show("iris", stage=stage, repo=str(work.path))["rev"]
    ours = models_of(read_events(work.open()))["iris"].holder(stage)
    found["mlgate"] = ours.event.commit if ours else None
    return found


def register(work: GitFolder, version: str, revision: str) -> None:
    work.git("tag", "--annotate", "--message=by hand", f"iris@{version}", revision)


def test_all_readers_agree_after_a_rollback(machine: Machine, project: GitFolder) -> None:
    commits = [project.git("rev-parse", f"HEAD~{2 - number}") for number in range(3)]
    for number, commit in enumerate(commits):
        register(project, f"v1.{number}.0", commit)
        ran = machine.run("release", "promote", "iris", f"v1.{number}.0", "prod", "--no-push")
        assert ran.exit_code == 0, ran.output
    assert set(deployed(project, "prod").values()) == {commits[2]}
    for back in (1, 0):
        ran = machine.run("release", "rollback", "iris", "prod", "--no-push")
        assert ran.exit_code == 0, ran.output
        assert set(deployed(project, "prod").values()) == {commits[back]}
    ran = machine.run("release", "rollback", "iris", "prod", "--no-push")
    assert ran.exit_code == 3
    assert "no version of iris held prod before v1.0.0" in ran.stderr
    machine.run("release", "rollback", "iris", "prod", "--no-push", "--to", "v1.2.0")
    assert set(deployed(project, "prod").values()) == {commits[2]}


def test_all_readers_agree_where_gto_went_first(machine: Machine, project: GitFolder) -> None:
    gto_cli(project, "register", "iris", "HEAD~1", "--version", "v1.0.0")
    gto_cli(project, "assign", "iris", "--version", "v1.0.0", "--stage", "prod")
    gto_cli(project, "register", "iris", "HEAD", "--bump-minor")
    gto_cli(project, "assign", "iris", "--version", "v1.1.0", "--stage", "prod")
    ran = machine.run("release", "rollback", "iris", "prod", "--no-push")
    assert "Rollback: iris v1.0.0 gets prod, after v1.1.0" in ran.stderr
    assert set(deployed(project, "prod").values()) == {project.git("rev-parse", "HEAD~1")}
    gto_cli(project, "assign", "iris", "--version", "v1.1.0", "--stage", "dev")
    assert set(deployed(project, "dev").values()) == {project.git("rev-parse", "HEAD")}
    shown = json.loads(machine.run("release", "show", "--format", "json").stdout)
    assert shown == json.loads(gto_cli(project, "show", "--json"))
    ours = json.loads(machine.run("release", "show", "--history", "--format", "json").stdout)
    theirs = json.loads(gto_cli(project, "history", "--json"))
    for one in theirs:
        del one["priority"]
    assert sorted(ours, key=itemgetter("ref")) == sorted(theirs, key=itemgetter("ref"))


def test_gto_reads_the_fields_of_our_tags(machine: Machine, project: GitFolder) -> None:
    register(project, "v1.0.0", "HEAD")
    machine.run("release", "promote", "iris", "v1.0.0", "prod", "--no-push")
    found = json.loads(gto_cli(project, "check-ref", "iris#prod#1", "--json"))
    assert (found["version"], found["stage"], found["event"]) == ("v1.0.0", "prod", "assignment")
    assert found["message"].startswith("Promotion: iris v1.0.0 gets prod\n\nschema: mlgate/tag/v1")


def test_what_is_withdrawn_is_withdrawn_for_gto_too(machine: Machine, project: GitFolder) -> None:
    register(project, "v1.0.0", "HEAD~1")
    register(project, "v1.1.0", "HEAD")
    for what in ("iris@v1.1.0",):
        assert machine.run("release", "withdraw", what, "--no-push").exit_code == 0
    assert json.loads(gto_cli(project, "show", "--json"))["iris"]["version"] == "v1.0.0"
    machine.run("release", "promote", "iris", "v1.0.0", "prod", "--no-push")
    refused = machine.run("release", "withdraw", "iris@v1.0.0", "--no-push")
    assert (refused.exit_code, "iris v1.0.0 holds prod" in refused.stderr) == (3, True)
    machine.run("release", "withdraw", "iris#prod", "--no-push")
    assert json.loads(gto_cli(project, "show", "--json"))["iris"]["stage"] == {}
    machine.run("release", "withdraw", "iris", "--no-push", "--reason", "replaced by rose")
    assert json.loads(gto_cli(project, "show", "--json")) == {}
    assert machine.run("release", "show").stdout.startswith("No release tags")


def test_an_older_version_gets_a_stage_without_force(machine: Machine, project: GitFolder) -> None:
    register(project, "v1.0.0", "HEAD~1")
    register(project, "v1.1.0", "HEAD")
    for version in ("v1.0.0", "v1.1.0", "v1.0.0"):
        ran = machine.run("release", "promote", "iris", version, "prod", "--no-push")
        assert ran.exit_code == 0
    assert set(deployed(project, "prod").values()) == {project.git("rev-parse", "HEAD~1")}
