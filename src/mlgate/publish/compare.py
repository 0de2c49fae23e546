"""Questions about history that a shallow clone cannot answer itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mlgate.errors import PublishError
from mlgate.publish.refusal import RefusedError

if TYPE_CHECKING:
    from mlgate.publish.http import GitHubApi

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NOT_FOUND: Final = 404


def merge_base(api: GitHubApi, repository: str, base: str, head: str) -> str | None:
    """Return the merge base of two commits as the forge knows it, ``None`` when there is none.

    Both are full object ids; the diff, which may be long, is cut to nothing by the page size.

    Raises:
        PublishError: the forge does not answer, or refuses for another reason.
    """
    for commit in (base, head):
        if not _COMMIT.fullmatch(commit):
            raise PublishError(f"{commit[:80]!r} is not a full commit id")
    path = f"/repos/{repository}/compare/{base}...{head}?per_page=1&page=2"
    try:
        answer = api.request("GET", path, permission="contents: read").object()
    except RefusedError as exc:
        if exc.status == _NOT_FOUND:
            return None
        raise
    match answer:
        case {"merge_base_commit": {"sha": str(sha)}} if _COMMIT.fullmatch(sha):
            return sha
        case _:
            raise PublishError(f"compare {base[:12]}...{head[:12]}: the answer names no merge base")
