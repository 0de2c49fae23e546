"""``mlgate release check-tag``: what a tag means, for the first step of a workflow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mlgate.cli.session import Session
    from mlgate.sources.git import Repository

EXAMPLES = """
\b
Examples:
  mlgate release check-tag "$GITHUB_REF"       the first step of a workflow that tags start
  mlgate release check-tag iris@v1.2.0 --format json
"""


@click.command(epilog=EXAMPLES)
@click.argument("tag", default="", metavar="[TAG]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people or for programs.",
)
@click.pass_context
def check_tag(ctx: click.Context, *, tag: str, form: str) -> None:
    """Say what TAG means: the tag that started this job, unless another is named.

    A tag that is none of a release, such as `nightly`, has the event `none` and is no error, so
    that a workflow may start with every tag; one that was meant to be a release tag and is not is
    refused. So is a tag that was moved, deleted or withdrawn.

    Outputs for later steps: event, name, version, stage, commit, annotated, and run-id, the run
    that measured the commit, where the repository keeps its evidence.
    """
    from mlgate.cli.release.said import write_step_outputs  # noqa: PLC0415  # `--help` needs none
    from mlgate.cli.release.subject import named_tag  # noqa: PLC0415

    session: Session = ctx.obj
    found = _found(session, named_tag(session, tag))
    write_step_outputs(session, found)
    click.echo(json.dumps(found, indent=1) if form == "json" else _sentence(found))


def _found(session: Session, tag: str) -> dict[str, str]:
    from mlgate.cli.release.registry import open_registry  # noqa: PLC0415
    from mlgate.cli.release.show import EVENTS  # noqa: PLC0415
    from mlgate.cli.release.subject import parsed, subject_of  # noqa: PLC0415
    from mlgate.release.grammar import is_meant, parse_tag  # noqa: PLC0415

    if parse_tag(tag) is None and not is_meant(tag):
        none = dict.fromkeys(("name", "version", "stage", "commit", "annotated", "run-id"), "")
        return {"event": "none", **none, "ref": tag}
    said = parsed(tag)
    registry = open_registry(session)
    event = registry.by_tag.get(tag)
    found = {
        "event": EVENTS[said.action],
        "name": said.name or registry.plain,
        "version": said.version,
        "stage": said.stage,
        "commit": event.commit if event else "",
        "annotated": str(event is not None and event.annotated).lower(),
        "run-id": "",
        "ref": tag,
    }
    if said.action in {"register", "assign"}:
        subject = subject_of(session, registry, tag)
        for warning in subject.warnings:
            session.warn(warning)
        found |= {"version": subject.version, "commit": subject.commit}
        found["run-id"] = _run_of(registry.repository, subject.commit)
    return found


def _run_of(repository: Repository, commit: str) -> str:
    """Return the run that measured a commit, whose artifacts may hold the model."""
    from mlgate.errors import SourceError  # noqa: PLC0415
    from mlgate.sources.stored import read_stored  # noqa: PLC0415

    try:
        evidence = read_stored(repository, commit, fetch=True)
    except SourceError:
        return ""
    return evidence.run.id if evidence and evidence.run else ""


def _sentence(found: dict[str, str]) -> str:
    from mlgate.ci.commands import log_safe  # noqa: PLC0415

    of = f"{found['name']} {found['version']}".strip()
    at = f"at {found['commit'][:7]}"
    said = {
        "none": f"{found['ref']} is no release tag",
        "registration": f"registers {of} {at}",
        "deregistration": f"withdraws {of}",
        "assignment": f"gives {found['stage']} to {of} {at}",
        "unassignment": f"takes {found['stage']} from {found['name']} {at}",
        "deprecation": f"withdraws the model {found['name']}",
    }[found["event"]]
    return log_safe(said)
