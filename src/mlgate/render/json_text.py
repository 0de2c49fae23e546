"""The report as JSON for other programs; see the schema ``mlgate/report/v1``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.documents.codec import encode

if TYPE_CHECKING:
    from mlgate.documents.report import Report


def render_json(report: Report) -> str:
    """Return the report document as indented JSON; equal reports give equal text."""
    return encode(report).decode()
