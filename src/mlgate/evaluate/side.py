"""What one model says about the rows of an evaluation set, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Places = slice | Codes
Task = Literal["binary", "multiclass", "regression", "quantile", "ranking"]


@dataclass(frozen=True)
class Side:
    """Labels, and what one model made of them; all arrays have one entry a row.

    Attributes:
        label: Codes of classes (``0 … C−1``), or numbers in a regression or a ranking.
        prediction: Codes of the predicted classes, or predicted numbers; ``None`` without.
        score: Scores: of the positive class, of each class ``(n, C)``, of each quantile
            ``(n, Q)``, or of a document in a ranking; ``None`` without.
        weight: Positive weights; ``None`` where all rows weigh the same.
        group: Codes of groups of rows that are not independent; ``None`` where all are.
        query: Codes of queries, in a ranking.
        classes: Number of classes ``C``.
        positive: Code of the positive class.
        quantiles: Quantiles that the columns of ``score`` forecast.
    """

    label: Codes | Floats
    prediction: Codes | Floats | None = None
    score: Floats | None = None
    weight: Floats | None = None
    group: Codes | None = None
    query: Codes | None = None
    classes: int = 0
    positive: int = 1
    quantiles: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.label)

    @cached_property
    def weights(self) -> Floats:
        """Return the weight of each row."""
        return np.ones(len(self)) if self.weight is None else self.weight

    @cached_property
    def is_positive(self) -> NDArray[np.bool_]:
        """Return whether each row is of the positive class."""
        found: NDArray[np.bool_] = self.label == self.positive
        return found

    @cached_property
    def order(self) -> Codes:
        """Return the rows from the lowest to the highest score of the positive class."""
        if self.score is None:
            raise ValueError("there is no score")
        return np.argsort(self.score)

    @cached_property
    def ties(self) -> tuple[Places, Places]:
        """Return where the ties of each place in ``order`` begin and end, as indices.

        They are for arrays with one entry more than rows, as of sums before each place; without
        ties they are slices, which cost nothing.
        """
        if self.score is None:
            raise ValueError("there is no score")
        score = self.score[self.order]
        changes = score[1:] != score[:-1]
        if changes.all():
            return slice(None, -1), slice(1, None)
        starts = np.flatnonzero(np.r_[True, changes])
        lengths = np.diff(np.r_[starts, score.size])
        first = np.repeat(starts, lengths)
        return first, first + np.repeat(lengths, lengths)

    def take(self, rows: NDArray[np.bool_] | Codes) -> Side:
        """Return the given rows."""
        return Side(
            label=self.label[rows],
            prediction=None if self.prediction is None else self.prediction[rows],
            score=None if self.score is None else self.score[rows],
            weight=None if self.weight is None else self.weight[rows],
            group=None if self.group is None else self.group[rows],
            query=None if self.query is None else self.query[rows],
            classes=self.classes,
            positive=self.positive,
            quantiles=self.quantiles,
        )

    def against(self, one: int, rows: NDArray[np.bool_] | None = None) -> Side:
        """Return the binary question whether a row is of class ``one``, by its own score."""
        if self.score is None:
            raise ValueError("there is no score")
        side = self if rows is None else self.take(rows)
        score = side.score if side.score is not None else self.score
        return Side(
            label=(side.label == one).astype(np.int64),
            score=score[:, one],
            weight=side.weight,
            group=side.group,
            classes=2,
        )
