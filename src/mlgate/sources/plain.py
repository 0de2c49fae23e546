"""Metrics kept as a tree of names and numbers, in JSON, YAML or TOML."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Final

from mlgate.documents.strict_json import (
    ANOTHER_FILE,
    MAX_DEPTH,
    TOO_DEEP,
    WRITTEN_TO_THE_END,
    decode_text,
    depth_exceeds,
)
from mlgate.errors import SourceError
from mlgate.sources.classification_report import add_report, is_report
from mlgate.sources.parsed import MetricList, NotMetricsError, Parsed

if TYPE_CHECKING:
    from collections.abc import Mapping

_POSITION: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)")


def parse_plain(tree: object, *, origin: str) -> Parsed:
    """Return every value of ``tree`` under its dotted name.

    >>> parse_plain({"test": {"auc": 0.9}}, origin="m.json").metrics[0].name
    'test.auc'

    Raises:
        SourceError: a name is too long, is there twice, or there are too many values.
    """
    metrics = MetricList(origin)
    match tree:
        case dict():
            _add(metrics, tree, "")
        case list():
            raise NotMetricsError(
                f"{origin}: the top is a list, not names with numbers",
                hint='write an object such as {"accuracy": 0.93}',
            )
        case _:
            metrics.add(posixpath.basename(origin).split(".", maxsplit=1)[0], tree)
    return Parsed(format="", metrics=metrics.done())


def _add(metrics: MetricList, tree: Mapping[str, object], prefix: str) -> None:
    for key, child in tree.items():
        if not isinstance(child, dict):
            metrics.add(prefix + key, child)
        elif is_report(child):
            add_report(metrics, child, f"{prefix}{key}.")
        else:
            _add(metrics, child, f"{prefix}{key}.")


def parse_toml(raw: bytes, *, origin: str, max_bytes: int) -> object:
    r"""Return the tree in a TOML file.

    >>> parse_toml(b"[test]\nauc = 0.9", origin="m.toml", max_bytes=100)
    {'test': {'auc': 0.9}}

    Raises:
        SourceError: names file, line and column.
    """
    import tomllib  # noqa: PLC0415  # few repositories keep metrics in TOML

    text = decode_text(raw, origin=origin, max_bytes=max_bytes)
    try:
        tree = tomllib.loads(text)
    except RecursionError as exc:
        raise SourceError(f"{origin}: {TOO_DEEP}", hint=ANOTHER_FILE) from exc
    except ValueError as exc:  # TOMLDecodeError, or an integer of too many digits
        said = str(exc).split(";", maxsplit=1)[0]
        found = _POSITION.search(said)
        place = f":{found[1]}:{found[2]}" if found and found[1] else f":{text.count(chr(10)) + 1}"
        raise SourceError(
            f"{origin}{place}: not TOML: {_POSITION.sub('', said)}", hint=WRITTEN_TO_THE_END
        ) from exc
    if depth_exceeds(tree, MAX_DEPTH):
        raise SourceError(f"{origin}: {TOO_DEEP}", hint=ANOTHER_FILE)
    return tree


def compact(value: object) -> str:
    """Return ``value`` as one line of JSON.

    >>> compact([1, "ä"])
    '[1,"ä"]'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
