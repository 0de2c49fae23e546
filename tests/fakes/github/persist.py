"""The world as a JSON file, so that another process can prepare it and look at it."""

from __future__ import annotations

import dataclasses
import json
import os
import typing
from typing import TYPE_CHECKING, Any, TypeVar

from fakes.github.state import World

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")


def save(world: World, file: Path) -> None:
    """Write the world; a reader never sees half of it."""
    plain = dataclasses.asdict(world)
    plain.pop("clock")
    part = file.with_name(f"{file.name}.part")
    part.write_text(json.dumps(plain, indent=1), encoding="utf-8")
    os.replace(part, file)  # noqa: PTH105


def load(file: Path) -> World:
    """Read a world; what the file leaves out has its default."""
    return _build(World, json.loads(file.read_text(encoding="utf-8")))


def _build(cls: type[T], plain: dict[str, Any]) -> T:
    hints = typing.get_type_hints(cls)
    return cls(**{name: _value(hints[name], value) for name, value in plain.items()})


def _value(hint: Any, plain: Any) -> Any:  # noqa: ANN401
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _build(hint, plain)
    match typing.get_origin(hint), typing.get_args(hint):
        case builtin, (item,) if builtin is list:
            return [_value(item, each) for each in plain]
        case builtin, (key, item) if builtin is dict:
            return {key(name): _value(item, each) for name, each in plain.items()}
        case _:
            return plain
