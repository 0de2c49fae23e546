"""Comparing two commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.github import history, shapes
from fakes.github.wire import Answer, Json, not_found

if TYPE_CHECKING:
    from fakes.github.call import Call
    from fakes.github.state import Commit


def compare(call: Call) -> Answer:
    base_name, dots, head_name = call.params["basehead"].partition("...")
    call.may_read("contents")
    base, head = _side(call, base_name), _side(call, head_name)
    common = history.merge_base(call.repo, base, head) if dots else None
    if common is None:
        raise not_found()
    behind, ahead = history.ancestry(call.repo, base), history.ancestry(call.repo, head)
    ahead_by, behind_by = len(ahead.keys() - behind.keys()), len(behind.keys() - ahead.keys())
    new = [ahead[sha] for sha in reversed(ahead) if sha not in behind]
    page = call.paged([commit(call, each) for each in new])
    url = f"{call.repo_url}/compare/{base_name}...{head_name}"
    html_url = f"{call.page_url}/compare/{base_name}...{head_name}"
    body: Json = {
        "url": url,
        "html_url": html_url,
        "permalink_url": html_url,
        "diff_url": f"{html_url}.diff",
        "patch_url": f"{html_url}.patch",
        "base_commit": commit(call, behind[base]),
        "merge_base_commit": commit(call, ahead[common]),
        "status": _relation(ahead_by, behind_by),
        "ahead_by": ahead_by,
        "behind_by": behind_by,
        "total_commits": ahead_by,
        "commits": page.body,
        "files": [],
    }
    return Answer(body=body, headers=page.headers)


def commit(call: Call, known: Commit) -> Json:
    """Return a ``commit``."""
    url = f"{call.repo_url}/commits/{known.sha}"
    git_url = f"{call.repo_url}/git/commits/{known.sha}"
    person = {"name": "Ada", "email": "ada@example.org", "date": known.date}
    tree = {"sha": known.sha, "url": f"{call.repo_url}/git/trees/{known.sha}"}
    return {
        "url": url,
        "sha": known.sha,
        "node_id": shapes.node_id("C", shapes.stable_id(known.sha)),
        "html_url": f"{call.page_url}/commit/{known.sha}",
        "comments_url": f"{url}/comments",
        "commit": {
            "author": person,
            "committer": person,
            "comment_count": 0,
            "message": known.message,
            "tree": tree,
            "url": git_url,
        },
        "author": shapes.user(call.base_url, "ada"),
        "committer": shapes.user(call.base_url, "ada"),
        "parents": [{"sha": sha, "url": f"{call.repo_url}/commits/{sha}"} for sha in known.parents],
    }


def _side(call: Call, name: str) -> str:
    sha = history.resolve(call.repo, name.rpartition(":")[2])
    if sha is None:
        raise not_found()
    return sha


def _relation(ahead_by: int, behind_by: int) -> str:
    match bool(ahead_by), bool(behind_by):
        case True, True:
            return "diverged"
        case True, False:
            return "ahead"
        case False, True:
            return "behind"
        case _:
            return "identical"
