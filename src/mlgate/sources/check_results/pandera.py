"""Pandera: ``SchemaErrors.message`` as JSON, and its table of failure cases as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlgate.sources.check_results.building import items_of, mapping_of, text_of

if TYPE_CHECKING:
    from mlgate.sources.check_results.building import Results

_PARTS = {"SCHEMA", "DATA"}


def is_pandera(tree: object) -> bool:
    """Tell whether this is what pandera says of a table."""
    if isinstance(tree, dict):
        return bool(tree) and tree.keys() <= _PARTS
    return bool(items_of(tree)) and {"schema_context", "failure_case"} <= items_of(tree)[0].keys()


def read_pandera(tree: Any, results: Results) -> None:  # noqa: ANN401 - JSON of another tool
    """Add one failed result per check; nothing in the file means that the schema holds.

    The errors quote values of the data, so only the check and the column are taken over.
    """
    found: dict[tuple[str, str], int] = {}
    if isinstance(tree, list):
        for case in items_of(tree):
            key = (text_of(case.get("check")) or "check", text_of(case.get("column")))
            found[key] = found.get(key, 0) + 1
    else:
        for part in _PARTS:
            for reason, errors in sorted(mapping_of(mapping_of(tree).get(part)).items()):
                for error in items_of(errors):
                    key = (text_of(error.get("check")) or reason, text_of(error.get("column")))
                    found[key] = found.get(key, 0) + 1
    for (check, column), count in sorted(found.items()):
        name = check.partition("(")[0]
        results.add(name, "fail", f"{name} does not hold, {count} times.", column=column)
    if not found:
        results.add("schema", "pass", "The schema holds.")
