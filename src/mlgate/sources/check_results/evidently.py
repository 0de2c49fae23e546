"""Evidently 0.7: ``Snapshot.save_json``, ``json`` and ``dict`` of a report with tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlgate.errors import SourceError
from mlgate.sources.check_results.building import items_of, kebab, mapping_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.sources.check_results.building import Outcome, Results

_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "SUCCESS": "pass",
    "WARNING": "warn",
    "FAIL": "fail",
    "SKIPPED": "skipped",
}


def is_evidently(tree: object) -> bool:
    """Tell whether this is a report of evidently."""
    return isinstance(tree, dict) and {"metrics", "tests"} <= tree.keys()


def read_evidently(tree: Any, results: Results) -> None:  # noqa: ANN401 - JSON of another tool
    """Add the tests; metrics without a test judge nothing.

    Raises:
        SourceError: the report was made without tests.
    """
    tests = items_of(mapping_of(tree).get("tests"))
    if not tests:
        raise SourceError(
            f"{results.origin}: evidently tested nothing",
            hint="`Report([...], include_tests=True)`, or `tests=[...]` of a metric",
        )
    for test in tests:
        params = mapping_of(mapping_of(test.get("metric_config")).get("params"))
        kind = text_of(params.get("type")).rpartition(":")[2]
        column = text_of(params.get("column"))
        results.add(
            f"{kebab(kind) or 'test'}-{text_of(test.get('id'))}",
            _OUTCOMES.get(text_of(test.get("status")), "error"),
            text_of(test.get("description")) or text_of(test.get("name")),
            column=column,
        )
