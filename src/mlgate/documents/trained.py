"""A training that is known: what went in, what came out, what it took."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from mlgate.documents.base import Count, Document, FilePath, Label, Name
from mlgate.documents.evidence import Training

MAX_PARTS = 400_000
Part = Annotated[str, msgspec.Meta(min_length=1, max_length=1200)]


class Output(Document, frozen=True, kw_only=True):
    """One file that training wrote.

    Attributes:
        path: Where it belongs in the workspace.
        digest: SHA-256 of its content, in hexadecimal digits.
        size: Bytes.
        executable: Whether it may be run.
    """

    path: FilePath
    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    size: Count
    executable: bool = False


class Known(Document, frozen=True, kw_only=True):
    """What one training is known by, and what it made.

    Attributes:
        model: The model that was trained.
        parts: Everything that decides what comes out, each by a digest or a version.
        outputs: Files in the order of their numbers in the store.
        training: What it took, also of one that was stopped and left a checkpoint.
        reproduced: Day on which a training of this model was last run twice, as ``2026-11-28``.
    """

    schema: Literal["mlgate/trained/v1"] = msgspec.field(default="mlgate/trained/v1")
    model: Name
    parts: Annotated[dict[Part, Label], msgspec.Meta(max_length=MAX_PARTS)]
    outputs: Annotated[tuple[Output, ...], msgspec.Meta(max_length=100_000)] = ()
    training: Training
    reproduced: Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
