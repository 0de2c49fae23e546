from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlgate.ci.commands import (
    END_GROUP,
    MAX_MESSAGE,
    CommandStop,
    group,
    log_safe,
    log_safe_lines,
    output_entry,
    workflow_command,
)

REGISTERED = {
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group",
    "internal-set-repo-path", "notice", "remove-matcher", "save-state", "set-env", "set-output",
    "stop-commands", "warning",
}  # fmt: skip


@dataclass(frozen=True)
class Command:
    name: str
    data: str
    properties: dict[str, str]


def runner_lines(text: str) -> list[str]:
    """A bare carriage return ends a line for the runner's reader."""
    return re.split(r"\r\n|\r|\n", text)


def parse_line(line: str) -> Command | None:
    """What the runner makes of one line, were its comparison to skip what nobody can see."""
    looked_through = "".join(c for c in line if not ignorable(c))
    return double_colon(line) or double_colon(looked_through) or bracket(looked_through)


def ignorable(char: str) -> bool:
    skipped = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
    selector = "\ufe00" <= char <= "\ufe0f" or "\u180b" <= char <= "\u180f"
    plane_14 = "\U000e0000" <= char <= "\U000e0fff"
    return unicodedata.category(char) in {"Cc", "Cf"} or char in skipped or selector or plane_14


def double_colon(line: str) -> Command | None:
    line = line.lstrip()
    if not line.startswith("::"):
        return None
    info, found, data = line[2:].partition("::")
    if not found:
        return None
    return command(info, data, ",", {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","})


def bracket(line: str) -> Command | None:
    _, found, rest = line.partition("##[")
    info, closed, data = rest.partition("]")
    if not (found and closed):
        return None
    return command(info, data, ";", {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]"})


def command(info: str, data: str, comma: str, escapes: dict[str, str]) -> Command | None:
    name, _, tail = info.partition(" ")
    if name not in REGISTERED:
        return None
    pairs = (pair.split("=", 1) for pair in tail.strip().split(comma) if "=" in pair)
    properties = {key: unescape(value, escapes) for key, value in pairs}
    data_escapes = {k: v for k, v in escapes.items() if v not in ":,"}
    return Command(name, unescape(data, data_escapes), properties)


def unescape(text: str, escapes: dict[str, str]) -> str:
    for code, char in (escapes | {"%25": "%"}).items():
        text = text.replace(code, char)
    return text


PIECES = [
    *["::", ":", "#", "##", "[", "##[", "]", " ", "\t", "\r", "\n", "\x1b", "\x00", "%0A", "%25"],
    *["\u200b", "\u202e", "\ufe0f", "\u2028", "\x85", "\xa0", "\ufeff", "\U000e0100"],
    *sorted(REGISTERED),
]
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        pytest.param("::error::m", "error", id="plain"),
        pytest.param("  \t::error file=a::m", "error", id="indented"),
        pytest.param(">>>   ##[add-mask k1=v1;]m", "add-mask", id="bracket in mid-line"),
        pytest.param("\u200b::error::m", "error", id="behind a zero-width space"),
        pytest.param("#\u200b#[error]m", "error", id="split by a zero-width space"),
        pytest.param("::no-such::m", None, id="not registered"),
        pytest.param("a ::error::m", None, id="colons in mid-line"),
        pytest.param("::error", None, id="unfinished"),
    ],
)
def test_our_runner_sees_the_commands_it_must(line: str, name: str | None) -> None:
    found = parse_line(line)
    assert (found.name if found else None) == name


@given(HOSTILE)
@example("::error::x")
@example(" ::add-mask::e")
@example("##[add-mask]e")
@example("#\ufe0f#[add-mask]e")
@example("\ufe0f::error::x")
@example("x\r::error::x")
@example("\u2028::error::x")
def test_no_foreign_text_is_a_command(text: str) -> None:
    for prefix in ("", "> ", "#", "  ", "name: "):
        printed = prefix + log_safe(text)
        assert len(runner_lines(printed)) == 1
        assert parse_line(printed) is None


@given(HOSTILE)
def test_no_foreign_lines_are_a_command(text: str) -> None:
    printed = log_safe_lines(text)
    assert [parse_line(line) for line in runner_lines(printed) if parse_line(line)] == []


