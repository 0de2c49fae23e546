"""Workflow runs and their artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.github import pulls, shapes
from fakes.github.wire import Answer, Json, not_found, refuse

if TYPE_CHECKING:
    from fakes.github.call import Call
    from fakes.github.state import Artifact, Run


def get_run(call: Call) -> Answer:
    call.may_read("actions")
    return Answer(body=_run(call, _find_run(call)))


def list_artifacts(call: Call) -> Answer:
    call.may_read("actions")
    run = _find_run(call)
    name = call.request.query.get("name")
    found = [each for each in call.repo.artifacts if each.run_id == run.id]
    shown = [_artifact(call, each) for each in found if name in {None, each.name}]
    return call.paged(shown, key="artifacts")


def list_repository_artifacts(call: Call) -> Answer:
    call.may_read("actions")
    name = call.request.query.get("name")
    runs = {run.id: run for run in call.repo.runs}
    shown = [
        {**_artifact(call, each), "workflow_run": _of_run(call, runs[each.run_id])}
        for each in reversed(call.repo.artifacts)
        if name in {None, each.name}
    ]
    return call.paged(shown, key="artifacts")


def _of_run(call: Call, run: Run) -> Json:
    ours = shapes.minimal_repository(call.base_url, call.repo)
    heads = shapes.minimal_repository(call.base_url, call.repo, owner=run.fork_owner)
    return {
        "id": run.id,
        "repository_id": ours["id"],
        "head_repository_id": heads["id"],
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
    }


def download(call: Call) -> Answer:
    """Redirect to a short-lived address that needs no token, as GitHub does."""
    call.must_read("actions")
    found = _find_artifact(call)
    if call.params["archive_format"] != "zip":
        raise not_found()
    if found.expired:
        raise refuse(410, "Artifact has expired")
    elsewhere = call.base_url.replace("127.0.0.1", "localhost")  # a client must drop its token
    return Answer(status=302, headers={"location": f"{elsewhere}/_blob/{found.id}"})


def blob(call: Call) -> Answer:
    """Serve the zip, as the storage host does, which refuses a GitHub token."""
    if call.request.secret:
        return Answer(status=400, raw=b"<Error><Code>InvalidAuthenticationInfo</Code></Error>")
    wanted = call.number("artifact_id")
    for repo in call.world.repositories.values():
        for each in repo.artifacts:
            if each.id == wanted:
                headers = {"content-type": "application/zip"}
                return Answer(raw=bytes.fromhex(each.content), headers=headers)
    raise not_found()


def _find_run(call: Call) -> Run:
    wanted = call.number("run_id")
    for each in call.repo.runs:
        if each.id == wanted:
            return each
    raise not_found()


def _find_artifact(call: Call) -> Artifact:
    wanted = call.number("artifact_id")
    for each in call.repo.artifacts:
        if each.id == wanted:
            return each
    raise not_found()


def _artifact(call: Call, artifact: Artifact) -> Json:
    url = f"{call.repo_url}/actions/artifacts/{artifact.id}"
    return {
        "id": artifact.id,
        "node_id": shapes.node_id("MDA", artifact.id),
        "name": artifact.name,
        "size_in_bytes": len(artifact.content) // 2,
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": artifact.expired,
        "created_at": artifact.created_at,
        "updated_at": artifact.created_at,
        "expires_at": None,
    }


def _run(call: Call, run: Run) -> Json:
    url = f"{call.repo_url}/actions/runs/{run.id}"
    workflow = shapes.stable_id(run.name)
    return {
        "id": run.id,
        "node_id": shapes.node_id("WFR", run.id),
        "name": run.name,
        "display_title": run.name,
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "path": f".github/workflows/{run.name}.yml",
        "run_number": 1,
        "run_attempt": 1,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": workflow,
        "url": url,
        "html_url": f"{call.page_url}/actions/runs/{run.id}",
        "created_at": shapes.EPOCH,
        "updated_at": shapes.EPOCH,
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "check_suite_url": f"{call.repo_url}/check-suites/{run.id}",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "artifacts_url": f"{url}/artifacts",
        "workflow_url": f"{call.repo_url}/actions/workflows/{workflow}",
        "pull_requests": [] if run.fork_owner else pulls.of_head(call, run.head_sha),
        "head_commit": None,
        "repository": shapes.minimal_repository(call.base_url, call.repo),
        "head_repository": shapes.minimal_repository(
            call.base_url, call.repo, owner=run.fork_owner
        ),
    }
