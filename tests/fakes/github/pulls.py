"""Pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.github import history, shapes
from fakes.github.wire import Answer, Json, not_found, refuse

if TYPE_CHECKING:
    from fakes.github.call import Call
    from fakes.github.state import Pull


def get_pull(call: Call) -> Answer:
    found = call.repo.pulls.get(call.number("pull_number"))
    if found is None:
        raise not_found()
    call.may_read("pull_requests", "contents")
    return Answer(body=_full(call, found))


def list_pulls(call: Call) -> Answer:
    call.may_read("pull_requests", "contents")
    wanted = call.request.query
    state = wanted.get("state", "open")
    shown = [
        each
        for each in sorted(call.repo.pulls.values(), key=lambda pull: -pull.number)
        if state in {"all", each.state}
        and wanted.get("base", each.base_ref) == each.base_ref
        and wanted.get("head", _label(call, each)) == _label(call, each)
    ]
    return call.paged([simple(call, each) for each in shown])


def pulls_of_commit(call: Call) -> Answer:
    call.may_read("pull_requests", "contents")
    wanted = call.params["commit_sha"]
    sha = history.resolve(call.repo, wanted)
    if sha is None:
        raise refuse(422, f"No commit found for SHA: {wanted}")
    found = [each for each in call.repo.pulls.values() if _contains(call, each, sha)]
    return call.paged([simple(call, each) for each in found])


def minimal(call: Call, pull: Pull) -> Json:
    """Return the ``pull-request-minimal`` that check runs carry."""
    repo: Json = {"id": call.repo.id, "url": call.repo_url, "name": call.repo.name}
    return {
        "id": 200_000 + pull.number,
        "number": pull.number,
        "url": f"{call.repo_url}/pulls/{pull.number}",
        "head": {"ref": pull.head_ref, "sha": history.head_of(call.repo, pull), "repo": repo},
        "base": {"ref": pull.base_ref, "sha": history.base_of(call.repo, pull), "repo": repo},
    }


def of_head(call: Call, sha: str) -> list[Json]:
    """Return the open pull requests of a head commit; GitHub names none for forks."""
    return [
        minimal(call, each)
        for each in call.repo.pulls.values()
        if each.state == "open" and not each.fork_owner and history.head_of(call.repo, each) == sha
    ]


def simple(call: Call, pull: Pull) -> Json:
    """Return a ``pull-request-simple``."""
    url = f"{call.repo_url}/pulls/{pull.number}"
    issue_url = f"{call.repo_url}/issues/{pull.number}"
    page = f"{call.page_url}/pull/{pull.number}"
    head_sha = history.head_of(call.repo, pull)
    addresses = {
        "self": url,
        "html": page,
        "issue": issue_url,
        "comments": f"{issue_url}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{call.repo_url}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{call.repo_url}/statuses/{head_sha}",
    }
    flat = {f"{name}_url": at for name, at in addresses.items() if name != "self"}
    return {
        **dict.fromkeys(("assignee", "milestone", "auto_merge", "active_lock_reason", "body")),
        **{name: [] for name in ("assignees", "requested_reviewers", "requested_teams")},
        "labels": [_labelled(call, name) for name in pull.labels],
        **flat,
        "url": url,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "id": 200_000 + pull.number,
        "node_id": shapes.node_id("PR", pull.number),
        "number": pull.number,
        "title": pull.title,
        "state": pull.state,
        "locked": pull.locked,
        "draft": False,
        "user": shapes.user(call.base_url, pull.author),
        "author_association": "CONTRIBUTOR",
        "created_at": shapes.EPOCH,
        "updated_at": shapes.EPOCH,
        "closed_at": None if pull.state == "open" else shapes.EPOCH,
        "merged_at": pull.merged_at,
        "merge_commit_sha": pull.merge_commit_sha,
        "head": _side(call, pull.head_ref, head_sha, pull.fork_owner),
        "base": _side(call, pull.base_ref, history.base_of(call.repo, pull)),
        "_links": {name: {"href": at} for name, at in addresses.items()},
    }


def _full(call: Call, pull: Pull) -> Json:
    comments = sum(each.number == pull.number for each in call.repo.comments)
    counts = ("additions", "deletions", "changed_files", "commits", "review_comments")
    return {
        **simple(call, pull),
        **dict.fromkeys(counts, 1),
        "comments": comments,
        "merged": False,
        "merged_by": None,
        "mergeable": pull.merge_commit_sha is not None,
        "mergeable_state": "unknown",
        "rebaseable": None,
        "maintainer_can_modify": False,
    }


def _side(call: Call, ref: str, sha: str, fork_owner: str = "") -> Json:
    owner = fork_owner or call.repo.owner
    return {
        "label": f"{owner}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": shapes.user(call.base_url, owner),
        "repo": shapes.repository(call.world, call.base_url, call.repo, owner=fork_owner),
    }


def _labelled(call: Call, name: str) -> Json:
    number = shapes.stable_id(name)
    return {
        "id": number,
        "node_id": shapes.node_id("LA", number),
        "url": f"{call.repo_url}/labels/{name}",
        "name": name,
        "description": "",
        "color": "ededed",
        "default": False,
    }


def _label(call: Call, pull: Pull) -> str:
    return f"{pull.fork_owner or call.repo.owner}:{pull.head_ref}"


def _contains(call: Call, pull: Pull, sha: str) -> bool:
    if pull.fork_owner and not call.world.commit_pulls_sees_forks:
        return False
    head = history.head_of(call.repo, pull)
    if sha == head or (pull.merged_at and sha == pull.merge_commit_sha):
        return True
    base = history.ancestry(call.repo, history.base_of(call.repo, pull))
    return sha in history.ancestry(call.repo, head) and sha not in base
