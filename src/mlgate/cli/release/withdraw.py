"""``mlgate release withdraw``: take back a version, a stage, or a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlgate.cli.release.options import push_option

if TYPE_CHECKING:
    from mlgate.cli.session import Session

EXAMPLES = """
\b
Examples:
  mlgate release withdraw iris@v1.2.0 --reason "trained on the test set"
  mlgate release withdraw iris#staging      nothing holds the stage any more
  mlgate release withdraw iris              the whole model
"""


@click.command(epilog=EXAMPLES)
@click.argument("what", metavar="NAME[@VERSION|#STAGE]")
@click.option(
    "--reason",
    default="",
    metavar="TEXT",
    help="Why, for the message of the tag.",
)
@push_option
@click.pass_context
def withdraw(ctx: click.Context, *, what: str, reason: str, push: bool) -> None:
    """Take back a version, a stage or a model; tags stay, a later one says so.

    A version that holds a stage is refused: roll the stage back first. DVC does not look at such
    tags and still finds what was withdrawn; GTO and mlgate do not.
    """
    from mlgate.cli.release.registry import open_registry  # noqa: PLC0415  # `--help` needs none
    from mlgate.cli.release.withdrawing import Withdrawal  # noqa: PLC0415

    session: Session = ctx.obj
    withdrawal = Withdrawal(session=session, what=what, reason=reason, push=push)
    withdrawal.run(open_registry(session, fetch=push or None))
