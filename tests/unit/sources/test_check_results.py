"""Results of other tools, as these tools have written them."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.errors import ConfigError, SourceError
from mlgate.sources.check_results.parse import FORMATS, parse_check_results

if TYPE_CHECKING:
    from mlgate.documents.evidence import CheckResult

FIXTURES = Path(__file__).parents[2] / "fixtures" / "producers"


def read(name: str, form: str = "") -> dict[str, CheckResult]:
    raw = (FIXTURES / name).read_bytes()
    found = parse_check_results(raw, origin=name, form=form)
    assert len({check.id for check in found}) == len(found)
    return {check.id: check for check in found}


def outcomes(name: str) -> dict[str, str]:
    return {key: check.outcome for key, check in read(name).items()}


@pytest.mark.parametrize("name", ["dict", "json", "snapshot"])
def test_evidently(name: str) -> None:
    assert outcomes(f"evidently/{name}.json") == {
        "evidently.rowcount-ge": "pass",
        "evidently.columncount-eq": "pass",
        "evidently.missingvaluecount-le-job": "fail",
        "evidently.missingvaluecount-eq-age": "pass",
        "evidently.duplicatedrowcount-le": "warn",
        "evidently.maxvalue-le-age": "fail",
        "evidently.valuedrift-drift-age": "fail",
    }


@pytest.mark.parametrize("name", ["validation", "checkpoint"])
def test_great_expectations(name: str) -> None:
    """A missing column raises; the checkpoint hides that, and success of the others holds."""
    assert outcomes(f"great_expectations/{name}.json") == {
        "great-expectations.column_mean_to_be_between-income": "error",
        "great-expectations.column_to_exist-age": "pass",
        "great-expectations.column_values_to_not_be_null-age": "fail",
        "great-expectations.column_values_to_be_between-age": "fail",
        "great-expectations.column_values_to_be_in_set-job": "pass",
        "great-expectations.table_row_count_to_be_between": "pass",
    }


def test_a_success_that_the_details_deny_counts_for_nothing() -> None:
    raw = (FIXTURES / "great_expectations/validation.json").read_text()
    lying = raw.replace('{\n "success": false', '{\n "success": true', 1)
    assert lying != raw
    found = parse_check_results(lying.encode(), origin="x")
    assert sum(check.outcome == "fail" for check in found) == 2


def test_pandera() -> None:
    expected = {
        "pandera.column_in_dataframe-income": "fail",
        "pandera.isin-job": "fail",
        "pandera.less_than_or_equal_to-age": "fail",
        "pandera.not_nullable-age": "fail",
    }
    assert outcomes("pandera/message.json") == expected
    cases = outcomes("pandera/failure_cases.json")
    assert set(cases) - {"pandera.column_in_dataframe-people"} == set(expected) - {
        "pandera.column_in_dataframe-income"
    }
    (found,) = parse_check_results(b"{}", origin="x", form="pandera")
    assert (found.id, found.outcome) == ("pandera.schema", "pass")


def test_pointblank() -> None:
    assert outcomes("pointblank/report.json") == {
        "pointblank.col_exists-age": "pass",
        "pointblank.col_exists-job": "pass",
        "pointblank.col_vals_not_null-age": "warn",
        "pointblank.col_vals_le-age": "warn",
        "pointblank.col_vals_in_set-job": "warn",
        "pointblank.col_vals_gt-income": "error",
    }


def test_junit() -> None:
    assert outcomes("pytest_junit/junit.xml") == {
        "junit.test_data.test_rows": "pass",
        "junit.test_data.test_range": "fail",
        "junit.test_data.test_needs": "error",
        "junit.test_data.test_drift": "skipped",
        "junit.test_data.test_known": "skipped",
        "junit.test_data.test_nulls[age]": "pass",
        "junit.test_data.test_nulls[job]": "fail",
    }


def test_deepchecks() -> None:
    assert outcomes("deepchecks/suite.json") == {
        "deepchecks.is-single-value-test": "fail",
        "deepchecks.new-category-train-test": "fail",
        "deepchecks.is-single-value-train": "pass",
        "deepchecks.data-duplicates-train": "pass",
        "deepchecks.data-duplicates-test": "pass",
        "deepchecks.datasets-size-comparison": "pass",
        "deepchecks.date-train-test-leakage-overlap": "error",
    }


@pytest.mark.parametrize(
    "path", sorted(FIXTURES.glob("*/*.json")), ids=lambda p: f"{p.parent.name}-{p.name}"
)
def test_no_value_of_the_data_is_taken_over(path: Path) -> None:
    with contextlib.suppress(SourceError):
        for check in parse_check_results(path.read_bytes(), origin=path.name):
            assert "spy" not in check.message + check.id


def test_our_own_form() -> None:
    raw = b'{"checks": [{"id": "my.check", "outcome": "fail", "value": 3, "engine": "mine"}]}'
    (found,) = parse_check_results(raw, origin="x")
    assert (found.id, found.outcome, found.engine) == ("my.check", "fail", "mine")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"{}", "nobody's results"),
        (b"[]", "nobody's results"),
        (b'{"checks": []}', "no result in it"),
        (b'{"checks": [{"id": "a", "outcome": "perfect"}]}', "Invalid enum value"),
        (b'{"checks": [{"id": "a", "outcome": "pass", "value": NaN}, 3]}', "Expected `object`"),
        (
            b'{"checks": [{"id": "a", "outcome": "pass"}, {"id": "a", "outcome": "fail"}]}',
            "two results have the id",
        ),
        (b'{"metrics": [], "tests": []}', "evidently tested nothing"),
        (b"<testsuite/>", "no result in it"),
        (b"<html/>", "not the root of JUnit XML"),
        (b"<testsuite", "not XML"),
        (
            b'<!DOCTYPE x [<!ENTITY a "b">]><testsuite><testcase name="&a;"/></testsuite>',
            "document",
        ),
        (b'<testsuite><testcase classname="deepchecks.tabular.X"/></testsuite>', "deepchecks"),
        (b"\xff\xfe<", "not JSON"),
    ],
)
def test_what_is_no_result(raw: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        parse_check_results(raw, origin="results.json")


def test_a_format_that_is_not_known() -> None:
    with pytest.raises(ConfigError, match="not known"):
        parse_check_results(b"{}", origin="x", form="excel")


def test_numbers_that_are_none() -> None:
    raw = (FIXTURES / "pointblank/report.json").read_text()
    steps = json.loads(raw)
    steps[2]["f_failed"] = 10**400
    found = parse_check_results(json.dumps(steps).encode(), origin="x")
    assert found[2].value is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["results", "tests", "metrics", "type", "check", "checks", "SCHEMA", "DATA"]
            )
            | st.text(max_size=3),
            inner,
        )
    ),
)


@given(st.sampled_from(["", *FORMATS]), st.binary() | _JSON.map(lambda t: json.dumps(t).encode()))
def test_no_bytes_make_it_raise_anything_else(form: str, raw: bytes) -> None:
    with contextlib.suppress(SourceError):
        parse_check_results(raw, origin="x", form=form)
