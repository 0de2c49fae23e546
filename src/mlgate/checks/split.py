"""Train and test held against each other: leaks, new values, and whether they are alike."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlgate.checks.association import LEAST, chance_of, prediction_strength
from mlgate.checks.contract import Finding, NotMeasurableError
from mlgate.checks.drift import columns_of, label_of, shifted
from mlgate.checks.integrity import SIGMAS
from mlgate.checks.rows import distinct_shared
from mlgate.checks.subject import TEST, TRAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.checks.contract import Settings
    from mlgate.checks.subject import Subject
    from mlgate.tables.table import Table


def overlap(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of test rows that stand in train as they are, features and label.

    Where features are coarse, rows of different origin are equal by nature. How often a new row
    would be equal to one of train is one less the share of train rows that stand there only once
    (I. J. Good, 1953); that much, and what chance adds to it, is not held against the split.
    """
    if settings.columns or settings.ignore:
        raise NotMeasurableError("it compares whole rows: name columns under `data: ignore`")
    train, test = _tables(subject)
    if not train.rows or not test.rows:
        raise NotMeasurableError("a table has no rows")
    facts = subject.rows
    expected = 1 - facts.single[TRAIN] / train.rows
    chance = _upper(expected, train.rows, test.rows) if expected > 0 else 0.0
    note = f"{facts.leaked} rows" if facts.leaked else ""
    if note and expected > 0.01:  # noqa: PLR2004
        note += f", {expected:.1%} expected of such coarse features"
    yield Finding(table=TEST, value=facts.leaked / test.rows, chance=chance, note=note)


def _upper(share: float, base: int, current: int) -> float:
    """Return the share that chance exceeds once in a thousand cases."""
    spread = math.sqrt(share * (1 - share) * (1 / base + 1 / current))
    return min(1.0, share + SIGMAS * spread + 1 / base)


def id_overlap(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of test rows whose id stands in train."""
    name = subject.roles.id
    tables = _tables(subject)
    subject.require_in(name, tables)
    if tables[1].rows and settings.looks_at(name):
        rows = distinct_shared(subject.store, tables, name)
        note = f"{rows} rows" if rows else ""
        yield Finding(table=TEST, column=name, value=rows / tables[1].rows, note=note)


def date_overlap(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of test rows that were observed no later than the newest of train."""
    name = subject.roles.datetime
    train, test = _tables(subject)
    subject.require_in(name, (train, test))
    newest = subject.columns[TRAIN][name].high
    if newest is None or any(t.by_name[name].kind != "datetime" for t in (train, test)):
        raise NotMeasurableError(f"{name[:100]} holds no dates")
    if test.rows and settings.looks_at(name):
        value = test.by_name[name].sql
        (rows,) = subject.store.row(
            f"SELECT count(*) FROM {test.relation} WHERE epoch({value}) <= {newest!r}"
        )
        yield Finding(table=TEST, column=name, value=rows / test.rows)


def new_categories(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield, for each column of names, the share of test rows whose value train does not have."""
    for name in columns_of(subject.split, subject, settings):
        yield from _new(subject, name)


def new_labels(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of test rows whose label train does not have."""
    label = subject.roles.label
    subject.require_in(label, _tables(subject))
    if settings.looks_at(label):
        yield from _new(subject, label)


def _new(subject: Subject, name: str) -> Iterator[Finding]:
    base = subject.columns[TRAIN][name]
    column = subject.split.columns.get(name)
    if column is None or not base.complete:
        return
    single = sum(category.rows == 1 for category in base.categories)
    rows, current = sum(column.base), sum(column.current)
    if not rows or not current:
        return
    expected = single / rows
    chance = _upper(expected, rows, current)
    fresh = column.current[-1]
    note = f"{fresh} rows" if fresh else ""
    yield Finding(table=TEST, column=name, value=fresh / current, chance=chance, note=note)


def size(subject: Subject, _settings: Settings) -> Iterator[Finding]:
    """Yield test rows per train row."""
    train, test = _tables(subject)
    if not train.rows:
        raise NotMeasurableError("train has no rows")
    yield Finding(value=test.rows / train.rows, note=f"{test.rows} to {train.rows} rows")


def feature_drift(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the distance of each feature between train and test."""
    yield from shifted(subject.split, subject, settings)


def label_drift(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the distance of the label between train and test."""
    subject.require_in(subject.roles.label, _tables(subject))
    yield from label_of(subject.split, subject.roles.label, settings)


def correlation_change(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield how much better, or worse, each feature alone tells the label in train."""
    label = subject.roles.label
    subject.require_in(label, _tables(subject))
    train, test = (subject.samples[role] for role in (TRAIN, TEST))
    if min(train.rows, test.rows) < LEAST:
        raise NotMeasurableError(f"fewer than {LEAST} rows in a table")
    both = [
        n for n in train.names() if n in set(test.names()) and n not in subject.roles.no_features
    ]
    if label not in train.names() or label not in test.names():
        raise NotMeasurableError("the label is neither a number nor one of a few names")
    for name in both:
        if settings.looks_at(name):
            before, after = (prediction_strength(sample, name, label) for sample in (train, test))
            chance = chance_of(train, name, label) + chance_of(test, name, label)
            note = f"{before:.2f} in train, {after:.2f} in test"
            yield Finding(
                table=TEST, column=name, value=abs(before - after), chance=chance, note=note
            )


def _tables(subject: Subject) -> tuple[Table, Table]:
    return subject.tables[TRAIN], subject.tables[TEST]
