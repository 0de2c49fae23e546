"""Tell people, later steps and later jobs what became of a release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from mlgate.cli.session import Session
    from mlgate.documents.release import Release

FILE: Final = "release.json"


def tell(session: Session, release: Release, form: str) -> None:
    """Print a release, write ``.mlgate/release.json``, and hand the outputs to later steps."""
    from mlgate.cli.output import make_folder  # noqa: PLC0415
    from mlgate.documents.codec import encode  # noqa: PLC0415
    from mlgate.publish.files import write_atomically  # noqa: PLC0415
    from mlgate.render.release.steps import render_release  # noqa: PLC0415

    folder = session.workspace / ".mlgate"
    make_folder(folder)
    raw = encode(release)
    write_atomically(folder / FILE, raw)
    click.echo(raw.decode() if form == "json" else render_release(release), nl=False)
    github = session.github
    if github is None:
        return
    from mlgate.ci.commands import workflow_command  # noqa: PLC0415

    for step in release.steps:
        if step.outcome != "pass":
            level = "error" if step.outcome == "fail" else "warning"
            text = f"{step.said}\n{step.fix}" if step.fix else step.said
            title = f"mlgate release: {step.name}"
            click.echo(workflow_command(level, text, title=title), err=True)
    write_step_outputs(
        session,
        {
            "verified": str(release.verified).lower(),
            "outcome": release.outcome,
            "name": release.name,
            "version": release.version,
            "tag": release.tag,
            "stage": release.stage,
            "commit": release.commit,
            "deployed": release.deployed,
            "digest": release.models[0].sha256 if len(release.models) == 1 else "",
            "models": "\n".join(file.path for file in release.models),
            "release": str(folder / FILE),
        },
    )
    if github.step_summary:
        _summarise(Path(github.step_summary), release)


def write_step_outputs(session: Session, outputs: dict[str, str]) -> None:
    """Write outputs of the step; any value is safe."""
    if session.github is None or not session.github.output:
        return
    from mlgate.publish.files import append_outputs  # noqa: PLC0415

    append_outputs(Path(session.github.output), outputs)


def _summarise(path: Path, release: Release) -> None:
    from mlgate.publish.base import Post  # noqa: PLC0415
    from mlgate.publish.files import JobSummary  # noqa: PLC0415
    from mlgate.render.release.page import render_page  # noqa: PLC0415

    JobSummary(path).publish(Post(body=render_page(release), failed=not release.verified))
