from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgate.errors import PublishError
from mlgate.publish.base import Action, Post
from mlgate.publish.files import (
    MAX_SUMMARY_BYTES,
    JobSummary,
    append_outputs,
    write_atomically,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_the_summary_is_added_to_what_other_steps_wrote(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    assert JobSummary(path).publish(Post(body="one\n")).action is Action.CREATED
    assert JobSummary(path).publish(Post(body="two")).action is Action.UPDATED
    assert path.read_text() == "one\n\ntwo\n\n"


def test_a_summary_too_long_is_refused_before_github_drops_all(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("x" * (MAX_SUMMARY_BYTES - 10))
    with pytest.raises(PublishError, match=f"GitHub takes {MAX_SUMMARY_BYTES}"):
        JobSummary(path).publish(Post(body="more than ten bytes"))
    assert path.stat().st_size == MAX_SUMMARY_BYTES - 10


def test_outputs_of_any_text(tmp_path: Path) -> None:
    path = tmp_path / "out"
    append_outputs(path, {"verdict": "fail", "rules": "a\nb=c\n::error::x\nEOF\n"})
    lines = path.read_text().splitlines()
    assert "verdict" in lines[0]
    fence = next(line for line in lines if line.startswith("rules<<")).partition("<<")[2]
    assert lines.count(fence) == 1
    assert lines[-1] == fence


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "file"
    with pytest.raises(PublishError, match=r"job summary .*No such file or directory"):
        JobSummary(path).publish(Post(body="x"))
    with pytest.raises(PublishError, match=r"step outputs .*No such file or directory"):
        append_outputs(path, {"a": "b"})


def test_a_file_is_replaced_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [each.name for each in path.parent.iterdir()] == ["report.json"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("precious")
    path = tmp_path / "report.json"
    path.symlink_to(theirs)
    write_atomically(path, b"ours")
    assert (theirs.read_text(), path.read_text()) == ("precious", "ours")
    assert not path.is_symlink()


def test_a_file_in_the_way_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PublishError, match=r"report\.json: .+"):
        write_atomically(tmp_path / "file" / "report.json", b"x")
