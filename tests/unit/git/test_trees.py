from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.git import GitFolder, environment
from mlgate.errors import SourceError
from mlgate.sources.changes import read_code_change
from mlgate.sources.commit_tree import CommitTree
from mlgate.sources.git import Repository
from mlgate.sources.tree import MAX_FILE_BYTES
from mlgate.sources.worktree import WorkTree

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"metrics.json": '{"auc": 0.9}', "eval/b.csv": "x\n1\n", "ümlaut name.json": "{}"}


@pytest.fixture
def folder(tmp_path: Path) -> GitFolder:
    made = GitFolder.new(tmp_path / "repository")
    made.put(FILES)
    made.commit()
    return made


def test_a_commit_and_its_work_tree_look_the_same(folder: GitFolder) -> None:
    repository = folder.open()
    commit, work = CommitTree(repository, folder.head()), WorkTree(folder.path, repository)
    names = sorted(FILES)
    assert commit.paths() == list(work.paths()) == names
    assert commit.read(names) == work.read(names) == {n: FILES[n].encode() for n in names}
    assert commit.digests(names) == work.digests(names)
    assert [commit.size(n) for n in names] == [work.size(n) for n in names]
    assert [commit.sha256(n) for n in names] == [work.sha256(n) for n in names]
    assert commit.tracked() == work.tracked() == frozenset(names)
    assert (commit.size("nope"), work.size("nope")) == (None, None)
    assert commit.read(["nope"]) == work.read(["nope"]) == {}


def test_an_old_commit_is_read_without_touching_anything(folder: GitFolder) -> None:
    old = folder.head()
    folder.commit(metrics__json='{"auc": 0.1}')
    folder.write(metrics__json="not even JSON", new__txt="untracked")
    before = folder.git("status", "--porcelain"), folder.head()
    stamps = _stamps(folder)
    tree = CommitTree(folder.open(), old)
    assert tree.read(["metrics.json"]) == {"metrics.json": b'{"auc": 0.9}'}
    assert _stamps(folder) == stamps
    assert (folder.git("status", "--porcelain"), folder.head()) == before


def _stamps(folder: GitFolder) -> dict[str, int]:
    watched = (folder.path / name for name in (".git/index", ".git/HEAD", "metrics.json"))
    return {place.name: place.stat().st_mtime_ns for place in watched}


def test_a_workspace_inside_the_repository(folder: GitFolder) -> None:
    inner = GitFolder(folder.path / "eval").open()
    tree = CommitTree(inner, folder.head())
    assert (inner.prefix, tree.paths()) == ("eval/", ["b.csv"])
    assert tree.read(["b.csv"]) == {"b.csv": b"x\n1\n"}


def test_a_blobless_clone_fetches_what_is_read_and_no_more(
    folder: GitFolder, tmp_path: Path
) -> None:
    old = folder.head()
    folder.commit(metrics__json='{"auc": 0.1}', big__bin="x" * 5000)
    clone = folder.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    before = _missing(clone)
    tree = CommitTree(clone.open(), old)
    assert tree.read(["metrics.json"]) == {"metrics.json": b'{"auc": 0.9}'}
    assert len(before) - len(_missing(clone)) == 1


def _missing(clone: GitFolder) -> list[str]:
    listed = clone.git("rev-list", "--objects", "--all", "--missing=print")
    return [line for line in listed.splitlines() if line.startswith("?")]


def test_a_blobless_clone_without_network_says_what_is_missing(
    folder: GitFolder, tmp_path: Path
) -> None:
    clone = folder.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    folder.path.rename(tmp_path / "gone")
    complaint = "not in this partial clone: .*does not appear to be a git repository"
    with pytest.raises(SourceError, match=complaint) as caught:
        CommitTree(clone.open(), clone.head()).read(["metrics.json"])
    assert "check out without `filter:`" in caught.value.hint


def test_a_commit_that_is_not_here(folder: GitFolder) -> None:
    with pytest.raises(SourceError, match="the commit cannot be listed"):
        CommitTree(folder.open(), "d" * 40).paths()


def test_a_large_file_is_refused_by_name(folder: GitFolder) -> None:
    folder.commit(big__json="x" * (MAX_FILE_BYTES + 1))
    for tree in (CommitTree(folder.open(), folder.head()), WorkTree(folder.path)):
        with pytest.raises(SourceError, match=r"big\.json: 16\.1 MiB is more than"):
            tree.read(["big.json"])


def test_a_link_out_of_the_workspace_is_refused(folder: GitFolder, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"auc": 1}')
    (folder.path / "linked.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(SourceError, match=r"linked\.json: leads outside the workspace"):
        WorkTree(folder.path).read(["linked.json"])
    tree = WorkTree(folder.path)
    assert (tree.size("linked.json"), tree.sha256("linked.json")) == (None, "")
    assert tree.digests(["linked.json"]) == {}
    folder.commit()
    assert CommitTree(folder.open(), folder.head()).read(["linked.json"]) == {}


def test_git_refuses_a_path_upwards(folder: GitFolder) -> None:
    with pytest.raises(SourceError, match="leads outside the workspace"):
        WorkTree(folder.path).read(["../secret.json"])


def test_no_repository(tmp_path: Path) -> None:
    assert Repository.discover(tmp_path, environment()) is None
    (tmp_path / "metrics.json").write_text("{}")
    tree = WorkTree(tmp_path)
    assert (tree.paths(), tree.tracked()) == (("metrics.json",), frozenset())


def test_hooks_and_helpers_of_the_repository_do_not_run(folder: GitFolder) -> None:
    pwned = folder.path / "pwned"
    folder.git("config", "core.fsmonitor", f"touch {pwned}")
    folder.git("config", "diff.external", f"touch {pwned}")
    folder.git("config", "diff.evil.textconv", f"touch {pwned};cat")
    folder.put({".gitattributes": "*.json diff=evil\n", "metrics.json": '{"auc": 0.2}'})
    repository = folder.open()
    assert repository.dirty
    assert read_code_change(repository, folder.head(), ())
    assert not pwned.exists()


def test_the_code_that_changed_leaves_out_data_and_metrics(folder: GitFolder) -> None:
    base = folder.head()
    folder.put(
        {
            "train.py": "a\nb\n",
            "metrics.json": "{}",
            "data.csv.dvc": "outs: []\n",
            "dvc.lock": "x\n",
            "dvc.yaml": "stages: {}\n",
        }
    )
    folder.git("add", "--all")
    found = read_code_change(folder.open(), base, {"metrics.json"})
    assert found is not None
    assert (found.files, found.added, found.removed) == (2, 3, 0)
    assert found.paths == ("dvc.yaml", "train.py")