@given(HOSTILE, HOSTILE)
def test_safe_texts_stay_safe_side_by_side(left: str, right: str) -> None:
    assert parse_line(f"{log_safe(left)} {log_safe(right)}") is None


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Lu"])))
def test_a_safe_text_shows_everything(text: str) -> None:
    unseen = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert [c for c in log_safe(text) if unicodedata.category(c) in unseen and c != "\t"] == []


@pytest.mark.parametrize(
    "text",
    [
        "tests/x.py::test_y",
        "accuracy: 0.91 → 0.90",
        "⚠️ slice [0, 1)",
        "issue #12",
        "C:\\data",
        "日本",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert log_safe(text) == text


@given(HOSTILE, HOSTILE)
def test_a_command_says_what_was_meant_and_nothing_else(message: str, title: str) -> None:
    line = workflow_command("error", message, title=title, file="a,b:c.py")
    assert len(runner_lines(line)) == 1
    found = double_colon(line)
    assert found is not None
    assert found.name == "error"
    assert found.properties["file"] == "a,b:c.py"
    assert set(found.properties) == {"title", "file"}
    assert found.data.replace("\\r", "\r").count("::") >= message.count("::")


def test_a_command_survives_the_runner() -> None:
    line = workflow_command("warning", "50 %, a::b\nnext", title="x=1, y:2")
    assert parse_line(line) == Command("warning", "50 %, a::b\nnext", {"title": "x=1, y:2"})


@pytest.mark.parametrize("letter", ["a", "é", "😀"])
def test_a_long_message_is_cut_whole(letter: str) -> None:
    found = double_colon(workflow_command("error", letter * 9000))
    assert found is not None
    assert len(found.data.encode("utf-16-le")) // 2 <= MAX_MESSAGE
    assert found.data == letter * (len(found.data) - 1) + "…"


def test_a_message_of_full_length_is_not_cut() -> None:
    assert workflow_command("error", "a" * MAX_MESSAGE) == "::error::" + "a" * MAX_MESSAGE


@pytest.mark.parametrize("name", ["", "Error", "err or", "error::x", "e\n"])
def test_a_command_name_is_checked(name: str) -> None:
    with pytest.raises(ValueError, match="not a workflow command name"):
        workflow_command(name, "m")


def test_a_property_name_is_checked() -> None:
    with pytest.raises(ValueError, match="not a workflow command property"):
        workflow_command("error", "m", **{"a=b": "c"})


def read_outputs(text: str) -> dict[str, str]:
    """What the runner makes of an output file."""
    found: dict[str, str] = {}
    lines = iter(text.removesuffix("\n").split("\n"))
    for line in lines:
        equals, fenced = line.find("="), line.find("<<")
        if fenced < 0 or 0 <= equals < fenced:
            name, _, found[name] = line.partition("=")
            continue
        name, fence = line.split("<<", 1)
        kept = []
        while (value := next(lines)) != fence:
            kept.append(value)
        found[name] = "\n".join(kept)
    return found


@given(HOSTILE)
@example("a\r\nb")
@example("EOF\nx=1\ny<<EOF")
@example("\n")
def test_an_output_comes_back_as_it_was(value: str) -> None:
    text = output_entry("verdict", value) + output_entry("url", "https://x")
    assert read_outputs(text) == {"verdict": value, "url": "https://x"}


def test_every_output_has_its_own_fence() -> None:
    assert output_entry("a", "b") != output_entry("a", "b")


@pytest.mark.parametrize("name", ["", "1a", "a=b", "a<<b", "a\nb", "é"])
def test_an_output_name_is_checked(name: str) -> None:
    with pytest.raises(ValueError, match="not an output name"):
        output_entry(name, "v")


def test_a_group_is_one_line() -> None:
    found = parse_line(group("slices\n::error::x"))
    assert found == Command("group", "slices ::error::x", {})
    assert parse_line(END_GROUP) == Command("endgroup", "", {})


def test_nothing_but_its_own_end_ends_a_stop() -> None:
    stop = CommandStop.fresh()
    found = parse_line(stop.begin)
    assert found is not None
    assert found.name == "stop-commands"
    assert stop.end == f"::{found.data}::"
    assert stop != CommandStop.fresh()
