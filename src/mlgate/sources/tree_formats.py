"""Which of the layouts that tools write a tree of names and values has."""

from __future__ import annotations

import dataclasses
import posixpath
from typing import TYPE_CHECKING, Final

from mlgate.documents.strict_json import parse_json
from mlgate.documents.strict_yaml import parse_yaml
from mlgate.sources.classification_report import parse_classification_report
from mlgate.sources.csv_table import parse_csv
from mlgate.sources.lm_eval import parse_lm_eval
from mlgate.sources.plain import parse_plain, parse_toml
from mlgate.sources.training_logs import parse_dvclive, parse_trainer
from mlgate.sources.tree import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlgate.sources.parsed import Parsed

MAX_TEXT_BYTES: Final = 2 * 2**20
"""Largest YAML or TOML file that is read: their parsers are slow."""

_LAYOUTS: Final[Sequence[Callable[..., Parsed | None]]] = (
    parse_classification_report,
    parse_lm_eval,
    parse_trainer,
    parse_dvclive,
)


def parse_metrics(raw: bytes, *, origin: str, best_by: str = "") -> Parsed:
    """Return the metrics of one file, whoever wrote it.

    Raises:
        SourceError: names file, line and column where it cannot be read.
    """
    match suffix(origin):
        case ".csv" | ".tsv":
            return parse_csv(raw, origin=origin, max_bytes=MAX_FILE_BYTES, best_by=best_by)
        case ending:
            return _parse_tree(read_tree(raw, origin=origin), ending, origin)


def _parse_tree(tree: object, ending: str, origin: str) -> Parsed:
    for parse in _LAYOUTS:
        parsed = parse(tree, origin=origin)
        if parsed is not None:
            return parsed
    return dataclasses.replace(
        parse_plain(tree, origin=origin), format=_WRITTEN_AS.get(ending, "YAML")
    )


def read_tree(raw: bytes, *, origin: str) -> object:
    """Return the tree in a JSON, TOML or YAML file, by its suffix, else by its first sign.

    Raises:
        SourceError: names file, line and column where it cannot be read.
    """
    match suffix(origin):
        case ".json" | ".ipynb":
            return parse_json(raw, origin=origin, max_bytes=MAX_FILE_BYTES)
        case ".toml":
            return parse_toml(raw, origin=origin, max_bytes=MAX_TEXT_BYTES)
        case ".yaml" | ".yml":
            return parse_yaml(raw, origin=origin, max_bytes=MAX_TEXT_BYTES).value
        case _ if raw.lstrip()[:1] in {b"{", b"["}:
            return parse_json(raw, origin=origin, max_bytes=MAX_FILE_BYTES)
        case _:
            return parse_yaml(raw, origin=origin, max_bytes=MAX_TEXT_BYTES).value


def suffix(path: str) -> str:
    """Return the suffix of ``path`` in lower case, with its dot.

    >>> suffix("eval/Metrics.JSON")
    '.json'
    """
    return posixpath.splitext(path)[1].lower()


_WRITTEN_AS: Final = {".json": "JSON", ".toml": "TOML"}
