"""Pointblank: ``Validate.get_json_report``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlgate.sources.check_results.building import items_of, text_of

if TYPE_CHECKING:
    from mlgate.sources.check_results.building import Outcome, Results


def is_pointblank(tree: object) -> bool:
    """Tell whether this is a report of pointblank."""
    steps = items_of(tree)
    return bool(steps) and {"assertion_type", "all_passed"} <= steps[0].keys()


def read_pointblank(tree: Any, results: Results) -> None:  # noqa: ANN401 - JSON of another tool
    """Add one result per step; one that was not evaluated is an error."""
    for step in items_of(tree):
        failed, total = step.get("n_failed"), step.get("n")
        told = "It was not evaluated: is the column there?"
        if step.get("all_passed") is not None:
            told = f"{failed} of {total} test units failed."
        results.add(
            text_of(step.get("assertion_type")) or "step",
            _outcome(step),
            told,
            value=step.get("f_failed"),
            column=text_of(step.get("column")),
        )


def _outcome(step: dict[str, Any]) -> Outcome:
    if step.get("eval_error") or step.get("all_passed") not in {True, False}:
        return "error"
    if step["all_passed"]:
        return "pass"
    levels = [step.get(level) for level in ("warning", "error", "critical")]
    if levels[1] is True or levels[2] is True or levels == [None, None, None]:
        return "fail"
    return "warn" if levels[0] is True else "pass"
