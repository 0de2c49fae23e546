"""One bad file spoils only itself, and all files together have a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.tree import MemoryTree
from mlgate.errors import SourceError
from mlgate.sources.reading import MAX_TOTAL_BYTES, read_each
from mlgate.sources.tree import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class LeadsOut(MemoryTree):
    """A tree in which the file ``out`` is a link that leads out of the workspace."""

    def read(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        found = super().read(paths)
        if "out" in paths:
            raise SourceError("out: leads out of the workspace")
        return found


def test_all_files_come_in_one_go() -> None:
    tree = MemoryTree({"a": b"1", "b": b"2"})
    contents = read_each(tree, ["a", "b", "a", "gone"])
    assert (contents.read, contents.failed, tree.reads) == ({"a": b"1", "b": b"2"}, {}, 1)


def test_nothing_is_asked_for_when_nothing_fits() -> None:
    tree = MemoryTree({"a": b""}, sizes={"a": MAX_FILE_BYTES + 1})
    assert list(read_each(tree, ["a"]).failed) == ["a"]
    assert tree.reads == 0


def test_a_file_that_cannot_be_read_spoils_only_itself() -> None:
    contents = read_each(LeadsOut({"a": b"1", "out": b"", "b": b"2"}), ["a", "out", "b", "gone"])
    assert contents.read == {"a": b"1", "b": b"2"}
    assert {path: exc.what for path, exc in contents.failed.items()} == {
        "out": "out: leads out of the workspace"
    }


def test_files_beyond_the_common_limit_fail_and_smaller_ones_still_fit() -> None:
    full = [f"{i:02}" for i in range(MAX_TOTAL_BYTES // MAX_FILE_BYTES)]
    sizes = dict.fromkeys(full, MAX_FILE_BYTES) | {"15": MAX_FILE_BYTES - 1, "over": 2, "last": 1}
    contents = read_each(MemoryTree(dict.fromkeys(sizes, b"1"), sizes=sizes), list(sizes))
    assert set(contents.read) == {*full, "last"}
    [failed] = contents.failed.values()
    assert failed.what == "over: the files before it have 268 MB, which is the limit"
    assert failed.hint == "name fewer files under `metrics:`"
