"""From a merged pull request to a release and a deployment, and back; executed by act."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from e2e.repository import TEMPLATES, WORKFLOW, project
from fakes.github import TOKEN

if TYPE_CHECKING:
    from pathlib import Path

    from e2e.act import Build
    from e2e.forge import Forge, Open

RELEASE, DEPLOY = ".github/workflows/release.yml", ".github/workflows/deploy.yml"
MODEL = "\nPath('model.json').write_text(json.dumps({'trees': params['trees'], 'by': metrics}))\n"
STAGES = """\
artifacts: [model.json]
release:
  stages:
    production:
      deploy: test "$MLGATE_VERSION" != "$BROKEN" && cp "$MLGATE_MODELS" "$LIVE"
      smoke:
        command: |
          while read -r line; do cat "$LIVE"; echo; done < "$MLGATE_INPUT"
        golden: golden.jsonl
        rounds: 1
        wait: 1 s
"""
GOLDEN = '{"input": 1, "output": {"by": {}}}\n'


@pytest.fixture
def on(forge: Open, tmp_path: Path) -> Forge:
    """A repository whose merges are registered, released and deployed, with rules on ``main``."""
    files = project("register-on-merge.yml", **{"golden.jsonl": GOLDEN})
    files[WORKFLOW] = files[WORKFLOW].replace("my-model", "tumour")
    files["mlgate.yml"] += STAGES
    files["train.py"] += MODEL
    files[".gitignore"] = ".mlgate/\nmodel.json\nmetrics.json\nreleased/\n"
    files[RELEASE] = (TEMPLATES / "release.yml").read_text(encoding="utf-8")
    deploy = (TEMPLATES / "deploy.yml").read_text(encoding="utf-8")
    place = f"    env:\n      LIVE: {tmp_path / 'live.json'}\n      BROKEN: v0.2.0\n    steps:\n"
    files[DEPLOY] = deploy.replace("my-model", "tumour").replace("    steps:\n", place)
    opened = forge(files)
    github = opened.github
    github.world.tokens[TOKEN].permissions |= {"contents": "write", "deployments": "write"}
    return opened


def merged(on: Forge, label: str, trees: int) -> Build:
    """Merge pull request 7 with a label, and run the workflow of ``main``."""
    pull = on.github.repo.pulls[7]
    pull.labels, pull.state, pull.merged_at = [label], "closed", on.github.world.now()
    work = on.repository.work
    work.back("main")
    work.put({"params.yaml": f"trees: {trees}\ndepth: 5\nstrength: 1.0\n"})
    before = work.git("rev-parse", "main")
    pull.merge_commit_sha = work.commit(f"Use {trees} trees (#7)")
    on.repository.push("main")
    payload = {"ref": "refs/heads/main", "before": before, "after": pull.merge_commit_sha}
    env = {"GITHUB_REF": "refs/heads/main", "SHA_REF": pull.merge_commit_sha}
    return on._run("push", payload, env)  # noqa: SLF001 - the merge is made here


def test_a_label_becomes_a_release_and_a_deployment(on: Forge, tmp_path: Path) -> None:
    build = merged(on, "release:minor", 40)
    assert set(build.jobs.values()) == {"success"}, build.log
    tags = on.repository.work.git("ls-remote", "--refs", "--tags", "origin")
    assert [line.rpartition("/")[2] for line in tags.splitlines()] == ["tumour@v0.1.0"]
    (release,) = on.github.repo.releases
    assert (release.tag_name, release.draft) == ("tumour@v0.1.0", False)
    (attested,) = (tmp_path / "cloud").glob("tumour-*.json")
    model = next(asset for asset in release.assets if asset.name == "model.json")
    assert attested.name == f"tumour-{model.digest.removeprefix('sha256:')}.json"
    assert json.loads(attested.read_text())["result"] in {"PASSED", "WARNED"}

    build = on.released("tumour@v0.1.0", DEPLOY)
    assert build.jobs == {"deploy": "success"}, build.log
    assert (tmp_path / "live.json").read_text() == bytes.fromhex(model.content).decode()
    (deployment,) = on.github.repo.deployments
    assert [status.state for status in deployment.statuses] == ["in_progress", "success"]
    tags = on.repository.work.git("ls-remote", "--refs", "--tags", "origin")
    assert "tumour#production#1" in tags

    build = merged(on, "release:minor", 45)
    assert set(build.jobs.values()) == {"success"}, build.log
    build = on.dispatch(DEPLOY, what="deploy", tag="tumour@v0.2.0", stage="production")
    assert build.jobs == {"deploy": "failure"}, build.log
    assert "rolled back to v0.1.0" in build.log
    assert (tmp_path / "live.json").read_text() == bytes.fromhex(model.content).decode()
    assert on.github.repo.deployments[-1].statuses[-1].state == "failure"

    build = on.schedule(DEPLOY)
    assert build.jobs == {"back": "failure"}, build.log
    assert "no version of tumour held production before v0.1.0" in build.log


def test_a_tag_that_somebody_pushes(on: Forge) -> None:
    build = merged(on, "documentation", 40)
    assert build.jobs["register"] == "success", build.log
    assert on.github.repo.releases == []
    assert "no label asks for a version" in build.log
    work = on.repository.work
    work.git("tag", "--annotate", "--message=by hand", "tumour@v1.0.0", "main")
    work.git("push", "--quiet", "origin", "tumour@v1.0.0")
    build = on.tagged("tumour@v1.0.0", RELEASE)
    assert build.jobs == {"release": "success"}, build.log
    (release,) = on.github.repo.releases
    assert release.tag_name == "tumour@v1.0.0"
    assert any("another tool has registered it" in said for said in build.annotations)
    build = on.dispatch(RELEASE, tag="tumour@v1.0.0")
    assert build.jobs == {"release": "success"}, build.log
    assert len(on.github.repo.releases) == 1


def test_a_tag_without_evidence_is_no_release(on: Forge) -> None:
    work = on.repository.work
    work.git("tag", "--annotate", "--message=by hand", "tumour@v1.0.0", "main")
    work.git("push", "--quiet", "origin", "tumour@v1.0.0")
    build = on.tagged("tumour@v1.0.0", RELEASE)
    assert build.jobs == {"release": "failure"}, build.log
    assert on.github.repo.releases == []
    assert any("no evidence of commit" in said for said in build.annotations)
