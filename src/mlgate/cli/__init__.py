"""Command line: parse, wire, run, exit. One module per command, loaded when it is called."""

from __future__ import annotations

import errno
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

import click

from mlgate import __version__
from mlgate.errors import MlgateError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["app", "main"]

OUR_BUG: Final = 70
NO_EVIDENCE: Final = SourceError.exit_code
DISK_TROUBLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
INTERRUPTED: Final = 130
READER_GONE: Final = 141
"""What a shell reports of a program that SIGINT or SIGPIPE has ended."""

COMMANDS: Final[Mapping[str, str]] = {
    "init": "Look at the repository and write mlgate.yml and a workflow.",
    "check": "Check the data: integrity, train against test, drift.",
    "profile": "Measure a table once, as the reference of later data.",
    "train": "Run the training command, bounded and measured.",
    "evaluate": "Measure predictions, with intervals, and compare two files of them.",
    "power": "Say which drop a number of rows can show.",
    "report": "Compare with the baseline, judge, report and post.",
    "history": "Show how metrics went from commit to commit.",
    "release": "Register, verify and promote versions by tag.",
    "gate": "Judge an existing report or evidence again.",
    "schema": "Print the JSON Schema of a document.",
    "demo": "Watch a pull request get its report, here, in a minute.",
}


class LazyGroup(click.Group):
    """A group that imports a command only when it is called or asked for its options.

    Each of ``summaries`` is a command, in the module of its name in ``package``.
    """

    summaries: Mapping[str, str] = COMMANDS
    package = "mlgate.cli"

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; neither Ctrl-C nor a closed pipe may look like the gate's no."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as exc:
            for option in self.params:
                if exc.option_name in (*option.opts, *option.secondary_opts):
                    value = "" if getattr(option, "is_flag", False) else " …"
                    before = f"mlgate {exc.option_name}{value} {ctx.invoked_subcommand}"
                    said = f"{exc.option_name} goes before the command: {before}"
                    raise click.UsageError(said, exc.ctx) from exc
            raise
        except KeyboardInterrupt:
            click.echo("\ninterrupted", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _drop_output()
            raise click.exceptions.Exit(READER_GONE) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the work."""
        del ctx
        return list(self.summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, importing its module."""
        del ctx
        if cmd_name not in self.summaries:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"{self.package}.{name}"), name)
        for option in command.params:
            if (
                isinstance(option, click.Option)
                and option.default == ""
                and not option.show_default
            ):
                option.show_default = False  # nothing to show
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command for ``args``; a typo gets the likely name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as exc:
            import difflib  # noqa: PLC0415  # only after a typo

            close = difflib.get_close_matches(args[0], self.summaries, n=1, cutoff=0.4)
            if not close:
                raise
            raise click.UsageError(f"{exc.message} Did you mean '{close[0]}'?", ctx) from exc

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries.items()))


@click.group(
    cls=LazyGroup,
    context_settings={
        "auto_envvar_prefix": "MLGATE",
        "show_default": True,
        "max_content_width": 100,
    },
    epilog="Exit codes: 0 yes, 1 the gate says no, 2 usage or configuration, 3 no evidence, "
    "4 a forge refused, 70 a bug of ours, 130 interrupted, 141 the reader of the output is gone. "
    "Every option can be set by the environment: "
    "MLGATE_REPORT_OUTPUT is --output of report.",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False),
    help="Configuration file.  [default: mlgate.yml, else tool.mlgate in pyproject.toml]",
)
@click.option("--quiet", "-q", is_flag=True, help="Print the result and errors only.")
@click.option("--verbose", "-v", is_flag=True, help="Say what is read and asked.")
@click.option(
    "--color/--no-color",
    default=None,
    help="Colour the output.  [default: on a terminal, unless NO_COLOR is set]",
)
@click.version_option(__version__, message="mlgate %(version)s")
@click.pass_context
def app(
    ctx: click.Context, config: str | None, *, quiet: bool, verbose: bool, color: bool | None
) -> None:
    """Gate merges and releases on model quality.

    In a repository whose training writes a metrics file:

    \b
      mlgate report        compare with the merge base and show what changed
      mlgate init          write a configuration and a workflow
      mlgate demo          see it all on a small example first
    """  # noqa: D301 - click wants the character itself
    from mlgate.cli.session import Session  # noqa: PLC0415  # `--help` needs none of it

    ctx.obj = Session.open(config=config, quiet=quiet, verbose=verbose, color=color)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and turn foreseen failures into their exit codes."""
    _write_utf8()
    try:
        app(args, prog_name="mlgate")
    except MlgateError as exc:
        _say(exc.what, exc.hint)
        sys.exit(exc.exit_code)
    except Exception as exc:  # noqa: BLE001 - the last line of defence
        if isinstance(exc, OSError) and exc.errno in DISK_TROUBLE:
            _say(f"{exc.filename or 'the output'}: {exc.strerror}", "is there room on the disk?")
            _drop_output()
            sys.exit(NO_EVIDENCE)
        _say(
            f"this is a bug in mlgate: {type(exc).__name__}: {exc}",
            "please report it with `mlgate --verbose` output; MLGATE_TRACEBACK=1 shows the place",
        )
        _traceback()
        sys.exit(OUR_BUG)


def _write_utf8() -> None:
    """Write UTF-8 to files and pipes, as CI machines and programs expect on every system.

    A terminal keeps its encoding; what that lacks is shown as ``?``.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")


def _drop_output() -> None:
    """Let the interpreter's last flush go nowhere, for nobody reads it."""
    import os  # noqa: PLC0415

    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _say(what: str, hint: str) -> None:
    import os  # noqa: PLC0415  # only for errors

    from mlgate.ci.commands import log_safe, workflow_command  # noqa: PLC0415

    click.echo(f"error: {log_safe(what)}", err=True)
    if hint:
        click.echo(f"  fix: {log_safe(hint)}", err=True)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        text = f"{what}\n{hint}" if hint else what
        click.echo(workflow_command("error", text, title="mlgate"), err=True)


def _traceback() -> None:
    import os  # noqa: PLC0415
    import traceback  # noqa: PLC0415

    if os.environ.get("MLGATE_TRACEBACK"):
        traceback.print_exc()
