"""Which files are meant by paths and patterns that somebody wrote down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.documents.evidence import SourceFile
from mlgate.sources.find import newest
from mlgate.sources.globs import inside, is_pattern, matching

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mlgate.sources.tree import Tree

MAX_FILES: Final = 10_000
"""Most files that are read for one model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Files to read: the name that stays the same from run to run, and the path of this run."""

    files: dict[str, str]
    problems: tuple[SourceFile, ...] = ()


def select(tree: Tree, names: Iterable[str], what: str) -> Selection:
    """Return the files that ``names`` mean; a name that means none is a problem.

    Args:
        tree: Where the files are.
        names: Paths, or patterns with ``*``, ``?``, ``[…]`` and ``**``.
        what: Key of the configuration that holds the names, for messages.
    """
    paths = tree.paths()
    present = frozenset(paths)
    files: dict[str, str] = {}
    problems: list[SourceFile] = []
    for name in names:
        path = inside("", name)
        if path is None:
            problems.append(_outside(name))
        elif path in present or tree.size(path) is not None:
            files[path] = path
        elif not is_pattern(path):
            problems.append(_missing(path, what, paths))
        elif found := matching(path, _visible(path, paths)):
            files |= newest(found)
        else:
            problems.append(_no_match(path, what))
    if len(files) > MAX_FILES:
        problems.append(_too_many(len(files), what))
        files = dict(list(files.items())[:MAX_FILES])
    return Selection(files=files, problems=tuple(problems))


def _visible(pattern: str, paths: Collection[str]) -> Iterable[str]:
    """Leave out folders such as ``.venv`` unless the pattern names one."""
    if pattern.startswith(".") or "/." in pattern:
        return paths
    return (p for p in paths if not p.startswith(".") and "/." not in p and "node_modules" not in p)


def _outside(name: str) -> SourceFile:
    return SourceFile(
        path=name[:1024],
        problem=f"{name[:1024]} leads outside the workspace",
        hint="write paths relative to the repository",
    )


def _missing(path: str, what: str, paths: Iterable[str]) -> SourceFile:
    base = path.rsplit("/", 1)[-1]
    elsewhere = [p for p in paths if p.rsplit("/", 1)[-1] == base][:3]
    hint = f"there is {' and '.join(elsewhere)}" if elsewhere else "does an earlier step write it"
    return SourceFile(
        path=path[:1024],
        problem=f"{path[:1024]}: no such file",
        hint=f"{hint}; is the path under `{what}:` relative to the repository?"[:4000],
        absent=True,
    )


def _no_match(path: str, what: str) -> SourceFile:
    return SourceFile(
        path=path[:1024],
        problem=f"{path[:1024]}: the pattern matches no file",
        hint=f"does an earlier step write them? `**` crosses folders, `*` does not (`{what}:`)",
        absent=True,
    )


def _too_many(count: int, what: str) -> SourceFile:
    return SourceFile(
        path="",
        problem=f"{count} files are more than the {MAX_FILES} that are read for one model",
        hint=f"name fewer files under `{what}:`",
    )
