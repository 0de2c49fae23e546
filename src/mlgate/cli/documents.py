"""The published documents by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlgate.documents.comparison import Comparison
from mlgate.documents.evidence import Evidence
from mlgate.documents.release import Release, TagRecord
from mlgate.documents.report import Report
from mlgate.documents.verdict import Verdict
from mlgate.policy.schema import CONFIG_SCHEMA_NAME, config_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENTS: Final = {
    "comparison": Comparison,
    "evidence": Evidence,
    "release": Release,
    "report": Report,
    "tag": TagRecord,
    "verdict": Verdict,
    CONFIG_SCHEMA_NAME: None,
}


def schema_text(name: str) -> Mapping[str, Any]:
    """Return the schema of the document ``name``."""
    from mlgate.documents.codec import schema_of  # noqa: PLC0415

    kind = DOCUMENTS[name]
    return config_schema() if kind is None else schema_of(kind)
