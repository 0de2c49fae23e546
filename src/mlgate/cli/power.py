"""``mlgate power``: what an evaluation set of some size can show, before it is collected."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

import click

from mlgate.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from mlgate.cli.session import Session
    from mlgate.documents.comparison import MetricChange
    from mlgate.documents.report import Report
    from mlgate.evaluate.power import Design, Family, Rule

EXAMPLES = """
\b
Examples:
  mlgate power --metric roc_auc --max-drop 0.005 --rows 2000
  mlgate power --metric accuracy --value 0.9 --disagreement 0.06 --max-drop 0.01
  mlgate power --metric mae --max-rise 0.02 --deviation 0.4 --rules 12
  mlgate power --metric ndcg@10 --max-drop 0.01 --report .mlgate/report.json
"""
_SHARE: Final = click.FloatRange(0, 1, min_open=True, max_open=True)
_SIZES: Final = (200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000)


@click.command(epilog=EXAMPLES)
@click.option("--metric", required=True, metavar="NAME", help="As in roc_auc, accuracy, mae.")
@click.option("--max-drop", type=float, help="How far it may fall.")
@click.option("--max-rise", type=float, help="How far it may rise, for losses.")
@click.option("--rows", type=click.IntRange(4, 10**9), help="Rows of the evaluation set.")
@click.option(
    "--value", type=_SHARE, default=0.85, show_default=True, help="The metric, of either model."
)
@click.option(
    "--positives",
    type=_SHARE,
    default=0.5,
    show_default=True,
    help="Share of rows of the positive class.",
)
@click.option(
    "--disagreement",
    type=_SHARE,
    default=0.06,
    show_default=True,
    help="Share of rows that only one of the two models gets right.",
)
@click.option(
    "--correlation",
    type=click.FloatRange(-1, 1, max_open=True),
    default=0.9,
    show_default=True,
    help="Between the areas of the two models, on the same rows.",
)
@click.option(
    "--deviation",
    type=click.FloatRange(0, min_open=True),
    default=0.1,
    show_default=True,
    help="Standard deviation of the difference of the two losses of a row.",
)
@click.option(
    "--report",
    "report_path",
    default="",
    metavar="PATH",
    help="Take the spread from two models that you have: from this report's interval of the "
    "metric, which may be any.",
)
@click.option("--model", default="", metavar="NAME", help="With --report: the model meant.")
@click.option(
    "--rules",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Rules that the gate tests together.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0.5, 0.9999),
    default=0.95,
    show_default=True,
    help="Of the intervals.",
)
@click.option(
    "--power",
    "wanted",
    type=_SHARE,
    default=0.8,
    show_default=True,
    help="How often the answer should be had.",
)
@click.pass_obj
def power(
    session: Session,
    *,
    metric: str,
    max_drop: float | None,
    max_rise: float | None,
    rows: int | None,
    value: float,
    positives: float,
    disagreement: float,
    correlation: float,
    deviation: float,
    report_path: str,
    model: str,
    rules: int,
    confidence: float,
    wanted: float,
) -> None:
    """Say which drop a number of rows can show, and how many rows a limit needs.

    Both models predict the same rows, as in `mlgate report`. What is assumed of them is in the
    options; better is --report, which takes it from two models that you have.
    """
    from mlgate.evaluate.power import Design, Rule  # noqa: PLC0415

    tolerance = _tolerance(max_drop, max_rise)
    rule = Rule(tolerance=tolerance, confidence=confidence, power=wanted, rules=rules)
    if report_path:
        design, assumed = _measured(session, report_path, metric, model)
    else:
        design = Design(
            family=_family(metric),
            value=value,
            positives=positives,
            disagreement=disagreement,
            correlation=correlation,
            deviation=deviation,
        )
        assumed = _assumption(design)
    move = "rise" if max_rise is not None else "drop"
    intervals = f"{confidence:.4g} intervals"
    count_of = "1 rule" if rules == 1 else f"{rules} rules"
    click.echo(f"{metric}, max-{move} {tolerance:g}, {intervals}, {count_of}.\n{assumed}\n")
    for line in _lines(design, rule, rows, move):
        click.echo(line)


def _family(metric: str) -> Family:
    from mlgate.evaluate.power import FAMILIES  # noqa: PLC0415

    name = metric.partition("_macro")[0].partition("_weighted")[0].partition("_micro")[0]
    if name not in FAMILIES:
        raise ConfigError(
            f"--metric {metric!r}: how it spreads is not known",
            hint="name with --report a report in which it has an interval; without one as in "
            f"{', '.join(sorted(FAMILIES))}",
        )
    return FAMILIES[name]


def _assumption(design: Design) -> str:
    what = {
        "rate": f"{design.disagreement:g} of the rows right for one model only",
        "auc": f"an area of {design.value:g}, {design.positives:g} positives, "
        f"correlation {design.correlation:g}",
        "mean": f"differences of a row with standard deviation {design.deviation:g}",
    }[design.family]
    return f"Assumed: {what}."


def _measured(session: Session, path: str, metric: str, model: str) -> tuple[Design, str]:
    """Return how the metric spreads in a report, and a sentence that says so."""
    from mlgate.cli.gate import read_report  # noqa: PLC0415
    from mlgate.evaluate.power import Design, deviation_of  # noqa: PLC0415
    from mlgate.render.numbers import count  # noqa: PLC0415

    change = _change_in(read_report(session.workspace / path), path, metric, model)
    around, rows = change.interval, change.n
    if around is None or not rows or change.repeats:
        raise SourceError(
            f"{path}: {metric} has no interval that comes from rows",
            hint="it takes predictions of both models: `mlgate evaluate --help`",
        )
    half = (around.high - around.low) / 2
    deviation = deviation_of(half, around.confidence, around.freedom, rows)
    if deviation <= 0:
        raise SourceError(
            f"{path}: {metric} does not spread: the models predict the same",
            hint="take a report of two models that differ",
        )
    said = f"{count(rows)} rows in {path} leave ± {_short(half)} ({around.method})"
    return Design(family="mean", deviation=deviation), f"Measured: {said}."


def _change_in(report: Report, path: str, metric: str, model: str) -> MetricChange:
    found = [
        (comparison.model, change)
        for comparison in report.comparisons
        if model in {"", comparison.model}
        for change in comparison.metrics
        if metric == change.title
    ]
    match found:
        case [(_, change)]:
            return change
        case []:
            titles = [change.title for one in report.comparisons for change in one.metrics]
            close = difflib.get_close_matches(metric, titles, n=3, cutoff=0.4) or titles[:8]
            raise SourceError(
                f"{path}: no metric {metric!r}" + (f" of model {model!r}" if model else ""),
                hint=f"as in {', '.join(close)}" if close else "the report has no metrics",
            )
        case _:
            raise ConfigError(
                f"{path}: several have {metric!r}",
                hint=f"choose with --model: {', '.join(sorted({name for name, _ in found}))}",
            )


def _tolerance(drop: float | None, rise: float | None) -> float:
    given = [limit for limit in (drop, rise) if limit is not None]
    if len(given) != 1 or given[0] <= 0:
        raise ConfigError(
            "give one limit above 0", hint="--max-drop 0.005, or --max-rise 0.02 for a loss"
        )
    return given[0]


def _lines(design: Design, rule: Rule, rows: int | None, move: str) -> list[str]:
    from mlgate.evaluate.power import rows_to_fail, rows_to_pass, visible_drop  # noqa: PLC0415
    from mlgate.render.numbers import count  # noqa: PLC0415

    often = f"{rule.power:.0%} of the time"
    found = []
    if rows is not None:
        seen = _short(visible_drop(design, rule, rows))
        found.append(f"{count(rows)} rows fail the gate at a true {move} of {seen}, {often}.")
    same = count(rows_to_pass(design, rule))
    found.append(f"{same} rows show that an unchanged model is within the limit, {often};")
    found.append("with fewer the answer is mostly `inconclusive`.")
    twice = count(rows_to_fail(design, rule, 2 * rule.tolerance))
    found.append(f"{twice} rows fail a true {move} of twice the limit, {often}.")
    found += ["", f"{'rows':>9}   {move} that fails {often}"]
    for size in sorted({*_SIZES, *([rows] if rows else [])}):
        mark = "  ←" if size == rows else ""
        found.append(f"{count(size):>9}   {_short(visible_drop(design, rule, size))}{mark}")
    return found


def _short(value: float) -> str:
    return f"{value:.2g}"
