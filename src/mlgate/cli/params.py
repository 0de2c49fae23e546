"""Option types for values that arrive as action inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence


class PerLine(click.ParamType[str]):
    """Text; several arrive one per line, so names may hold blanks and colons."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text without surrounding blanks; empty text is a usage error."""
        text = str(value).strip()
        return text or self.fail("is empty", param, ctx)

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Return one value per line that is not blank."""
        return [line.strip() for line in rv.splitlines() if line.strip()]
