"""What every document shares: strict decoding, stable bytes, bounded strings."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
"""An identifier taken from a file: a metric, a model, a parameter, a rule."""

Label = Annotated[str, msgspec.Meta(max_length=400)]
"""A name that may be absent (empty)."""

Text = Annotated[str, msgspec.Meta(max_length=4000)]
"""One or a few sentences for a reader."""

FilePath = Annotated[str, msgspec.Meta(max_length=1024)]
"""A path relative to the workspace, with forward slashes."""

Count = Annotated[int, msgspec.Meta(ge=0)]
"""A number of rows, files, lines or bytes."""

Address = Annotated[str, msgspec.Meta(max_length=2000)]
"""A web address, or empty."""

Direction = Literal["higher", "lower"]
"""Which way a metric is better."""

Level = Literal["error", "warn", "off"]
"""How much a rule weighs: ``error`` may fail the gate, ``warn`` never does."""


class Document(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """A frozen value with a JSON Schema; numbers are finite, unknown fields refused."""

    def __post_init__(self) -> None:
        for index, value in enumerate(msgspec.structs.astuple(self)):
            if isinstance(value, float) and not math.isfinite(value):
                name = self.__struct_fields__[index]
                raise ValueError(f"{name} is {value}, not a finite number")


class Run(Document, frozen=True, kw_only=True):
    """The CI run that measured or reported; all texts come from the CI machine."""

    id: Label = ""
    attempt: Count = 1
    number: Count = 0
    url: Address = ""
    repository: Label = ""
    pull_request: Count | None = None
    event: Label = ""
