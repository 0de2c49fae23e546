"""``mlgate report``: collect, compare, judge, show, post; exits with the verdict."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlgate.cli.exits import FAIL_ON, exit_code
from mlgate.cli.output import FORMATS
from mlgate.cli.params import PerLine
from mlgate.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.cli.posting import Posting
    from mlgate.cli.session import Session
    from mlgate.documents.report import Report

EXAMPLES = """
\b
Examples:
  mlgate report                        compare the work tree with the merge base
  mlgate report --base v1.2.0          compare with a release
  mlgate report --evidence legs/       judge what matrix legs have measured
  mlgate report --format json | jq .verdict.overall
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--base",
    default="",
    show_default="found",
    metavar="REV",
    help="Compare with this revision.",
)
@click.option(
    "--evidence",
    type=PerLine(),
    multiple=True,
    metavar="PATH",
    help="Evidence of another job, a file or a folder; may be repeated, or given one per line.",
)
@click.option("--model", metavar="NAME", help="Report on this model only.")
@click.option(
    "--against",
    default="",
    metavar="FILE",
    help="Predictions of the baseline, which an earlier step has brought, as from its artifact.",
)
@click.option(
    "--baseline-artifact",
    default="mlgate",
    metavar="NAME",
    help="Artifact with the evidence of a run on the baseline, asked for where neither git nor DVC "
    "has what is needed (`actions: read`); empty for none.",
)
@click.option(
    "--expect",
    type=PerLine(),
    multiple=True,
    metavar="NAME",
    help="A model that must be in the evidence; may be repeated, or given one per line.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="Standard output.  [default: text on a terminal, else markdown]",
    envvar="MLGATE_REPORT_FORMAT",
)
@click.option("--output", default=".mlgate", metavar="DIR", help="Folder for the files.")
@click.option(
    "--post",
    type=click.Choice(["auto", "never", "always"]),
    default="auto",
    help="Post to GitHub: where there is something to post to, never, or fail without.",
)
@click.option(
    "--store",
    type=click.Choice(["auto", "never", "always"]),
    default="auto",
    help="Keep the evidence in the repository, under refs/mlgate/evidence: on pushes to the "
    "default branch (`contents: write`), never, or fail without.",
)
@click.option("--fail-on", type=click.Choice(FAIL_ON), default="fail", help="What stops the job.")
@click.option(
    "--comment",
    type=click.Choice(["update", "recreate", "append", "off"]),
    default="update",
    help="What happens to the comment of the run before.",
)
@click.option(
    "--comment-when",
    type=click.Choice(["always", "changes", "failures"]),
    default="always",
    help="Which reports are worth a new comment.",
)
@click.option(
    "--key",
    default="",
    show_default="mlgate",
    help="Tells comments of several workflows apart.",
)
@click.option("--check-name", default="mlgate", help="Name of the check run; empty for none.")
@click.option(
    "--allow-pull-request-target",
    is_flag=True,
    help="Run on pull_request_target, where a stranger's code may meet your secrets.",
)
@click.pass_context
def report(
    ctx: click.Context,
    *,
    base: str,
    evidence: tuple[str, ...],
    model: str | None,
    against: str,
    baseline_artifact: str,
    expect: tuple[str, ...],
    form: str | None,
    output: str,
    post: str,
    store: str,
    fail_on: str,
    comment: str,
    comment_when: str,
    key: str,
    check_name: str,
    allow_pull_request_target: bool,
) -> None:
    """Compare with the baseline, judge, report and post.

    Metric files are found by themselves, or named in mlgate.yml. The baseline is the merge base on
    pull requests, the base of the merge group in a merge queue, the first parent on a push, the
    previous release on a tag. Files go to --output: evidence.json, report.json, report.md,
    report.html, junit.xml.
    """
    from mlgate.cli.output import print_annotations, print_report, write_files  # noqa: PLC0415
    from mlgate.cli.pipeline import Request, run  # noqa: PLC0415  # `--help` needs none of it
    from mlgate.cli.posting import Posting  # noqa: PLC0415
    from mlgate.cli.storing import keep_evidence  # noqa: PLC0415

    session: Session = ctx.obj
    _refuse_unsafe(session, post=post, allowed=allow_pull_request_target)
    posting = Posting(
        enabled=post != "never", comment=comment, when=comment_when, check_name=check_name
    )
    folder = output_folder(session, output)
    request = Request(
        base=base,
        evidence=[Path(path) for path in evidence],
        model=model,
        against=against,
        expected=expect,
        key=key or "mlgate",
        output=folder,
        ask_merge_base=posting.ask_merge_base(session),
        ask_artifact=posting.ask_artifact(session, baseline_artifact),
    )
    try:
        posting.open_check(session)
        outcome = run(session, request)
        paths = write_files(folder, outcome.report, outcome.evidence)
        print_report(session, outcome.report, form)
        if session.github is not None and form != "github":
            print_annotations(outcome.report)
        posting.publish(session, outcome.report)
        hand_over(session, outcome.report, posting, paths)
    except BaseException as exc:
        posting.crashed(session, exc)
        raise
    finally:
        posting.close()
    keep_evidence(session, outcome, folder, store=store, key=request.key)
    code = exit_code(outcome.report.verdict, fail_on)
    if post == "always" and not code:
        posting.demand()
    ctx.exit(code)


def hand_over(
    session: Session, report: Report, posting: Posting, paths: Mapping[str, Path]
) -> None:
    """Hand the outputs to later steps."""
    from mlgate.cli.output import write_outputs  # noqa: PLC0415

    files = {name: str(path) for name, path in paths.items() if name != "report-junit"}
    places = {"comment-url": posting.comment_url, "check-url": posting.check_url}
    more = {"baseline": report.baseline.commit, **places, **files}
    write_outputs(session, report, more)


def output_folder(session: Session, output: str) -> Path:
    """Return the folder for our files; it must stay inside the workspace or be absolute.

    Raises:
        ConfigError: it leads outside of the workspace by ``..`` or a link.
    """
    folder = Path(os.path.normpath(session.workspace / output))
    inside = folder.resolve().is_relative_to(session.workspace.resolve())
    if not inside and not Path(output).is_absolute():
        raise ConfigError(
            f"--output {output!r} leads outside the workspace",
            hint="name a folder inside it, or give an absolute path on purpose",
        )
    return folder


def _refuse_unsafe(session: Session, *, post: str, allowed: bool) -> None:
    github = session.github
    if github is None:
        if post == "always":
            raise ConfigError("--post always: this is no GitHub run", hint="leave --post out")
        return
    if github.is_pull_request_target and not allowed:
        raise ConfigError(
            "pull_request_target is refused: it would run a stranger's code beside your secrets",
            hint="use `on: pull_request`; --allow-pull-request-target if nothing of the head runs",
        )
