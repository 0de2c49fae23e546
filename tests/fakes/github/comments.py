"""Issues and their comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.github import shapes
from fakes.github.state import Comment, Issue, Pull
from fakes.github.wire import Answer, Json, not_found, refuse, unprocessable

if TYPE_CHECKING:
    from fakes.github.call import Call

MAX_BODY = 65_536


def list_comments(call: Call) -> Answer:
    issue = call.issue()
    call.may_read("issues", "pull_requests")
    mine = [each for each in call.repo.comments if each.number == issue.number]
    since = call.request.query.get("since", "")
    shown = call.world.listed(mine)
    return call.paged(
        [_comment(call, each) for each in mine if each.id in shown and each.updated_at >= since]
    )


def create_comment(call: Call) -> Answer:
    issue = call.issue()
    token = call.may_comment(issue)
    if issue.locked:
        raise refuse(403, "Unable to create comment because issue is locked.")
    now = call.world.now()
    made = Comment(
        id=call.world.new_id(),
        number=issue.number,
        author=token.login,
        body=_body(call),
        created_at=now,
        updated_at=now,
    )
    call.repo.comments.append(made)
    shown = _comment(call, made)
    return Answer(status=201, body=shown, headers={"location": shown["url"]})


def get_comment(call: Call) -> Answer:
    call.may_read("issues", "pull_requests")
    return Answer(body=_comment(call, _find(call)))


def update_comment(call: Call) -> Answer:
    found = _find(call)
    call.may_comment(_issue_of(call, found))
    found.body, found.updated_at = _body(call), call.world.now()
    return Answer(body=_comment(call, found))


def delete_comment(call: Call) -> Answer:
    found = _find(call)
    call.may_comment(_issue_of(call, found))
    call.repo.comments.remove(found)
    return Answer(status=204)


def get_issue(call: Call) -> Answer:
    issue = call.issue()
    call.may_read("issues", "pull_requests")
    return Answer(body=_issue(call, issue))


def _body(call: Call) -> str:
    match call.fields:
        case {"body": str(body)} if not body.strip():
            raise unprocessable("IssueComment", "data", "Body cannot be blank")
        case {"body": str(body)} if len(body) > MAX_BODY:
            message = f"Body is too long (maximum is {MAX_BODY} characters)"
            raise unprocessable("IssueComment", "data", message)
        case {"body": str(body)}:
            return body
        case _:
            raise refuse(422, 'Invalid request.\n\n"body" wasn\'t supplied.')


def _find(call: Call) -> Comment:
    wanted = call.number("comment_id")
    for each in call.repo.comments:
        if each.id == wanted:
            return each
    raise not_found()


def _issue_of(call: Call, comment: Comment) -> Issue:
    issue = call.repo.numbered(comment.number)
    if issue is None:
        raise not_found()
    return issue


def _comment(call: Call, comment: Comment) -> Json:
    url = f"{call.repo_url}/issues/comments/{comment.id}"
    kind = "pull" if comment.number in call.repo.pulls else "issues"
    by_app = comment.author == "github-actions[bot]"
    return {
        "id": comment.id,
        "node_id": shapes.node_id("IC", comment.id),
        "url": url,
        "html_url": f"{call.page_url}/{kind}/{comment.number}#issuecomment-{comment.id}",
        "issue_url": f"{call.repo_url}/issues/{comment.number}",
        "user": shapes.user(call.base_url, comment.author),
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "author_association": "NONE" if by_app else "CONTRIBUTOR",
        "body": comment.body,
        "performed_via_github_app": None,
        "reactions": _no_reactions(url),
    }


def _no_reactions(url: str) -> Json:
    names = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")
    return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(names, 0)}


def _issue(call: Call, issue: Issue) -> Json:
    url = f"{call.repo_url}/issues/{issue.number}"
    kind = "pull" if isinstance(issue, Pull) else "issues"
    page = f"{call.page_url}/{kind}/{issue.number}"
    count = sum(each.number == issue.number for each in call.repo.comments)
    shown: Json = {
        "id": 100_000 + issue.number,
        "node_id": shapes.node_id("I", issue.number),
        "number": issue.number,
        "title": issue.title,
        "body": None,
        "state": issue.state,
        "locked": issue.locked,
        "active_lock_reason": None,
        "comments": count,
        "user": shapes.user(call.base_url, issue.author),
        "author_association": "CONTRIBUTOR",
        "assignee": None,
        "assignees": [],
        "labels": [],
        "milestone": None,
        "url": url,
        "html_url": page,
        "repository_url": call.repo_url,
        "labels_url": url + "/labels{/name}",
        "comments_url": url + "/comments",
        "events_url": url + "/events",
        "created_at": shapes.EPOCH,
        "updated_at": shapes.EPOCH,
        "closed_at": None if issue.state == "open" else shapes.EPOCH,
    }
    if isinstance(issue, Pull):
        pull_url = f"{call.repo_url}/pulls/{issue.number}"
        links = {"html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
        shown["pull_request"] = {"url": pull_url, **links, "merged_at": None}
    return shown
