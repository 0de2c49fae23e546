"""Everything that checks look at: tables and what was measured of them, each thing once."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mlgate.checks.association import Sample, take_sample
from mlgate.checks.contract import NotMeasurableError
from mlgate.checks.profile import profile_table
from mlgate.checks.rows import RowFacts, row_facts
from mlgate.checks.shift import Shift
from mlgate.checks.text import TextFacts, text_facts
from mlgate.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlgate.checks.data_schema import DataSchema
    from mlgate.documents.profile import ColumnProfile, TableProfile
    from mlgate.tables.store import Store
    from mlgate.tables.table import Table

TRAIN, TEST, REFERENCE = "train", "test", "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What columns are for, as the configuration says; an empty name is none.

    Attributes:
        label: What the model predicts.
        prediction: What it predicted.
        id: What names a row.
        datetime: When a row was observed.
        categorical: Numbers that are names.
        ignore: What no check looks at.
    """

    label: str = ""
    prediction: str = ""
    id: str = ""
    datetime: str = ""
    categorical: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()

    @property
    def no_features(self) -> frozenset[str]:
        """Return the columns that are not what the model predicts from."""
        named = {self.label, self.prediction, self.id, self.datetime}
        return frozenset(named - {""}) | self.ignore

    def require(self, known: Iterable[str], *, lenient: bool = False) -> None:
        """Refuse names that no table has; a typo would switch off what it is about.

        Args:
            known: All columns of all tables.
            lenient: Whether columns to ignore may be gone.

        Raises:
            ConfigError: names the column and the one that was probably meant.
        """
        columns = sorted(set(known))
        stated = {
            "label": [self.label],
            "prediction": [self.prediction],
            "id": [self.id],
            "datetime": [self.datetime],
            "categorical": sorted(self.categorical),
            "ignore": [] if lenient else sorted(self.ignore),
        }
        for key, names in stated.items():
            for name in names:
                if name and name not in columns:
                    raise unknown_column(f"data: `{key}`", name, columns)


