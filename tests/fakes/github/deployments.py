"""Deployments and their statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.github import history, shapes
from fakes.github.state import Deployment, DeploymentStatus
from fakes.github.wire import Answer, Json, not_found, refuse

if TYPE_CHECKING:
    from fakes.github.call import Call

STATES = {"error", "failure", "inactive", "in_progress", "queued", "pending", "success"}
MAX_DESCRIPTION = 140


def list_deployments(call: Call) -> Answer:
    call.may_read("deployments")
    query = call.request.query
    shown = [
        _deployment(call, each)
        for each in reversed(call.repo.deployments)
        if query.get("environment", each.environment) == each.environment
        and query.get("sha", each.sha) == each.sha
        and query.get("ref", each.ref) == each.ref
        and query.get("task", each.task) == each.task
    ]
    return call.paged(shown)


def get_deployment(call: Call) -> Answer:
    call.may_read("deployments")
    return Answer(body=_deployment(call, _find(call)))


def create_deployment(call: Call) -> Answer:
    token = call.may_write("deployments")
    given = call.fields
    sha = history.resolve(call.repo, str(given.get("ref", "")).removeprefix("refs/tags/"))
    if sha is None:
        raise refuse(422, f"No ref found for: {given.get('ref')}")
    if given.get("auto_merge", True) or given.get("required_contexts") is None:
        raise refuse(409, "Conflict: Commit status checks failed for main.")
    now = call.world.now()
    made = Deployment(
        id=call.world.new_id(),
        sha=sha,
        ref=given["ref"],
        task=given.get("task", "deploy"),
        environment=given.get("environment", "production"),
        payload=given.get("payload", ""),
        description=given.get("description"),
        creator=token.login,
        created_at=now,
        updated_at=now,
        production_environment=given.get("production_environment"),
    )
    call.repo.deployments.append(made)
    return Answer(status=201, body=_deployment(call, made))


def list_statuses(call: Call) -> Answer:
    call.may_read("deployments")
    found = _find(call)
    return call.paged([_status(call, found, each) for each in reversed(found.statuses)])


def create_status(call: Call) -> Answer:
    token = call.may_write("deployments")
    found = _find(call)
    given = call.fields
    if given.get("state") not in STATES:
        raise refuse(422, "Invalid request.\n\nState is not included in the list")
    if len(given.get("description") or "") > MAX_DESCRIPTION:
        raise refuse(422, "Invalid request.\n\nDescription is too long (maximum is 140 characters)")
    now = call.world.now()
    made = DeploymentStatus(
        id=call.world.new_id(),
        state=given["state"],
        description=given.get("description", ""),
        environment=given.get("environment", found.environment),
        environment_url=given.get("environment_url", ""),
        log_url=given.get("log_url", ""),
        creator=token.login,
        created_at=now,
    )
    if made.state == "success" and given.get("auto_inactive", True):
        for each in call.repo.deployments:
            succeeded = each.statuses and each.statuses[-1].state == "success"
            if each is not found and each.environment == found.environment and succeeded:
                gone = DeploymentStatus(
                    id=call.world.new_id(), state="inactive", creator=token.login, created_at=now
                )
                each.statuses.append(gone)
    found.statuses.append(made)
    found.updated_at = now
    return Answer(status=201, body=_status(call, found, made))


def _find(call: Call) -> Deployment:
    wanted = call.number("deployment_id")
    for each in call.repo.deployments:
        if each.id == wanted:
            return each
    raise not_found()


def _deployment(call: Call, found: Deployment) -> Json:
    url = f"{call.repo_url}/deployments/{found.id}"
    return {
        "id": found.id,
        "node_id": shapes.node_id("DE", found.id),
        "url": url,
        "sha": found.sha,
        "ref": found.ref,
        "task": found.task,
        "payload": found.payload,
        "original_environment": found.environment,
        "environment": found.environment,
        "description": found.description,
        "creator": shapes.user(call.base_url, found.creator),
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "statuses_url": f"{url}/statuses",
        "repository_url": call.repo_url,
    }


def _status(call: Call, deployment: Deployment, status: DeploymentStatus) -> Json:
    url = f"{call.repo_url}/deployments/{deployment.id}"
    return {
        "id": status.id,
        "node_id": shapes.node_id("DES", status.id),
        "url": f"{url}/statuses/{status.id}",
        "state": status.state,
        "creator": shapes.user(call.base_url, status.creator),
        "description": status.description,
        "environment": status.environment,
        "environment_url": status.environment_url,
        "log_url": status.log_url,
        "target_url": status.log_url,
        "deployment_url": url,
        "repository_url": call.repo_url,
        "created_at": status.created_at,
        "updated_at": status.created_at,
    }
