"""What all parts of the configuration have in common."""

from __future__ import annotations

from typing import Annotated

import msgspec

Pattern = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
PathPattern = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class Section(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename="kebab",
):
    """One mapping of the configuration; keys are written with hyphens."""
