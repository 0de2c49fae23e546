"""``mlgate check``: check data and model of the work tree; exits with 1 when a check says no."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from mlgate.cli.exits import FAIL_ON, GATE_SAID_NO
from mlgate.cli.output import FORMATS
from mlgate.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from mlgate.cli.data_checks import Checking
    from mlgate.cli.session import Session
    from mlgate.documents.evidence import ModelEvidence
    from mlgate.documents.report import Report
    from mlgate.policy.config import Data

PAGE = "checks.html"
EXAMPLES = """
\b
Examples:
  mlgate check                                  what mlgate.yml names under data:
  mlgate check --train a.parquet --test b.parquet --label churned
  mlgate check --train new.csv --reference profile.json
  mlgate check --write-schema data-schema.yml   infer what the columns must be
  mlgate check --list                           all checks and their limits
"""


@click.command(epilog=EXAMPLES)
@click.option("--train", default="", metavar="PATH", help="Table that the model is trained on.")
@click.option("--test", default="", metavar="PATH", help="Table that it is evaluated on.")
@click.option(
    "--reference",
    default="",
    metavar="PATH",
    help="Table, or profile of one, that the others are compared with.",
)
@click.option("--label", default="", metavar="COLUMN", help="Column that the model predicts.")
@click.option("--prediction", default="", metavar="COLUMN", help="Column of its predictions.")
@click.option(
    "--id",
    "row_id",
    default="",
    envvar="MLGATE_CHECK_ID",
    metavar="COLUMN",
    help="Column that names a row.",
)
@click.option("--datetime", default="", metavar="COLUMN", help="Column of the time of a row.")
@click.option("--model", default="", metavar="NAME", help="Check the data of this model only.")
@click.option(
    "--engine",
    default="",
    metavar="NAME",
    help="builtin, deepchecks or dvc, instead of what mlgate.yml says.",
)
@click.option("--base", default="", metavar="REV", help="Baseline, for `reference: {rev: base}`.")
@click.option(
    "--memory", default="", metavar="SIZE", help="Most memory to use, as in 4GB; more is spilled."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="Standard output.  [default: text]",
    envvar="MLGATE_CHECK_FORMAT",
)
@click.option("--output", default=".mlgate", metavar="DIR", help="Folder for the files.")
@click.option("--fail-on", type=click.Choice(FAIL_ON), default="fail", help="What stops the job.")
@click.option(
    "--write-schema",
    default="",
    metavar="FILE",
    help="Write what the columns of the data are to FILE, for review, and check nothing.",
)
@click.option("--force", is_flag=True, help="Let --write-schema replace a file.")
@click.option("--list", "listed", is_flag=True, help="List all checks and their limits.")
@click.pass_context
def check(
    ctx: click.Context,
    *,
    train: str,
    test: str,
    reference: str,
    label: str,
    prediction: str,
    row_id: str,
    datetime: str,
    model: str,
    engine: str,
    base: str,
    memory: str,
    form: str | None,
    output: str,
    fail_on: str,
    write_schema: str,
    force: bool,
    listed: bool,
) -> None:
    """Check the data of the work tree: integrity, train against test, drift.

    CSV, Parquet, JSON lines and Arrow; a file, a folder or a pattern. Results go to --output, where
    `mlgate report` finds them in the same job: evidence/MODEL/checks.json and checks.html. On pull
    requests the limits are those of the baseline.
    """
    from mlgate.cli.data_checks import open_checking  # noqa: PLC0415  # `--help` needs none of it
    from mlgate.cli.report import output_folder  # noqa: PLC0415

    session: Session = ctx.obj
    if listed:
        click.echo(_listing(), nl=False)
        return
    given = {
        "train": train,
        "test": test,
        "reference": reference,
        "label": label,
        "prediction": prediction,
        "id": row_id,
        "datetime": datetime,
    }
    folder = output_folder(session, output)
    checking = open_checking(session, base=base, memory=memory, engine=engine)
    chosen = checking.names(model, given={key: text for key, text in given.items() if text})
    if write_schema:
        _write_schema(session, checking, chosen, write_schema, force=force)
        return
    models = []
    for one, data in chosen.items():
        external = checking.only_results(one) and not data.paths
        models.append(checking.results(one) if external else checking.run(one, data, output=folder))
        checking.progress("")
    report = checking.report(models)
    _write(session, folder, models, report)
    _print(session, report, form, folder)
    ctx.exit(_code(report, fail_on))


def _code(report: Report, fail_on: str) -> int:
    """Return 1 where a check fails or could not run, which is the same to a gate."""
    verdict = report.verdict
    if verdict.observe or fail_on == "never":
        return 0
    warned = fail_on == "warn" and any(j.effect == "warn" for j in verdict.judgements)
    return GATE_SAID_NO if verdict.blocks or warned else 0


def _print(session: Session, report: Report, form: str | None, folder: Path) -> None:
    from mlgate.cli.output import print_annotations, rendered, write_outputs  # noqa: PLC0415
    from mlgate.render.check_lines import render_checks  # noqa: PLC0415

    if form in {None, "text"}:
        width = min(shutil.get_terminal_size((100, 24)).columns, 140)
        text = render_checks(report.verdict.judgements, width=width, color=session.color)
    else:
        text = rendered(session, report, form or "text")
    click.echo(text, nl=False, color=session.color)
    if session.github is not None:
        if form != "github":
            print_annotations(report)
        pages = {"evidence": str(folder / "evidence"), "report-html": str(folder / PAGE)}
        write_outputs(session, report, pages)


def _write(session: Session, folder: Path, models: list[ModelEvidence], report: Report) -> None:
    from mlgate.cli.data_checks import fragment_path  # noqa: PLC0415
    from mlgate.cli.identity import evidence_of  # noqa: PLC0415
    from mlgate.cli.output import make_folder  # noqa: PLC0415
    from mlgate.documents.codec import encode  # noqa: PLC0415
    from mlgate.publish.files import write_atomically  # noqa: PLC0415
    from mlgate.render.html import render_html  # noqa: PLC0415

    make_folder(folder)
    for model in models:
        path = fragment_path(folder, model.model)
        write_atomically(path, encode(evidence_of(session, (model,))))
    write_atomically(folder / PAGE, render_html(report).encode("utf-8", "replace"))


def _write_schema(
    session: Session, checking: Checking, chosen: dict[str, Data], name: str, *, force: bool
) -> None:
    from mlgate.checks.data_schema import infer_schema, write_schema  # noqa: PLC0415
    from mlgate.publish.files import write_atomically  # noqa: PLC0415

    if len(chosen) != 1:
        raise ConfigError("--write-schema is for one model", hint="choose it with --model")
    path = session.workspace / name
    if path.exists() and not force:
        raise ConfigError(f"{name} is there already", hint="--force replaces it")
    (data,) = chosen.values()
    with checking.opened(data, schema=False) as (subject, _notes):
        table = subject.checked[0]
        inferred = infer_schema(subject.profiles[table.role], without=subject.roles.ignore)
        text = write_schema(inferred, path=table.origin, rows=table.rows)
    checking.progress("")
    write_atomically(path, text.encode())
    session.say(f"wrote {name}: {len(inferred.columns)} columns. Review it, commit it, and name it")
    session.say(f"  in mlgate.yml:  data: {{schema: {name}}}")


def _listing() -> str:
    from mlgate.checks.catalogue import CATALOGUE  # noqa: PLC0415
    from mlgate.checks.result import limit_text  # noqa: PLC0415

    longest = max(len(entry.id) for entry in CATALOGUE)
    limits = {entry.id: limit_text(entry.limit, entry.unit) or "shown" for entry in CATALOGUE}
    wide = max(len(text) for text in limits.values())
    return "".join(
        f"{entry.id:<{longest}}  {limits[entry.id]:<{wide}}  {entry.summary}\n"
        for entry in CATALOGUE
    )
