"""``mlgate release verify``: whether a tag may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlgate.cli.release.options import (
    format_option,
    signing_option,
    stage_option,
    verification_options,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mlgate.cli.release.options import Sources
    from mlgate.cli.session import Session

EXAMPLES = """
\b
Examples:
  mlgate release verify iris@v1.2.0                      before it is published or deployed
  mlgate release verify iris@v1.2.0 --stage production   against what production runs now
  mlgate release verify 'iris#production#3' --format json > release.json
"""


@click.command(epilog=EXAMPLES)
@click.argument("tag", default="", envvar="MLGATE_RELEASE_VERIFY_TAG", metavar="[TAG]")
@stage_option
@verification_options
@signing_option
@format_option
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    tag: str,
    stage: str,
    sources: Sources,
    sign_with: Path | None,
    form: str,
) -> None:
    """Verify that TAG may be used, and refuse it otherwise with the way out.

    It must be unmoved, on the protected branch, and have evidence of exactly its commit; the model
    files must be those that were measured; the verdict must be there, under rules that are older
    than the results; and it must hold against the version that is deployed now.

    A verified release is written to `.mlgate/release`: model files, model card, bill of materials
    (CycloneDX), changes, in-toto statement of the verdict, and release.json.

    Exit codes: 0 verified, 1 not good enough, 2 not a release tag, 3 something is missing or not
    what it was.
    """
    from mlgate.cli.release.said import tell  # noqa: PLC0415
    from mlgate.cli.release.verified_tag import verified_tag  # noqa: PLC0415

    session: Session = ctx.obj
    wish = sources.wish(session, stage)
    release = verified_tag(session, tag, wish, sign_with)
    tell(session, release, form)
    ctx.exit(release.exit_code)
