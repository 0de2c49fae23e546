"""An evaluation set: what two models say of the same rows, and the parts to look at apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlgate.evaluate.side import Codes, Side, Task


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the rows, by their places, under a name as in ``region=north``."""

    name: str
    rows: Codes


@dataclass(frozen=True, slots=True)
class Feature:
    """One column to look for slices in: the code of each row, −1 for none, and their names."""

    codes: Codes
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSet:
    """Rows, and what one or two models say of them.

    Attributes:
        task: What the models do.
        head: What the head says.
        base: What the baseline says of the same rows in the same order; ``None`` without.
        labels: Names of the classes, in the order of their codes.
        slices: Parts to measure apart.
        left_out: Slices with too few rows.
        features: Columns to look for slices in.
        names: Hashes of the names of the rows; ``None`` where they have none.
    """

    task: Task
    head: Side
    base: Side | None = None
    labels: tuple[str, ...] = ()
    slices: tuple[Slice, ...] = ()
    left_out: tuple[str, ...] = ()
    features: tuple[Feature, ...] = ()
    names: NDArray[np.uint64] | None = None
