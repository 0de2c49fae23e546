"""GitHub workflow commands, command files and log lines, with their escaping rules.

The runner reads every line a step prints. ``::name::`` at the start of a line and ``##[name]``
*anywhere* in it are commands; a bare carriage return starts a new line. So foreign text must
never reach a log without ``log_safe``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

MAX_MESSAGE: Final = 4096
"""UTF-16 units of one annotation message that GitHub keeps."""

END_GROUP: Final = "::endgroup::"
"""The line that closes a ``group``."""

_DATA: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY: Final = _DATA | str.maketrans({":": "%3A", ",": "%2C"})
_COMMAND_NAME: Final = re.compile(r"[a-z][a-z-]*")
_PROPERTY_NAME: Final = re.compile(r"[A-Za-z]+")
_OUTPUT_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")

# Whatever a reader cannot see: controls, surrogates, separators, bidi and zero-width characters.
# The runner compares by culture, which skips the ignorable ones: `:<ZWSP>:error::` is a command.
_UNUSUAL: Final = re.compile(r"[^\t\n\x20-\x7e]")
_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_IGNORABLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0e\uffa0\U000e0000-\U000e0fff]"
)
# U+FE0F stays, for it makes an emoji of the sign before it; being ignorable, it is looked through.
_LEADING_COLON: Final = re.compile("^([\\s\ufe0f]*):")
_BRACKET_AFTER_HASH: Final = re.compile("(?<=[#\ufe0f])\\[")


def workflow_command(name: str, message: str, **properties: str) -> str:
    r"""Return one workflow command line; the message may be of any length and hold anything.

    >>> workflow_command("error", "a\nb", file="x,y.py")
    '::error file=x%2Cy.py::a%0Ab'
    """
    if not _COMMAND_NAME.fullmatch(name):
        raise ValueError(f"not a workflow command name: {name!r}")
    for key in properties:
        if not _PROPERTY_NAME.fullmatch(key):
            raise ValueError(f"not a workflow command property: {key!r}")
    pairs = ",".join(f"{k}={_seen(v).translate(_PROPERTY)}" for k, v in properties.items())
    data = _cut(_seen(message)).translate(_DATA)
    return f"::{name}{' ' + pairs if pairs else ''}::{data}"


def output_entry(name: str, value: str) -> str:
    """Return the text to append to ``$GITHUB_OUTPUT``; any value is safe, however many lines."""
    if not _OUTPUT_NAME.fullmatch(name):
        raise ValueError(f"not an output name: {name!r}")
    fence = f"mlgate_{_token()}"
    return f"{name}<<{fence}\n{value}\n{fence}\n"


def log_safe(text: str) -> str:
    r"""Return ``text`` as one line that no runner takes for a command and no terminal obeys.

    >>> print(log_safe("::error::no"))
    \::error::no
    >>> print(log_safe("a ##[add-mask]e\r\n\x1b[31mred"))
    a ##\[add-mask]e\r\n\x1b[31mred
    """
    return _inert(text.replace("\n", "\\n"))


def log_safe_lines(text: str) -> str:
    """Return ``text`` with its line breaks kept and every line made safe as by ``log_safe``."""
    return "\n".join(_inert(line) for line in text.replace("\r\n", "\n").split("\n"))


def group(title: str) -> str:
    """Return the line that opens a collapsed group in the log; close it with ``END_GROUP``."""
    return workflow_command("group", title.replace("\n", " "))


@dataclass(frozen=True, slots=True)
class CommandStop:
    """Two log lines between which the runner obeys nothing, for output that is not ours."""

    begin: str
    end: str

    @classmethod
    def fresh(cls) -> CommandStop:
        """Return a pair with a new random token; nobody can print its end without reading it."""
        token = f"mlgate-{_token()}"
        return cls(begin=f"::stop-commands::{token}", end=f"::{token}::")


def _token() -> str:
    """Return 32 digits that nobody can guess."""
    import secrets  # noqa: PLC0415  # costs more than the rest of this module, and is seldom needed

    return secrets.token_hex(16)


def _inert(line: str) -> str:
    line = _BRACKET_AFTER_HASH.sub(r"\\[", _seen(line))
    return _LEADING_COLON.sub(r"\1\\:", line)


def _seen(text: str) -> str:
    return _UNUSUAL.sub(lambda found: _seen_character(found.group()), text)


def _seen_character(char: str) -> str:
    hidden = unicodedata.category(char) in _UNSEEN_CATEGORIES or _IGNORABLE.match(char)
    return ascii(char)[1:-1] if hidden else char


def _cut(message: str) -> str:
    units = message.encode("utf-16-le")
    if len(units) <= 2 * MAX_MESSAGE:
        return message
    return units[: 2 * (MAX_MESSAGE - 1)].decode("utf-16-le", "ignore") + "…"
