"""What every format shares: bounded JSON in, results with ids of their own out."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from mlgate.documents.evidence import CheckResult
from mlgate.errors import SourceError
from mlgate.sources.parsed import whole

Outcome = Literal["pass", "warn", "fail", "error", "skipped"]
MAX_BYTES: Final = 64 * 2**20
MAX_RESULTS: Final = 10_000
_WORD: Final = re.compile(r"[^a-z0-9_.\[\]=-]+")


@dataclass(slots=True)
class Results:
    """Results of one file, in its order; an id that comes again gets a number."""

    engine: str
    origin: str
    found: list[CheckResult] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)

    def add(  # noqa: PLR0913 - a result has these parts
        self,
        name: str,
        outcome: Outcome,
        message: str,
        *,
        value: object = None,
        threshold: str = "",
        column: str = "",
    ) -> None:
        """Add one result; foreign texts are cut to what a document takes.

        Raises:
            SourceError: there are more results than one model may have.
        """
        key = kebab(f"{name}-{column}" if column else name)[:300]
        number = self._seen[key] = self._seen.get(key, 0) + 1
        suffix = f".{number}" if number > 1 else ""
        if len(self.found) >= MAX_RESULTS:
            raise SourceError(f"{self.origin}: more than {MAX_RESULTS} results")
        self.found.append(
            CheckResult(
                id=f"{self.engine}.{key or 'check'}{suffix}",
                engine=self.engine,
                outcome=outcome,
                message=line(message, 1000),
                value=number_of(value),
                threshold=line(threshold, 80),
                columns=(line(column, 300),) if column else (),
            )
        )


def read_json(raw: bytes, origin: str) -> Any:  # noqa: ANN401 - whatever is in the file
    """Return the JSON of another tool; the NaN that some write is no value.

    Raises:
        SourceError: it is no JSON, or too deep or too long to be one of results.
    """
    try:
        return json.loads(raw, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as exc:
        raise SourceError(
            f"{origin}: not JSON: {str(exc)[:200]}", hint="was it cut short while it was written?"
        ) from exc


def kebab(text: str) -> str:
    """Return a name as part of an id.

    >>> kebab("Is Single Value"), kebab("expect_column_to_exist")
    ('is-single-value', 'expect_column_to_exist')
    """
    return _WORD.sub("-", whole(text).lower()).strip("-")


def line(text: object, most: int) -> str:
    """Return foreign text on one line of at most ``most`` characters."""
    said = " ".join(whole(str(text)).split())
    return said if len(said) <= most else f"{said[: most - 1]}…"


def number_of(value: object) -> float | None:
    """Return a finite number; anything else is no value."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def text_of(value: object) -> str:
    """Return a text, empty for anything else."""
    return value if isinstance(value, str) else ""


def items_of(value: object) -> list[dict[str, Any]]:
    """Return the mappings of a list; anything else in it is passed on as an empty mapping."""
    found = value if isinstance(value, list) else []
    return [item if isinstance(item, dict) else {} for item in found]


def mapping_of(value: object) -> dict[str, Any]:
    """Return a mapping, empty for anything else."""
    return value if isinstance(value, dict) else {}
