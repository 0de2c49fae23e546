"""Arrays of numpy from tables of predictions, in an order that is always the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mlgate.evaluate.rows import EvaluationSet
from mlgate.evaluate.side import Side
from mlgate.sources.predictions.slices import Parts
from mlgate.tables.quoting import literal, name
from mlgate.tables.table import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mlgate.evaluate.side import Codes, Floats
    from mlgate.policy.predictions import Predictions
    from mlgate.sources.predictions.columns import Layout
    from mlgate.tables.store import Store
    from mlgate.tables.table import Column, Table

Found = dict[str, "NDArray[Any]"]


class Reading:
    """Reads tables whose columns mean the same."""

    def __init__(self, store: Store, wanted: Predictions, layout: Layout) -> None:
        self._store = store
        self._wanted = wanted
        self._layout = layout
        self._names = self._hashes()

    def rows(self, table: Table) -> EvaluationSet:
        """Return all rows of one table."""
        parts = Parts(self._store, table, self._wanted)
        columns = {**self._shared(table), **self._own(table, "head"), **parts.columns}
        with self._store.explained(table.origin):
            found = self._store.columns(f"SELECT {_listed(columns)} FROM {table.relation}")
        return self._set(_ordered(found), ["head"], parts)

    def pairs(self, head: Table, base: Table) -> EvaluationSet:
        """Return the rows that both tables have under the same label."""
        parts = Parts(self._store, head, self._wanted)
        mine = {**self._shared(head), **self._own(head, "head"), **parts.columns}
        theirs = self._own(base, "base")
        chosen = ", ".join(name(alias) for alias in (*mine, *theirs))
        with self._store.explained(head.origin):
            found = self._store.columns(
                f"SELECT {chosen} FROM {self._keyed(head, base, mine)} AS h "
                f"JOIN {self._keyed(base, head, theirs)} AS b ON h.i = b.i AND h.l = b.l"
            )
        return self._set(_ordered(found), ["head", "base"], parts)

    def counted(self, head: Table, base: Table) -> tuple[int, int]:
        """Return the rows that both tables have, and those of them under the same label."""
        both, same = self._store.row(
            f"SELECT count(*), count(*) FILTER (h.l = b.l) FROM {self._keyed(head, base, {})} AS h "
            f"JOIN {self._keyed(base, head, {})} AS b ON h.i = b.i"
        )
        return int(both), int(same)

    def _keyed(self, table: Table, other: Table, columns: Mapping[str, str]) -> str:
        """Return the rows of a table with what they pair by: ``i`` the id, ``l`` the label."""
        row, label = self._wanted.id or "", self._wanted.truth
        keys = {
            "i": _comparable(table.by_name[row], other.by_name[row]),
            "l": _comparable(table.by_name[label], other.by_name[label]),
        }
        return f"(SELECT {_listed({**keys, **columns})} FROM {table.relation})"

    def _shared(self, table: Table) -> dict[str, str]:
        """Return what is the same for both models."""
        wanted, by_name = self._wanted, table.by_name
        row = name_of(by_name[wanted.id]) if wanted.id else table.row_number
        found = {"order": f"hash({row})", "label": self._value(by_name[wanted.truth])}
        if wanted.weight:
            found["weight"] = f"({by_name[wanted.weight].sql})::DOUBLE"
        for key, column in (("group", wanted.group), ("query", wanted.query)):
            if column:
                found[key] = f"hash({by_name[column].sql})"
        return found

    def _own(self, table: Table, side: str) -> dict[str, str]:
        """Return what one model says."""
        found = {
            f"{side} score {place}": f"({table.by_name[column].sql})::DOUBLE"
            for place, column in enumerate(self._layout.scores)
        }
        if self._wanted.said:
            column = table.by_name[self._wanted.said]
            found[f"{side} prediction"] = self._value(column)
        return found

    def _value(self, column: Column) -> str:
        if column.kind == "number" or not self._layout.classes:
            return f"({column.sql})::DOUBLE"
        return f"hash({name_of(column)})"

    def _set(self, found: Found, names: Sequence[str], parts: Parts) -> EvaluationSet:
        sides = [self._side(found, side) for side in names]
        slices, left_out = parts.slices(found, self._wanted.min_rows)
        return EvaluationSet(
            task=self._layout.task,
            head=sides[0],
            base=sides[1] if len(sides) > 1 else None,
            labels=self._layout.classes,
            slices=slices,
            left_out=left_out,
            features=parts.features(found),
            names=found["order"] if self._wanted.id else None,
        )

    def _side(self, found: Found, side: str) -> Side:
        layout, wanted = self._layout, self._wanted
        scores = [found[f"{side} score {place}"] for place in range(len(layout.scores))]
        several = layout.task in {"multiclass", "quantile"}
        score = None if not scores else np.stack(scores, axis=1) if several else scores[0]
        label = found["label"]
        return Side(
            label=self._codes(label) if layout.classes else label,
            prediction=self._predicted(found.get(f"{side} prediction"), score),
            score=score,
            weight=found.get("weight"),
            group=_dense(found["group"]) if wanted.group else None,
            query=_dense(found["query"]) if wanted.query else None,
            classes=len(layout.classes),
            positive=layout.positive,
            quantiles=layout.quantiles,
        )

    def _predicted(
        self, prediction: NDArray[Any] | None, score: Floats | None
    ) -> Codes | Floats | None:
        """Return the predicted classes or numbers: as they are given, else from the scores."""
        layout = self._layout
        if prediction is not None:
            return self._codes(prediction) if layout.classes else prediction
        if score is None or not layout.classes:
            return None
        if score.ndim > 1:
            codes: Codes = score.argmax(axis=1)
            return codes
        called = score >= self._wanted.threshold
        return np.where(called, layout.positive, 1 - layout.positive)

    def _codes(self, values: NDArray[Any]) -> Codes:
        """Return the codes of classes that came as numbers or as hashes of names."""
        if values.dtype == np.uint64:
            known = self._names
        else:
            known = np.array([_number(text) for text in self._layout.classes])
        order = np.argsort(known)
        places = np.searchsorted(known[order], values)
        found: Codes = order[places]
        return found

    def _hashes(self) -> NDArray[np.uint64]:
        """Return the hash of the name of each class."""
        classes = self._layout.classes
        if not classes:
            return np.array([], dtype=np.uint64)
        listed = ", ".join(f"({code}, {literal(text)})" for code, text in enumerate(classes))
        found = self._store.columns(
            f"SELECT hash(v) AS h FROM (VALUES {listed}) t(c, v) ORDER BY c"
        )
        return np.asarray(found["h"], dtype=np.uint64)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _comparable(column: Column, other: Column) -> str:
    return column.sql if column.kind == other.kind else name_of(column)


def _listed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS {name(alias)}" for alias, sql in columns.items())


def _ordered(found: Mapping[str, Any]) -> Found:
    """Return arrays in the order of the hash of the rows' names, whatever order they came in."""
    order = np.argsort(np.ma.getdata(found["order"]), kind="stable")
    return {
        alias: values[order] if alias.startswith("part") else np.ma.getdata(values)[order]
        for alias, values in found.items()
    }


def _dense(values: NDArray[Any]) -> Codes:
    """Return codes 0, 1, … of the different values."""
    found: Codes = np.unique(np.ma.getdata(values), return_inverse=True)[1]
    return found
