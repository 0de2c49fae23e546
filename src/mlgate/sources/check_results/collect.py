"""All files of results that one model names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mlgate.documents.evidence import CheckResult, SourceFile
from mlgate.errors import SourceError
from mlgate.sources.check_results.parse import parse_check_results
from mlgate.sources.collect import content_of
from mlgate.sources.reading import read_each
from mlgate.sources.selection import select

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgate.sources.tree import Tree


def collect_results(
    tree: Tree, files: Iterable[tuple[str, str]]
) -> tuple[tuple[CheckResult, ...], tuple[SourceFile, ...]]:
    """Return the results, and the files that were read or could not be.

    Args:
        tree: The work tree.
        files: Paths or patterns, each with the format or an empty text.

    Raises:
        ConfigError: a format is not known.
    """
    checks: list[CheckResult] = []
    sources: list[SourceFile] = []
    for pattern, form in files:
        selection = select(tree, [pattern], "results")
        sources += selection.problems
        contents = read_each(tree, list(selection.files.values()))
        for path in selection.files.values():
            try:
                found = parse_check_results(content_of(path, contents), origin=path, form=form)
            except SourceError as exc:
                problem, hint = exc.what[:4000], exc.hint[:4000]
                sources.append(SourceFile(path=path[:1024], problem=problem, hint=hint))
            else:
                sources.append(SourceFile(path=path[:1024], format=found[0].engine))
                checks += found
    return _numbered(checks), tuple(sources)


def _numbered(checks: list[CheckResult]) -> tuple[CheckResult, ...]:
    """Give an id that several files use a number, so that no result hides another."""
    seen: dict[str, int] = {}
    found: list[CheckResult] = []
    for check in checks:
        number = seen[check.id] = seen.get(check.id, 0) + 1
        name = f"{check.id[:390]}~{number}" if number > 1 else check.id
        found.append(msgspec.structs.replace(check, id=name))
    return tuple(found)
