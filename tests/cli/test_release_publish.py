"""`mlgate release publish`, in a job and at home."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import pytest

from cli.releasing import RULES, Project, weights
from fakes.github import TOKEN

if TYPE_CHECKING:
    from pathlib import Path

    from cli.machine import Job
    from fakes.github import GitHubStandIn

OWN = """\
release:
  github: false
  publish:
    - name: shelf
      command: mkdir -p "$SHELF/$MLGATE_VERSION" && cp $MLGATE_MODELS "$SHELF/$MLGATE_VERSION/"
      digest: sha256sum "$SHELF/$MLGATE_VERSION/model.safetensors" 2>/dev/null || echo none
      previous: ls "$SHELF" | tail -n 1
"""


@pytest.fixture
def project(project_template: Project, github: GitHubStandIn, tmp_path: Path) -> Project:
    github.world.tokens[TOKEN].permissions["contents"] = "write"
    return project_template.copied(tmp_path, github)


def registered(project: Project, value: float = 0.9) -> Job:
    """The job of the tag of a new version."""
    project.pushed(value)
    assert project.release("register", "iris").exit_code == 0
    return project.job(ref=f"refs/tags/{project.written()['tag']}")


def test_a_tag_becomes_a_release(project: Project, github: GitHubStandIn) -> None:
    job = registered(project)
    ran = job.run("release", "publish", "iris@v0.0.1")
    assert ran.exit_code == 0, ran.output
    (release,) = github.repo.releases
    assert (release.tag_name, release.draft, release.name) == ("iris@v0.0.1", False, "iris v0.0.1")
    assert release.body is not None
    assert release.body.startswith("## iris v0.0.1")
    assets = {asset.name: asset for asset in release.assets}
    assert bytes.fromhex(assets["model.safetensors"].content) == weights(0.9)
    assert {"MODEL_CARD.md", "bom.cdx.json", "statement.intoto.json", "release.json"} <= set(assets)
    assert job.outputs()["url"].endswith("/releases/tag/iris%40v0.0.1")
    published = project.written()["published"]
    assert published == [
        {"where": "GitHub release", "outcome": "published", "url": job.outputs()["url"]}
    ]
    assert "published https://github.com/octo/ml/releases" in ran.stderr
    again = project.job(ref="refs/tags/iris@v0.0.1").run("release", "publish", "iris@v0.0.1")
    assert again.exit_code == 0
    assert len(github.repo.releases) == 1


def test_what_is_refused_is_not_published(project: Project, github: GitHubStandIn) -> None:
    job = registered(project)
    (project.machine.path / "model.safetensors").write_bytes(weights(1))
    assert job.run("release", "publish", "iris@v0.0.1").exit_code == 3
    assert github.repo.releases == []


def test_a_rehearsal_changes_nothing(project: Project, github: GitHubStandIn) -> None:
    job = registered(project)
    ran = job.run("release", "publish", "iris@v0.0.1", "--dry-run")
    assert (ran.exit_code, github.repo.releases) == (0, [])
    assert "GitHub release: nothing is there" in ran.stderr
    digest = hashlib.sha256(weights(0.9)).hexdigest()
    assert f"  {digest}  model.safetensors" in ran.stderr


def test_a_tag_that_moves_while_it_is_published(project: Project, github: GitHubStandIn) -> None:
    job = registered(project)
    second = project.pushed(0.91)
    project.work.git("checkout", "--quiet", "iris@v0.0.1")
    real = github.after_write

    def move() -> None:
        real()
        project.work.git("push", "--quiet", "--force", "origin", f"{second}:refs/tags/iris@v0.0.1")

    github.after_write = move
    ran = job.run("release", "publish", "iris@v0.0.1")
    assert ran.exit_code == 3, ran.output
    assert "the tag iris@v0.0.1 was moved" in ran.stderr
    assert github.repo.releases[0].draft


def test_a_tag_of_a_stage_is_no_version(project: Project, github: GitHubStandIn) -> None:
    job = registered(project)
    project.release("promote", "iris", "v0.0.1", "production")
    ran = job.run("release", "publish", "iris#production#1")
    assert (ran.exit_code, github.repo.releases) == (2, [])
    assert "publish the tag that registers iris v0.0.1" in ran.stderr


def test_a_link_leads_none_of_our_files_elsewhere(project: Project, tmp_path: Path) -> None:
    job = registered(project)
    kept = tmp_path / "elsewhere"
    (kept / "release").mkdir(parents=True)
    (kept / "release" / "precious").write_text("x")
    shutil.rmtree(project.machine.path / ".mlgate")
    (project.machine.path / ".mlgate").symlink_to(kept)
    ran = job.run("release", "publish", "iris@v0.0.1")
    assert (ran.exit_code, "leads outside" in ran.stderr) == (3, True)
    assert (kept / "release" / "precious").exists()


def test_without_the_right_it_says_which(project: Project, github: GitHubStandIn) -> None:
    github.world.tokens[TOKEN].permissions["contents"] = "read"
    job = registered(project)
    ran = job.run("release", "publish", "iris@v0.0.1")
    assert (ran.exit_code, "contents: write" in ran.stderr) == (4, True)


def test_at_home_there_is_nowhere_to_go(project: Project) -> None:
    registered(project)
    ran = project.release("publish", "iris@v0.0.1")
    assert (ran.exit_code, "nothing says where the release goes" in ran.stderr) == (2, True)


@pytest.fixture
def shelved(project: Project, tmp_path: Path) -> Project:
    """A project that publishes to a folder by commands."""
    project.work.put({"mlgate.yml": RULES + OWN})
    project.work.commit("shelf")
    (tmp_path / "shelf").mkdir()
    return Project(
        type(project.machine)(project.work, {"SHELF": str(tmp_path / "shelf")}),
        project.github,
        project.remote,
    )


def test_any_other_place_by_commands(shelved: Project, tmp_path: Path) -> None:
    registered(shelved)
    ran = shelved.release("publish", "iris@v0.0.1")
    assert ran.exit_code == 0, ran.output
    assert (tmp_path / "shelf" / "v0.0.1" / "model.safetensors").read_bytes() == weights(0.9)
    assert shelved.written()["published"] == [{"where": "shelf", "outcome": "published"}]
    assert shelved.release("publish", "iris@v0.0.1").exit_code == 0
    assert shelved.written()["published"][0]["outcome"] == "there"
    registered(shelved, 0.91)
    shelved.release("publish", "iris@v0.0.2")
    assert shelved.written()["published"][0]["previous"] == "v0.0.1"
    (tmp_path / "shelf" / "v0.0.2" / "model.safetensors").write_bytes(b"other")
    ran = shelved.release("publish", "iris@v0.0.2")
    assert (ran.exit_code, "shelf: iris v0.0.2 is there with other bytes" in ran.stderr) == (
        4,
        True,
    )


@pytest.mark.parametrize(
    ("command", "digest", "said"),
    [
        ("exit 3", "echo none", "shelf: command: ended with exit 3"),
        ("true", "echo none", "shelf: does not hold what was put there: nothing"),
        ("true", "echo hello", "shelf: digest: 'hello' is no SHA-256"),
        ("true", "echo oops >&2; exit 1", "shelf: digest: ended with exit 1: oops"),
    ],
)
def test_a_place_that_fails(project: Project, command: str, digest: str, said: str) -> None:
    own = (
        "release: {github: false, publish: [{name: shelf, "
        f"command: '{command}', digest: '{digest}'}}]}}\n"
    )
    project.work.put({"mlgate.yml": RULES + own})
    project.work.commit("shelf")
    registered(project)
    ran = project.release("publish", "iris@v0.0.1")
    assert (ran.exit_code, said in ran.stderr) == (4, True), ran.stderr
