"""Read many files so that one bad file spoils only itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mlgate.documents.strict_json import too_large
from mlgate.errors import SourceError
from mlgate.sources.tree import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgate.sources.tree import Tree

MAX_TOTAL_BYTES: Final = 256 * 2**20
"""All files of one model together."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Bytes of the files that could be read, errors of those that could not."""

    read: Mapping[str, bytes] = field(default_factory=dict)
    failed: Mapping[str, SourceError] = field(default_factory=dict)


def read_each(tree: Tree, paths: Sequence[str]) -> Contents:
    """Read ``paths`` in one go; a file that is too large or unreadable is in ``failed``.

    A path that is in neither mapping does not exist.
    """
    failed: dict[str, SourceError] = {}
    fitting: list[str] = []
    total = 0
    for path in dict.fromkeys(paths):
        size = tree.size(path) or 0
        if size > MAX_FILE_BYTES:
            failed[path] = too_large(path, size, MAX_FILE_BYTES)
        elif total + size > MAX_TOTAL_BYTES:
            failed[path] = SourceError(
                f"{path}: the files before it have {total / 1e6:.0f} MB, which is the limit",
                hint="name fewer files under `metrics:`",
            )
        else:
            fitting.append(path)
            total += size
    try:
        return Contents(tree.read(fitting) if fitting else {}, failed)
    except SourceError:
        return _one_by_one(tree, fitting, failed)


def _one_by_one(tree: Tree, paths: Sequence[str], failed: dict[str, SourceError]) -> Contents:
    read: dict[str, bytes] = {}
    for path in paths:
        try:
            read.update(tree.read([path]))
        except SourceError as exc:
            failed[path] = exc
    return Contents(read, failed)
