"""Settings of the training, as JSON text of each value."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from mlgate.documents.evidence import Parameter
from mlgate.errors import SourceError
from mlgate.sources.parsed import checked_name, whole
from mlgate.sources.plain import compact
from mlgate.sources.tree_formats import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PARAMETERS: Final = 20_000
MAX_VALUE: Final = 4000


def parse_parameters(raw: bytes, *, origin: str) -> tuple[Parameter, ...]:
    """Return the settings in a YAML, JSON or TOML file under their dotted names.

    >>> parse_parameters(b"train: {lr: 0.1, layers: [8, 8]}", origin="params.yaml")[1].value
    '[8,8]'

    Raises:
        SourceError: names file, line and column where it cannot be read.
    """
    tree = read_tree(raw, origin=origin)
    if tree is None:  # a file of comments
        return ()
    if not isinstance(tree, dict):
        raise SourceError(f"{origin}: the top is not names with values")
    return parameters_of(tree, origin=origin)


def parameters_of(tree: dict[str, object], *, origin: str) -> tuple[Parameter, ...]:
    """Return the settings in ``tree`` under their dotted names."""
    found = {
        name: Parameter(name=name, value=_bounded(compact(value)), source=origin)
        for name, value in _leaves(tree, "", origin)
    }
    if len(found) > MAX_PARAMETERS:
        raise SourceError(f"{origin}: more than {MAX_PARAMETERS} parameters")
    return tuple(found.values())


def _leaves(tree: dict[str, object], prefix: str, origin: str) -> Iterator[tuple[str, object]]:
    for key, child in tree.items():
        if isinstance(child, dict) and child:
            yield from _leaves(child, f"{prefix}{key}.", origin)
        else:
            yield checked_name(prefix + key, origin), child


def _bounded(text: str) -> str:
    """Cut a long value, yet so that a change in what was cut still shows."""
    text = whole(text)
    if len(text) <= MAX_VALUE:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[: MAX_VALUE - 100]}… sha256:{digest}"
