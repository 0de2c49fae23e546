"""Which handler answers which path; the templates are spelled as in GitHub's description."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from fakes.github import (
    actions,
    checks,
    comments,
    commits,
    deployments,
    pulls,
    releases,
    shapes,
    statuses,
)
from fakes.github.call import INACCESSIBLE, Call
from fakes.github.wire import Answer, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

Handler: TypeAlias = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation."""

    method: str
    template: str
    handler: Handler

    def match(self, path: str) -> Mapping[str, str] | None:
        """Return the named parts when ``path`` is of this template."""
        found = re.fullmatch(_pattern(self.template), path)
        return found and found.groupdict()


def _pattern(template: str) -> str:
    """Only a ref, a tag and the two sides of a comparison may contain slashes."""
    pieces = re.split(r"\{(\w+)\}", template)
    for index in range(1, len(pieces), 2):
        wide = pieces[index] in {"ref", "basehead", "tag"}
        pieces[index] = f"(?P<{pieces[index]}>{'.+' if wide else '[^/]+'})"
    return "".join(pieces)


def get_user(call: Call) -> Answer:
    """``GITHUB_TOKEN`` is nobody; only a person's token has a user."""
    if call.token is None:
        raise refuse(401, "Requires authentication")
    if call.token.installation:
        raise refuse(403, INACCESSIBLE)
    return Answer(body=shapes.public_user(call.base_url, call.token.login))


def get_rate_limit(call: Call) -> Answer:
    rate = call.world.rates.overview(call.request.secret, call.world.clock())
    return Answer(body={"resources": {"core": rate, "search": rate}, "rate": rate})


def get_repository(call: Call) -> Answer:
    call.may_read("metadata")
    return Answer(body=shapes.full_repository(call.world, call.base_url, call.repo))


_R = "/repos/{owner}/{repo}"
ROUTES = (
    Route("GET", "/user", get_user),
    Route("GET", "/rate_limit", get_rate_limit),
    Route("GET", _R, get_repository),
    Route("GET", _R + "/issues/{issue_number}", comments.get_issue),
    Route("GET", _R + "/issues/{issue_number}/comments", comments.list_comments),
    Route("POST", _R + "/issues/{issue_number}/comments", comments.create_comment),
    Route("GET", _R + "/issues/comments/{comment_id}", comments.get_comment),
    Route("PATCH", _R + "/issues/comments/{comment_id}", comments.update_comment),
    Route("DELETE", _R + "/issues/comments/{comment_id}", comments.delete_comment),
    Route("POST", _R + "/check-runs", checks.create_check_run),
    Route("GET", _R + "/check-runs/{check_run_id}", checks.get_check_run),
    Route("PATCH", _R + "/check-runs/{check_run_id}", checks.update_check_run),
    Route("GET", _R + "/check-runs/{check_run_id}/annotations", checks.list_annotations),
    Route("GET", _R + "/commits/{ref}/check-runs", checks.list_for_ref),
    Route("POST", _R + "/statuses/{sha}", statuses.create_status),
    Route("GET", _R + "/commits/{ref}/status", statuses.combined),
    Route("GET", _R + "/pulls", pulls.list_pulls),
    Route("GET", _R + "/pulls/{pull_number}", pulls.get_pull),
    Route("GET", _R + "/commits/{commit_sha}/pulls", pulls.pulls_of_commit),
    Route("GET", _R + "/compare/{basehead}", commits.compare),
    Route("GET", _R + "/actions/runs/{run_id}", actions.get_run),
    Route("GET", _R + "/actions/runs/{run_id}/artifacts", actions.list_artifacts),
    Route("GET", _R + "/actions/artifacts", actions.list_repository_artifacts),
    Route("GET", _R + "/actions/artifacts/{artifact_id}/{archive_format}", actions.download),
    Route("GET", _R + "/releases", releases.list_releases),
    Route("POST", _R + "/releases", releases.create_release),
    Route("GET", _R + "/releases/tags/{tag}", releases.by_tag),
    Route("GET", _R + "/releases/assets/{asset_id}", releases.get_asset),
    Route("DELETE", _R + "/releases/assets/{asset_id}", releases.delete_asset),
    Route("GET", _R + "/releases/{release_id}", releases.get_release),
    Route("PATCH", _R + "/releases/{release_id}", releases.update_release),
    Route("DELETE", _R + "/releases/{release_id}", releases.delete_release),
    Route("GET", _R + "/releases/{release_id}/assets", releases.list_assets),
    Route("POST", _R + "/releases/{release_id}/assets", releases.upload),
    Route("GET", _R + "/deployments", deployments.list_deployments),
    Route("POST", _R + "/deployments", deployments.create_deployment),
    Route("GET", _R + "/deployments/{deployment_id}", deployments.get_deployment),
    Route("GET", _R + "/deployments/{deployment_id}/statuses", deployments.list_statuses),
    Route("POST", _R + "/deployments/{deployment_id}/statuses", deployments.create_status),
)
BLOBS = (
    Route("GET", "/_blob/{artifact_id}", actions.blob),
    Route("GET", "/_asset/{asset_id}", releases.blob),
)
