"""Options that all commands share which verify a version."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgate.cli.release.measured import Wish
    from mlgate.cli.session import Session

stage_option = click.option(
    "--stage",
    default="",
    show_default="the version before",
    metavar="NAME",
    help="Compare with the version that holds this stage.",
)
signing_option = click.option(
    "--sign-with",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="KEY",
    help="Sign the release with this private key (PEM), by OpenSSF's model-signing.",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Standard output; json is release.json.",
)
push_option = click.option(
    "--push/--no-push", default=True, show_default=True, help="Push the tag."
)
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


class Sources(NamedTuple):
    """Where what is verified comes from, as the options say."""

    branch: str
    evidence: Path | None
    models: Path | None
    artifact: str

    def wish(self, session: Session, stage: str) -> Wish:
        """Return how to verify, against the version that holds ``stage``."""
        from mlgate.cli.posting import Posting  # noqa: PLC0415  # `--help` needs none of it
        from mlgate.cli.release.measured import Wish  # noqa: PLC0415

        return Wish(
            branch=self.branch,
            stage=stage,
            evidence=self.evidence,
            files=self.models,
            ask_artifact=Posting(enabled=False).ask_artifact(session, self.artifact),
        )


def verification_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command, which gets them together as ``sources``."""

    @functools.wraps(command)
    def together(*args: Any, **given: Any) -> Any:  # noqa: ANN401 - whatever click gives
        sources = Sources(*(given.pop(name) for name in Sources._fields))
        return command(*args, sources=sources, **given)

    wrapped: Callable[..., Any] = together
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped
