"""Path patterns: ``*`` and ``?`` stay inside one folder, ``**`` crosses folders."""

from __future__ import annotations

import fnmatch
import functools
import posixpath
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_PART: Final = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^/][^\]/]*\]|[^*?\[]+|\[")


def is_pattern(path: str) -> bool:
    """Tell whether ``path`` holds a wildcard.

    >>> is_pattern("eval/*.json"), is_pattern("metrics.json")
    (True, False)
    """
    return any(sign in path for sign in "*?[")


def matching(pattern: str, paths: Iterable[str]) -> list[str]:
    """Return the ``paths`` that ``pattern`` matches, in their order.

    >>> matching("eval/**/*.json", ["eval/a.json", "eval/b/c.json", "eval/a.csv", "a.json"])
    ['eval/a.json', 'eval/b/c.json']
    """
    matches = _compiled(pattern).fullmatch
    return [path for path in paths if matches(path)]


def inside(folder: str, path: str) -> str | None:
    """Return ``path`` as seen from the workspace, ``None`` when it leads out of it.

    >>> inside("train", "../metrics.json"), inside("", "../metrics.json"), inside("", "./a//b")
    ('metrics.json', None, 'a/b')
    """
    if not path or path.startswith("/") or "\0" in path or ":\\" in path:
        return None
    found = posixpath.normpath(posixpath.join(folder, path))
    return None if found.split("/", 1)[0] == ".." or found == "." else found


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    collapsed = re.sub(r"(\*\*/)+", "**/", pattern)
    return re.compile("".join(_translate(p) for p in _PART.findall(collapsed)), re.DOTALL)


def _translate(part: str) -> str:
    match part:
        case "**/":
            return "(?:.*/)?"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _ if len(part) > 1 and part[0] == "[":
            return f"(?!/){fnmatch.translate(part)[:-2]}"  # without its end-of-text sign
        case _:
            return re.escape(part)
