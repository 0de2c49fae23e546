"""The verdict as an in-toto statement (in-toto.io/Statement/v1, predicate test-result v0.1)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mlgate.render.release.sheet import Sheet

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://in-toto.io/attestation/test-result/v0.1"
_MOST: Final = 1000


def render_predicate(sheet: Sheet) -> str:
    """Return the predicate alone, as ``actions/attest`` wants it."""
    return json.dumps(_predicate(sheet), indent=1, ensure_ascii=False) + "\n"


def render_statement(sheet: Sheet) -> str:
    """Return the statement; its subjects are the model files by SHA-256."""
    found = {
        "_type": STATEMENT,
        "subject": [
            {
                "name": sheet.names.get(file.path, file.path),
                "digest": {"sha256": file.sha256.removeprefix("sha256:")},
            }
            for file in sheet.release.models
        ],
        "predicateType": PREDICATE,
        "predicate": _predicate(sheet),
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _predicate(sheet: Sheet) -> dict[str, Any]:
    release = sheet.release
    report = release.report
    policy = report.verdict.policy if report else None
    names: dict[str, list[str]] = {"pass": [], "warn": [], "fail": []}
    for judgement in sheet.judgements:
        names[judgement.effect].append(f"{judgement.subject}: {judgement.rule}")
    for step in release.steps:
        names[step.outcome].append(f"release: {step.name}")
    result = "FAILED" if names["fail"] else "WARNED" if names["warn"] else "PASSED"
    made: dict[str, Any] = {"result": result, "configuration": []}
    if policy is not None and policy.commit:
        made["configuration"].append(
            {"name": policy.path, "digest": {"gitCommit": policy.commit}},
        )
    made["configuration"].append(
        {
            "name": "evidence.json",
            "digest": {"sha256": release.digest.removeprefix("sha256:")},
            "annotations": {"commit": release.commit, "tag": release.tag},
        }
    )
    if report is not None and report.links.run:
        made["url"] = report.links.run
    for key, effect in (("passedTests", "pass"), ("warnedTests", "warn"), ("failedTests", "fail")):
        if names[effect]:
            made[key] = list(dict.fromkeys(names[effect]))[:_MOST]
    return made
