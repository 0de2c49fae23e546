"""A commit together with the files that DVC keeps for it outside git."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from mlgate.sources.tree import Tree

    ThroughDvc = Callable[[Sequence[str]], Mapping[str, bytes]]


class DvcTree:
    """``tree`` with the ``outputs`` that it lacks, each read by ``through_dvc`` when asked for."""

    def __init__(self, tree: Tree, outputs: Collection[str], through_dvc: ThroughDvc) -> None:
        self._tree = tree
        self._outputs = frozenset(outputs) - frozenset(tree.paths())
        self._through_dvc = through_dvc

    @property
    def label(self) -> str:
        """Name the commit."""
        return self._tree.label

    def paths(self) -> Sequence[str]:
        """Return the files of both, sorted."""
        return sorted([*self._tree.paths(), *self._outputs])

    def size(self, path: str) -> int | None:
        """Return the size of a file that git has; others are not known before they are read."""
        return self._tree.size(path)

    def read(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return the content of files from either place; absent ones are left out."""
        kept = [path for path in paths if path not in self._outputs]
        found = dict(self._tree.read(kept)) if kept else {}
        outside = [path for path in paths if path in self._outputs]
        if outside:
            found.update(self._through_dvc(outside))
        return found

    def digests(self, paths: Sequence[str]) -> Mapping[str, str]:
        """Return the digests of the files that git has."""
        return self._tree.digests(paths)

    def sha256(self, path: str) -> str:
        """Return the digest of a file that git has."""
        return self._tree.sha256(path)

    def tracked(self) -> frozenset[str]:
        """Return the files that git has."""
        return self._tree.tracked()
