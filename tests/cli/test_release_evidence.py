"""Where the evidence and the bytes of a version may be: predictions, DVC, LFS, artifacts."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.releasing import RULES, Project, weights
from fakes.github import TOKEN, shapes
from fakes.predictions import predictions
from mlgate.documents.codec import decode, encode
from mlgate.documents.release import Release

if TYPE_CHECKING:
    from cli.machine import Job
    from fakes.github import GitHubStandIn

PREDICTED = """\
version: 1
model: iris
metrics: []
artifacts: [model.safetensors]
predictions: {file: predictions.csv, id: id, label: churned, score: score, store: true}
gate:
  - {metric: roc_auc, max-drop: 0.02}
"""


def test_rows_of_both_versions_are_paired(project: Project) -> None:
    project.work.put({"mlgate.yml": PREDICTED, ".gitignore": ".mlgate/\npredictions.csv\n"})
    project.work.commit("rules")
    codes = [_registered(project, model, noise) for model, noise in ((1, 0.1), (2, 0.1))]
    assert codes == [0, 0]
    report = project.written()["report"]
    metrics = {m["name"]: m for m in report["comparisons"][0]["metrics"]}
    assert "DeLong" in metrics["roc_auc"]["interval"]["method"]
    assert report["baseline"]["origin"] == "stored evidence"
    assert _registered(project, 3, 2.5) == 1
    assert "roc_auc" in project.step("deployed")["said"]


def _registered(project: Project, model: int, noise: float) -> int:
    """Push a model with its predictions, and return what registering it exits with."""
    project.work.put({"predictions.csv": predictions(1000, model=model, noise=noise)})
    project.work.put({"model.safetensors": weights(model)})
    project.work.commit(f"model {model}")
    project.work.git("push", "--quiet", "origin", "main")
    project.job("push", ref="refs/heads/main").report("--store", "always", "--post", "never")
    return project.release("register", "iris").exit_code


def test_at_home_the_evidence_of_what_is_deployed_is_fetched(project: Project) -> None:
    project.pushed(0.9)
    project.release("register", "iris")
    project.pushed(0.91)
    for ref in project.work.git("for-each-ref", "--format=%(refname)", "refs/mlgate").split():
        project.work.git("update-ref", "-d", ref)
    assert project.release("register", "iris").exit_code == 0
    assert project.written()["report"]["baseline"]["origin"] == "stored evidence"


def test_the_release_is_what_its_schema_says(project: Project) -> None:
    project.pushed(0.9)
    project.release("register", "iris")
    raw = (project.machine.path / ".mlgate" / "release.json").read_bytes()
    assert encode(decode(raw, Release, origin="release.json")) == raw
    assert json.loads(project.machine.run("schema", "release").stdout)["$ref"]
    assert json.loads(project.machine.run("schema", "tag").stdout)["$ref"]


# Bytes that git does not keep


def dvc(folder: Path, *args: str) -> None:
    command = [sys.executable, "-m", "dvc", *args]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_model_that_dvc_tracks(project: Project, kind: str) -> None:
    path = project.machine.path
    dvc(path, "init", "--quiet")
    dvc(path, "config", "core.analytics", "false")
    project.work.put({"mlgate.yml": RULES.replace("model.safetensors", "weights")})
    project.work.commit("rules")
    place = path / "weights"
    if kind == "folder":
        (place / "sub").mkdir(parents=True)
        for name in ("b.safetensors", "a.safetensors", "sub/c.bin", "sub-d"):
            (place / name).write_bytes(weights(len(name)))
    else:
        place.write_bytes(weights(1))
    dvc(path, "add", "--quiet", "weights")
    project.work.put({"metrics.json": '{"auc": 0.9}'})
    project.work.commit("measured")
    project.work.git("push", "--quiet", "origin", "main")
    project.job("push", ref="refs/heads/main").report("--store", "always", "--post", "never")
    ran = project.release("register", "iris")
    assert ran.exit_code == 0, ran.output
    (file,) = project.written()["models"]
    assert file["digest"].startswith("md5:")
    assert file["digest"].endswith(".dir") == (kind == "folder")
    changed = place / "sub" / "c.bin" if kind == "folder" else place
    changed.unlink()
    changed.write_bytes(b"other")
    assert project.release("verify", "iris@v0.0.1").exit_code == 3
    assert "not the file that was measured" in project.step("model")["said"]
    shutil.rmtree(place) if kind == "folder" else place.unlink()
    assert project.release("verify", "iris@v0.0.1").exit_code == 3
    assert "dvc pull weights" in project.step("model")["fix"]


def test_a_model_in_lfs(project: Project) -> None:
    raw = weights(3)
    digest = hashlib.sha256(raw).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(raw)}\n"
    project.work.put({".gitattributes": "*.safetensors filter=lfs -text\n"})
    project.work.git("config", "filter.lfs.clean", f"printf '{pointer}'")
    project.work.commit("attributes")
    project.pushed(0.9, model=raw)
    assert project.release("register", "iris").exit_code == 0
    (file,) = project.written()["models"]
    assert (file["digest"], file["sha256"]) == (f"sha256:{digest}", f"sha256:{digest}")


# Evidence in an artifact


def uploaded(github: GitHubStandIn, commit: str, files: dict[str, bytes]) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)
    run = github.add_run(commit, event="push")
    github.add_artifact(run.id, "mlgate", made.getvalue())


def measured(project: Project) -> Job:
    """A job on a commit whose evidence nobody keeps in the repository."""
    project.work.put({"model.safetensors": weights(1), "metrics.json": '{"auc": 0.9}'})
    project.work.commit("measured")
    project.work.git("push", "--quiet", "origin", "main")
    job = project.job("push", ref="refs/heads/main")
    job.report("--store", "never", "--post", "never")
    github = project.github
    event = Path(job.env["GITHUB_EVENT_PATH"])
    payload = json.loads(event.read_text())
    ours = shapes.minimal_repository(github.url, github.repo)["id"]
    payload["repository"]["id"] = ours
    event.write_text(json.dumps(payload))
    return job.given(GITHUB_REPOSITORY_ID=str(ours))


def test_the_artifact_of_the_run_is_evidence_too(project: Project, github: GitHubStandIn) -> None:
    github.world.tokens[TOKEN].permissions["actions"] = "read"
    job = measured(project)
    folder = project.machine.path / ".mlgate"
    files = {name: (folder / name).read_bytes() for name in ("evidence.json", "report.json")}
    assert job.run("release", "register", "iris", "--artifact", "mlgate").exit_code == 3
    uploaded(github, project.work.head(), files)
    ran = job.run("release", "register", "iris", "--artifact", "mlgate")
    assert ran.exit_code == 0, ran.output
    assert "evidence: refs" not in project.tag("iris@v0.0.1")
    assert f"digest: sha256:{hashlib.sha256(files['evidence.json']).hexdigest()}" in project.tag(
        "iris@v0.0.1"
    )


def test_labels_of_the_pull_request_that_was_merged(
    project: Project, github: GitHubStandIn
) -> None:
    commit = project.pushed(0.9)
    job = project.job("push", ref="refs/heads/main")
    ran = job.run("release", "register", "iris", "--from-pull-request")
    assert "no pull request was merged as" in ran.stderr
    assert job.outputs()["registered"] == "false"
    pull = github.repo.pulls[7]
    pull.merge_commit_sha, pull.merged_at = commit, github.world.now()
    pull.labels = ["documentation", "release:major"]
    ran = job.run("release", "register", "iris", "--from-pull-request")
    assert (ran.exit_code, job.outputs()["tag"]) == (0, "iris@v1.0.0")
    ran = project.release("register", "iris", "--from-pull-request")
    assert (ran.exit_code, "this is no job of GitHub Actions" in ran.stderr) == (2, True)
