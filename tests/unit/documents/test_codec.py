from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import reports
from mlgate.cli.documents import DOCUMENTS, schema_text
from mlgate.documents.codec import MAX_BYTES, decode, encode
from mlgate.documents.evidence import Evidence, Metric, ModelEvidence
from mlgate.documents.report import Report
from mlgate.errors import SourceError

NAMES = st.text(min_size=1, max_size=40)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
METRICS = st.builds(Metric, name=NAMES, source=st.just("m.json"), value=NUMBERS, slice=NAMES)
EVIDENCE = st.builds(
    Evidence,
    models=st.lists(
        st.builds(ModelEvidence, model=NAMES, metrics=st.lists(METRICS, max_size=4).map(tuple)),
        max_size=3,
    ).map(tuple),
)


def document(**changes: Any) -> bytes:  # noqa: ANN401
    metric = {"name": "auc", "source": "m.json", "value": 0.9} | changes
    model = {"model": "m", "metrics": [metric]}
    return json.dumps({"schema": "mlgate/evidence/v1", "models": [model]}).encode()


@given(EVIDENCE)
def test_a_document_survives_and_has_stable_bytes(evidence: Evidence) -> None:
    raw = encode(evidence)
    assert decode(raw, Evidence, origin="e.json") == evidence
    assert encode(decode(raw, Evidence, origin="e.json")) == raw


def test_a_report_survives() -> None:
    report = reports.failing()
    assert decode(encode(report), Report, origin="r.json") == report


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        pytest.param(document(extra=1), "unknown field `extra`", id="unknown field"),
        pytest.param(document(value=float("nan")), "e.json: NaN is not JSON", id="nan"),
        pytest.param(document(value=float("inf")), "Infinity is not JSON", id="infinity"),
        pytest.param(document(value="0.9"), "Expected `float | null`, got `str`", id="text"),
        pytest.param(document(value=True), "got `bool`", id="flag"),
        pytest.param(document(name="x" * 401), "length <= 400", id="long name"),
        pytest.param(document(stderr=-1.0), ">= 0", id="negative error"),
        pytest.param(document(n=-1), ">= 0", id="negative rows"),
        pytest.param(document().replace(b"0.9", b"1e999"), "1e999", id="overflow"),
        pytest.param(b'{"schema": "mlgate/evidence/v2"}', "Invalid enum value", id="version"),
        pytest.param(b'{"models": [], "models": []}', "'models' appears twice", id="duplicate key"),
        pytest.param(b'{"models": [', "e.json:1:13: not JSON", id="truncated"),
        pytest.param(b"", "e.json: the file is empty", id="empty"),
        pytest.param(b"\x89PNG\r\n\x1a\n\xff", "not text in UTF-8", id="binary"),
        pytest.param(b"[" * 100 + b"]" * 100, "nested more than", id="deep"),
        pytest.param(b"[" * 100_000, "nested more than", id="very deep"),
        pytest.param(b'{"commit": "HEAD"}', "matching regex", id="commit"),
        pytest.param(b" " * (MAX_BYTES + 1), "more than the 64 MiB", id="large"),
    ],
)
def test_a_bad_document_is_refused_with_its_place(raw: bytes, complaint: str) -> None:
    with pytest.raises(SourceError) as caught:
        decode(raw, Evidence, origin="e.json")
    assert complaint in caught.value.what
    assert caught.value.what.startswith("e.json")
    assert caught.value.exit_code == 3


def test_a_number_that_is_none_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="value is nan, not a finite number"):
        Metric(name="auc", source="m.json", value=float("nan"))


def test_documents_are_frozen() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        reports.failing().key = "other"  # type: ignore[misc]


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema_text(name))


def test_what_we_write_matches_the_published_schema() -> None:
    report = json.loads(encode(reports.failing()))
    validator = jsonschema.Draft202012Validator(schema_text("report"))
    assert not list(validator.iter_errors(report))
    report["surprise"] = 1
    assert [e.validator for e in validator.iter_errors(report)] == ["additionalProperties"]


def test_the_schema_of_evidence_refuses_what_decoding_refuses() -> None:
    validator = jsonschema.Draft202012Validator(schema_text("evidence"))
    assert not list(validator.iter_errors(json.loads(document())))
    assert list(validator.iter_errors(json.loads(document(name="x" * 401))))
    assert msgspec.json.decode(document())
