from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlgate.render.escape import address, cell, code, inline, link, visible

if TYPE_CHECKING:
    from markdown_it.token import Token

_GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_LINKED = re.compile(
    r"@\w|#\d|\bGH-\d|https?://|www\.\w|mailto:|\b(?=\d*[a-f])[0-9a-f]{7,40}\b", re.IGNORECASE
)
_HOSTILE = st.text(max_size=120) | st.lists(
    st.sampled_from(
        ["|", "`", "``", "\\", "<!--", "-->", "@all", "#12", "GH-1", "o/r#1", "deadbeef", "[x](y)",
         "![x](y)", "**", "__", "~~", "<b>", "&amp;", "https://evil.example", "www.evil.example",
         "a@b.example", "\r", "\n", "\u202e", "\u200b", "\x1b[31m", " ", "x", "_", "*", "::error::",
         "##[add-mask]", "$x$", ":tada:", "\ud800", "</details>", "mlgate:v1"]
    ),
    max_size=12,
).map("".join)  # fmt: skip


def _tokens(markdown: str) -> list[Token]:
    return [
        child for token in _GITHUB.parse(markdown) for child in [token, *(token.children or [])]
    ]


def _dead(markdown: str) -> None:
    """Fail when anything but text and code comes out, or GitHub would link any text."""
    tokens = _tokens(markdown)
    kinds = {token.type for token in tokens if token.type not in _TABLE}
    assert kinds <= {"inline", "text", "code_inline", "text_special"}
    for token in tokens:
        if token.type == "text":
            assert not _LINKED.search(token.content), token.content


_TABLE = frozenset(
    f"{name}_{end}"
    for name in ("table", "thead", "tbody", "tr", "td", "th", "paragraph")
    for end in ("open", "close")
)


@given(_HOSTILE)
def test_any_name_in_a_cell_is_text_or_one_code_span(text: str) -> None:
    table = f"| a | b |\n|---|---|\n| {cell(text)} | end |"
    _dead(table)
    cells = [t for t in _GITHUB.parse(table) if t.type == "inline"]
    assert [t.content for t in cells[:2]] == ["a", "b"]
    assert len(cells) == 4
    assert cells[3].content == "end"
    assert len([t for t in cells[2].children or [] if t.type == "code_inline"]) <= 1


@given(_HOSTILE)
def test_any_sentence_is_dead_in_a_cell_and_in_a_paragraph(text: str) -> None:
    _dead(f"| a |\n|---|\n| x {inline(text)} |")
    _dead(f"said: {inline(text)}")


@given(_HOSTILE, st.booleans())
def test_code_is_one_span_and_hides_nothing(text: str, in_table: bool) -> None:  # noqa: FBT001
    made = code(text, in_table=in_table)
    assert "<!--" not in made
    if visible(text):
        spans = [t for t in _tokens(f"x {made} y") if t.type == "code_inline"]
        assert len(spans) == 1
    else:
        assert made == ""


@given(_HOSTILE)
def test_a_marker_cannot_be_forged(text: str) -> None:
    assert "<!--" not in cell(text) + code(text) + inline(text)


@given(st.text(max_size=500))
def test_nothing_invisible_is_left(text: str) -> None:
    shown = visible(text)
    assert len(shown) <= 400
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("roc_auc", "roc_auc"),
        ("test.f1 (macro)", "test.f1 (macro)"),
        ("a|b", "`a\\|b`"),
        ("@octo/ml", "`@octo/ml`"),
        ("fix #12", "`fix #12`"),
        ("a`b", "``a`b``"),
        ("`a`", "`` `a` ``"),
        ("9f3c2ab", "`9f3c2ab`"),
        ("x" * 100, "x" * 79 + "…"),
        ("a\r\n::error::b", "`a ⏎ ::error::b`"),
        ("<!-- mlgate:v1", "`<!‐‐ mlgate:v1`"),
        ("", ""),
    ],
    ids=["plain", "dots", "bar", "mention", "issue", "tick", "ticks", "sha", "long", "lines",
         "marker", "empty"],
)  # fmt: skip
def test_cell(text: str, expected: str) -> None:
    assert cell(text) == expected


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "https://", "https://a b", "https://a/)[x](https://b", "data:text/x,x",
     'https://a/"onclick', "https://a/<b>", "//a/b", "https://a/\n", "ftp://a/b", ""],
)  # fmt: skip
def test_other_addresses_are_no_links(url: str) -> None:
    assert address(url) == ""
    assert link("report", url) == "report"


def test_a_web_address_is_a_link() -> None:
    assert link("run", "https://ghe.example:8443/o/r/runs/1?a=b#c").startswith("[run](https://")
