"""The message of a tag: a sentence for people, then YAML for machines."""

from __future__ import annotations

from typing import Final

import msgspec

from mlgate.documents.release import TagRecord
from mlgate.documents.strict_yaml import parse_yaml
from mlgate.errors import SourceError

MAX_MESSAGE: Final = 256 * 1024
_MARK: Final = "schema: mlgate/tag/v1"


def write_message(sentence: str, record: TagRecord) -> str:
    """Return a message whose first line is ``sentence``."""
    import yaml  # noqa: PLC0415  # only where a tag is written

    content = {"schema": record.schema, **msgspec.to_builtins(record)}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    if not text.replace("\n", "").isprintable():  # line breaks of Unicode would be folded
        text = yaml.safe_dump(content, sort_keys=False, width=100)
    return f"{' '.join(sentence.split())}\n\n{text}"


def read_message(message: str, *, origin: str = "the tag") -> TagRecord | None:
    """Return what a message says to machines, ``None`` where it is somebody else's.

    Raises:
        SourceError: it is one of ours, and not valid.
    """
    _, _, body = message.partition("\n\n")
    if not body.startswith(_MARK):
        return None
    tree = parse_yaml(body.encode(), origin=origin, max_bytes=MAX_MESSAGE).value
    try:
        return msgspec.convert(tree, type=TagRecord, strict=True)
    except msgspec.ValidationError as exc:
        raise SourceError(
            f"{origin}: its message is not what mlgate writes: {exc}",
            hint="delete the tag here and on the remote, and register again",
        ) from exc
