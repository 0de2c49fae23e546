"""Documents to bytes and back: the same value gives the same bytes, and nothing lax comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from mlgate.documents.base import Document
from mlgate.documents.strict_json import parse_json
from mlgate.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

D = TypeVar("D", bound=Document)

MAX_BYTES = 64 * 2**20
"""Largest document we accept: 200 000 metrics fit."""


def encode(document: Document) -> bytes:
    """Return ``document`` as indented JSON; equal documents give equal bytes."""
    raw = msgspec.json.encode(document, order="deterministic")
    return msgspec.json.format(raw, indent=1) + b"\n"


def decode(raw: bytes, kind: type[D], *, origin: str) -> D:
    """Return the document in ``raw``.

    Raises:
        SourceError: ``raw`` is too large, no JSON, or not exactly what the schema says.
    """
    tree = parse_json(raw, origin=origin, max_bytes=MAX_BYTES, finite=True)
    try:
        return msgspec.convert(tree, type=kind, strict=True)
    except msgspec.ValidationError as exc:
        raise SourceError(
            f"{origin}: not a valid {kind.__name__.lower()} document: {exc}",
            hint=f"`mlgate schema {kind.__name__.lower()}` prints what is expected",
        ) from exc


def schema_of(kind: type[Document]) -> Mapping[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a document type."""
    schema = msgspec.json.schema(kind)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
