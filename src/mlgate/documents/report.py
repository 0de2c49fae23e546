"""What a reader is shown: evidence compared, judged, and linked."""

from __future__ import annotations

from typing import Literal

import msgspec

from mlgate.documents.base import Address, Document, Label, Name, Run
from mlgate.documents.comparison import Baseline, CodeChange, Comparison
from mlgate.documents.verdict import Verdict


class Links(Document, frozen=True, kw_only=True):
    """Addresses that a report points to; empty ones are left out."""

    run: Address = ""
    report: Address = ""
    pull_request: Address = ""
    repository: Address = ""


class Report(Document, frozen=True, kw_only=True):
    """Everything that one rendering needs; every rendering is a pure function of it.

    Attributes:
        key: Names the comment that this report lives in.
        version: Version of mlgate that judged.
        commit: The judged head commit.
        dirty: Whether the work tree had uncommitted changes.
        head_name: The head as a reader names it, as in ``PR`` or ``work tree``.
        base_name: The baseline as a reader names it, as in ``main``.
        expected: All models that the configuration names, for fan-in.
    """

    schema: Literal["mlgate/report/v1"] = msgspec.field(default="mlgate/report/v1")
    key: Name = "mlgate"
    version: Label = ""
    commit: Label = ""
    dirty: bool = False
    head_name: Label = "head"
    base_name: Label = "base"
    run: Run | None = None
    links: Links = msgspec.field(default_factory=Links)
    baseline: Baseline
    comparisons: tuple[Comparison, ...] = ()
    code: CodeChange | None = None
    verdict: Verdict
    expected: tuple[Name, ...] = ()
