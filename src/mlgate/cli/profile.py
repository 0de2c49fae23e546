"""``mlgate profile``: what is known of a table without its rows, as a small JSON file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlgate.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgate.cli.session import Session
    from mlgate.documents.profile import TableProfile
    from mlgate.tables.table import TableFiles

EXAMPLES = """
\b
Examples:
  mlgate profile data/train.parquet                    print it
  mlgate profile data/train.parquet -o reference.json  and name that under data: reference:
  mlgate profile 'data/2026-*.csv' --categorical zip
"""


@click.command(epilog=EXAMPLES)
@click.argument("table", metavar="TABLE")
@click.option("--output", "-o", default="", metavar="FILE", help="Write to FILE.")
@click.option("--where", default="", metavar="CONDITION", help="Which rows count, in SQL.")
@click.option(
    "--categorical", multiple=True, metavar="COLUMN", help="A column of numbers that are names."
)
@click.option(
    "--ignore", multiple=True, metavar="COLUMN", help="A column to leave out, as one of secrets."
)
@click.option(
    "--memory", default="", metavar="SIZE", help="Most memory to use, as in 4GB; more is spilled."
)
@click.pass_context
def profile(
    ctx: click.Context,
    *,
    table: str,
    output: str,
    where: str,
    categorical: tuple[str, ...],
    ignore: tuple[str, ...],
    memory: str,
) -> None:
    """Measure TABLE once, so that later data can be held against it without reading it again.

    The profile holds bounds, quantiles and the frequent values of columns of names, and no rows.
    Look at it before you commit it: --ignore leaves a column out.
    """
    import msgspec  # noqa: PLC0415  # `--help` needs none of it

    from mlgate.cli.data_inputs import paths_of  # noqa: PLC0415
    from mlgate.documents.codec import encode  # noqa: PLC0415
    from mlgate.publish.files import write_atomically  # noqa: PLC0415
    from mlgate.sources.worktree import WorkTree  # noqa: PLC0415
    from mlgate.tables.table import files_of  # noqa: PLC0415

    session: Session = ctx.obj
    tree = WorkTree(session.workspace, session.repository)
    files = files_of("table", table, paths_of(tree, table))
    found = _measured(session, files, where, categorical, ignore, memory)
    raw = encode(
        msgspec.structs.replace(
            found,
            columns=tuple(column for column in found.columns if column.name not in ignore),
            where=where[:400],
            digest=tree.sha256(table) if len(files.paths) == 1 else "",
        )
    )
    if not output:
        click.echo(raw.decode(), nl=False)
        return
    write_atomically(session.workspace / output, raw)
    session.say(f"wrote {output}: {len(found.columns)} columns, {found.rows} rows")


def _measured(
    session: Session,
    files: TableFiles,
    where: str,
    categorical: Sequence[str],
    ignore: Sequence[str],
    memory: str,
) -> TableProfile:
    from mlgate.checks.subject import Roles, Subject, unknown_column  # noqa: PLC0415
    from mlgate.cli.progress import Progress  # noqa: PLC0415
    from mlgate.tables.opening import open_table  # noqa: PLC0415
    from mlgate.tables.store import Store  # noqa: PLC0415

    with Store(files.paths, memory=memory) as store, Progress(session) as progress:
        opened = open_table(store, files, where=where)
        for column in (*categorical, *ignore):
            if column not in opened.by_name:
                raise unknown_column("--categorical, --ignore", column, opened.by_name)
        if not opened.rows:
            raise SourceError(f"{files.origin}: no rows", hint="nothing is no reference")
        roles = Roles(categorical=frozenset(categorical), ignore=frozenset(ignore))
        subject = Subject(store=store, tables={"table": opened}, roles=roles, progress=progress.say)
        return subject.profiles["table"]
