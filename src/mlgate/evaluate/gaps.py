"""How far groups of rows lie apart in a metric, as fairness asks: the largest less the smallest.

Groups are disjoint, so their bootstrap replicates are independent. The largest of several noisy
values less the smallest is too large on average, and its replicates are too large once more; the
basic interval 2θ − q turns that around (Davison and Hinkley 1997, Bootstrap Methods and their
Application, section 5.2).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mlgate.errors import ConfigError
from mlgate.evaluate import bootstrap, tabular
from mlgate.evaluate.measures import known, measure
from mlgate.evaluate.proportion import Around
from mlgate.evaluate.result import Estimate, Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgate.evaluate.measures import Measure
    from mlgate.evaluate.rows import EvaluationSet, Slice
    from mlgate.evaluate.side import Floats

METHOD = "basic Poisson bootstrap"


def gaps(
    rows: EvaluationSet, column: str, names: Sequence[str], setting: Setting
) -> list[Estimate]:
    """Return the gap of each metric between the slices of one column; smaller is better.

    Raises:
        ConfigError: a metric is no share of classes, or the column has no two large groups.
    """
    prefix = f"{column}="
    groups = [one for one in rows.slices if one.name.startswith(prefix)]
    if len(groups) < 2:  # noqa: PLR2004
        raise ConfigError(
            f"`gaps`: {column!r} has fewer than two groups that are large enough",
            hint=f"name it under `slices` as well: `slices: [{column}]`; `min-rows` says how large",
        )
    found = [_tabular(name, rows) for name in names]
    drawn = [_inside(found, rows, group, setting) for group in groups]
    n = sum(group.rows.size for group in groups)
    return [
        _gap(one, column, n, [group[place] for group in drawn], setting)
        for place, one in enumerate(found)
    ]


def _tabular(name: str, rows: EvaluationSet) -> Measure:
    found = measure(name, rows.task)
    if name == "accuracy" and found is not None:
        from mlgate.evaluate.confusion import accuracy  # noqa: PLC0415  # its rows are a rate

        return replace(found, kind="table", of=lambda matrix, _positive: accuracy(matrix))
    if found is None or found.kind != "table":
        raise ConfigError(
            f"`gaps`: {name!r} is no share of classes",
            hint=f"as in recall, selection_rate, accuracy; known: {', '.join(known(rows.task))}",
        )
    return found


def _inside(
    measures: Sequence[Measure], rows: EvaluationSet, group: Slice, setting: Setting
) -> list[tuple[list[float], list[Floats]]]:
    head = rows.head.take(group.rows)
    base = None if rows.base is None else rows.base.take(group.rows)
    seed = replace(setting, seed=f"{setting.seed} {group.name}")
    return tabular.draws(measures, head, base, seed)


def _gap(
    one: Measure,
    column: str,
    n: int,
    groups: Sequence[tuple[list[float], list[Floats]]],
    setting: Setting,
) -> Estimate:
    sides = range(len(groups[0][0]))
    values = [_spread([np.array([values[side]]) for values, _ in groups])[0] for side in sides]
    drawn = [_spread([drawn[side] for _, drawn in groups]) for side in sides]
    low, high = _basic(float(values[0]), drawn[0], setting.confidence)
    change = None
    if len(values) > 1:
        moved = float(values[0] - values[1])
        below, above = _basic(moved, drawn[0] - drawn[1], setting.confidence)
        change = Around(below, above, f"paired, {METHOD}")
    return Estimate(
        measure=replace(one, name=f"{one.name}_gap", higher=False, part=f"by={column}"),
        n=n,
        value=float(values[0]),
        base=float(values[1]) if len(values) > 1 else None,
        around=Around(max(low, 0.0), max(high, 0.0), METHOD),
        change=change,
        stderr=float(drawn[0].std()),
    )


def _spread(groups: Sequence[Floats]) -> Floats:
    stacked = np.stack(groups)
    found: Floats = stacked.max(axis=0) - stacked.min(axis=0)
    return found


def _basic(value: float, drawn: Floats, confidence: float) -> tuple[float, float]:
    low, high = bootstrap.percentiles(drawn, confidence)
    return 2 * value - high, 2 * value - low
