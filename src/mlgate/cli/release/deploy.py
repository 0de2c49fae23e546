"""``mlgate release deploy``: a verified version goes to an environment, or comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlgate.cli.release.options import format_option, verification_options

if TYPE_CHECKING:
    from mlgate.cli.release.options import Sources
    from mlgate.cli.session import Session

EXAMPLES = """
\b
Examples:
  mlgate release deploy iris@v1.2.0 --to staging
  mlgate release deploy "$GITHUB_REF" --to production     in the workflow that the tag starts

\b
In mlgate.yml:
  release:
    stages:
      production:
        deploy: ./deploy.sh "$MLGATE_DIGEST"
        smoke: {url: "https://iris.example.com/predict", golden: tests/golden.jsonl}
"""


@click.command(epilog=EXAMPLES)
@click.argument("tag", default="", envvar="MLGATE_RELEASE_DEPLOY_TAG", metavar="[TAG]")
@click.option(
    "--to",
    "stage",
    required=True,
    envvar="MLGATE_RELEASE_DEPLOY_TO",
    metavar="STAGE",
    help="The environment.",
)
@verification_options
@click.option("--again", is_flag=True, help="Also where the environment has this version.")
@click.option("--push/--no-push", default=True, show_default=True, help="Push the stage's tag.")
@format_option
@click.pass_context
def deploy(
    ctx: click.Context,
    *,
    tag: str,
    stage: str,
    sources: Sources,
    again: bool,
    push: bool,
    form: str,
) -> None:
    """Verify TAG against what STAGE runs now, deploy it, test it, and only then give it the stage.

    The command, the smoke test with golden predictions and the canary are in mlgate.yml. What does
    not hold is taken back: the version before is deployed again, and the stage stays with it. On
    GitHub a deployment and its statuses say so.

    Exit codes: those of `mlgate release verify`; 1 where it was tried and went back.
    """
    from mlgate.cli.release.forward import deploy_tag  # noqa: PLC0415  # `--help` needs none of it
    from mlgate.cli.release.said import tell  # noqa: PLC0415

    session: Session = ctx.obj
    wish = sources.wish(session, stage)
    release = deploy_tag(session, tag, wish, again=again, push=push)
    tell(session, release, form)
    ctx.exit(release.exit_code)
