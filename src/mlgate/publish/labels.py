"""Labels of the pull request that a commit came with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlgate.publish.http import GitHubApi

PERMISSION: Final = "pull-requests: read"


def labels_of(api: GitHubApi, repository: str, commit: str) -> tuple[str, ...] | None:
    """Return the labels of the pull request merged as ``commit``; ``None`` where there is none.

    Raises:
        PublishError: GitHub refuses, or does not answer.
    """
    path = f"/repos/{repository}/commits/{commit}/pulls?per_page=100"
    for item in api.items(path):
        match item:
            case {"merged_at": str(), "merge_commit_sha": str(sha), "labels": list(labels)} if (
                sha == commit
            ):
                return tuple(str(one.get("name", "")) for one in labels if isinstance(one, dict))
            case _:
                pass
    return None
