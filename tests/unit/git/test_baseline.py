from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from fakes.git import GitFolder
from mlgate.errors import ConfigError
from mlgate.sources.baseline import Situation, default_branch, find_baseline

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def origin(tmp_path: Path) -> GitFolder:
    """``main`` went on after ``topic`` left it; the branch point is tagged ``fork``."""
    made = GitFolder.new(tmp_path / "origin")
    made.commit("first", metrics__json='{"auc": 0.7}')
    made.commit("fork", metrics__json='{"auc": 0.8}')
    made.git("tag", "fork")
    made.switch("topic")
    made.commit("topic", metrics__json='{"auc": 0.9}')
    made.back()
    made.commit("main goes on", other__txt="x")
    made.back("topic")
    return made


def pull_request(origin: GitFolder, **more: str) -> Situation:
    parts = {
        "event": "pull_request",
        "base_ref": "main",
        "base_sha": origin.git("rev-parse", "main"),
        "head_sha": origin.git("rev-parse", "topic"),
        "default_branch": "main",
    }
    return Situation(**(parts | more))


def test_a_pull_request_is_compared_with_the_merge_base(origin: GitFolder) -> None:
    found = find_baseline(origin.open(), pull_request(origin))
    assert (found.commit, found.found) == (origin.git("rev-parse", "fork"), "merge-base")
    assert found.explanation == "merge base of head and main"
    assert found.committed_at == 1785931200


def test_a_merge_commit_is_compared_with_the_target_it_merged(origin: GitFolder) -> None:
    """What ``actions/checkout`` leaves on a pull request: a detached merge of target and head."""
    base = origin.git("rev-parse", "main")
    situation = pull_request(origin)
    origin.git("switch", "--quiet", "--detach", "main")
    origin.merge("topic")
    found = find_baseline(origin.open(), situation)
    assert (found.commit, found.found) == (base, "merge-base")
    assert found.explanation == "main as merged with this pull request"


def test_a_shallow_merge_commit_needs_only_the_baseline(origin: GitFolder, tmp_path: Path) -> None:
    base, situation = origin.git("rev-parse", "main"), pull_request(origin)
    origin.git("switch", "--quiet", "--detach", "main")
    origin.git("branch", "merged", origin.merge("topic"))
    clone = origin.clone(tmp_path / "clone", "--depth=1", "--branch=merged", "--single-branch")
    found = find_baseline(clone.open(), situation)
    assert (found.commit, found.problem) == (base, "")
    assert clone.git("rev-list", "--all", "--count") == "1"


