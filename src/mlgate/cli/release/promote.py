"""``mlgate release promote``: a version gets a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlgate.cli.release.options import push_option

if TYPE_CHECKING:
    from mlgate.cli.session import Session

EXAMPLES = """
\b
Examples:
  mlgate release promote iris v1.2.0 production
  mlgate release promote iris latest staging
  mlgate release promote iris v1.2.0 production --expect v1.1.0   only if v1.1.0 is still there
"""


@click.command(epilog=EXAMPLES)
@click.argument("name")
@click.argument("version")
@click.argument("stage")
@click.option(
    "--expect",
    default="",
    metavar="VERSION",
    help="Only if this version holds the stage; `none` for an empty one.",
)
@push_option
@click.pass_context
def promote(
    ctx: click.Context, *, name: str, version: str, stage: str, expect: str, push: bool
) -> None:
    """Give STAGE to a registered VERSION of the model NAME, by a tag.

    An older version may get it as well. A version that holds the stage already keeps it, and no
    tag is written. Where somebody else has changed the stage meanwhile, --expect refuses.
    """
    from mlgate.cli.release.registry import open_registry  # noqa: PLC0415  # `--help` needs none
    from mlgate.cli.release.staging import Staging  # noqa: PLC0415

    session: Session = ctx.obj
    staging = Staging(session=session, name=name, stage=stage, push=push)
    staging.give(open_registry(session, fetch=push or None), version, expect=expect)
