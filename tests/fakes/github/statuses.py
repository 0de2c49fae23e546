"""Commit statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.github import history, shapes
from fakes.github.state import Status
from fakes.github.wire import Answer, Json, refuse, unprocessable

if TYPE_CHECKING:
    from fakes.github.call import Call

MAX_DESCRIPTION = 140
MAX_PER_CONTEXT = 1000


def create_status(call: Call) -> Answer:
    token = call.may_write("statuses")
    given, sha = call.fields, call.params["sha"]
    if history.resolve(call.repo, sha) != sha:
        raise refuse(422, f"No commit found for SHA: {sha}")
    if given.get("state") not in {"error", "failure", "pending", "success"}:
        raise unprocessable("Status", "state", "state is not included in the list")
    if len(given.get("description") or "") > MAX_DESCRIPTION:
        message = f"description is too long (maximum is {MAX_DESCRIPTION} characters)"
        raise unprocessable("Status", "description", message)
    context = given.get("context", "default")
    same = [each for each in call.repo.statuses if (each.sha, each.context) == (sha, context)]
    if len(same) >= MAX_PER_CONTEXT:
        message = "This SHA and context has reached the maximum number of statuses."
        raise unprocessable("Status", "context", message)
    made = Status(
        id=call.world.new_id(),
        sha=sha,
        state=given["state"],
        context=context,
        creator=token.login,
        created_at=call.world.now(),
        description=given.get("description"),
        target_url=given.get("target_url"),
    )
    call.repo.statuses.append(made)
    creator = shapes.user(call.base_url, made.creator)
    return Answer(status=201, body={**_status(call, made), "creator": creator})


def combined(call: Call) -> Answer:
    call.may_read("statuses")
    sha = history.resolve(call.repo, call.params["ref"])
    if sha is None:
        raise refuse(404, "Not Found")
    latest = {each.context: each for each in call.repo.statuses if each.sha == sha}
    page = call.paged([_status(call, each) for each in latest.values()])
    url = f"{call.repo_url}/commits/{sha}"
    body = {
        "state": overall([each.state for each in latest.values()]),
        "sha": sha,
        "total_count": len(latest),
        "statuses": page.body,
        "repository": shapes.minimal_repository(call.base_url, call.repo),
        "commit_url": url,
        "url": f"{url}/status",
    }
    return Answer(body=body, headers=page.headers)


def overall(states: list[str]) -> str:
    """Return the combined state; a commit nobody spoke about is pending."""
    if {"error", "failure"} & set(states):
        return "failure"
    return "success" if states and set(states) == {"success"} else "pending"


def _status(call: Call, status: Status) -> Json:
    return {
        "url": f"{call.repo_url}/statuses/{status.sha}",
        "avatar_url": shapes.user(call.base_url, status.creator)["avatar_url"],
        "id": status.id,
        "node_id": shapes.node_id("SC", status.id),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": status.created_at,
        "updated_at": status.created_at,
    }