def test_a_shallow_clone_of_the_head_is_deepened(origin: GitFolder, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone", "--depth=1", "--branch=topic", "--single-branch")
    found = find_baseline(clone.open(), pull_request(origin))
    assert (found.commit, found.problem) == (origin.git("rev-parse", "fork"), "")


def test_the_forge_is_asked_before_a_shallow_clone_is_deepened(
    origin: GitFolder, tmp_path: Path
) -> None:
    clone = origin.clone(tmp_path / "clone", "--depth=1", "--branch=topic", "--single-branch")
    fork, asked = origin.git("rev-parse", "fork"), list[tuple[str, str]]()

    def ask(base: str, head: str) -> str:
        asked.append((base, head))
        return fork

    found = find_baseline(clone.open(), pull_request(origin), ask)
    assert (found.commit, found.problem) == (fork, "")
    assert asked == [(origin.git("rev-parse", "main"), origin.git("rev-parse", "topic"))]


def test_a_shallow_clone_without_network_says_what_to_do(origin: GitFolder, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone", "--depth=1", "--branch=topic", "--single-branch")
    situation = pull_request(origin)
    shutil.rmtree(origin.path)
    found = find_baseline(clone.open(), situation)
    assert (found.commit, found.found) == ("", "none")
    assert "this clone has too little history and fetching failed ('" in found.problem
    assert "does not appear to be a git repository" in found.problem
    assert "check out with `fetch-depth: 0`" in found.problem


def test_unrelated_histories_have_no_baseline(origin: GitFolder) -> None:
    origin.git("switch", "--quiet", "--orphan", "alone")
    head = origin.commit("alone", metrics__json="{}")
    found = find_baseline(origin.open(), pull_request(origin, head_sha=head))
    assert found.commit == ""
    assert "share no history; name a baseline with --base" in found.problem


def test_a_merge_group_is_compared_with_its_base(origin: GitFolder) -> None:
    base = origin.git("rev-parse", "main")
    found = find_baseline(origin.open(), Situation(event="merge_group", base_sha=base))
    assert (found.commit, found.found) == (base, "merge-queue")


def test_a_merge_group_without_a_base_is_said(origin: GitFolder) -> None:
    found = find_baseline(origin.open(), Situation(event="merge_group", base_sha="main"))
    assert found.problem == "the merge group names no base commit"


def test_a_push_to_the_default_branch_is_compared_with_its_first_parent(origin: GitFolder) -> None:
    origin.back()
    before = origin.head()
    origin.merge("topic")
    situation = Situation(event="push", base_ref="main", default_branch="main", before="0" * 40)
    found = find_baseline(origin.open(), situation)
    assert (found.commit, found.found) == (before, "first-parent")


def test_a_tag_is_compared_with_the_previous_release_of_the_same_name(origin: GitFolder) -> None:
    origin.back()
    origin.git("tag", "churn@v1.0.0", "main~1")
    origin.git("tag", "other@v9.0.0", "main")
    origin.commit("release")
    origin.git("tag", "churn@v1.1.0")
    found = find_baseline(origin.open(), Situation(event="push", tag="churn@v1.1.0"))
    assert (found.commit, found.found) == (origin.git("rev-parse", "churn@v1.0.0"), "release")
    assert found.explanation == "the previous release, churn@v1.0.0"


def test_a_first_tag_has_no_baseline(origin: GitFolder) -> None:
    found = find_baseline(origin.open(), Situation(event="push", tag="never@v1"))
    assert found.problem == "no release before never@v1 was found"


def test_a_branch_on_ones_own_machine(origin: GitFolder) -> None:
    found = find_baseline(origin.open(), Situation())
    assert (found.commit, found.explanation) == (
        origin.git("rev-parse", "fork"),
        "merge base of HEAD and main",
    )


def test_changes_that_are_not_committed(origin: GitFolder) -> None:
    origin.back()
    origin.write(metrics__json='{"auc": 0.1}')
    found = find_baseline(origin.open(), Situation())
    assert (found.commit, found.found) == (origin.head(), "parent")


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("lightning_logs/version_3/metrics.csv", True),
        ("eval/results_2026-08-05T12-00-00.json", True),
        ("notes.txt", False),
    ],
)
def test_new_results_are_changes_too(origin: GitFolder, path: str, *, counts: bool) -> None:
    """Loggers that number or date their files leave the tracked ones as they are."""
    origin.back()
    origin.put({path: "{}"})
    found = find_baseline(origin.open(), Situation())
    assert found.commit == origin.git("rev-parse", "HEAD" if counts else "main~1")


def test_a_clean_default_branch(origin: GitFolder) -> None:
    origin.back()
    found = find_baseline(origin.open(), Situation())
    assert found.commit == origin.git("rev-parse", "main~1")


def test_a_detached_head(origin: GitFolder) -> None:
    origin.git("switch", "--quiet", "--detach", "topic")
    found = find_baseline(origin.open(), Situation())
    assert found.commit == origin.git("rev-parse", "fork")


@pytest.mark.parametrize("revision", ["fork", "main~1", "refs/tags/fork"])
def test_a_named_revision(origin: GitFolder, revision: str) -> None:
    found = find_baseline(origin.open(), Situation(given=revision))
    assert (found.commit, found.found) == (origin.git("rev-parse", "fork"), "given")


@pytest.mark.parametrize("revision", ["nope", "--upload-pack=touch pwned", "-h", "HEAD:a", "a\nb"])
def test_a_revision_that_is_none(origin: GitFolder, revision: str) -> None:
    with pytest.raises(ConfigError, match="is no commit of this repository"):
        find_baseline(origin.open(), Situation(given=revision))
    assert not (origin.path / "pwned").exists()


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    empty = GitFolder.new(tmp_path / "empty")
    assert find_baseline(empty.open(), Situation()).problem == "this repository has no commit yet"


def test_a_first_commit(tmp_path: Path) -> None:
    young = GitFolder.new(tmp_path / "young")
    young.commit(a="1")
    found = find_baseline(young.open(), Situation())
    assert found.problem == "this is the first commit of the repository"


def test_the_remote_tells_the_default_branch(origin: GitFolder, tmp_path: Path) -> None:
    origin.git("branch", "trunk", "main")
    origin.back("trunk")
    clone = origin.clone(tmp_path / "clone")
    assert default_branch(clone.open()) == "trunk"
    assert default_branch(origin.open()) == "main"
