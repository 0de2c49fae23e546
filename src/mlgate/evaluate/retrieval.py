"""Metrics of a ranking: one number a query, from the documents in the order of their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlgate.evaluate.influence import UndefinedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlgate.evaluate.side import Codes, Floats, Side


def ndcg(side: Side, k: int = 0) -> Floats:
    """Return the discounted gain of the first ``k``, per that of the best order.

    The gain is the relevance itself, the discount log₂(place + 1), and tied scores share the mean
    of their gains, as in scikit-learn (Järvelin and Kekäläinen 2002; McSherry and Najork 2008).
    A query without a relevant document counts 0.
    """
    ranked = _Ranked.of(side)
    discount = np.where(_within(ranked.place, k), 1 / np.log2(ranked.place + 2), 0.0)
    gained = ranked.sums(ranked.tied_mean(ranked.label) * discount)
    best = _Ranked.of(side, ideal=True)
    there = np.where(_within(best.place, k), 1 / np.log2(best.place + 2), 0.0)
    ideal = best.sums(best.label * there)
    found: Floats = np.divide(gained, ideal, out=np.zeros_like(gained), where=ideal > 0)
    return found


def reciprocal(side: Side, k: int = 0) -> Floats:
    """Return 1 / place of the first relevant document, 0 where there is none in the first ``k``."""
    ranked = _Ranked.of(side)
    found = np.zeros(ranked.queries)
    relevant = (ranked.label > 0) & _within(ranked.place, k)
    np.maximum.at(found, ranked.query[relevant], 1 / (ranked.place[relevant] + 1))
    return found


def average_precision(side: Side, k: int = 0) -> Floats:
    """Return the mean over the relevant documents of the precision at their place.

    Of the first ``k`` documents; divided by the number of relevant ones, at most ``k``.
    """
    ranked = _Ranked.of(side)
    relevant = ranked.label > 0
    running = np.cumsum(relevant)
    before = np.r_[0, running][ranked.start]
    precision = (running - before) / (ranked.place + 1)
    gained = ranked.sums(np.where(relevant & _within(ranked.place, k), precision, 0.0))
    total = ranked.sums(relevant.astype(float))
    total = np.minimum(total, k) if k else total
    found: Floats = np.divide(gained, total, out=np.zeros_like(gained), where=total > 0)
    return found


def queries(side: Side) -> Codes:
    """Return the first row of each query."""
    if side.query is None:
        raise UndefinedError("no query")
    return np.unique(side.query, return_index=True)[1]


def _within(place: Codes, k: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = place < k if k else np.ones(place.shape, dtype=bool)
    return found


class _Ranked:
    """The rows of all queries, each query's together and from the best document to the worst."""

    def __init__(self, query: Codes, label: Floats, score: Floats) -> None:
        self.query = query
        self.label = label
        self.score = score
        starts = np.flatnonzero(np.r_[True, query[1:] != query[:-1]])
        lengths = np.diff(np.r_[starts, query.size])
        self.queries = starts.size
        self.query = np.repeat(np.arange(starts.size), lengths)
        self.start = np.repeat(starts, lengths)
        self.place = np.arange(query.size) - self.start

    @classmethod
    def of(cls, side: Side, *, ideal: bool = False) -> _Ranked:
        if side.query is None or side.score is None:
            raise UndefinedError("no query" if side.query is None else "no score")
        label = side.label.astype(float)
        by = label if ideal else side.score
        order = np.lexsort((-by, side.query))
        return cls(side.query[order], label[order], by[order])

    def sums(self, values: Floats) -> Floats:
        """Return the sum of a value over the documents of each query."""
        found: Floats = np.bincount(self.query, values, self.queries).astype(float)
        return found

    def tied_mean(self, values: Floats) -> Floats:
        """Return the mean of a value over the documents of a query with the same score."""
        new = (self.score[1:] != self.score[:-1]) | (self.query[1:] != self.query[:-1])
        tie = np.cumsum(np.r_[0, new])
        means = np.bincount(tie, weights=values) / np.bincount(tie)
        found: Floats = means[tie]
        return found
