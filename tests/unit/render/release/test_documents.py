"""Documents of a release, held against those who read them."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from fakes.sheets import HOSTILE, sheet
from mlgate.render.release.bom import render_bom
from mlgate.render.release.card import front_matter, render_card
from mlgate.render.release.changes import MAX_NOTES, render_changes
from mlgate.render.release.page import render_page
from mlgate.render.release.statement import render_predicate, render_statement
from mlgate.render.release.steps import render_release

if TYPE_CHECKING:
    from mlgate.render.release.sheet import Sheet

json_format = import_module("google.protobuf.json_format")
STATEMENT = import_module("in_toto_attestation.v1.statement")
PREDICATE = import_module("in_toto_attestation.predicates.test_result.v0.test_result_pb2")
MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def html(text: str) -> str:
    return str(MARKDOWN.render(text.partition("\n---\n")[2] if text.startswith("---\n") else text))


@pytest.mark.parametrize("hostile", ["", HOSTILE])
def test_the_bill_of_materials_is_what_the_schema_says(hostile: str) -> None:
    text = render_bom(sheet(hostile))
    assert VALIDATOR.validate_str(text) is None
    assert text == render_bom(sheet(hostile))
    found = json.loads(text)
    model = found["metadata"]["component"]
    assert model["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    first, second = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert first["confidenceInterval"] == {"lowerBound": "0.9", "upperBound": "0.94"}
    assert second["slice"].startswith("class=rare")
    parts = {part["name"]: part for part in found["components"]}
    assert parts["scikit-learn"]["purl"] == "pkg:pypi/scikit-learn@1.9.0"
    assert parts["Torch_Audio"]["purl"] == "pkg:pypi/torch-audio@2.0%2Bcpu"
    pickle = parts["model.pkl"]
    assert {h["alg"] for h in pickle["hashes"]} == {"SHA-256", "MD5"}
    assert {"name": "mlgate:executes", "value": "true"} in pickle["properties"]


@given(st.text(max_size=60))
def test_any_name_makes_a_valid_bill(text: str) -> None:
    plain = text.encode("utf-8", "replace").decode()
    assert VALIDATOR.validate_str(render_bom(sheet(plain))) is None


@pytest.mark.parametrize("hostile", ["", HOSTILE])
def test_the_statement_is_what_in_toto_reads(hostile: str) -> None:
    text = render_statement(sheet(hostile))
    given_ = json.loads(text)
    read = STATEMENT.Statement([], given_["predicateType"], given_["predicate"])
    json_format.Parse(text, read.pb)
    read.validate()
    result = json_format.Parse(render_predicate(sheet(hostile)), PREDICATE.TestResult())
    assert result.result == "WARNED"
    assert list(result.warned_tests) == ["recall: recall, min: 0.4", "release: tag"]
    assert [s["digest"]["sha256"] for s in given_["subject"]] == ["2" * 64, "4" * 64]


def test_a_card_says_what_is_known() -> None:
    text = render_card(sheet(prose="Only for irises.\n"))
    assert "Gate: **warn** against v1.1.0." in text
    assert "Loading `b/model.pkl` runs code that is in it." in text
    assert "## Use and limits\n\nOnly for irises.\n" in text
    assert "| `accuracy` | 0.920 | 0.900 … 0.940 | 500 |" in text
    assert "- Time: 1 min 15 s" in text
    assert "absent" not in text
    assert "Nobody has written this yet" in render_card(sheet())


def test_the_front_matter_is_plain_yaml() -> None:
    text = render_card(sheet(HOSTILE))
    assert yaml.safe_load(text[4 : text.index("\n---\n", 4)]) == front_matter(sheet(HOSTILE))


@pytest.mark.parametrize("render", [render_card, render_changes])
def test_nothing_hostile_is_markup(render: Any) -> None:  # noqa: ANN401
    made: Sheet = sheet(HOSTILE)
    shown = html(render(made))
    assert "<script" not in shown
    assert 'href="javascript' not in shown
    assert "<h1>no" not in shown
    assert "\x1b" not in shown
    assert shown.count("<h1>") == html(render(sheet())).count("<h1>")


def test_the_page_and_the_log_are_inert_too() -> None:
    release = sheet(HOSTILE).release
    assert "<script" not in html(render_page(release))
    text = render_release(release)
    assert "\x1b" not in text
    assert "  warn  tag       lightweight x" in text


def test_changes_begin_with_the_metrics() -> None:
    text = render_changes(sheet())
    assert text.index("### Metrics since v1.1.0") < text.index("### Commits since v1.1.0")
    assert "| `accuracy` | 0.90 | 0.92 | ▲ +0.02 | better |" in text
    assert "- Better features" in text
    assert len(render_changes(sheet())) < MAX_NOTES
