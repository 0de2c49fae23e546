"""The grammar of tags, and GTO's own expression on the same tags."""

from __future__ import annotations

import pytest
from gto.constants import tag_re
from hypothesis import example, given
from hypothesis import strategies as st

from mlgate.errors import ConfigError
from mlgate.release.grammar import (
    TagName,
    is_meant,
    parse_tag,
    require_model,
    require_stage,
    require_version,
)

GRAMMAR = [
    ("iris@v1.2.0", TagName(action="register", name="iris", version="v1.2.0")),
    ("iris@v1.2.0!", TagName(action="deregister", name="iris", version="v1.2.0")),
    ("iris@v1.2.0#7", TagName(action="register", name="iris", version="v1.2.0", counter=7)),
    ("iris#prod#3", TagName(action="assign", name="iris", stage="prod", counter=3)),
    ("iris#prod", TagName(action="assign", name="iris", stage="prod")),
    ("iris#prod!#4", TagName(action="unassign", name="iris", stage="prod", counter=4)),
    ("iris@deprecated", TagName(action="deprecate", name="iris")),
    (
        "a/b=iris-2@v1.0.0-rc.1+x",
        TagName(action="register", name="a/b:iris-2", version="v1.0.0-rc.1+x"),
    ),
    ("v1.2.0", TagName(action="register", name="", version="v1.2.0")),
]


@pytest.mark.parametrize(("text", "said"), GRAMMAR)
def test_both_ways(text: str, said: TagName) -> None:
    assert parse_tag(text) == said
    assert said.text == text


@pytest.mark.parametrize(
    "text",
    [
        "nightly", "iris@v1.2", "iris@1.2.0", "iris@v01.2.0", "iris@V1.2.0", "iris#", "#prod#1",
        "iris@v1.2.0-", "iris@v1.2.0\n", "-iris@v1.2.0", "iris @v1.2.0", "iris@v1.2.0#x", "",
        "iris@created", "v1", "x" * 500 + "@v1.0.0",
    ],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    assert parse_tag(text) is None


NAME = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-/_]{0,8}[a-zA-Z0-9])?", fullmatch=True)
PIECE = st.sampled_from(["@", "#", "!", "=", "v1.0.0", "v1.0", "v1.0.0-rc.1", "deprecated", "prod",
                         "1", "iris", "/", "-", ".", "é", "+b"])  # fmt: skip


@given(st.lists(PIECE, max_size=9).map("".join))
@example("iris#prod!")
@example("a=b=c@v1.0.0")
def test_gto_reads_the_same_tags(text: str) -> None:
    ours, theirs = parse_tag(text), tag_re.search(text)
    if ours is not None and not ours.name:
        return  # a plain version is ours alone
    if theirs is None or theirs["created"]:
        assert ours is None
        return
    assert ours is not None
    assert ours.name == theirs["artifact"].replace("=", ":")
    assert (ours.version, ours.stage) == (theirs["version"] or "", theirs["stage"] or "")
    assert ours.counter == (int(theirs["counter"]) if theirs["counter"] else None)


@given(NAME, NAME, st.integers(0, 10**9))
def test_a_stage_is_read_as_it_was_written(name: str, stage: str, counter: int) -> None:
    said = TagName(action="assign", name=name, stage=stage, counter=counter)
    assert parse_tag(said.text) == said


def test_what_was_probably_meant() -> None:
    assert [is_meant(tag) for tag in ("iris@v1", "v1.2", "1.0", "nightly", "release-x")] == [
        True, True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", "-x", "a b", "a@b", "a#b", "é", "a" * 300, "a:b:c@"])
def test_a_name_that_no_tag_can_hold(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot name a model"):
        require_model(name)
    with pytest.raises(ConfigError, match="cannot name a stage"):
        require_stage(name)


def test_versions_are_semantic() -> None:
    assert require_version("1.2.3") == require_version("v1.2.3") == "v1.2.3"
    for text in ("1.2", "latest", "v1.2.3.4", "v1.2.03", "1.2.3-", ""):
        with pytest.raises(ConfigError, match="no semantic version"):
            require_version(text)
