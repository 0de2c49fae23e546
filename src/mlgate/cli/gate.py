"""``mlgate gate``: judge an existing report or evidence again, for later jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mlgate.cli.exits import FAIL_ON, exit_code
from mlgate.cli.output import FORMATS
from mlgate.cli.params import PerLine
from mlgate.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from mlgate.cli.session import Session
    from mlgate.documents.comparison import MetricChange
    from mlgate.documents.report import Report

DEFAULT_REPORT: Final = ".mlgate/report.json"


@click.command(epilog="Example: mlgate gate --report artifacts/report.json  (before a deployment)")
@click.option(
    "--report",
    "report_path",
    default="",
    show_default=DEFAULT_REPORT,
    metavar="PATH",
    envvar="MLGATE_GATE_REPORT",
    help="Report to judge.",
)
@click.option(
    "--evidence",
    type=PerLine(),
    multiple=True,
    metavar="PATH",
    help="Judge this evidence instead, against the baseline of this checkout.",
)
@click.option(
    "--base",
    default="",
    show_default="found",
    metavar="REV",
    help="With --evidence: compare with this revision.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    envvar="MLGATE_GATE_FORMAT",
    help="Standard output.  [default: text on a terminal, else markdown]",
)
@click.option("--fail-on", type=click.Choice(FAIL_ON), default="fail", help="What stops the job.")
@click.pass_context
def gate(
    ctx: click.Context,
    *,
    report_path: str,
    evidence: tuple[str, ...],
    base: str,
    form: str | None,
    fail_on: str,
) -> None:
    """Judge an existing report, or evidence, again; no file is written and nothing is posted.

    A report is refused when its verdict is not what its judgements add up to, when a metric in it
    was never judged, and in a CI run when it is about another commit.
    """
    from mlgate.cli.output import print_annotations, print_report, write_outputs  # noqa: PLC0415

    session: Session = ctx.obj
    if report_path and evidence:
        raise ConfigError("give either --report or --evidence", hint="leave one of them out")
    judged = (
        _from_evidence(session, evidence, base)
        if evidence
        else _of_this_run(session, session.workspace / (report_path or DEFAULT_REPORT))
    )
    print_report(session, judged, form)
    if session.github is not None and form != "github":
        print_annotations(judged)
    write_outputs(session, judged, {})
    ctx.exit(exit_code(judged.verdict, fail_on))


def read_report(path: Path) -> Report:
    """Return the report at ``path``; its verdict is worked out again from its judgements.

    Raises:
        SourceError: it is missing, not valid, or not what mlgate wrote.
    """
    from mlgate.documents.codec import MAX_BYTES  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise SourceError(
            f"{path}: no report: {exc.strerror}",
            hint="run `mlgate report` before, or name the file with --report",
        ) from exc
    return parse_report(raw, str(path))


def parse_report(raw: bytes, origin: str) -> Report:
    """Return the report in ``raw``; its verdict is worked out again from its judgements.

    Raises:
        SourceError: it is not valid, or not what mlgate wrote.
    """
    from mlgate.documents.codec import decode  # noqa: PLC0415
    from mlgate.documents.report import Report  # noqa: PLC0415
    from mlgate.policy.judge import overall_of  # noqa: PLC0415

    found = decode(raw, Report, origin=origin)
    if overall_of(found.verdict.judgements) != found.verdict.overall:
        said = f"the verdict {found.verdict.overall!r} is not what its judgements add up to"
    elif left_out := unjudged(found):
        said = f"{left_out[0].title} was compared and never judged"
    else:
        return found
    raise SourceError(
        f"{origin}: {said}",
        hint="the file was changed after mlgate wrote it; run `mlgate report` again",
    )


def unjudged(report: Report) -> list[MetricChange]:
    """Return the compared metrics that no judgement with the same numbers is about."""
    judged = {_figures(j.model, j.metric) for j in report.verdict.judgements if j.metric}
    return [
        metric
        for comparison in report.comparisons
        for metric in comparison.metrics
        if judged.isdisjoint(
            {_figures(comparison.model, metric), _figures(comparison.model, metric, best=True)}
        )
    ]


def _figures(
    model: str, metric: MetricChange, *, best: bool = False
) -> tuple[str | float | None, ...]:
    base = "the best" if best or metric.against else metric.base
    return model, metric.source, metric.title, base, metric.head


def _of_this_run(session: Session, path: Path) -> Report:
    from mlgate.cli.evidence import require_this_commit  # noqa: PLC0415

    report = read_report(path)
    require_this_commit(session, report.commit, "report")
    return report


def _from_evidence(session: Session, evidence: tuple[str, ...], base: str) -> Report:
    from mlgate.cli.pipeline import Request, run  # noqa: PLC0415

    paths = [Path(path) for path in evidence]
    return run(session, Request(base=base, evidence=paths)).report
