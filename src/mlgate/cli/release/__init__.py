"""``mlgate release``: from a version to a tag, and from a tag to what is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from mlgate.cli import LazyGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Final[Mapping[str, str]] = {
    "show": "Show versions, and which of them holds a stage.",
    "check-tag": "Say what a tag means, and whether it can be trusted.",
    "register": "Verify a commit and tag it as a version.",
    "verify": "Refuse what was not measured, or is worse than what is deployed.",
    "publish": "Publish a verified version, in one step that people see.",
    "deploy": "Deploy a verified version, test it, and take it back if it fails.",
    "promote": "Give a stage to a version.",
    "rollback": "Give a stage back to the version before.",
    "withdraw": "Take back a version, a stage, or a model.",
}

EPILOG = """
\b
Tags, in the grammar of GTO:
  iris@v1.2.0      registers a version     iris@v1.2.0!     withdraws it
  iris#prod#3      gives it a stage        iris#prod!#4     takes the stage
  iris@deprecated  withdraws the model     v1.2.0           of the only model

\b
Examples:
  mlgate release register iris --bump minor
  mlgate release verify iris@v1.2.0
  mlgate release publish iris@v1.2.0
  mlgate release deploy iris@v1.2.0 --to production
  mlgate release rollback iris production
"""


class _ReleaseGroup(LazyGroup):
    summaries = COMMANDS
    package = "mlgate.cli.release"


@click.group(cls=_ReleaseGroup, epilog=EPILOG)
def release() -> None:
    """Register, verify and promote versions of models by git tags.

    Every version is a tag on the commit that was measured, whose message says what the gate found.
    A stage is a tag as well, so that what is deployed can be read in every clone.
    """
