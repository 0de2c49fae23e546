"""All metrics of an evaluation set, on all of its rows and on each of its slices."""

from __future__ import annotations

import difflib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mlgate.errors import ConfigError
from mlgate.evaluate.estimate import estimates
from mlgate.evaluate.measures import DEFAULTS, is_known, known, measures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlgate.evaluate.measures import Measure
    from mlgate.evaluate.result import Estimate, Setting
    from mlgate.evaluate.rows import EvaluationSet, Slice

THREADS: Final = 4
"""Slices measured at a time; each needs memory for its own rows."""


def evaluate(
    rows: EvaluationSet,
    names: Sequence[str],
    setting: Setting,
    progress: Callable[[str], None] = lambda _said: None,
) -> list[Estimate]:
    """Return every metric on all rows, then on each slice; those of a class on all rows only.

    A metric without a value on a slice, as where only one class is, is left out there.

    Raises:
        ConfigError: the task has no metric of one of the ``names``.
    """
    chosen = tuple(names) or DEFAULTS[rows.task]
    for name in chosen:
        if not is_known(name, rows.task):
            close = difflib.get_close_matches(name, known(rows.task), n=1, cutoff=0.5)
            hint = (
                f"did you mean `{close[0]}`?" if close else f"as in {', '.join(known(rows.task))}"
            )
            raise ConfigError(f"`metrics`: {name!r} is no metric of {rows.task}", hint=hint)
    found = measures(chosen, rows.task, rows.head, rows.labels)
    if not found:
        raise ConfigError(
            f"none of these metrics can be had from the columns: {', '.join(chosen)}",
            hint="name `score`, `prediction` or both",
        )
    progress(f"{len(found)} metrics of {len(rows.head)} rows")
    made = estimates(found, rows.head, rows.base, setting)
    whole = [one for one in found if not one.part]
    with ThreadPoolExecutor(THREADS) as threads:
        parts = threads.map(lambda part: _inside(part, whole, rows, setting), rows.slices)
        for place, (part, inside) in enumerate(zip(rows.slices, parts, strict=True), 1):
            progress(f"slice {place} of {len(rows.slices)}: {part.name}")
            made += inside
    return made


def _inside(
    part: Slice, measures: Sequence[Measure], rows: EvaluationSet, setting: Setting
) -> list[Estimate]:
    head = rows.head.take(part.rows)
    base = None if rows.base is None else rows.base.take(part.rows)
    found = estimates(measures, head, base, setting)
    return [replace(one, slice=part.name) for one in found if one.value is not None]
