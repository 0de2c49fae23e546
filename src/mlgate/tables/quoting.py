"""Names and texts as they enter SQL."""

from __future__ import annotations


def name(text: str) -> str:
    """Return a column or table name in quotes.

    >>> name('a"b')
    '"a""b"'
    """
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text constant.

    >>> literal("o'clock")
    "'o''clock'"
    """
    return "'" + text.replace("'", "''") + "'"
