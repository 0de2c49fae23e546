"""Foreign text made inert: in GitHub Markdown, in terminals, in links.

Entities do not stop GitHub from linking ``@name`` or ``#1``, because it links after decoding;
code spans do. So every word that GitHub would bring to life is shown in a code span, unchanged
and easy to copy, and all other punctuation that Markdown reads is escaped.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

ELLIPSIS: Final = "…"

_LIVE: Final = re.compile(
    r"[@#$]|://|www\.|mailto:|xmpp:|:[\w+-]+:|\b(GH|GHSA|CVE)-\w|"
    r"\b(?=[0-9]{0,39}[a-f])[0-9a-f]{7,64}\b",
    re.IGNORECASE,
)
_QUIET: Final = re.compile(r"[\w .%/(),+−–≥≤→·=…-]*")
_HARMLESS: Final = re.compile(r"[ -~§±·×–−→≤≥…]*")
_ENTITIES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "`": "&#96;"}
)
_PUNCTUATION: Final = re.compile(r"[\\*~!\[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_CODE_PAIR: Final = re.compile(r"`([^`]+)`")
_INVISIBLE: Final = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffe\uffff")
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co"})


def visible(text: str, *, limit: int = 400) -> str:
    r"""Return ``text`` on one line, with everything shown that could hide or reorder something.

    >>> visible("a\r\nb\x1b[31m\u202e")
    'a ⏎ b⟨1B⟩[31m⟨202E⟩'
    """
    short = text[: limit + 1]
    if _HARMLESS.fullmatch(short):
        return shortened(short.strip(), limit)
    broken = re.sub(r"\s*(\r\n|[\n\r\v\f\x85\u2028\u2029])\s*", " ⏎ ", short.strip())
    shown = "".join(_shown(character) for character in broken)
    return shortened(shown, limit)


def _shown(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    category = unicodedata.category(character)
    if category == "Zs" or character == "\t":
        return " "
    if category in _HIDDEN_CATEGORIES or character in _INVISIBLE:
        return f"⟨{ord(character):02X}⟩"
    return character


def shortened(text: str, limit: int) -> str:
    """Return ``text`` with at most ``limit`` characters, ending in an ellipsis when cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def cell(text: str, *, limit: int = 80) -> str:
    r"""Return a foreign name for a table cell: plain when it is harmless, else one code span.

    >>> cell("roc_auc"), cell("@all | #1")
    ('roc_auc', '`@all \\| #1`')
    """
    shown = visible(text, limit=limit)
    return shown if is_quiet(shown) else code(shown, in_table=True, limit=limit)


def is_quiet(text: str) -> bool:
    """Tell whether no Markdown engine would read anything into ``text``."""
    harmless = _QUIET.fullmatch(text) and not _LIVE.search(text)
    return bool(harmless) and not _PUNCTUATION.search(text)


def code(text: str, *, in_table: bool = False, limit: int = 400) -> str:
    """Return ``text`` as one code span, whatever backticks it holds; empty text gives nothing."""
    shown = visible(text, limit=limit).replace("<!--", "<!‐‐")
    if not shown:
        return ""
    if in_table:  # GitHub and others disagree about a backslash before an escaped bar
        shown = shown.replace("\\|", "⧵|").replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def inline(text: str, *, limit: int = 600) -> str:
    r"""Return a sentence that may hold foreign words, as inert Markdown.

    Parts between backticks stay code, and words that GitHub would link become code.

    >>> inline("see `a*b` and @me for *more*")
    'see `a*b` and `@me` for \\*more\\*'
    """
    shown = visible(text, limit=limit)
    parts = _CODE_PAIR.split(shown)
    return spliced(
        _prose(part) if index % 2 == 0 else code(part, in_table=True)
        for index, part in enumerate(parts)
    )


def spliced(parts: Iterable[str]) -> str:
    """Return inert parts in a row; two code spans that touch get a space, or they would merge.

    >>> spliced(["`a`", "", "`b`", "c"])
    '`a` `b`c'
    """
    text = ""
    for part in parts:
        text += f" {part}" if text.endswith("`") and part.startswith("`") else part
    return text


def _prose(text: str) -> str:
    return "".join(
        code(word, in_table=True) if _LIVE.search(word) else _escaped(word)
        for word in re.split(r"(\s+)", text)
    )


def _escaped(text: str) -> str:
    return _PUNCTUATION.sub(lambda match: "\\" + match[0], text).translate(_ENTITIES)


def address(url: str) -> str:
    """Return ``url`` when it is a plain web address that is safe as a link target, else nothing.

    >>> address("https://github.com/a/b?x=1"), address("javascript:alert(1)")
    ('https://github.com/a/b?x=1', '')
    """
    if not re.fullmatch(r"https?://[A-Za-z0-9._~:/?#@!$&+,;=%-]{1,1900}", url):
        return ""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return ""
    return url if host else ""


def link(label: str, url: str) -> str:
    """Return a Markdown link to ``url``, or the bare label when the address is unsafe or empty.

    ``label`` is Markdown that is already inert.
    """
    target = address(url)
    return f"[{label}]({target})" if target else label
