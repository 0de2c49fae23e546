"""Great Expectations 1: a validation result, and ``describe`` of a checkpoint's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlgate.sources.check_results.building import items_of, mapping_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.sources.check_results.building import Outcome, Results


def is_great_expectations(tree: object) -> bool:
    """Tell whether this is a result of Great Expectations."""
    return bool(list(_expectations(tree)))


def read_great_expectations(tree: Any, results: Results) -> None:  # noqa: ANN401 - JSON
    """Add one result per expectation; what the file says of the whole decides nothing."""
    for found in _expectations(tree):
        config = mapping_of(found.get("expectation_config"))
        kind = text_of(config.get("type") or found.get("expectation_type")) or "expectation"
        kwargs = mapping_of(config.get("kwargs") or found.get("kwargs"))
        result = mapping_of(found.get("result"))
        observed = result.get("observed_value")
        share = result.get("unexpected_percent")
        results.add(
            kind.removeprefix("expect_"),
            _outcome(found, config, result),
            _message(found, result),
            value=observed if share is None else share,
            column=text_of(kwargs.get("column")),
        )


def _expectations(tree: object) -> Iterator[dict[str, Any]]:
    top = mapping_of(tree)
    for item in items_of(top.get("results")):
        if "expectation_config" in item:
            yield item
    for run in items_of(top.get("validation_results")):
        yield from items_of(run.get("expectations"))
        for item in items_of(run.get("results")):
            if "expectation_config" in item:
                yield item


def _outcome(found: dict[str, Any], config: dict[str, Any], result: dict[str, Any]) -> Outcome:
    if _raised(found):
        return "error"
    if found.get("success") is True:
        return "pass"
    if not result and "exception_info" not in found:
        return "error"  # a checkpoint leaves exceptions out, and an empty result behind
    return "warn" if config.get("severity") in {"warning", "info"} else "fail"


def _raised(found: dict[str, Any]) -> bool:
    info = mapping_of(found.get("exception_info"))
    nested = [mapping_of(value) for value in info.values()]
    return any(one.get("raised_exception") is True for one in (info, *nested))


def _message(found: dict[str, Any], result: dict[str, Any]) -> str:
    if _raised(found):
        return "It raised an exception."
    count, total = result.get("unexpected_count"), result.get("element_count")
    if isinstance(count, int) and isinstance(total, int):
        return f"{count} of {total} values are unexpected."
    return "Holds." if found.get("success") is True else "Does not hold."
