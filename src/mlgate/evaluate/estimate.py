"""Values of all metrics on one set of rows, with intervals, for one model or for two."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mlgate.evaluate import bootstrap, retrieval
from mlgate.evaluate.influence import Linear, UndefinedError, mean
from mlgate.evaluate.intervals import standard_error, student
from mlgate.evaluate.proportion import Around, newcombe, quantile, wilson

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgate.evaluate.measures import Measure
    from mlgate.evaluate.side import Codes, Floats, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One metric on one set of rows.

    Attributes:
        measure: The metric.
        slice: Which rows, as in ``region=north``; empty for all.
        n: Number of rows; of queries in a ranking.
        value: Of the head; ``None`` where it has none.
        problem: Why it has none.
        base: Of the baseline, on the same rows.
        around: Interval of ``value``.
        change: Interval of ``value − base``.
        stderr: Standard error of ``value``.
    """

    measure: Measure
    slice: str = ""
    n: int = 0
    value: float | None = None
    problem: str = ""
    base: float | None = None
    around: Around | None = None
    change: Around | None = None
    stderr: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How intervals are made."""

    confidence: float = 0.95
    seed: str = ""


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
    tabled = iter(_tables(tables, head, base, setting))
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


def _tables(
    measures: Sequence[Measure], head: Side, base: Side | None, setting: Setting
) -> Iterator[Estimate]:
    """Estimate what confusion matrices say, all of it from the same replicates."""
    if not measures or head.prediction is None or not len(head):
        return
    cells = _Cells.of(head, base)
    point = cells.matrices(np.bincount(cells.cell, head.weight, cells.size)[None].astype(float))
    draws: list[list[list[Floats]]] = [[[] for _ in point] for _ in measures]
    blocks = cells.replicates(head, setting.seed)
    for block in blocks:
        for side, matrices in enumerate(cells.matrices(block)):
            for place, one in enumerate(measures):
                draws[place][side].append(one.of(matrices, head.positive))
    for place, one in enumerate(measures):
        values = [float(one.of(matrix, head.positive)[0]) for matrix in point]
        drawn = [np.concatenate(blocks) for blocks in draws[place]]
        yield _resampled(one, len(head), values, drawn, setting)


def _resampled(
    one: Measure, n: int, values: list[float], drawn: list[Floats], setting: Setting
) -> Estimate:
    low, high = bootstrap.percentiles(drawn[0], setting.confidence)
    change = None
    if len(values) > 1:
        moved = drawn[0] - drawn[1]
        below, above = bootstrap.percentiles(moved, setting.confidence)
        tail = min((moved <= 0).mean(), (moved >= 0).mean())
        p = min(1.0, 2 * float(max(tail, 1 / bootstrap.REPLICATES)))
        change = Around(below, above, "paired, Poisson bootstrap", p)
    return Estimate(
        measure=one,
        n=n,
        value=values[0],
        base=values[1] if len(values) > 1 else None,
        around=Around(low, high, "Poisson bootstrap"),
        change=change,
        stderr=float(drawn[0].std()),
    )


class _Cells:
    """Rows that are alike in label and predictions, and what they add to a confusion matrix."""

    def __init__(self, cell: Codes, parts: list[Codes], classes: int) -> None:
        self.cell = cell
        self.size = parts[0].size
        self._parts = parts
        self._classes = classes

    @classmethod
    def of(cls, head: Side, base: Side | None) -> _Cells:
        c = head.classes
        label = head.label.astype(np.int64)
        sides = [s.prediction for s in (head, base) if s is not None and s.prediction is not None]
        code = label
        for prediction in sides:
            code = code * c + prediction.astype(np.int64)
        power = c ** len(sides)
        occupied, cell = _compact(code, c * power)
        actual = occupied // power
        called = [occupied // c ** (len(sides) - 1 - place) % c for place in range(len(sides))]
        return cls(cell, [actual * c + one for one in called], c)

    def replicates(self, head: Side, seed: str) -> Iterator[Floats]:
        """Yield blocks of weights of the cells, small enough for their matrices."""
        width = self._classes * self._classes
        return bootstrap.replicate(
            self.cell, self.size, head.weight, head.group, bootstrap.Draws(seed, width)
        )

    def matrices(self, weights: Floats) -> list[Floats]:
        """Return the confusion matrices of each side, ``(replicates, C, C)``."""
        c, replicates = self._classes, weights.shape[0]
        found = []
        for part in self._parts:
            order = np.argsort(part, kind="stable")
            starts = np.flatnonzero(np.diff(part[order], prepend=-1))
            flat = np.zeros((replicates, c * c))
            flat[:, part[order][starts]] = np.add.reduceat(weights[:, order], starts, axis=1)
            found.append(flat.reshape(replicates, c, c))
        return found


def _compact(code: Codes, codes: int) -> tuple[Codes, Codes]:
    """Return the codes that occur, and the place of each row's among them."""
    if codes > code.size:
        return np.unique(code, return_inverse=True)
    there = np.bincount(code, minlength=codes) > 0
    places = np.cumsum(there) - 1
    return np.flatnonzero(there), places[code]
