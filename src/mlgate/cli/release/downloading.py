"""Files of published releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlgate.cli.session import Session
    from mlgate.release.earlier import Download


def download_of(session: Session) -> Download:
    """Return a question to the forge for a file of a published release."""
    github = session.github
    if github is None:
        return lambda _tag, _name: None
    from mlgate.publish.github_release import asset_of  # noqa: PLC0415  # requests
    from mlgate.publish.http import GitHubApi  # noqa: PLC0415

    api = GitHubApi(base_url=github.api_url, token=github.token)
    return lambda tag, name: asset_of(api, github.repository, tag, name)
