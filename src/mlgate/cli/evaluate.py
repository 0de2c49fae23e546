"""``mlgate evaluate``: metrics of predictions with intervals, of one model or of two."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mlgate.cli.params import PerLine
from mlgate.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from mlgate.cli.predictions import Evaluation
    from mlgate.cli.scored import Scored
    from mlgate.cli.session import Session
    from mlgate.documents.comparison import Comparison
    from mlgate.documents.evidence import ModelEvidence
    from mlgate.policy.predictions import Predictions

EXAMPLES = """
\b
Examples:
  mlgate evaluate                              what mlgate.yml names under predictions:
  mlgate evaluate new.csv --label churned --score p
  mlgate evaluate new.csv --against old.csv --id customer --label churned --score p
  mlgate evaluate new.parquet --label kind --score 'p_*' --slice region --metric f1_macro
"""
TASKS: Final = ("binary", "multiclass", "regression", "quantile", "ranking")


@click.command(epilog=EXAMPLES)
@click.argument("file", required=False, metavar="[FILE]", envvar="MLGATE_EVALUATE_FILE")
@click.option("--against", default="", metavar="FILE", help="Predictions of the baseline.")
@click.option("--base", default="", metavar="REV", help="Revision that holds the baseline's.")
@click.option(
    "--id",
    "row_id",
    default="",
    envvar="MLGATE_EVALUATE_ID",
    metavar="COLUMN",
    help="Column that names a row; needed to compare row by row.",
)
@click.option("--label", default="", metavar="COLUMN", help="Column of what is true.")
@click.option("--prediction", default="", metavar="COLUMN", help="Column of what was predicted.")
@click.option(
    "--score", default="", metavar="COLUMN", help="Column of the score, or a pattern as in 'p_*'."
)
@click.option("--positive", default="", metavar="CLASS", help="Class that the score is about.")
@click.option("--task", type=click.Choice(TASKS), help="What the model does.  [default: seen]")
@click.option("--weight", default="", metavar="COLUMN", help="Column of weights.")
@click.option("--group", default="", metavar="COLUMN", help="Column of rows that go together.")
@click.option("--query", default="", metavar="COLUMN", help="Column of queries, in a ranking.")
@click.option(
    "--slice",
    "slices",
    type=PerLine(),
    multiple=True,
    envvar="MLGATE_EVALUATE_SLICE",
    metavar="PART",
    help="A column or a condition in SQL to measure apart; may be repeated, or one per line.",
)
@click.option(
    "--metric",
    "metrics",
    type=PerLine(),
    multiple=True,
    envvar="MLGATE_EVALUATE_METRIC",
    metavar="NAME",
    help="A metric; may be repeated, or given one per line.  [default: the usual ones]",
)
@click.option("--model", default="", metavar="NAME", help="Evaluate this model only.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    help="Standard output.  [default: text]",
    envvar="MLGATE_EVALUATE_FORMAT",
)
@click.option("--output", default=".mlgate", metavar="DIR", help="Folder for the evidence.")
@click.pass_context
def evaluate(
    ctx: click.Context,
    *,
    file: str | None,
    against: str,
    base: str,
    row_id: str,
    label: str,
    prediction: str,
    score: str,
    positive: str,
    task: str | None,
    weight: str,
    group: str,
    query: str,
    slices: tuple[str, ...],
    metrics: tuple[str, ...],
    model: str,
    form: str | None,
    output: str,
) -> None:
    """Measure predictions: every metric of the task with its confidence interval.

    FILE is CSV, JSON lines, Parquet or Arrow. With a baseline, from --against or from git, rows are
    paired by --id and the change gets an interval and a p-value. Nothing is judged here:
    `mlgate report` does that. The evidence goes to evidence/MODEL/evaluation.json in --output.
    """
    from mlgate.cli.report import output_folder  # noqa: PLC0415  # `--help` needs none of it

    session: Session = ctx.obj
    given: dict[str, object] = {
        "id": row_id,
        "label": label,
        "prediction": prediction,
        "score": score,
        "positive": positive,
        "task": task or "",
        "weight": weight,
        "group": group,
        "query": query,
        "slices": slices,
        "metrics": metrics,
    }
    chosen = {key: value for key, value in given.items() if value}
    folder = output_folder(session, output)
    run = _open(session, base, against)
    for name, wanted in _wanted(run, model, file or "", chosen).items():
        scored = _scored(run, name, wanted)
        found, comparison = _evidence(run, name, scored)
        _write(session, folder, found)
        _print(comparison, form)
    _hand_over(session, folder)


def _hand_over(session: Session, folder: Path) -> None:
    """Tell later steps of the job where the evidence is."""
    from mlgate.publish.files import append_outputs  # noqa: PLC0415

    if session.github is not None and session.github.output:
        append_outputs(Path(session.github.output), {"evidence": str(folder / "evidence")})


def _open(session: Session, base: str, against: str) -> Evaluation:
    from mlgate.cli.pipeline import Request, baseline_of, rules_for  # noqa: PLC0415
    from mlgate.cli.predictions import Evaluation  # noqa: PLC0415
    from mlgate.cli.progress import Progress  # noqa: PLC0415
    from mlgate.sources.kept import kept_in_refs  # noqa: PLC0415
    from mlgate.sources.worktree import WorkTree  # noqa: PLC0415

    tree = WorkTree(session.workspace, session.repository)
    baseline = baseline_of(session, Request(base=base))
    repository, commit = session.repository, baseline.commit
    kept = None
    if repository is not None and commit:
        kept = kept_in_refs(repository, commit, fetch=session.github is not None)
    return Evaluation(
        session=session,
        tree=tree,
        rules=rules_for(session, tree, baseline),
        baseline=baseline,
        against=against,
        pictures=False,
        progress=Progress(session).say,
        kept=kept,
    )


def _wanted(
    run: Evaluation, model: str, file: str, given: dict[str, object]
) -> dict[str, Predictions]:
    """Return the predictions to evaluate, by model: what is configured, and what is given on top.

    Raises:
        ConfigError: no predictions are named.
    """
    from mlgate.cli.identity import named_models  # noqa: PLC0415
    from mlgate.policy.predictions import Predictions, revised  # noqa: PLC0415

    config = run.rules.measures
    names = named_models(config, model or None) if model or not (file or given) else ()
    names = tuple(names) or (next(iter(config.models)),)
    found: dict[str, Predictions] = {}
    for name in names:
        configured = run.wanted(name)
        named = {**given, **({"file": file} if file else {})}
        if configured is None and {"file", "label"} <= named.keys():
            found[name] = revised(Predictions, named)
        elif configured is not None:
            found[name] = revised(configured, named)
    if not found:
        raise ConfigError(
            "no predictions to evaluate" if not file else "what is the label?",
            hint="name them under `predictions:` in mlgate.yml, or as in "
            "`mlgate evaluate predictions.csv --label churned --score p`",
        )
    return found


def _scored(run: Evaluation, name: str, wanted: Predictions) -> Scored:
    scored = run.measured(name, wanted)
    if scored.source.problem:
        raise SourceError(scored.source.problem, hint=scored.source.hint)
    return scored


def _evidence(run: Evaluation, name: str, scored: Scored) -> tuple[ModelEvidence, Comparison]:
    from mlgate.compare.evidence import compare_models  # noqa: PLC0415
    from mlgate.documents.evidence import ModelEvidence  # noqa: PLC0415

    head = scored.with_head(ModelEvidence(model=name))
    base = scored.with_base(ModelEvidence(model=name)) if scored.base is not None else None
    policy = run.rules.decides.policy
    found = compare_models(base, head, confidence=policy.confidence, paired=scored.paired)
    run.progress("")
    return head, found


def _write(session: Session, folder: Path, model: ModelEvidence) -> None:
    from mlgate.cli.identity import evidence_of  # noqa: PLC0415
    from mlgate.cli.output import make_folder  # noqa: PLC0415
    from mlgate.documents.codec import encode  # noqa: PLC0415
    from mlgate.publish.files import write_atomically  # noqa: PLC0415
    from mlgate.sources.evidence_files import EVALUATION  # noqa: PLC0415

    make_folder(folder)
    path = folder / "evidence" / model.model / EVALUATION
    write_atomically(path, encode(evidence_of(session, (model,))))


def _print(comparison: Comparison, form: str | None) -> None:
    from mlgate.documents.codec import encode  # noqa: PLC0415
    from mlgate.render.evaluation_lines import render_evaluation  # noqa: PLC0415

    text = encode(comparison).decode() if form == "json" else render_evaluation(comparison)
    click.echo(text, nl=False)
