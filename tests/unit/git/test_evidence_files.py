from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.git import GitFolder
from fakes.judging import evidence
from mlgate.documents.codec import encode
from mlgate.documents.evidence import Evidence
from mlgate.errors import SourceError
from mlgate.sources.evidence_files import merge_evidence, read_evidence
from mlgate.sources.stored import STORED, fetch_stored, read_stored

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "a" * 40


def leg(model: str, commit: str = COMMIT, **values: float) -> Evidence:
    return Evidence(commit=commit, models=(evidence(values, model=model),))


def test_legs_become_one(tmp_path: Path) -> None:
    for name in ("linear", "forest"):
        place = tmp_path / f"evidence-{name}" / "evidence.json"
        place.parent.mkdir()
        place.write_bytes(encode(leg(name, auc=0.9)))
    merged = merge_evidence(read_evidence([tmp_path]))
    assert [m.model for m in merged.models] == ["forest", "linear"]
    assert merged.commit == COMMIT


def test_parts_of_one_model_are_joined() -> None:
    [model] = merge_evidence([leg("m", auc=0.9), leg("m", f1=0.8)]).models
    assert [m.name for m in model.metrics] == ["auc", "f1"]


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        pytest.param([leg("m", auc=0.9), leg("m", auc=0.8)], "measure auc", id="twice"),
        pytest.param([leg("a"), leg("b", "b" * 40)], "different commits: aaaaaaaaaaaa", id="mixed"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts: list[Evidence], complaint: str) -> None:
    with pytest.raises(SourceError, match=complaint):
        merge_evidence(parts)


def test_a_leg_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no evidence: No such file") as caught:
        read_evidence([tmp_path / "evidence.json"])
    assert "upload its evidence" in caught.value.hint
    with pytest.raises(SourceError, match=r"no evidence\.json in this folder"):
        read_evidence([tmp_path])


def test_a_broken_leg_is_refused_with_its_place(tmp_path: Path) -> None:
    place = tmp_path / "evidence.json"
    place.write_bytes(encode(leg("m", auc=0.9))[:-20])
    with pytest.raises(SourceError, match=r"evidence\.json:\d+:\d+: not JSON"):
        read_evidence([place])


def test_stored_evidence_is_fetched_by_commit(tmp_path: Path) -> None:
    origin = GitFolder.new(tmp_path / "origin")
    commit = origin.commit(metrics__json="{}")
    origin.store(commit, encode(leg("m", commit, auc=0.9)))
    clone = origin.clone(tmp_path / "clone")
    assert read_stored(clone.open(), commit, fetch=False) is None
    stored = read_stored(clone.open(), commit, fetch=True)
    assert stored is not None
    assert stored.models[0].metrics[0].value == 0.9
    assert read_stored(clone.open(), "c" * 40, fetch=True) is None


def test_stored_evidence_that_is_broken_is_an_error(tmp_path: Path) -> None:
    origin = GitFolder.new(tmp_path / "origin")
    commit = origin.commit(metrics__json="{}")
    origin.store(commit, b"{")
    with pytest.raises(SourceError, match=f"{STORED}/{commit}"):
        read_stored(origin.open(), commit, fetch=False)


def test_the_last_run_counts_and_run_10_comes_after_run_9(tmp_path: Path) -> None:
    origin = GitFolder.new(tmp_path / "origin")
    commit = origin.commit(metrics__json="{}")
    for run, value in (("9.1", 0.9), ("10.1", 0.8), ("8.2", 0.7)):
        origin.store(commit, encode(leg("m", commit, auc=value)), run)
    origin.store(commit, encode(leg("other", commit, auc=0.5)), "7.1")
    stored = read_stored(origin.open(), commit, fetch=False)
    assert stored is not None
    assert {m.model: m.metrics[0].value for m in stored.models} == {"m": 0.8, "other": 0.5}


def test_stored_evidence_of_many_commits_is_fetched_at_once(tmp_path: Path) -> None:
    origin = GitFolder.new(tmp_path / "origin")
    commits = [origin.commit(metrics__json=f"[{n}]") for n in range(4)]
    for commit in commits[:2]:
        origin.store(commit, encode(leg("m", commit, auc=0.9)))
    clone = origin.clone(tmp_path / "clone")
    fetch_stored(clone.open(), commits[1:])
    known = [read_stored(clone.open(), commit, fetch=False) is not None for commit in commits]
    assert known == [False, True, False, False]
