"""Find and read ``mlgate.yml``, or ``[tool.mlgate]`` of ``pyproject.toml``, in any tree."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.documents.strict_json import decode_text
from mlgate.errors import ConfigError, SourceError
from mlgate.policy.parse import MAX_BYTES, SHOWN, config_from_tree, parse_config

if TYPE_CHECKING:
    from mlgate.policy.config import Config
    from mlgate.sources.tree import Tree

NAMES: Final = ("mlgate.yml", "mlgate.yaml", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration and where it was read."""

    path: str
    raw: bytes
    config: Config


def read_config(tree: Tree, path: str | None = None) -> ConfigFile | None:
    """Return the configuration in ``tree``, ``None`` when there is none.

    ``path`` names the file; left out, the first of ``NAMES`` that holds a configuration counts.

    Raises:
        ConfigError: the file is not valid.
    """
    names = (path,) if path else NAMES
    try:
        found = tree.read(names)
    except SourceError as exc:
        raise ConfigError(exc.what, hint=exc.hint) from exc
    for name in names:
        if name in found:
            origin = f"{tree.label}:{name}" if tree.label else name
            config = _parse(found[name], name, origin)
            if config is not None:
                return ConfigFile(name, found[name], config)
    for name in names:
        if any(path.startswith(f"{name}/") for path in tree.paths()):
            raise ConfigError(
                f"{name} is a folder", hint="write the configuration as a file of that name"
            )
    return None


def _parse(raw: bytes, name: str, origin: str) -> Config | None:
    if not name.endswith(".toml"):
        return parse_config(raw, origin=origin)
    try:
        tree = tomllib.loads(decode_text(raw, origin=origin, max_bytes=MAX_BYTES))
    except SourceError as exc:
        raise ConfigError(exc.what, hint=SHOWN) from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{origin}: not TOML: {exc}") from exc
    match tree:
        case {"tool": {"mlgate": section}}:
            return config_from_tree(section, origin=f"{origin}: tool.mlgate")
        case _:
            return None
