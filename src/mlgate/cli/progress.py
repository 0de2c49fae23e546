"""Progress of long work: one line that changes at a terminal, nothing in a log."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

import click

from mlgate.ci.commands import log_safe

if TYPE_CHECKING:
    from types import TracebackType

    from mlgate.cli.session import Session

_WIDTH = 78


class Progress:
    """Says what is being done, and for how long it has been going on."""

    def __init__(self, session: Session) -> None:
        self._lines = session.verbose
        self._shown = not session.quiet and not session.verbose and sys.stderr.isatty()
        self._start = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.say("")

    def say(self, text: str) -> None:
        """Show ``text``; empty text clears the line."""
        taken = time.monotonic() - self._start
        if self._lines and text:
            click.echo(f"· {taken:5.1f} s  {log_safe(text)}", err=True)
        elif self._shown:
            said = f"· {taken:.0f} s  {log_safe(text)}"[:_WIDTH] if text else ""
            click.echo(f"\r{said:<{_WIDTH}}\r", nl=False, err=True)
