"""JSON without surprises: no duplicate keys, bounded size and depth, positions in errors."""

from __future__ import annotations

import json
import math
from typing import NoReturn, Protocol

from mlgate.errors import SourceError

MAX_DEPTH = 64
WRITTEN_TO_THE_END = "was the file written to the end? check the step that writes it"
TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"
WRITE_ONCE = "which one counts? write each name once"
ANOTHER_FILE = "is this the right file?"


class _Refuse(Protocol):
    def __call__(self, why: str, hint: str = ...) -> NoReturn: ...


def parse_json(raw: bytes, *, origin: str, max_bytes: int, finite: bool = False) -> object:
    """Return the value in ``raw``; ``finite`` refuses NaN and infinities instead of keeping them.

    >>> parse_json(b'{"auc": 0.9}', origin="m.json", max_bytes=100)
    {'auc': 0.9}

    Raises:
        SourceError: names file, line and column.
    """
    text = decode_text(raw, origin=origin, max_bytes=max_bytes)
    refuse = _refuser(origin)
    try:
        tree: object = json.loads(
            text,
            object_pairs_hook=lambda pairs: _unique(pairs, refuse),
            parse_constant=(lambda name: refuse(f"{name} is not JSON")) if finite else float,
            parse_float=(lambda digits: _finite(digits, refuse)) if finite else float,
        )
    except json.JSONDecodeError as exc:
        raise SourceError(
            f"{origin}:{exc.lineno}:{exc.colno}: not JSON: {exc.msg}",
            hint=WRITTEN_TO_THE_END,
        ) from exc
    except RecursionError:
        refuse(TOO_DEEP, ANOTHER_FILE)
    except ValueError as exc:  # an integer of more digits than Python converts
        refuse(str(exc).split(";", maxsplit=1)[0])
    if depth_exceeds(tree, MAX_DEPTH):
        refuse(TOO_DEEP, ANOTHER_FILE)
    return tree


def decode_text(raw: bytes, *, origin: str, max_bytes: int) -> str:
    """Return ``raw`` as text without a byte-order mark.

    Raises:
        SourceError: empty, larger than ``max_bytes``, or not UTF-8.
    """
    if len(raw) > max_bytes:
        raise too_large(origin, len(raw), max_bytes)
    if not raw.strip():
        raise SourceError(
            f"{origin}: the file is empty", hint="did the step that writes it succeed?"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise SourceError(
            f"{origin}:{line}: not text in UTF-8 (byte {exc.start})",
            hint="is this a binary file? name the metric files under `metrics:`",
        ) from exc


def too_large(origin: str, size: int, limit: int) -> SourceError:
    """Return the error for a file over its limit."""
    return SourceError(
        f"{origin}: {_mebibytes(size):.1f} MiB is more than the {_mebibytes(limit):g} MiB that are "
        "read",
        hint="write the summary metrics to a file of their own and name it under `metrics:`",
    )


def _mebibytes(size: int) -> float:
    """Round up: a file one byte over its limit must not look as large as the limit."""
    return math.ceil(size / 2**20 * 10) / 10


def depth_exceeds(tree: object, limit: int) -> bool:
    """Tell whether containers in ``tree`` nest deeper than ``limit``.

    >>> depth_exceeds([[1]], 1), depth_exceeds([[1]], 2)
    (True, False)
    """
    level: list[object] = [tree]
    for _ in range(limit):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return any(isinstance(node, (dict, list)) for node in level)


def _children(node: object) -> list[object]:
    match node:
        case dict():
            return list(node.values())
        case list():
            return node
        case _:
            return []


def _refuser(origin: str) -> _Refuse:
    def refuse(why: str, hint: str = "") -> NoReturn:
        raise SourceError(f"{origin}: {why}", hint=hint)

    return refuse


def _unique(pairs: list[tuple[str, object]], refuse: _Refuse) -> dict[str, object]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        refuse(f"the key {twice[:80]!r} appears twice in one object", WRITE_ONCE)
    return tree


def _finite(digits: str, refuse: _Refuse) -> float:
    value = float(digits)
    return value if math.isfinite(value) else refuse(f"{digits[:40]} is out of range")
