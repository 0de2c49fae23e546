"""Values of all metrics on one set of rows, with intervals, for one model or for two."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from mlgate.evaluate import retrieval, tabular
from mlgate.evaluate.influence import Linear, UndefinedError, mean
from mlgate.evaluate.intervals import standard_error, student
from mlgate.evaluate.proportion import Around, newcombe, quantile, wilson
from mlgate.evaluate.result import Estimate, Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgate.evaluate.measures import Measure
    from mlgate.evaluate.side import Codes, Side


def estimates(
    measures: Sequence[Measure], head: Side, base: Side | None, setting: Setting
) -> list[Estimate]:
    """Return every metric of the head, and its change from the baseline on the same rows.

    Args:
        measures: Which.
        head: What the head says.
        base: What the baseline says of the same rows in the same order; ``None`` without.
        setting: How sure, and from which random numbers.
    """
    tables = [m for m in measures if m.kind == "table"]
    tabled = iter(tabular.tables(tables, head, base, setting))
    found = []
    for one in measures:
        try:
            _refuse_few(one, head)
            found.append(next(tabled) if one.kind == "table" else _one(one, head, base, setting))
        except UndefinedError as exc:
            found.append(Estimate(measure=one, n=len(head), problem=str(exc)))
    return found


def _refuse_few(one: Measure, head: Side) -> None:
    if len(head) < 2:  # noqa: PLR2004 - nothing is known of the spread
        raise UndefinedError("no rows" if not len(head) else "one row is too few")
    if head.group is not None and (head.group == head.group[0]).all():
        raise UndefinedError("all rows are of one group")
    if one.kind == "table" and head.prediction is None:
        raise UndefinedError("no prediction")


def _one(one: Measure, head: Side, base: Side | None, setting: Setting) -> Estimate:
    match one.kind:
        case "rate" if head.weight is None and head.group is None:
            return _rate(one, head, base, setting)
        case _:
            return _linear(one, head, base, setting)


def _rate(one: Measure, head: Side, base: Side | None, setting: Setting) -> Estimate:
    """Estimate a share of rows: Wilson's interval, Newcombe's for the change."""
    right = one.of(head) > 0
    n = len(head)
    value = float(right.mean())
    low, high = wilson(value, n, quantile(setting.confidence))
    change = before = None
    if base is not None:
        other = one.of(base) > 0
        before = float(other.mean())
        only = int((right & ~other).sum()), int((other & ~right).sum())
        change = newcombe(*only, int((right & other).sum()), n, setting.confidence)
    return Estimate(
        measure=one,
        n=n,
        value=value,
        base=before,
        around=Around(low, high, "Wilson"),
        change=change,
        stderr=math.sqrt(value * (1 - value) / n),
    )


def _linear(one: Measure, head: Side, base: Side | None, setting: Setting) -> Estimate:
    """Estimate a mean, or anything that the influence of rows is known of."""
    here, group = _influence(one, head)
    error, _ = standard_error(here.influence, group)
    if not math.isfinite(error):
        raise UndefinedError("too few rows to tell the spread")
    method = _METHODS.get(one.name, "Student's t" if one.kind != "smooth" else "jackknife")
    around = student(here.value, here.influence, group, setting.confidence, method)
    change = before = None
    if base is not None:
        there, _ = _influence(one, base)
        before = there.value
        moved = here.influence - there.influence
        named = f"paired, {method}"
        change = student(here.value - there.value, moved, group, setting.confidence, named)
    return Estimate(
        measure=one,
        n=here.influence.size,
        value=here.value,
        base=before,
        around=Around(around.low, around.high, around.method),
        change=change,
        stderr=error,
    )


_METHODS: Final = dict.fromkeys(("roc_auc", "roc_auc_ovr", "roc_auc_ovo"), "DeLong")


def _influence(one: Measure, side: Side) -> tuple[Linear, Codes | None]:
    if one.kind == "smooth":
        return one.of(side), side.group
    rows = one.of(side)
    if side.query is None:
        return mean(rows, side.weights), side.group
    first = retrieval.queries(side)
    group = None if side.group is None else side.group[first]
    return mean(rows, side.weights[first]), group
