"""Configuration text to typed values, with errors that name line, column and the likely word."""

from __future__ import annotations

import difflib
import re
import types
import typing
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

import msgspec

from mlgate.documents.strict_json import WRITE_ONCE
from mlgate.documents.strict_yaml import Place, parse_yaml
from mlgate.errors import ConfigError, SourceError
from mlgate.policy.config import DEFAULT_MODEL, Config, Model, Policy
from mlgate.policy.section import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_BYTES: Final = 2**20
SHOWN: Final = "`mlgate init --print` shows a configuration that fits this repository"
S = TypeVar("S", bound=Section)
Path = tuple[str | int, ...]

_MODEL_KEYS: Final = frozenset(f.encode_name for f in msgspec.structs.fields(Model))
_TOP_KEYS: Final = ("version", "models", "model", "policy")
_MODEL_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_STEP: Final = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]")


def parse_config(raw: bytes, *, origin: str) -> Config:
    """Return the configuration in YAML ``raw``.

    Raises:
        ConfigError: names file, line and column, and the key that was probably meant.
    """
    try:
        tree = parse_yaml(raw, origin=origin, max_bytes=MAX_BYTES)
    except SourceError as exc:
        raise ConfigError(exc.what, hint=exc.hint if exc.hint == WRITE_ONCE else SHOWN) from exc
    return config_from_tree(tree.value, origin=origin, places=tree.places)


def config_from_tree(
    tree: object, *, origin: str, places: Mapping[Path, Place] | None = None
) -> Config:
    """Return the configuration in a decoded ``tree``, of YAML or of ``[tool.mlgate]``."""
    return _Reader(origin, places or {}).config(tree)


class _Reader:
    """Reads one configuration; knows where each key stands."""

    def __init__(self, origin: str, places: Mapping[Path, Place]) -> None:
        self._origin = origin
        self._places = places

    def config(self, tree: object) -> Config:
        if not isinstance(tree, dict):
            self._fail((), "the top level must be a mapping", "begin with `version: 1`")
        self._known(tree, (*_TOP_KEYS, *sorted(_MODEL_KEYS)), ())
        version = tree.get("version", 1)
        if version != 1 or isinstance(version, bool):
            self._fail(("version",), f"version {version!r} is not known", "write `version: 1`")
        policy = self._section(tree.get("policy", {}), Policy, ("policy",))
        return Config(models=self._models(tree), policy=policy)

    def _models(self, tree: dict[str, object]) -> dict[str, Model]:
        own = {key: value for key, value in tree.items() if key in _MODEL_KEYS}
        if "models" not in tree:
            name = self._name(tree.get("model", DEFAULT_MODEL), ("model",))
            return {name: self._section(own, Model, ())}
        for key in (*own, *(["model"] if "model" in tree else [])):
            hint = "move it into one of the models, or write a single model without `models`"
            self._fail((key,), f"`{key}` stands beside `models`", hint)
        models = tree["models"]
        if not isinstance(models, dict) or not models:
            self._fail(("models",), "`models` is a mapping from names to models", "name one")
        return {
            self._name(name, ("models", name)): self._section(value or {}, Model, ("models", name))
            for name, value in models.items()
        }

    def _name(self, name: object, path: Path) -> str:
        if not isinstance(name, str) or not _MODEL_NAME.fullmatch(name):
            what = f"{str(name)[:100]!r} is no name for a model"
            self._fail(path, what, "up to 100 letters, digits, `.`, `_` and `-`")
        return name

    def _section(self, tree: object, kind: type[S], path: Path) -> S:
        for place, section, value in _mappings(tree, kind, path):
            names = [f.encode_name for f in msgspec.structs.fields(section)]
            self._known(value, names, place)
        try:
            return msgspec.convert(tree, kind, strict=True)
        except msgspec.ValidationError as exc:
            why, _, where = str(exc).partition(" - at `$")
            why = why.replace("object", "mapping").replace("array", "list").replace("`str`", "text")
            steps = tuple(m[1] or int(m[2]) for m in _STEP.finditer(where))
            place = (*path, *steps)
            hint = _choices(tree, kind, path, place)
            self._fail(place, why, hint or "`mlgate schema config` prints what is expected")

    def _known(self, tree: dict[str, object], names: Iterable[str], path: Path) -> None:
        names = list(names)
        for key in tree:
            if key in names:
                continue
            close = difflib.get_close_matches(key.replace("_", "-"), names, n=1, cutoff=0.5)
            hint = f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(names)}"
            self._fail((*path, key), f"unknown key {key[:80]!r}", hint)

    def _fail(self, path: Path, what: str, hint: str) -> NoReturn:
        place = self._place(path)
        if place:
            where = f"{self._origin}:{place.line}:{place.column}"
        else:
            where = f"{self._origin}: {'.'.join(map(str, path))}" if path else self._origin
        raise ConfigError(f"{where}: {what}", hint=hint)

    def _place(self, path: Path) -> Place | None:
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path)


def _choices(tree: object, kind: object, path: Path, place: Path) -> str:
    """Return the words that may stand at ``place``, where they are few."""
    for parent, section, _ in _mappings(tree, kind, path):
        for field in msgspec.structs.fields(section):
            if (*parent, field.encode_name) == place:
                words = typing.get_args(field.type)
                if typing.get_origin(field.type) is typing.Literal:
                    return f"one of: {', '.join(map(str, words))}"
    return ""


def _mappings(
    tree: object, kind: object, path: Path
) -> Iterator[tuple[Path, type[Section], dict[str, object]]]:
    """Yield every mapping of ``tree`` that ``kind`` reads as a section, outermost first."""
    options = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    for option in options:
        match tree:
            case dict() if isinstance(option, type) and issubclass(option, Section):
                yield path, option, tree
                for field in msgspec.structs.fields(option):
                    name = field.encode_name
                    yield from _mappings(tree.get(name), field.type, (*path, name))
            case list() if typing.get_origin(option) is tuple:
                for index, item in enumerate(tree):
                    yield from _mappings(item, typing.get_args(option)[0], (*path, index))
            case _:
                continue
