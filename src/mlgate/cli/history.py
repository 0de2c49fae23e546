"""``mlgate history``: how the metrics went from commit to commit, as a picture or a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mlgate.cli.session import Session
    from mlgate.documents.history import Point

EXAMPLES = """
\b
Examples:
  mlgate history                                 the last 50 measured commits
  mlgate history --metric 'auc*' --limit 200
  mlgate history --format csv > history.csv
  mlgate history v1.2.0 --format json | jq '.[].value'
"""


@click.command(epilog=EXAMPLES)
@click.argument("revision", default="HEAD", metavar="[REV]")
@click.option("--metric", default="*", metavar="GLOB", help="Metrics to show, as in `auc*`.")
@click.option("--model", default="", metavar="NAME", help="One model only.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    metavar="N",
    help="Measured commits to look at.",
)
@click.option("--slices", is_flag=True, help="Slices as well.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "json"]),
    default="text",
    show_default=True,
    help="A picture for people, or a row for each value.",
)
@click.pass_context
def history(
    ctx: click.Context,
    *,
    revision: str,
    metric: str,
    model: str,
    limit: int,
    slices: bool,
    form: str,
) -> None:
    """Show how metrics went along the first parents of a revision.

    Evidence that runs have stored in the repository comes first, and is fetched where it is not
    here; commits without have the metric files that git tracks. Times are those of the commits, in
    UTC.
    """
    from fnmatch import fnmatchcase  # noqa: PLC0415  # `--help` needs none of it

    from mlgate.cli.past import read_points  # noqa: PLC0415
    from mlgate.errors import SourceError  # noqa: PLC0415

    session: Session = ctx.obj
    points, problem = read_points(session, revision, model, limit)
    chosen = [
        point
        for point in points
        if fnmatchcase(point.metric, metric) and (slices or not point.slice)
    ]
    if not chosen:
        known = ", ".join(list(dict.fromkeys(point.metric for point in points))[:8])
        raise SourceError(
            f"no metric is named {metric!r} in the last {limit} measured commits",
            hint=f"known: {known}" if known else problem or "no commit has metrics",
        )
    _write(chosen, form)
    if problem:
        session.warn(f"there may be more: {problem}")


def _write(points: list[Point], form: str) -> None:
    if form == "text":
        from mlgate.render.history import render_history  # noqa: PLC0415

        click.echo(render_history(points), nl=False)
        return
    import csv  # noqa: PLC0415
    import io  # noqa: PLC0415

    import msgspec  # noqa: PLC0415

    if form == "json":
        raw = msgspec.json.format(msgspec.json.encode(points), indent=1)
        click.echo(raw.decode())
        return
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    rows = [msgspec.structs.asdict(point) for point in points]
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow(_plain(value) for value in row.values())
    click.echo(made.getvalue(), nl=False)


def _plain(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{value}"
    return value
