"""The files of a commit, read from git objects; the work tree stays as it is."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

from mlgate.documents.strict_json import too_large
from mlgate.errors import SourceError
from mlgate.sources.git import GitError
from mlgate.sources.tree import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgate.sources.git import Blob, Repository


class CommitTree:
    """Files of ``commit`` below the workspace of ``repository``."""

    def __init__(self, repository: Repository, commit: str) -> None:
        self._repository = repository
        self.commit = commit
        self.label = commit[:7]

    def paths(self) -> Sequence[str]:
        """Return all files of the commit, sorted."""
        return sorted(self._blobs)

    def size(self, path: str) -> int | None:
        """Return the size in bytes, ``None`` when there is no such file."""
        blob = self._blobs.get(path)
        return blob.size if blob else None

    def read(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return the content of files in one question to git; absent ones are left out."""
        wanted = {path: self._blobs[path] for path in paths if path in self._blobs}
        if not wanted:
            return {}
        try:
            contents = self._repository.read_blobs([*wanted.values()], MAX_FILE_BYTES)
        except GitError as exc:
            raise SourceError(f"{self.label}: files cannot be read from git: {exc}") from exc
        found = {}
        for path, blob in wanted.items():
            content = contents[blob.oid]
            if isinstance(content, int):
                raise too_large(f"{self.label}:{path}", content, MAX_FILE_BYTES)
            found[path] = content
        return found

    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return ``git:<blob id>`` of each file."""
        return {p: f"git:{self._blobs[p].oid}" for p in paths if p in self._blobs}

    def sha256(self, path: str) -> str:
        """Return ``sha256:<hex>`` of one file; empty when it is absent."""
        raw = self.read([path]).get(path)
        return "" if raw is None else f"sha256:{hashlib.sha256(raw).hexdigest()}"

    def tracked(self) -> frozenset[str]:
        """Return all files of the commit."""
        return frozenset(self._blobs)

    @cached_property
    def _blobs(self) -> dict[str, Blob]:
        try:
            return {p: b for p, b in self._repository.tree(self.commit).items() if not b.link}
        except GitError as exc:
            raise SourceError(f"{self.label}: the commit cannot be listed: {exc}") from exc
