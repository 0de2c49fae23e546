from __future__ import annotations

from typing import TYPE_CHECKING, get_args
from xml.etree.ElementTree import Element, fromstring

import pytest
from inline_snapshot import snapshot

from fakes import reports
from mlgate.documents.verdict import Effect, Outcome
from mlgate.render.junit import render_junit

if TYPE_CHECKING:
    from mlgate.documents.report import Report

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
EFFECTS: tuple[Effect, ...] = get_args(Effect)


def _read(report: Report) -> Element:
    return fromstring(render_junit(report).encode())  # noqa: S314  # written by us


def _counts(element: Element) -> dict[str, int]:
    return {name: int(element.get(name, "-1")) for name in ("tests", "failures", "errors")}


def test_missing_evidence_is_an_error() -> None:
    assert render_junit(reports.missing()) == snapshot("""\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="mlgate" tests="3" failures="0" errors="2" skipped="0">
 <testsuite name="churn-clf" tests="3" failures="0" errors="2" skipped="0">
  <testcase classname="churn-clf.source" name="eval/metrics.json">
   <error message="eval/metrics.json:3:7: not JSON: Expecting value." type="missing">eval/metrics.json:3:7: not JSON: Expecting value. · was the file written to the end? check the step that writes it</error>
  </testcase>
  <testcase classname="churn-clf.metrics.json" name="roc_auc ≥ −0.01">
   <error message="roc_auc has no usable value: NaN." type="missing">roc_auc has no usable value: NaN. · Look at the step that writes metrics.json. · rule: roc_auc, max-drop: 0.01</error>
  </testcase>
  <testcase classname="churn-clf.metrics.json" name="f1 ≥ −0.01" />
 </testsuite>
</testsuites>
""")


def test_counts_of_a_failing_report() -> None:
    root = _read(reports.failing())
    assert _counts(root) == {"tests": 13, "failures": 1, "errors": 0}
    bad = root.findall(".//failure")
    assert [e.get("type") for e in bad] == ["fail"]
    assert "what changed for them?" in (bad[0].text or "")


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("effect", EFFECTS)
def test_only_what_the_policy_passes_is_a_pass(outcome: Outcome, effect: Effect) -> None:
    found = reports.judged(outcome, reports.metric("m", 0.9, 0.8), effect)
    case = _read(reports.report([found])).findall(".//testcase")[0]
    tags = {child.tag for child in case}
    assert bool(tags & {"failure", "error"}) == (effect == "fail")
    if outcome in {"missing", "incomparable", "skipped"}:
        assert tags
    elif effect == "warn":
        assert tags == {"system-out"}


@pytest.mark.parametrize(
    "report",
    [
        reports.report([]),
        reports.report([], comparisons=()),
        reports.passing(expected=("churn-clf", "lost")),
    ],
    ids=["no judgement", "no model", "a lost model"],
)
def test_nothing_judged_is_an_error(report: Report) -> None:
    root = _read(report)
    assert _counts(root)["errors"] == 1
    assert root.findall(".//error")[0].get("message") == "nothing was judged"


def test_suites_are_models() -> None:
    root = _read(reports.fleet())
    assert [s.get("name") for s in root] == ["ranker", "intent-llm", "churn-clf"]
    assert sum(_counts(s)["tests"] for s in root) == _counts(root)["tests"] == 5


def test_hostile_names_are_text() -> None:
    root = _read(reports.hostile())
    assert {e.tag for e in root.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "error", "system-out", "skipped",
    }  # fmt: skip
    assert "<script>alert(1)</script>" in (root.findall(".//failure")[0].text or "")


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\ud800", "\ufffe", "\x85"])
def test_what_xml_cannot_hold_is_shown_or_dropped(character: str) -> None:
    found = reports.judged("fail", reports.metric(f"a{character}b", 0.9, 0.8))
    name = _read(reports.report([found])).findall(".//testcase")[0].get("name", "")
    assert name.startswith("a")
    assert character not in name
