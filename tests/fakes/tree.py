from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mlgate.documents.strict_json import too_large
from mlgate.sources.tree import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class MemoryTree:
    """Files that exist only here; ``sizes`` pretends that some are larger than they are."""

    label = ""

    def __init__(
        self, files: Mapping[str, bytes], *, sizes: Mapping[str, int] | None = None
    ) -> None:
        self.files = dict(files)
        self.sizes = {path: len(raw) for path, raw in files.items()} | dict(sizes or {})
        self.reads = 0

    def paths(self) -> Sequence[str]:
        return sorted(self.files)

    def size(self, path: str) -> int | None:
        return self.sizes.get(path)

    def read(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        self.reads += 1
        for path in paths:
            if self.sizes.get(path, 0) > MAX_FILE_BYTES:
                raise too_large(path, self.sizes[path], MAX_FILE_BYTES)
        return {path: self.files[path] for path in paths if path in self.files}

    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        return {p: f"git:{blob_id(self.files[p])}" for p in paths if p in self.files}

    def sha256(self, path: str) -> str:
        raw = self.files.get(path)
        return "" if raw is None else f"sha256:{hashlib.sha256(raw).hexdigest()}"

    def tracked(self) -> frozenset[str]:
        return frozenset(self.files)


def blob_id(raw: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()
