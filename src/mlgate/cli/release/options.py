"""Options that all commands share which verify a version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgate.cli.release.measured import Wish
    from mlgate.cli.session import Session

_OPTIONS = (
    click.option(
        "--branch",
        default="",
        show_default="the default branch",
        metavar="NAME",
        help="The protected branch that releases come from.",
    ),
    click.option(
        "--evidence",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="FOLDER",
        help="What `mlgate report` wrote for this commit.  [default: what its run has kept]",
    ),
    click.option(
        "--models",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="FOLDER",
        help="Where the model files are, if not here or in the published release.",
    ),
    click.option(
        "--artifact",
        default="",
        metavar="NAME",
        help="Artifact of the run on the commit, where the repository keeps no evidence.",
    ),
)


def verification_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def wish_of(
    session: Session,
    *,
    stage: str,
    branch: str,
    evidence: Path | None,
    models: Path | None,
    artifact: str,
) -> Wish:
    """Return how to verify."""
    from mlgate.cli.posting import Posting  # noqa: PLC0415  # `--help` needs none of it
    from mlgate.cli.release.measured import Wish  # noqa: PLC0415

    ask = Posting(enabled=False).ask_artifact(session, artifact)
    return Wish(branch=branch, stage=stage, evidence=evidence, files=models, ask_artifact=ask)
