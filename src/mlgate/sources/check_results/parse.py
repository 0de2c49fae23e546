"""A file of results, whoever wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlgate.documents.strict_json import too_large
from mlgate.errors import ConfigError, SourceError
from mlgate.sources.check_results.building import MAX_BYTES, Results, read_json
from mlgate.sources.check_results.deepchecks import is_deepchecks, read_deepchecks
from mlgate.sources.check_results.evidently import is_evidently, read_evidently
from mlgate.sources.check_results.great_expectations import (
    is_great_expectations,
    read_great_expectations,
)
from mlgate.sources.check_results.junit import is_junit, read_junit
from mlgate.sources.check_results.own import is_own, read_own
from mlgate.sources.check_results.pandera import is_pandera, read_pandera
from mlgate.sources.check_results.pointblank import is_pointblank, read_pointblank

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgate.documents.evidence import CheckResult

_JSON: Final[Mapping[str, tuple[Callable[[object], bool], Callable[[Any, Results], None]]]] = {
    "mlgate": (is_own, read_own),
    "evidently": (is_evidently, read_evidently),
    "great-expectations": (is_great_expectations, read_great_expectations),
    "pointblank": (is_pointblank, read_pointblank),
    "deepchecks": (is_deepchecks, read_deepchecks),
    "pandera": (is_pandera, read_pandera),
}
FORMATS: Final = (*_JSON, "junit")


def parse_check_results(raw: bytes, *, origin: str, form: str = "") -> tuple[CheckResult, ...]:
    """Return the results in ``raw``; ``form`` names the tool, else the content tells.

    Raises:
        SourceError: nobody's results are in it, or none at all: nothing was checked.
        ConfigError: ``form`` is not one of ``FORMATS``.
    """
    if form and form not in FORMATS:
        raise ConfigError(
            f"results: the format {form[:100]!r} is not known", hint=f"one of {', '.join(FORMATS)}"
        )
    if len(raw) > MAX_BYTES:
        raise too_large(origin, len(raw), MAX_BYTES)
    if form == "junit" or (not form and is_junit(raw)):
        results = Results("junit", origin)
        read_junit(raw, results)
    else:
        tree = read_json(raw, origin)
        name = form or next((n for n, (fits, _) in _JSON.items() if fits(tree)), "")
        if not name:
            raise SourceError(
                f"{origin}: nobody's results that mlgate knows",
                hint=f"name who wrote it under `format:`: {', '.join(FORMATS)}",
            )
        results = Results(name, origin)
        _JSON[name][1](tree, results)
    if not results.found:
        raise SourceError(f"{origin}: no result in it", hint="nothing was checked: did it run?")
    return tuple(results.found)
