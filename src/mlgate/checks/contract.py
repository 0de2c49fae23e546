"""What a check is: a pure function over what was measured, and a condition on its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlgate.checks.subject import Subject
    from mlgate.documents.evidence import Distribution

Need = Literal[
    "label",
    "id",
    "datetime",
    "prediction",
    "split",
    "reference",
    "reference-rows",
    "schema",
    "limit",
]
"""What must be configured for a check to run at all; every check needs a table.

``split`` is a train and a test table, ``reference`` a reference and a table to hold against it,
``reference-rows`` its rows and not only its profile, ``limit`` a limit that somebody has given.
"""

Unit = Literal["share", "count", "score", "days", "ratio", "breaches"]
"""How a value reads: part of rows or columns, number of things, strength from 0 to 1, age, one
thing to the other. Breaches are findings of 1 each, and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a value must satisfy; nothing given means that it is only shown.

    Attributes:
        max: Largest value that passes.
        min: Smallest value that passes.
        max_rise: Largest rise above the value of the reference that passes.
    """

    max: float | None = None
    min: float | None = None
    max_rise: float | None = None

    def broken_by(self, finding: Finding) -> bool:
        """Tell whether the value lies beyond the limit, and farther than chance explains."""
        value = finding.value
        if self.min is not None and value < self.min:
            return True
        if self.max is not None and value > max(self.max, finding.chance):
            return True
        if self.max_rise is None or finding.base is None:
            return False
        return value - finding.base > max(self.max_rise, finding.chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One measured value.

    Attributes:
        table: Which table it is of: ``train``, ``test``, ``reference``.
        column: Which column or columns, empty for whole rows.
        value: The value, in the unit of the check.
        base: The same value in the reference, where a rise is judged.
        chance: A value that chance alone may well reach on so few rows; the limit is not held
            against anything below it.
        note: What a reader should know, as in ``2 of 7 values are new``.
        distribution: The picture of a column.
    """

    table: str = ""
    column: str = ""
    value: float
    base: float | None = None
    chance: float = 0.0
    note: str = ""
    distribution: Distribution | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one check is to run.

    Attributes:
        limit: Its condition.
        outcome: What a broken condition is.
        columns: The only columns to look at; empty for all.
        ignore: Columns not to look at.
        method: Name of the distance, for checks that have several.
        samples: Whether messages may show values of the data.
        now: The time of the run in seconds since the epoch, for ages.
    """

    limit: Limit
    outcome: Literal["fail", "warn"] = "fail"
    columns: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    method: str = ""
    samples: bool = False
    now: float = 0.0

    def looks_at(self, column: str) -> bool:
        """Tell whether ``column`` is one to look at."""
        return column not in self.ignore and (not self.columns or column in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One entry of the catalogue.

    Attributes:
        id: Dotted and stable.
        summary: What is measured, for the catalogue.
        measure: Returns the values; never knows the limit.
        needs: What must be configured.
        limit: The condition where the configuration says nothing.
        outcome: What a broken condition is, likewise.
        unit: How values read.
        methods: Distances it can measure, the default first.
        peer: The check of deepchecks that measures the same, empty where there is none.
        differs: How ours differs from it, empty where the definitions are the same.
    """

    id: str
    summary: str
    measure: Callable[[Subject, Settings], Iterable[Finding]]
    needs: frozenset[Need] = frozenset()
    limit: Limit = Limit()
    outcome: Literal["fail", "warn"] = "fail"
    unit: Unit = "share"
    methods: tuple[str, ...] = ()
    peer: str = ""
    differs: str = ""


class NotMeasurableError(Exception):
    """There is too little to measure; the check is skipped and says why."""