def unknown_column(where: str, name: str, known: Iterable[str]) -> ConfigError:
    """Return the error about a column that no table has."""
    columns = sorted(known)
    close = difflib.get_close_matches(name, columns, n=1, cutoff=0.5)
    listed = ", ".join(column[:60] for column in columns[:20])
    hint = f"did you mean `{close[0]}`?" if close else f"columns: {listed}"
    return ConfigError(f"{where}: no table has a column {name!r}", hint=hint)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The tables of one model; what is expensive is measured when a check first asks for it.

    Attributes:
        store: The database.
        tables: By role; the reference is absent where only its profile is known.
        stored: The profile of the reference that was measured earlier.
        roles: What the columns are for.
        schema: What the columns must be, where somebody has said so.
        progress: Is told what is being done.
    """

    store: Store
    tables: Mapping[str, Table]
    stored: TableProfile | None = None
    roles: Roles = field(default_factory=Roles)
    schema: DataSchema | None = None
    progress: Callable[[str], None] = lambda _said: None

    @property
    def checked(self) -> list[Table]:
        """Return the tables to judge: the reference only where it is all there is."""
        found = [table for role, table in self.tables.items() if role != REFERENCE]
        return found or list(self.tables.values())

    @cached_property
    def profiles(self) -> Mapping[str, TableProfile]:
        """Return the profile of every table by role."""
        found: dict[str, TableProfile] = {}
        alone = self.stored is None and REFERENCE not in self.tables
        for role, table in self.tables.items():
            first = next(iter(found.values()), None) if alone else None
            found[role] = profile_table(
                self.store,
                table,
                categorical=self.roles.categorical,
                labels={self.roles.label, self.roles.prediction},
                bins={c.name: c for c in first.columns} if first else None,
                progress=self.progress,
            )
        return {REFERENCE: self.stored, **found} if self.stored else found

    @cached_property
    def columns(self) -> Mapping[str, Mapping[str, ColumnProfile]]:
        """Return the profile of every column, by role and name."""
        return {
            role: {column.name: column for column in profile.columns}
            for role, profile in self.profiles.items()
        }

    @cached_property
    def texts(self) -> Mapping[str, Mapping[str, TextFacts]]:
        """Return facts about the columns of text of the checked tables."""
        self.progress("texts and their spellings")
        return {
            table.role: text_facts(
                self.store,
                table,
                self.columns[table.role],
                [c for c in table.of_kind("text") if c.name not in self.roles.ignore],
            )
            for table in self.checked
        }

    @cached_property
    def rows(self) -> RowFacts:
        """Return facts about whole rows: features and label."""
        tables = [t for t in self.checked if t.role in {TRAIN, TEST}] or self.checked
        self.progress("duplicates, contradictions and leaks")
        features = self.common_features(tables)
        if not features:
            raise NotMeasurableError("the tables have no column of features in common")
        label = self.roles.label if all(self.roles.label in t.by_name for t in tables) else ""
        return row_facts(self.store, tables, features, label)

    @cached_property
    def duplicates(self) -> Mapping[str, int]:
        """Return the number of rows that repeat an earlier one in every column, by role."""
        extra = self.roles.no_features - self.roles.ignore - {self.roles.label}
        same = all(
            {c.name for c in t.columns} == set(self.checked[0].by_name) for t in self.checked
        )
        if not extra and same and self.common_features(self.checked):
            return self.rows.duplicates
        found: dict[str, int] = {}
        for table in self.checked:
            columns = [c.name for c in table.columns if c.name not in self.roles.ignore]
            if columns:
                found |= row_facts(self.store, [table], columns).duplicates
        return found

    @cached_property
    def samples(self) -> Mapping[str, Sample]:
        """Return a sample of every checked table, names coded as in the first of them."""
        self.progress("associations between columns")
        first = self.checked[0]
        profile = self.profiles[first.role]
        found: dict[str, Sample] = {}
        for table in self.checked:
            columns = [
                c.name
                for c in first.columns
                if c.name in table.by_name and c.name not in self.roles.ignore
            ]
            found[table.role] = take_sample(self.store, table, profile, columns)
        return found

    def pair_of_samples(self, role: str, columns: Sequence[str]) -> tuple[Sample, Sample]:
        """Return samples of the reference and of ``role``, names coded as in the reference."""
        self.progress(f"{role} against {REFERENCE}, all columns together")
        profile = self.profiles[REFERENCE]
        base, current = (
            take_sample(self.store, self.tables[r], profile, columns) for r in (REFERENCE, role)
        )
        return base, current

    def common_features(self, tables: Iterable[Table]) -> list[str]:
        """Return the features that all ``tables`` have, in the order of the first."""
        tables = list(tables)
        return [
            column.name
            for column in tables[0].columns
            if column.name not in self.roles.no_features
            and all(column.name in table.by_name for table in tables)
        ]

    @cached_property
    def split(self) -> Shift:
        """Return the test table held against the train table."""
        return self._shift(TRAIN, TEST)

    @cached_property
    def drifts(self) -> list[Shift]:
        """Return every checked table held against the reference."""
        return [self._shift(REFERENCE, table.role) for table in self.checked]

    def _shift(self, base: str, current: str) -> Shift:
        self.progress(f"{current} against {base}")
        return Shift.between(
            self.store,
            (base, self.profiles[base]),
            self.tables[current],
            self.profiles[current],
        )

    def require_in(self, column: str, tables: Iterable[Table]) -> None:
        """Refuse to measure where a table lacks the column of a role.

        Raises:
            MissingColumnError: names the table.
        """
        for table in tables:
            if column not in table.by_name:
                raise MissingColumnError(f"{table.role} has no column {column[:200]!r}")


class MissingColumnError(Exception):
    """A table lacks a column that a check needs; the check could not run, and says so."""
