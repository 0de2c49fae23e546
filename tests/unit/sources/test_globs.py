"""Path patterns against names that look like patterns, and against Python's own matcher."""

from __future__ import annotations

import glob
import re
import warnings
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.sources.globs import inside, matching

PATTERNS = st.text("ab-![]*?&~|^\\", min_size=1, max_size=8).filter(lambda text: "**" not in text)
NAMES = st.text("ab-![]&~|^\\", min_size=1, max_size=4)


@given(pattern=PATTERNS, name=NAMES)
def test_within_one_folder_python_agrees(pattern: str, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bool(matching(pattern, [name])) == fnmatchcase(name, pattern)


@given(st.text(min_size=1, max_size=12).filter(lambda text: "/" not in text))
def test_an_escaped_name_matches_itself_only(name: str) -> None:
    assert matching(glob.escape(name), [name, name + "x", "x" + name]) == [name]


@given(st.text(max_size=12))
def test_every_text_is_a_pattern(pattern: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            matching(pattern, ["a", "a/b"])
        except re.error:
            pytest.fail("not a pattern")


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("**", ["a", "x/a", "x/y/a", "x/.a"]),
        ("**/a", ["a", "x/a", "x/y/a"]),
        ("x/**/a", ["x/a", "x/y/a"]),
        ("**/**/a", ["a", "x/a", "x/y/a"]),
        ("*/a", ["x/a"]),
        ("x/*", ["x/a", "x/.a"]),
        ("?/a", ["x/a"]),
        ("x?a", []),
        ("x[!y]a", []),
        ("[!y]", ["a"]),
    ],
)
def test_stars_and_folders(pattern: str, matched: list[str]) -> None:
    assert matching(pattern, ["a", "x/a", "x/y/a", "x/.a"]) == matched


@given(folder=st.text("ab./", max_size=6), path=st.text("ab./\\:", max_size=8))
def test_nothing_leads_out(folder: str, path: str) -> None:
    found = inside(folder.strip("/."), path)
    assert found is None or not (found.startswith(("/", "../")) or found in {"", ".", ".."})
