"""``mlgate release register``: a commit that holds becomes a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlgate.cli.release.options import push_option, stage_option, verification_options

if TYPE_CHECKING:
    from mlgate.cli.release.options import Sources
    from mlgate.cli.session import Session
    from mlgate.release.versions import Bump

LABELS = {
    "release:major": "major",
    "release:minor": "minor",
    "release:patch": "patch",
}
"""Labels of pull requests, and the step that each asks for."""

EXAMPLES = """
\b
Examples:
  mlgate release register iris                     the next patch version, of HEAD
  mlgate release register iris --bump minor
  mlgate release register iris 1a2b3c4 --version v2.0.0
  mlgate release register iris --labels "$LABELS"  by labels: release:major, :minor, :patch
  mlgate release register iris --from-pull-request  by those of the one that was merged
"""


@click.command(epilog=EXAMPLES)
@click.argument("name")
@click.argument("revision", default="HEAD", metavar="[REV]")
@click.option("--version", "version", default="", metavar="VERSION", help="As in v1.2.0.")
@click.option(
    "--bump",
    type=click.Choice(["major", "minor", "patch"]),
    help="The step after the last version.  [default: patch]",
)
@click.option(
    "--labels",
    default="",
    metavar="TEXT",
    help="Labels of a pull request, one per line or a JSON list; without one that asks for a "
    "version nothing is registered.",
)
@click.option(
    "--from-pull-request",
    is_flag=True,
    help="Take the labels of the pull request that was merged as this commit.",
)
@click.option(
    "--message",
    "-m",
    default="",
    metavar="TEXT",
    help="What is new, in a sentence.",
)
@stage_option
@verification_options
@push_option
@click.pass_context
def register(
    ctx: click.Context,
    *,
    name: str,
    revision: str,
    version: str,
    bump: Bump | None,
    labels: str,
    from_pull_request: bool,
    message: str,
    stage: str,
    sources: Sources,
    push: bool,
) -> None:
    """Verify REV and tag it as a version of the model NAME.

    The message of the tag says in YAML what the gate found: verdict, metrics, digests of model and
    data, the commit of the rules, and where the evidence is. A commit that does not hold is
    refused, with the exit codes of `mlgate release verify`. Running it again changes nothing.
    """
    from mlgate.cli.release.registering import Registration  # noqa: PLC0415
    from mlgate.cli.release.registry import open_registry  # noqa: PLC0415
    from mlgate.cli.release.said import tell, write_step_outputs  # noqa: PLC0415
    from mlgate.errors import ConfigError  # noqa: PLC0415

    session: Session = ctx.obj
    if sum(map(bool, (version, bump, labels, from_pull_request))) > 1:
        raise ConfigError("give one of --version, --bump, --labels and --from-pull-request")
    step = bump
    if labels or from_pull_request:
        step = bump_of(_asked(session, revision) if from_pull_request else labels)
        if step is None:
            session.say(f"no label asks for a version: {', '.join(LABELS)}")
            write_step_outputs(session, {"tag": "", "version": "", "registered": "false"})
            return
    registry = open_registry(session, fetch=push or None)
    registration = Registration(
        session=session,
        name=name,
        revision=revision,
        version=version,
        bump=step or "patch",
        message=message,
        push=push,
    )
    wish = sources.wish(session, stage)
    release, is_new = registration.run(registry, wish)
    tell(session, release, "text")
    write_step_outputs(session, {"registered": str(is_new).lower()})
    ctx.exit(release.exit_code)


def _asked(session: Session, revision: str) -> str:
    """Return the labels of the pull request that was merged as a commit, one per line."""
    from mlgate.errors import ConfigError  # noqa: PLC0415
    from mlgate.publish.http import GitHubApi  # noqa: PLC0415  # imports requests
    from mlgate.publish.labels import labels_of  # noqa: PLC0415

    github, repository = session.github, session.repository
    commit = repository.resolve(revision) if repository else None
    if github is None or commit is None:
        raise ConfigError(
            "--from-pull-request asks GitHub, and this is no job of GitHub Actions",
            hint="give --bump, or --labels",
        )
    with GitHubApi(base_url=github.api_url, token=github.token) as api:
        found = labels_of(api, github.repository, commit)
    if found is None:
        session.say(f"no pull request was merged as {commit[:12]}")
    return "\n".join(found or ())


def bump_of(labels: str) -> Bump | None:
    """Return the largest step that labels ask for, ``None`` where none does.

    >>> bump_of('["bug", "release:minor"]'), bump_of("docs")
    ('minor', None)
    """
    import json  # noqa: PLC0415

    names: list[str] = []
    try:
        found = json.loads(labels)
    except ValueError:
        found = labels.splitlines()
    for one in found if isinstance(found, list) else [found]:
        match one:
            case str(text):
                names.append(text.strip())
            case {"name": str(text)}:
                names.append(text.strip())
            case _:
                pass
    steps: tuple[Bump, ...] = ("major", "minor", "patch")
    return next((step for step in steps if f"release:{step}" in names), None)
