"""How strongly two columns go together, on a sample of rows that is always the same."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mlgate.checks.distance import CHANCE, chi_squared_quantile
from mlgate.checks.profile import sampled
from mlgate.tables.quoting import literal, name
from mlgate.tables.table import in_parts, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgate.documents.profile import ColumnProfile, TableProfile
    from mlgate.tables.store import Store
    from mlgate.tables.table import Column, Table

SAMPLE: Final = 20_000
"""Rows that associations are taken from."""

LEAST: Final = 100
"""Rows below which no association is judged."""

BINS: Final = 16
"""Bins of equal depth that a column of numbers is cut into where it is held against names."""

_CODES: Final = 100
"""Values of a column of names that are told apart; the others are one."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows as arrays of numpy, all of one length.

    Attributes:
        rows: Number of rows.
        numbers: Columns of numbers and times, as float64; NaN where there is no value.
        codes: Columns of names, as small integers; 0 where there is no value.
    """

    rows: int
    numbers: Mapping[str, Any]
    codes: Mapping[str, Any]
    _binned: dict[str, Any] = field(default_factory=dict, init=False)

    def groups(self, column: str) -> Any:  # noqa: ANN401 - an array of numpy
        """Return the codes of ``column``, or the bins of equal depth of its numbers."""
        if column in self.codes:
            return self.codes[column]
        if column not in self._binned:
            self._binned[column] = binned(self.numbers[column])
        return self._binned[column]

    def names(self) -> list[str]:
        """Return all columns."""
        return [*self.numbers, *self.codes]


def take_sample(
    store: Store,
    table: Table,
    profile: TableProfile,
    columns: Sequence[str],
    *,
    most: int = SAMPLE,
) -> Sample:
    """Return ``columns`` of at most about ``most`` rows; identifiers and free text are left out.

    Args:
        store: The database.
        table: The table.
        profile: The profile that gives names their codes: that of the table itself, or of the
            one that it is held against.
        columns: Which columns.
        most: How many rows.
    """
    import numpy as np  # noqa: PLC0415  # an extra

    known = {column.name: column for column in profile.columns}
    numbers = [c for c in columns if _is_number(known[c])]
    codes = [c for c in columns if known[c].categories]
    if table.rows < LEAST or not (numbers or codes):
        return Sample(0, {}, {})
    found: dict[str, Any] = {}
    for part in in_parts(store, table, [table.by_name[c] for c in (*numbers, *codes)]):
        values = [
            f"({_code(c, known[c.name])})::INTEGER" if known[c.name].categories
            else f"({_number(c)})::DOUBLE"
            for c in part.columns
        ]  # fmt: skip
        named = [f"{v} AS {name(c.name)}" for v, c in zip(values, part.columns, strict=True)]
        found |= store.columns(
            f"SELECT {', '.join(named)} FROM {part.relation} WHERE {sampled(part, most)} "
            f"ORDER BY hash({part.row_number})"
        )
    arrays = {
        column: np.ma.filled(np.ma.asarray(values).astype(float), math.nan)
        for column, values in found.items()
    }
    length = len(next(iter(arrays.values())))
    coded = {c: np.nan_to_num(arrays[c], nan=0.0).astype(int) for c in codes}
    return Sample(length, {c: arrays[c] for c in numbers}, coded)


def _is_number(column: ColumnProfile) -> bool:
    return column.kind in {"number", "datetime"} and not column.categories


def _number(column: Column) -> str:
    return f"epoch({column.sql})" if column.kind == "datetime" else column.sql


def _code(found: Column, column: ColumnProfile) -> str:
    values = ", ".join(literal(category.value) for category in column.categories[:_CODES])
    text = name_of(found)
    other = len(column.categories[:_CODES]) + 1
    position = f"coalesce(list_position([{values}], {text}), {other})"
    return f"CASE WHEN {text} IS NULL THEN 0 ELSE {position} END"


def association(sample: Sample, one: str, other: str) -> float:
    """Return how strongly two columns go together, from 0 to 1.

    Two columns of numbers: Pearson's |r|. Two columns of names: Cramér's V with Bergsma's
    correction (2013). One of each: the correlation ratio η, corrected for its number of groups as
    ε² is (T. L. Kelley, 1935).
    """
    if one in sample.numbers and other in sample.numbers:
        return abs(_pearson(sample.numbers[one], sample.numbers[other]))
    if one in sample.codes and other in sample.codes:
        return _cramers_v(sample.codes[one], sample.codes[other])
    number, names = (one, other) if one in sample.numbers else (other, one)
    return _correlation_ratio(sample.codes[names], sample.numbers[number])


def prediction_strength(sample: Sample, feature: str, label: str) -> float:
    """Return how well ``feature`` alone tells the label, from 0 to 1, whatever the shape.

    The feature is cut into bins of equal depth where it is a number; then it is Cramér's V for a
    label of names and the corrected correlation ratio for a label of numbers.
    """
    groups = sample.groups(feature)
    if label in sample.codes:
        return _cramers_v(groups, sample.codes[label])
    return _correlation_ratio(groups, sample.numbers[label])


def binned(values: Any) -> Any:  # noqa: ANN401 - an array of numpy
    """Return the bin of equal depth of each number, 0 where there is none."""
    import numpy as np  # noqa: PLC0415  # an extra

    present = np.sort(values[~np.isnan(values)])
    if not present.size:
        return np.zeros(values.shape, dtype=int)
    edges = np.unique(present[np.arange(1, BINS) * present.size // BINS])
    found = np.searchsorted(edges, values, side="right") + 1
    found[np.isnan(values)] = 0
    return found


def _pearson(one: Any, other: Any) -> float:  # noqa: ANN401
    import numpy as np  # noqa: PLC0415  # an extra

    both = ~(np.isnan(one) | np.isnan(other))
    if both.sum() < LEAST:
        return 0.0
    x, y = one[both] - one[both].mean(), other[both] - other[both].mean()
    spread = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / spread if spread > 0 else 0.0


def _cramers_v(one: Any, other: Any) -> float:  # noqa: ANN401
    import numpy as np  # noqa: PLC0415  # an extra

    both = (one > 0) & (other > 0)
    one, other = one[both], other[both]
    n = int(both.sum())
    if n < LEAST:
        return 0.0
    width = int(other.max()) + 1
    table = np.bincount(one * width + other, minlength=(int(one.max()) + 1) * width)
    table = table.reshape(-1, width).astype(float)
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    rows, columns = table.shape
    expected = np.outer(table.sum(1), table.sum(0)) / n
    phi = float(((table - expected) ** 2 / expected).sum()) / n
    phi = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    sides = [side - (side - 1) ** 2 / (n - 1) for side in (rows, columns)]
    least = min(sides) - 1
    return min(1.0, math.sqrt(phi / least)) if least > 0 else 0.0


def _correlation_ratio(groups: Any, values: Any) -> float:  # noqa: ANN401
    import numpy as np  # noqa: PLC0415  # an extra

    both = (groups > 0) & ~np.isnan(values)
    groups, values = groups[both], values[both]
    n = int(both.sum())
    if n < LEAST:
        return 0.0
    counts = np.bincount(groups)
    kept = counts > 0
    values = values - values.mean()
    means = np.bincount(groups, weights=values)[kept] / counts[kept]
    between, total = float((counts[kept] * means**2).sum()), float((values**2).sum())
    count = int(kept.sum())
    if total <= 0 or n <= count:
        return 0.0
    within = (total - between) / (n - count)
    return math.sqrt(min(1.0, max(0.0, (between - (count - 1) * within) / total)))


def chance_of(sample: Sample, feature: str, label: str) -> float:
    """Return the strength that two columns without any association exceed once in a thousand."""
    groups = BINS if feature in sample.numbers else int(sample.codes[feature].max()) + 1
    if label in sample.numbers:
        classes, extra = 2, groups - 1
    else:
        classes = int(sample.codes[label].max())
        extra = (groups - 1) * max(classes - 1, 1)
    quantile = chi_squared_quantile(1 - CHANCE, max(extra, 1))
    least = max(min(groups, classes) - 1, 1)
    return math.sqrt(max(quantile - extra, 0.0) / max(sample.rows, 1) / least)
