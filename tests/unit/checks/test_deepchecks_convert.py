from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.checks.deepchecks.convert import convert
from mlgate.errors import ConfigError, MlgateError, SourceError


def answer(**result: Any) -> bytes:  # noqa: ANN401
    return json.dumps({"results": [{"check": "data-duplicates", **result}]}).encode()


def condition(category: str, details: str = "") -> dict[str, str]:
    return {"name": "Ratio is at most 5%", "category": category, "details": details}


@pytest.mark.parametrize(
    ("categories", "outcome"),
    [
        (["PASS"], "pass"),
        (["PASS", "WARN"], "warn"),
        (["WARN", "FAIL", "PASS"], "fail"),
        (["PASS", "ERROR"], "error"),
        (["FAIL", "SOMETHING NEW"], "error"),
        ([], "pass"),
    ],
)
def test_the_worst_condition_counts(categories: list[str], outcome: str) -> None:
    (found,) = convert(answer(conditions=[condition(c) for c in categories]))
    assert found.outcome == outcome
    assert found.engine == "deepchecks"


def test_a_crash_is_an_error_and_quotes_no_data() -> None:
    (found,) = convert(answer(exception="KeyError: 'secret value'"))
    assert (found.outcome, found.message) == ("error", "Crashed: KeyError.")
    (found,) = convert(answer(exception="KeyError: 'secret value'"), samples=True)
    assert "secret value" in found.message


def test_what_lacks_is_skipped_and_what_does_not_apply_is_said() -> None:
    lacking = {"exception": "NotEnoughSamplesError: 3 rows", "lacking": True}
    assert convert(answer(**lacking))[0].outcome == "skipped"
    (found,) = convert(answer(**lacking, applies=False))
    assert (found.outcome, found.message) == ("pass", "Does not apply: 3 rows.")


def test_details_quote_values_and_are_shown_on_request_only() -> None:
    raw = answer(conditions=[condition("FAIL", "found ['spy']")])
    assert "spy" not in convert(raw)[0].message
    assert "spy" in convert(raw, samples=True)[0].message


def test_ids_differ() -> None:
    raw = json.dumps({"results": [{"check": "a"}, {"check": "b"}, {"check": "a"}]}).encode()
    assert [c.id for c in convert(raw)] == ["deepchecks.a", "deepchecks.b", "deepchecks.a.2"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[]", b'{"results": []}', b'{"results": [{"check": "<b>"}]}', b'{"more": 1}'],
)
def test_what_is_no_answer(raw: bytes) -> None:
    with pytest.raises(SourceError):
        convert(raw)


def test_what_was_refused_is_a_mistake_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match="no suite"):
        convert(b'{"refused": "no suite is named x"}')


@given(st.binary() | st.text().map(lambda text: json.dumps({"results": [text]}).encode()))
def test_no_bytes_make_it_raise_anything_else(raw: bytes) -> None:
    with contextlib.suppress(MlgateError):
        convert(raw)
