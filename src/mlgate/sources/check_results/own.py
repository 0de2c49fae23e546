"""Results in our own form, for tools that know no other: ``{"checks": [...]}``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from mlgate.documents.evidence import CheckResult  # noqa: TC001  # msgspec resolves it
from mlgate.errors import SourceError

if TYPE_CHECKING:
    from mlgate.sources.check_results.building import Results


class _Own(msgspec.Struct, forbid_unknown_fields=True):
    checks: Annotated[list[CheckResult], msgspec.Meta(max_length=10_000)]


def is_own(tree: object) -> bool:
    """Tell whether this is a list of results in our form."""
    return isinstance(tree, dict) and tree.keys() == {"checks"}


def read_own(tree: object, results: Results) -> None:
    """Add the results as they are, each id once.

    Raises:
        SourceError: one is not what `mlgate schema evidence` says of a CheckResult.
    """
    try:
        found = msgspec.convert(tree, _Own, strict=True).checks
    except msgspec.ValidationError as exc:
        raise SourceError(
            f"{results.origin}: {exc}"[:1000], hint="`mlgate schema evidence`: CheckResult"
        ) from exc
    ids = [check.id for check in found]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        raise SourceError(f"{results.origin}: two results have the id {twice[:100]!r}")
    results.found += found
