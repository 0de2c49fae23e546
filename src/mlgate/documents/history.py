"""How metrics went from commit to commit."""

from __future__ import annotations

from mlgate.documents.base import Document, FilePath, Label, Name


class Point(Document, frozen=True, kw_only=True, omit_defaults=False):
    """One value of one metric at one commit; ``value`` is ``None`` where ``problem`` says why.

    ``date`` is that of the commit, as ``2026-11-28T09:00:00+00:00``.
    """

    commit: Label
    date: Label
    model: Name
    metric: Name
    slice: Label
    source: FilePath
    value: float | None
    problem: Label
