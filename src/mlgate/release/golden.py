"""Golden predictions: what a released model answered, and whether something still answers so."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.documents.strict_json import parse_json
from mlgate.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_ROWS: Final = 10_000
MAX_BYTES: Final = 32 * 2**20
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Golden:
    """One question and its answer; ``line`` is where it stands."""

    line: int
    question: object
    answer: object


def read_golden(raw: bytes, *, origin: str) -> tuple[Golden, ...]:
    """Return the rows of a file of golden predictions.

    Raises:
        SourceError: it is empty, too long, or a line is not ``{"input": …, "output": …}``.
    """
    if len(raw) > MAX_BYTES:
        raise SourceError(f"{origin}: more than {MAX_BYTES} bytes")
    rows = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if not line.strip():
            continue
        where = f"{origin}:{number}"
        match parse_json(line, origin=where, max_bytes=MAX_BYTES, finite=True):
            case {"input": question, "output": answer, **others} if not others:
                rows.append(Golden(number, question, answer))
            case _:
                raise SourceError(
                    f"{where}: no golden prediction",
                    hint='write {"input": …, "output": …}, one a line',
                )
    if not rows or len(rows) > MAX_ROWS:
        raise SourceError(f"{origin}: {len(rows)} golden predictions, and 1 to {MAX_ROWS} may be")
    return tuple(rows)


def difference(wanted: object, got: object, tolerance: float, path: str = "") -> str:
    """Return where two answers differ first and how; empty where they do not.

    An object may hold more than what is wanted of it; a list may not.

    >>> difference({"p": 0.5}, {"p": 0.5000001, "id": 7}, 1e-6)
    ''
    >>> difference({"p": [0.5, 1]}, {"p": [0.5, 2]}, 1e-6)
    'p[1] is 2, and not 1'
    """
    place = path or "the answer"
    match wanted, got:
        case dict(), dict():
            for key, value in wanted.items():
                inner = f"{path}.{key}" if path else str(key)
                if key not in got:
                    return f"{_short(inner)} is missing"
                if found := difference(value, got[key], tolerance, inner):
                    return found
            return ""
        case list(), list():
            return _lists(wanted, got, tolerance, path)
        case (bool(), _) | (_, bool()):
            same = wanted is got
        case ((int() | float()), (int() | float())):
            same = _close(wanted, got, tolerance)
        case _:
            same = type(wanted) is type(got) and wanted == got
    return (
        "" if same else f"{_short(place)} is {_short(_text(got))}, and not {_short(_text(wanted))}"
    )


def _lists(wanted: Sequence[object], got: Sequence[object], tolerance: float, path: str) -> str:
    if len(wanted) != len(got):
        return f"{_short(path or 'the answer')} has {len(got)} parts, and not {len(wanted)}"
    for number, (one, other) in enumerate(zip(wanted, got, strict=True)):
        if found := difference(one, other, tolerance, f"{path}[{number}]"):
            return found
    return ""


def _close(wanted: float, got: float, tolerance: float) -> bool:
    return math.isfinite(got) and abs(wanted - got) <= tolerance * max(1.0, abs(wanted))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
