"""Check runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.github import history, pulls, shapes
from fakes.github.state import CheckRun
from fakes.github.wire import Answer, Json, not_found, refuse

if TYPE_CHECKING:
    from fakes.github.call import Call

MAX_ANNOTATIONS = 50
MAX_TEXT = 65_535


def create_check_run(call: Call) -> Answer:
    _may_write(call)
    for name in ("name", "head_sha"):
        if not isinstance(call.fields.get(name), str):
            raise refuse(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
    sha = call.fields["head_sha"]
    if history.resolve(call.repo, sha) != sha:
        raise refuse(422, f"No commit found for SHA: {sha}")
    made = CheckRun(id=call.world.new_id(), name=call.fields["name"], head_sha=sha)
    _change(call, made)
    call.repo.check_runs.append(made)
    return Answer(status=201, body=_check_run(call, made))


def get_check_run(call: Call) -> Answer:
    call.may_read("checks")
    return Answer(body=_check_run(call, _find(call)))


def update_check_run(call: Call) -> Answer:
    _may_write(call)
    found = _find(call)
    _change(call, found)
    return Answer(body=_check_run(call, found))


def list_for_ref(call: Call) -> Answer:
    call.may_read("checks")
    sha = history.resolve(call.repo, call.params["ref"])
    if sha is None:
        raise refuse(422, f"No commit found for SHA: {call.params['ref']}")
    wanted = call.request.query
    here = [each for each in call.repo.check_runs if each.head_sha == sha]
    visible = call.world.listed(here)
    found = [each for each in here if each.id in visible]
    if wanted.get("filter", "latest") == "latest":
        found = list({(each.app, each.name): each for each in found}.values())
    shown = [
        _check_run(call, each)
        for each in reversed(found)
        if wanted.get("check_name", each.name) == each.name
        and wanted.get("status", each.status) == each.status
    ]
    return call.paged(shown, key="check_runs")


def list_annotations(call: Call) -> Answer:
    call.may_read("checks")
    found = _find(call)
    return call.paged([_annotation(call, found, each) for each in found.annotations])


def _may_write(call: Call) -> None:
    if not call.may_write("checks").installation:
        raise refuse(403, "You must authenticate via a GitHub App.")


def _find(call: Call) -> CheckRun:
    wanted = call.number("check_run_id")
    for each in call.repo.check_runs:
        if each.id == wanted:
            return each
    raise not_found()


def _change(call: Call, run: CheckRun) -> None:
    given = call.fields
    output = _checked_output(given)
    conclusion = given.get("conclusion", run.conclusion)
    status = "completed" if given.get("conclusion") else given.get("status", run.status)
    if (status == "completed" or given.get("completed_at")) and conclusion is None:
        raise refuse(422, 'Invalid request.\n\n"conclusion" wasn\'t supplied.')
    run.status = status
    run.conclusion = conclusion if status == "completed" else None
    run.name = given.get("name", run.name)
    run.details_url = given.get("details_url", run.details_url)
    run.external_id = given.get("external_id", run.external_id)
    run.started_at = given.get("started_at", run.started_at or call.world.now())
    finished = given.get("completed_at", run.completed_at or call.world.now())
    run.completed_at = finished if status == "completed" else None
    run.annotations += output.pop("annotations", [])
    run.output |= output


def _checked_output(given: Json) -> Json:
    output: Json = dict(given.get("output") or {})
    if output and "summary" not in output:
        raise refuse(422, 'Invalid request.\n\n"summary" wasn\'t supplied.')
    for name in ("summary", "text"):
        if (size := len(output.get(name) or "")) > MAX_TEXT:
            limit = f"Only {MAX_TEXT} characters are allowed; {size} were supplied."
            raise refuse(422, f"Invalid request.\n\n{limit}")
    if (count := len(output.get("annotations", []))) > MAX_ANNOTATIONS:
        limit = f"No more than {MAX_ANNOTATIONS} items are allowed; {count} were supplied."
        raise refuse(422, f"Invalid request.\n\n{limit}")
    return output


def _check_run(call: Call, run: CheckRun) -> Json:
    url = f"{call.repo_url}/check-runs/{run.id}"
    page = f"{call.page_url}/runs/{run.id}"
    return {
        "id": run.id,
        "node_id": shapes.node_id("CR", run.id),
        "name": run.name,
        "head_sha": run.head_sha,
        "external_id": run.external_id,
        "url": url,
        "html_url": page,
        "details_url": run.details_url or page,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "output": {
            **{name: run.output.get(name) for name in ("title", "summary", "text")},
            "annotations_count": len(run.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": shapes.stable_id(run.app + run.head_sha)},
        "app": shapes.app(call.base_url, run.app),
        "pull_requests": pulls.of_head(call, run.head_sha),
    }


def _annotation(call: Call, run: CheckRun, given: Json) -> Json:
    return {
        "path": given["path"],
        "blob_href": f"{call.page_url}/blob/{run.head_sha}/{given['path']}",
        **{name: given[name] for name in ("start_line", "end_line", "annotation_level")},
        **{name: given.get(name) for name in ("start_column", "end_column", "title")},
        "message": given["message"],
        "raw_details": given.get("raw_details"),
    }
