"""What a workflow template must be, as a list of what it is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from mlgate import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "workflows-templates").glob("*.yml"))
OURS = f"mlgate/mlgate@v{__version__}"
PARTS = frozenset(
    {
        OURS,
        *(
            f"mlgate/mlgate/actions/{name}@v{__version__}"
            for name in ("check", "train", "setup", "release", "deploy")
        ),
    }
)
_USES = re.compile(r"^\s*(?:- )?uses: (.*)$", re.MULTILINE)
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+){1,2}")
_GRANT = re.compile(r"^\s+[a-z-]+: (?:read|write)\b(.*)$", re.MULTILINE)
_REASON = re.compile(r" # [a-z]\S* \S.*")
POSTING = {"pull-requests": "write", "checks": "write"}
RELEASING = {
    "release": {
        "contents": "write",
        "actions": "read",
        "id-token": "write",
        "attestations": "write",
    },
    "register": {"contents": "write", "pull-requests": "read", "checks": "write"},
    "deploy": {"contents": "write", "deployments": "write"},
    "back": {"contents": "write", "deployments": "write"},
}
"""What the jobs of releases need; none of them runs for a pull request."""


def problems(text: str) -> list[str]:
    """Return everything that is wrong with a template."""
    workflow = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - `on` is no boolean here
    return [*_of_text(text), *_of_workflow(workflow)]


def _of_text(text: str) -> Iterator[str]:
    if not text.startswith("# "):
        yield "does not say what it is for"
    for uses in _USES.findall(text):
        if uses not in PARTS and not uses.startswith("./") and not _PINNED.fullmatch(uses):
            yield f"not pinned: {uses}"
    for comment in _GRANT.findall(text):
        if not _REASON.fullmatch(comment):
            yield "a permission without its reason"


def _of_workflow(workflow: dict[str, Any]) -> Iterator[str]:
    if workflow.get("permissions") != {}:
        yield "the workflow grants permissions to every job"
    if "concurrency" not in workflow:
        yield "a second push does not stop the first"
    if "pull_request_target" in workflow["on"]:
        yield "a stranger's code runs beside secrets"
    gate = workflow["jobs"].get("mlgate", {})
    alone = set(workflow["jobs"]) <= {"data", "retrain", *RELEASING}  # they gate no pull request
    if gate.get("name") != "mlgate" and not alone:
        yield "no job is called mlgate, which is the check to require"
    if "needs" in gate and gate.get("if") != "always()":
        yield "a skipped gate counts as passed"
    for name, job in workflow["jobs"].items():
        for problem in _of_job(name, job):
            yield f"{name}: {problem}"


def _of_job(name: str, job: dict[str, Any]) -> Iterator[str]:
    if "timeout-minutes" not in job and "uses" not in job:
        yield "may hang for six hours"
    posts = any(_is_posting(step) for step in job.get("steps", ()))
    needed = RELEASING.get(name, {"contents": "read", **(POSTING if posts else {})})
    granted = dict(job.get("permissions") or {})
    if posts and name not in RELEASING:
        granted.pop("actions", None)  # to find artifacts of the baseline
    if granted != needed:
        yield f"permissions are not {needed}"
    for step in job.get("steps", ()):
        yield from _of_step(step)


def _of_step(step: dict[str, Any]) -> Iterator[str]:
    name, given = step.get("name", "a step"), step.get("with", {})
    if "name" not in step:
        yield "a step without a name"
    if "${{" in step.get("run", ""):
        yield f"{name}: an expression in a shell script"
    if step.get("uses", "").startswith("actions/checkout@"):
        if given.get("persist-credentials") != "false":
            yield f"{name}: leaves the token in the work tree"
        if given.get("fetch-depth") != "0":
            yield f"{name}: fetches no history"
    if step.get("uses") == OURS and (unknown := given.keys() - _inputs()):
        yield f"{name}: no inputs {sorted(unknown)}"


def _is_posting(step: dict[str, Any]) -> bool:
    return step.get("uses") == OURS and step.get("with", {}).get("post") != "never"


def _inputs() -> set[str]:
    return set(yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"])
