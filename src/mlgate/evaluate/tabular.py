"""Metrics of a confusion matrix with intervals, all of them from the same replicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlgate.evaluate import bootstrap
from mlgate.evaluate.proportion import Around
from mlgate.evaluate.result import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgate.evaluate.measures import Measure
    from mlgate.evaluate.result import Setting
    from mlgate.evaluate.side import Codes, Floats, Side


def tables(
    measures: Sequence[Measure], head: Side, base: Side | None, setting: Setting
) -> Iterator[Estimate]:
    """Estimate what confusion matrices say, all of it from the same replicates."""
    for one, (values, drawn) in zip(measures, draws(measures, head, base, setting), strict=True):
        yield resampled(one, len(head), values, drawn, setting)


def draws(
    measures: Sequence[Measure], head: Side, base: Side | None, setting: Setting
) -> list[tuple[list[float], list[Floats]]]:
    """Return each metric of the head, and of the baseline, with its bootstrap replicates."""
    if not measures or head.prediction is None or not len(head):
        return []
    cells = _Cells.of(head, base)
    point = cells.matrices(np.bincount(cells.cell, head.weight, cells.size)[None].astype(float))
    drawn: list[list[list[Floats]]] = [[[] for _ in point] for _ in measures]
    blocks = cells.replicates(head, setting.seed)
    for block in blocks:
        for side, matrices in enumerate(cells.matrices(block)):
            for place, one in enumerate(measures):
                drawn[place][side].append(one.of(matrices, head.positive))
    return [
        (
            [float(one.of(matrix, head.positive)[0]) for matrix in point],
            [np.concatenate(parts) for parts in drawn[place]],
        )
        for place, one in enumerate(measures)
    ]


def resampled(
    one: Measure, n: int, values: list[float], drawn: list[Floats], setting: Setting
) -> Estimate:
    """Return the estimate of a metric with the percentiles of its replicates."""
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
