"""``mlgate release publish``: a verified version becomes public."""

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
  mlgate release publish iris@v1.2.0 --dry-run     what would happen, and what is there now
  mlgate release publish "$GITHUB_REF"             in the workflow that the tag starts
"""


@click.command(epilog=EXAMPLES)
@click.argument("tag", default="", envvar="MLGATE_RELEASE_PUBLISH_TAG", metavar="[TAG]")
@stage_option
@verification_options
@signing_option
@click.option("--dry-run", is_flag=True, help="Verify, look at what is there, change nothing.")
@format_option
@click.pass_context
def publish(
    ctx: click.Context,
    *,
    tag: str,
    stage: str,
    sources: Sources,
    sign_with: Path | None,
    dry_run: bool,
    form: str,
) -> None:
    """Verify TAG, and publish its model and documents.

    On GitHub a release is a draft until every file is there with the right digest, and is then made
    public in one step. Running it again goes on where a run has died; a version that is published
    with other bytes is refused. Other places are commands under `release: publish:` in mlgate.yml.

    Exit codes: those of `mlgate release verify`, and 4 where a place refuses.
    """
    from mlgate.cli.release.publishing import publish_release  # noqa: PLC0415
    from mlgate.cli.release.said import tell  # noqa: PLC0415
    from mlgate.cli.release.verified_tag import verified_tag  # noqa: PLC0415

    session: Session = ctx.obj
    wish = sources.wish(session, stage)
    release = verified_tag(session, tag, wish, sign_with)
    if release.verified:
        release = publish_release(session, release, dry_run=dry_run)
    tell(session, release, form)
    ctx.exit(release.exit_code)
