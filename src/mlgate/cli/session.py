"""What every command works with: place, environment, configuration file, and how to speak."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlgate.ci.commands import log_safe
from mlgate.ci.github import GitHubRun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.sources.git import Repository

MAX_EVENT_BYTES = 26 * 2**20


@dataclass(frozen=True)
class Session:
    """One run of the command line.

    Attributes:
        workspace: Where metric files are looked for.
        environ: The environment as it was at the start.
        config: Configuration file that the user names.
        quiet: Results and errors only.
        verbose: Say what is done.
        color: Whether standard output is coloured.
    """

    workspace: Path
    environ: Mapping[str, str] = field(repr=False)
    config: str | None = None
    quiet: bool = False
    verbose: bool = False
    color: bool = False

    @classmethod
    def open(cls, *, config: str | None, quiet: bool, verbose: bool, color: bool | None) -> Session:
        """Build from the process."""
        environ = dict(os.environ)
        if color is None:
            wanted = environ.get("FORCE_COLOR") or (
                sys.stdout.isatty() and environ.get("TERM") != "dumb"
            )
            color = bool(wanted) and not environ.get("NO_COLOR")
        return cls(
            workspace=Path.cwd(),
            environ=environ,
            config=config,
            quiet=quiet,
            verbose=verbose,
            color=color,
        )

    @cached_property
    def github(self) -> GitHubRun | None:
        """The GitHub run we are part of, ``None`` elsewhere."""
        return GitHubRun.from_environ(self.environ, self._event())

    @cached_property
    def repository(self) -> Repository | None:
        """The git repository around the workspace, ``None`` outside of any."""
        from mlgate.sources.git import Repository  # noqa: PLC0415  # `schema` needs no git
        from mlgate.sources.sign_in import SignIn  # noqa: PLC0415

        github = self.github
        sign_in = SignIn(server=github.server_url, token=github.token) if github else SignIn()
        return Repository.discover(self.workspace, self.environ, sign_in)

    def progress(self, text: str) -> None:
        """Say what is being done; only a person who waits at a terminal is told."""
        if self.verbose or (not self.quiet and sys.stderr.isatty()):
            click.secho(f"· {log_safe(text)}", err=True, dim=True)

    def say(self, text: str) -> None:
        """Say what was done, unless the user wants results only."""
        if not self.quiet:
            click.echo(log_safe(text), err=True)

    def detail(self, text: str) -> None:
        """Say something that only ``--verbose`` wants to know."""
        if self.verbose:
            click.echo(f"  {log_safe(text)}", err=True)

    def warn(self, what: str, hint: str = "") -> None:
        """Warn on standard error and, on GitHub, as an annotation."""
        click.echo(f"warning: {log_safe(what)}", err=True)
        if hint:
            click.echo(f"    fix: {log_safe(hint)}", err=True)
        if self.environ.get("GITHUB_ACTIONS") == "true":
            from mlgate.ci.commands import workflow_command  # noqa: PLC0415

            text = f"{what}\n{hint}" if hint else what
            click.echo(workflow_command("warning", text, title="mlgate"), err=True)

    def _event(self) -> str:
        path = self.environ.get("GITHUB_EVENT_PATH", "")
        if not path or not Path(path).is_file():
            return "{}"
        with Path(path).open("rb") as file:
            return file.read(MAX_EVENT_BYTES).decode("utf-8", "replace")
