"""What is measured: one metric on one set of rows, with its intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlgate.evaluate.measures import Measure
    from mlgate.evaluate.proportion import Around


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
