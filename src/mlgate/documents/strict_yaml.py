"""YAML without surprises: no aliases, no duplicate keys, no tags, bounded, with positions.

Plain scalars follow the YAML 1.2 core schema: ``yes``, ``1_000``, ``12:30:45`` and dates stay
the text that the author wrote.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.documents.strict_json import (
    ANOTHER_FILE,
    MAX_DEPTH,
    TOO_DEEP,
    WRITE_ONCE,
    WRITTEN_TO_THE_END,
    decode_text,
)
from mlgate.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_INT: Final = re.compile(r"[-+]?[0-9]{1,4000}")
_HEX: Final = re.compile(r"0x[0-9a-fA-F]{1,32}")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)")
_WORDS: Final[Mapping[str, object]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan"),
}  # fmt: skip

Path = tuple[str | int, ...]
"""Keys and indexes from the top to one value."""


class Place(NamedTuple):
    """Line and column of a key or item, both counted from one."""

    line: int
    column: int


class YamlTree(NamedTuple):
    """The value of a YAML text and where each part of it stands."""

    value: object
    places: Mapping[Path, Place]


def parse_yaml(raw: bytes, *, origin: str, max_bytes: int) -> YamlTree:
    """Return the single document in ``raw``.

    >>> parse_yaml(b"a: [1, yes, 2024-01-01]", origin="c.yml", max_bytes=100).value
    {'a': [1, 'yes', '2024-01-01']}

    Raises:
        SourceError: names file, line and column, and what to write instead.
    """
    import yaml  # noqa: PLC0415  # not needed for JSON metrics

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = decode_text(raw, origin=origin, max_bytes=max_bytes)
    try:
        builder = _Builder(yaml.parse(text, Loader=loader), origin)
        return YamlTree(builder.document(), builder.places)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        where = f"{origin}:{mark.line + 1}:{mark.column + 1}" if mark else origin
        raise SourceError(f"{where}: not YAML: {exc.problem}", hint=WRITTEN_TO_THE_END) from exc
    except yaml.YAMLError as exc:
        raise SourceError(f"{origin}: not YAML: {str(exc).splitlines()[0]}") from exc


class _Builder:
    """Builds values from parser events, so that nothing is expanded before it is allowed."""

    def __init__(self, events: Iterator[object], origin: str) -> None:
        self._events = events
        self._origin = origin
        self.places: dict[Path, Place] = {}

    def document(self) -> object:
        value: object = None
        documents = 0
        for event in self._events:
            match type(event).__name__:
                case "DocumentStartEvent":
                    documents += 1
                    if documents > 1:
                        self._refuse(event, "more than one YAML document in the file")
                    value = self._node(next(self._events), ())
                case _:
                    continue
        return value

    def _node(self, event: object, path: Path) -> object:
        if len(path) > MAX_DEPTH:
            self._refuse(event, TOO_DEEP, ANOTHER_FILE)
        self.places.setdefault(path, _place(event))
        match type(event).__name__:
            case "AliasEvent":
                return self._refuse(event, "aliases (`*name`) are not allowed; repeat the value")
            case "ScalarEvent":
                return self._scalar(event)
            case "SequenceStartEvent":
                return self._sequence(event, path)
            case _:
                return self._mapping(event, path)

    def _sequence(self, start: object, path: Path) -> list[object]:
        self._no_tag(start)
        items: list[object] = []
        while type(event := next(self._events)).__name__ != "SequenceEndEvent":
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, start: object, path: Path) -> dict[str, object]:
        self._no_tag(start)
        tree: dict[str, object] = {}
        while type(event := next(self._events)).__name__ != "MappingEndEvent":
            if type(event).__name__ != "ScalarEvent":
                self._refuse(event, "a key must be a plain word")
            key = str(getattr(event, "value", ""))
            if key in tree:
                self._refuse(event, f"the key {key[:80]!r} appears twice", WRITE_ONCE)
            if key == "<<":
                self._refuse(event, "merge keys (`<<`) are not allowed; repeat the values")
            self.places[*path, key] = _place(event)
            tree[key] = self._node(next(self._events), (*path, key))
        return tree

    def _scalar(self, event: object) -> object:
        self._no_tag(event)
        text = str(getattr(event, "value", ""))
        return plain_scalar(text) if getattr(event, "style", None) in {None, ""} else text

    def _no_tag(self, event: object) -> None:
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            self._refuse(event, f"tags such as {str(tag)[:60]!r} are not allowed")

    def _refuse(self, event: object, why: str, hint: str = "") -> object:
        place = _place(event)
        raise SourceError(f"{self._origin}:{place.line}:{place.column}: {why}", hint=hint)


def plain_scalar(text: str) -> object:
    """Return what an unquoted YAML 1.2 scalar means.

    >>> plain_scalar("1e3"), plain_scalar("1_000"), plain_scalar("no"), plain_scalar("~")
    (1000.0, '1_000', 'no', None)
    """
    if text in _WORDS:
        return _WORDS[text]
    for pattern, read in _NUMBERS:
        if pattern.fullmatch(text):
            return read(text)
    return text


def _hexadecimal(text: str) -> int:
    return int(text, 16)


def _infinity(text: str) -> float:
    return float(text.replace(".", ""))


_NUMBERS: Final[tuple[tuple[re.Pattern[str], Callable[[str], object]], ...]] = (
    (_INT, int),
    (_FLOAT, float),
    (_HEX, _hexadecimal),
    (_INFINITE, _infinity),
)


def _place(event: object) -> Place:
    mark = getattr(event, "start_mark", None)
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
