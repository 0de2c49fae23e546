"""All that the documents of a release are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.documents.comparison import MetricChange
    from mlgate.documents.evidence import ModelEvidence
    from mlgate.documents.release import Release
    from mlgate.documents.verdict import Judgement
    from mlgate.policy.release import ReleaseNotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A release and what is known around it.

    Attributes:
        release: The verified release.
        model: The evidence of its model.
        notes: What the configuration says of it.
        prose: What people wrote for the card; empty where nobody did.
        commits: First lines of the messages since the release before, the newest first.
        page: Address of the repository; empty outside a forge.
        at: Time of the commit, as ``2026-11-29T02:00:00Z``.
        names: Name of each model file in the release, by its path.
        tool: Version of mlgate.
    """

    release: Release
    model: ModelEvidence
    notes: ReleaseNotes
    prose: str = ""
    commits: tuple[str, ...] = ()
    page: str = ""
    at: str = ""
    names: Mapping[str, str]
    tool: str

    @property
    def metrics(self) -> tuple[MetricChange, ...]:
        """The compared metrics that have a value."""
        report = self.release.report
        found = (m for c in report.comparisons for m in c.metrics) if report else ()
        return tuple(metric for metric in found if metric.head is not None)

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """What rules say, worst first."""
        report = self.release.report
        return tuple(j for j in report.verdict.judgements if j.rule) if report else ()
