"""One way to look at files, whether they lie in the work tree or in a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_FILE_BYTES = 16 * 2**20
"""Largest metric or parameter file that is read; summaries are kilobytes."""


class Tree(Protocol):
    """Files of one revision. Paths are relative to the workspace, with forward slashes."""

    @property
    def label(self) -> str:
        """Name the tree for messages: empty for the work tree, else the short commit."""
        ...

    def paths(self) -> Sequence[str]:
        """Return all candidate paths, sorted; a work tree has its ignored outputs as well."""
        ...

    def size(self, path: str) -> int | None:
        """Return the size in bytes; ``None`` when there is no such file or it is not known."""
        ...

    def read(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return the content of the given paths in one go; absent files are left out.

        Raises:
            SourceError: a file is larger than ``MAX_FILE_BYTES``, leaves the workspace through a
                link, or cannot be read.
        """
        ...

    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return ``git:<blob id>`` of the given files; absent ones are left out."""
        ...

    def sha256(self, path: str) -> str:
        """Return ``sha256:<hex>`` of one file; empty when it is absent."""
        ...

    def tracked(self) -> frozenset[str]:
        """Return the paths that git tracks; all files of a commit."""
        ...
