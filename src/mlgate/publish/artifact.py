"""The artifact that a run on the baseline has uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from mlgate.errors import PublishError

if TYPE_CHECKING:
    from mlgate.publish.http import GitHubApi

MAX_LISTED: Final = 300
"""Artifacts of that name that are looked at, the newest first."""
MAX_ARTIFACT: Final = 64 * 2**20


def artifact_of(
    api: GitHubApi, repository: str, repository_id: int, name: str, commit: str
) -> bytes | None:
    """Return the newest artifact ``name`` of a run on ``commit`` as a zip, ``None`` without one.

    Only runs of the repository itself count: the head of a fork may be any commit, and its run may
    upload what it likes.

    Raises:
        PublishError: the forge refuses (`actions: read`), or the artifact is too large.
    """
    path = f"/repos/{repository}/actions/artifacts?per_page=100&name={quote(name, safe='')}"
    for place, found in enumerate(api.items(path, "artifacts")):
        if place >= MAX_LISTED:
            return None
        match found:
            case {
                "id": int(number),
                "name": str(called),
                "expired": False,
                "size_in_bytes": int(size),
                "workflow_run": {
                    "repository_id": int(ours),
                    "head_repository_id": int(heads),
                    "head_sha": str(sha),
                },
            } if (called, ours, heads, sha) == (name, repository_id, repository_id, commit):
                if size > MAX_ARTIFACT:
                    raise PublishError(
                        f"the artifact {name} of {commit[:7]} has {size} bytes; "
                        f"at most {MAX_ARTIFACT} are read",
                        hint="upload what mlgate wrote, and nothing else",
                    )
                return api.get(f"/repos/{repository}/actions/artifacts/{number}/zip").body
            case _:
                pass
    return None
