"""A log that holds a job's outputs: made by the program itself, whole, torn and hostile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mlgate.train.remote
from mlgate.errors import SourceError
from mlgate.sources.worktree import WorkTree
from mlgate.train.remote.package import PROGRAM, pack
from mlgate.train.remote.received import Received

SOURCE = Path(mlgate.train.remote.__file__).with_name("program.py")
MARK = "mlgate-0123"
WRITES = """\
printf hello
mkdir -p out/deep
printf 'a\\nb' > out/deep/one
head -c 200000 /dev/urandom > out/two
chmod +x out/two
printf error >&2
"""


def log(folder: Path, command: str = WRITES, *outputs: str) -> bytes:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, str(SOURCE), MARK, command, *(outputs or ("out",))],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout


def received(raw: bytes, folder: Path, size: int = 1 << 20) -> tuple[Received, bytes]:
    folder.mkdir(exist_ok=True)
    found = Received(MARK, folder)
    shown = b""
    for start in range(0, len(raw), size):
        shown += found.feed(raw[start : start + size])
    return found, shown + found.feed(b"", last=True)


@pytest.mark.parametrize("size", [1 << 20, 1000, 17])
def test_files_come_back_as_they_were(tmp_path: Path, size: int) -> None:
    raw = log(tmp_path / "there")
    found, shown = received(raw, tmp_path / "received", size)
    assert b"hello" in shown
    assert MARK.encode() not in shown
    work = tmp_path / "here"
    work.mkdir()
    tree = WorkTree(work)
    assert found.put(tree, lambda path: path.startswith("out/")) == ["out/deep/one", "out/two"]
    for name in ("out/deep/one", "out/two"):
        assert (work / name).read_bytes() == (tmp_path / "there" / name).read_bytes()
    assert (work / "out/two").stat().st_mode & 0o100
    assert found.took is not None
    assert found.took.exit_code == 0
    assert found.took.packages["pytest"]


def test_a_command_that_fails_sends_nothing(tmp_path: Path) -> None:
    found, _ = received(log(tmp_path / "there", f"{WRITES}exit 5"), tmp_path / "r")
    assert found.took is not None
    assert found.took.exit_code == 5
    assert found.put(WorkTree(tmp_path), lambda _path: True) == []


def test_a_link_that_leads_outside_is_refused_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    found, _ = received(log(tmp_path / "there", "ln -s ../secret leak", "leak"), tmp_path / "r")
    assert found.refused == "leak leads outside the working folder"


@pytest.mark.parametrize("cut", [b'"end"', b" end ", b" done ", b" took "])
def test_a_log_that_ends_early_gives_nothing(tmp_path: Path, cut: bytes) -> None:
    raw = log(tmp_path / "there").partition(MARK.encode() + cut)[0]
    found, _ = received(raw, tmp_path / "r")
    if cut == b'"end"':
        return
    with pytest.raises(SourceError, match="ends before its outputs"):
        found.put(WorkTree(tmp_path), lambda _path: True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"digest": "', b'"digest": "0'),
        (b" data ", b" data !"),
        (b'{"executable"', b'{"executabel"'),
        (MARK.encode() + b" done", MARK.encode() + b" file"),
    ],
)
def test_a_torn_log_is_said(tmp_path: Path, old: bytes, new: bytes) -> None:
    raw = log(tmp_path / "there").replace(old, new, 1)
    with pytest.raises(SourceError, match="the log of the job is torn"):
        received(raw, tmp_path / "r")


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "out/../../evil", "src/other.py"])
def test_a_hostile_path_is_not_written(tmp_path: Path, path: str) -> None:
    raw = log(tmp_path / "there").replace(b"out/deep/one", path.encode())
    found, _ = received(raw, tmp_path / "r")
    work = tmp_path / "here"
    work.mkdir()
    with pytest.raises(SourceError):
        found.put(WorkTree(work), lambda name: name.startswith("out/"))
    assert not list(work.iterdir())


def test_the_same_files_make_the_same_package(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a")
    one = pack(WorkTree(tmp_path), ["a.py"])
    (tmp_path / "a.py").touch()
    assert pack(WorkTree(tmp_path), ["a.py"]) == one
    (tmp_path / "a.py").write_text("b")
    assert pack(WorkTree(tmp_path), ["a.py"]).name != one.name
    assert PROGRAM.encode() in one.content
