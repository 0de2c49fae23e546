"""JUnit XML: one suite per model, one case per judgement. Only a pass is a pass."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mlgate.render import outline
from mlgate.render.escape import visible

if TYPE_CHECKING:
    from mlgate.documents.report import Report
    from mlgate.documents.verdict import Judgement

_INVALID: Final = re.compile("[^\\t\\n\\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ERRORS: Final = frozenset({"missing", "incomparable"})


def render_junit(report: Report) -> str:
    """Return the judgements as JUnit XML that test reporters read.

    ``fail`` is a failure; missing or incomparable evidence is an error where it fails the gate,
    else skipped. What only warns passes and says why in its output. A model about which nothing
    was judged is an error, and so is a report about nothing.
    """
    root = Element("testsuites", name="mlgate")
    groups = outline.by_model(outline.judgements(report))
    for model in dict.fromkeys([*groups, *outline.models(report)]) or [""]:
        _suite(root, model or "repository", groups.get(model, []))
    _counts(root)
    indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, name: str, found: list[Judgement]) -> None:
    suite = SubElement(root, "testsuite", name=_valid(name))
    for judgement in found:
        _case(suite, judgement)
    if not found:
        case = SubElement(suite, "testcase", classname=_valid(name), name="evidence")
        SubElement(case, "error", message="nothing was judged", type="missing")
    _counts(suite)


def _case(suite: Element, judgement: Judgement) -> None:
    group = judgement.metric.source if judgement.metric else judgement.kind
    name = f"{judgement.subject} {judgement.limit}".strip()
    names = {
        "classname": _valid(f"{judgement.model or 'repository'}.{group}"),
        "name": _valid(name) or judgement.kind,
    }
    case = SubElement(suite, "testcase", names)
    told = {"message": _valid(judgement.sentence), "type": judgement.outcome}
    if judgement.effect == "fail":
        tag = "error" if judgement.outcome in _ERRORS else "failure"
        SubElement(case, tag, told).text = _valid(_text(judgement), limit=8000)
    elif judgement.outcome in {"skipped", *_ERRORS}:
        SubElement(case, "skipped", message=told["message"])
    elif judgement.effect == "warn":
        SubElement(case, "system-out").text = _valid(f"warning: {_text(judgement)}", limit=8000)


def _text(judgement: Judgement) -> str:
    rule = f"rule: {judgement.rule}" if judgement.rule else ""
    return " · ".join(t for t in (judgement.sentence, judgement.advice, rule) if t)


def _counts(element: Element) -> None:
    tags = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for attribute, tag in tags.items():
        element.set(attribute, str(sum(1 for _ in element.iter(tag))))


def _valid(text: str, *, limit: int = 1000) -> str:
    return _INVALID.sub("", visible(text, limit=limit))
