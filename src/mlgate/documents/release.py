"""What a release tag carries in its message, and what is known of a release on its way."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec

from mlgate.documents.base import Address, Count, Document, FilePath, Label, Name, Text
from mlgate.documents.report import Report
from mlgate.documents.verdict import Overall

MAX_TAG_METRICS = 50
Sha256 = Annotated[str, msgspec.Meta(pattern="^sha256:[0-9a-f]{64}$")]
"""Digest of a file."""


class ReleasedFile(Document, frozen=True, kw_only=True):
    """A file that belongs to a version, by its identity.

    Attributes:
        path: Where it is in the workspace.
        digest: As the evidence names it: ``sha256:``, ``md5:`` of DVC, or ``git:``.
        sha256: SHA-256 of its bytes, where the release has read them.
        size: Bytes.
        format: What its first bytes say it is, as in ``safetensors`` or ``pickle``.
        executes: Whether loading it runs code that is in it.
    """

    path: FilePath
    digest: Label = ""
    sha256: Label = ""
    size: Count | None = None
    format: Label = ""
    executes: bool = False


class TagRecord(Document, frozen=True, kw_only=True):
    """What the message of a tag says to machines.

    Attributes:
        name: The model.
        version: The version that the tag is about.
        verdict: What the gate said of it.
        metrics: Its metrics, those that rules guard first.
        models: Its model files.
        data: The data sets it was made from.
        policy: The commit whose rules decided.
        evidence: The ref that holds the evidence, where it is kept in the repository.
        digest: SHA-256 of that evidence.
        stage: The stage that was given or taken.
        previous: The version that held the stage before.
        reason: Why, as in ``promotion`` or ``rollback``.
    """

    schema: Literal["mlgate/tag/v1"] = msgspec.field(default="mlgate/tag/v1")
    name: Name
    version: Label = ""
    verdict: Overall | Literal[""] = ""
    metrics: Annotated[dict[Name, float], msgspec.Meta(max_length=MAX_TAG_METRICS)] = msgspec.field(
        default_factory=dict
    )
    models: Annotated[tuple[ReleasedFile, ...], msgspec.Meta(max_length=200)] = ()
    data: Annotated[tuple[ReleasedFile, ...], msgspec.Meta(max_length=200)] = ()
    policy: Label = ""
    evidence: Label = ""
    digest: Label = ""
    stage: Label = ""
    previous: Label = ""
    reason: Text = ""

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, self.metrics.values())):
            raise ValueError("a metric is not a finite number")


class Step(Document, frozen=True, kw_only=True):
    """One thing that has to hold before a version is used.

    Attributes:
        name: What was looked at.
        outcome: ``pass``, ``warn`` for what a reader should know, ``fail`` for what refuses it.
        said: What was found, in a sentence.
        fix: The way out of a failure.
        code: What a command exits with for it: 1 where a model was judged and is not good enough,
            2 and 3 where something is wrong or missing.
    """

    name: Label
    outcome: Literal["pass", "warn", "fail"]
    said: Text
    fix: Text = ""
    code: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0


class Publication(Document, frozen=True, kw_only=True):
    """Where a release was put.

    Attributes:
        where: The place.
        outcome: ``published``, or ``there`` where it was already, byte for byte.
        url: Where people look at it.
        previous: What the place showed before.
    """

    where: Label
    outcome: Literal["published", "there"]
    url: Address = ""
    previous: Label = ""


class Release(Document, frozen=True, kw_only=True):
    """A version on its way, with all that was found.

    Attributes:
        tag: The tag; empty before it is written.
        name: The model.
        version: Its version.
        stage: The stage that it is meant for, or compared with.
        commit: The commit that was measured and tagged.
        deployed: The version that holds the stage now; empty where none does.
        evidence: Where the evidence was found.
        digest: SHA-256 of the evidence.
        models: Its model files.
        data: Its data sets.
        recorded: What the gate said when the commit was measured.
        report: The same evidence against what is deployed now, by rules older than the results.
        steps: What was looked at, in order.
        published: Where it was put.
        outcome: What became of a deployment, as in ``deployed`` or ``rolled back to v1.1.0``.
    """

    schema: Literal["mlgate/release/v1"] = msgspec.field(default="mlgate/release/v1")
    tag: Label = ""
    name: Name
    version: Label = ""
    stage: Label = ""
    commit: Label = ""
    deployed: Label = ""
    evidence: Label = ""
    digest: Label = ""
    models: Annotated[tuple[ReleasedFile, ...], msgspec.Meta(max_length=2000)] = ()
    data: Annotated[tuple[ReleasedFile, ...], msgspec.Meta(max_length=2000)] = ()
    recorded: Overall | Literal[""] = ""
    report: Report | None = None
    steps: Annotated[tuple[Step, ...], msgspec.Meta(max_length=100)] = ()
    published: Annotated[tuple[Publication, ...], msgspec.Meta(max_length=100)] = ()
    outcome: Label = ""

    @property
    def verified(self) -> bool:
        """Tell whether nothing refuses it; a release that nobody has looked at is not."""
        return bool(self.steps) and all(step.outcome != "fail" for step in self.steps)

    @property
    def exit_code(self) -> int:
        """Return 0 for verified, 1 where the model alone is not good enough, else 2 or 3."""
        codes = [step.code for step in self.steps if step.outcome == "fail"]
        return max(codes, default=0 if self.verified else 3)
