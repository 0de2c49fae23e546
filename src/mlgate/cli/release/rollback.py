"""``mlgate release rollback``: a stage goes back to the version before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mlgate.cli.session import Session

EXAMPLES = """
\b
Examples:
  mlgate release rollback iris production --dry-run    what would happen
  mlgate release rollback iris production              to the version before
  mlgate release rollback iris production --to v1.0.0
"""


@click.command(epilog=EXAMPLES)
@click.argument("name")
@click.argument("stage")
@click.option(
    "--to", "target", default="", metavar="VERSION", help="This one.  [default: the one before]"
)
@click.option("--reason", default="", metavar="TEXT", help="Why, for the message of the tag.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@click.option("--push/--no-push", default=True, show_default=True, help="Push the tag.")
@click.pass_context
def rollback(
    ctx: click.Context,
    *,
    name: str,
    stage: str,
    target: str,
    reason: str,
    dry_run: bool,
    push: bool,
) -> None:
    """Give STAGE back to the version of the model NAME that held it before.

    It is written as a new assignment of that version, later than all others, so that every reader
    of tags agrees: GTO and DVC would not look at a tag that only takes the stage away.
    """
    from mlgate.cli.release.registry import open_registry  # noqa: PLC0415  # `--help` needs none
    from mlgate.cli.release.staging import Staging  # noqa: PLC0415

    session: Session = ctx.obj
    staging = Staging(session=session, name=name, stage=stage, push=push)
    registry = open_registry(session, fetch=push or None)
    staging.take_back(registry, target, reason=reason, dry_run=dry_run)
