"""deepchecks: ``SuiteResult.to_json(with_display=False)`` of a suite or a single check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlgate.sources.check_results.building import items_of, mapping_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.sources.check_results.building import Outcome, Results

_OUTCOMES: Final[Mapping[str, Outcome]] = {"PASS": "pass", "WARN": "warn", "FAIL": "fail"}
_WORST: Final[tuple[Outcome, ...]] = ("error", "fail", "warn", "pass")


def is_deepchecks(tree: object) -> bool:
    """Tell whether this is a result of deepchecks."""
    kind = mapping_of(tree).get("type")
    return isinstance(kind, str) and kind in {"SuiteResult", "CheckResult", "CheckFailure"}


def read_deepchecks(tree: Any, results: Results) -> None:  # noqa: ANN401 - JSON of another tool
    """Add one result per check; one that crashed, or could not run, is an error."""
    top = mapping_of(tree)
    for found in items_of(top["results"]) if "results" in top else [top]:
        name = text_of(mapping_of(found.get("check")).get("name")) or "check"
        header = text_of(found.get("header"))
        side = next((s for s in ("train", "test") if header.lower().endswith(f"{s} dataset")), "")
        title = f"{name}-{side}" if side else name
        if found.get("type") != "CheckResult":
            results.add(title, "error", f"Could not run: {text_of(found.get('exception'))}")
            continue
        conditions = items_of(found.get("conditions_results"))
        outcomes = [_OUTCOMES.get(text_of(c.get("Status")), "error") for c in conditions]
        told = "; ".join(text_of(condition.get("Condition")) for condition in conditions)
        results.add(
            title,
            min(outcomes, key=_WORST.index, default="pass"),
            told or "No condition, only shown.",
            value=found.get("value"),
        )
