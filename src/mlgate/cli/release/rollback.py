"""``mlgate release rollback``: a stage goes back to the version before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlgate.cli.release.options import push_option

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
    "--to",
    default="",
    show_default="the one before",
    metavar="VERSION",
    help="Go back to this one.",
)
@click.option(
    "--reason",
    default="",
    metavar="TEXT",
    help="Why, for the message of the tag.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@push_option
@click.pass_context
def rollback(
    ctx: click.Context,
    *,
    name: str,
    stage: str,
    to: str,
    reason: str,
    dry_run: bool,
    push: bool,
) -> None:
    """Give STAGE back to the version of the model NAME that held it before.

    Where mlgate.yml says how the stage is deployed, that is done with the files of that version,
    which come from git or its published release and are held against the digests in its tag; the
    smoke test follows. --dry-run looks for all of it, and changes nothing.

    The stage is written as a new assignment of that version, later than all others, so that every
    reader of tags agrees: GTO and DVC would not look at a tag that only takes the stage away.
    """
    from mlgate.cli.release.registry import open_registry  # noqa: PLC0415  # `--help` needs none
    from mlgate.cli.release.settings import stage_of  # noqa: PLC0415

    session: Session = ctx.obj
    registry = open_registry(session, fetch=push or None)
    if stage_of(session, name, stage) is None:
        from mlgate.cli.release.staging import Staging  # noqa: PLC0415

        staging = Staging(session=session, name=name, stage=stage, push=push)
        staging.take_back(registry, to, reason=reason, dry_run=dry_run)
        return
    from mlgate.cli.release.forward import WayBack, roll_back  # noqa: PLC0415
    from mlgate.cli.release.said import tell  # noqa: PLC0415

    way = WayBack(name=name, stage=stage, to=to, reason=reason, dry_run=dry_run, push=push)
    release = roll_back(session, registry, way)
    tell(session, release, "text")
    ctx.exit(release.exit_code)
