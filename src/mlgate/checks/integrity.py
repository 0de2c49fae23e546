"""One table at a time: what is missing, mixed up, constant, repeated or out of range."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Final

from mlgate.checks.association import LEAST, association, chance_of, prediction_strength
from mlgate.checks.contract import Finding, NotMeasurableError
from mlgate.checks.subject import REFERENCE, TRAIN
from mlgate.checks.text import FENCE
from mlgate.tables.csv_text import MOSTLY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.checks.contract import Settings
    from mlgate.checks.data_schema import ColumnSchema
    from mlgate.checks.subject import Subject
    from mlgate.checks.text import TextFacts
    from mlgate.documents.profile import ColumnProfile
    from mlgate.tables.table import Column, Table

SIGMAS: Final = 3.29
"""Standard deviations that chance exceeds once in a thousand cases, both sides together."""

_DAY: Final = 86_400.0
_MAX_PAIRS: Final = 400
"""Columns whose pairs are all held against each other."""


def schema(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield one finding per breach of the schema file."""
    if subject.schema is None:
        raise NotMeasurableError("no schema file is named")
    for table in subject.checked:
        columns = subject.columns[table.role]
        for name, wanted in subject.schema.columns.items():
            notes = _breaches(columns.get(name), wanted, table.rows, samples=settings.samples)
            for note in notes if settings.looks_at(name) else ():
                yield Finding(table=table.role, column=name, value=1, note=note)
        others = columns if not subject.schema.others else ()
        for name in others:
            if name not in subject.schema.columns and settings.looks_at(name):
                note = "the schema does not list it"
                yield Finding(table=table.role, column=name, value=1, note=note)


def _breaches(
    found: ColumnProfile | None, wanted: ColumnSchema, rows: int, *, samples: bool
) -> Iterator[str]:
    if found is None:
        if not wanted.optional:
            yield "the column is absent"
        return
    share = found.nulls / rows if rows else 0.0
    if found.kind != wanted.type and found.nulls < rows:
        yield f"{found.kind}, not {wanted.type}"
        return
    if share > wanted.nulls:
        yield f"{share:.2%} without a value, {wanted.nulls:.2%} allowed"
    if wanted.values is None:
        return
    if found.nulls < rows and not found.categories:
        yield f"about {found.distinct} different values, {len(wanted.values)} allowed"
        return
    new = [c for c in found.categories if c.value not in wanted.values]
    if new:
        named = f": {', '.join(c.value[:40] for c in new[:5])}" if samples else ""
        yield f"{len(new)} values that are not listed, in {sum(c.rows for c in new)} rows{named}"


def value_range(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield infinite numbers, and columns whose numbers leave the bounds of the schema file."""
    for table, column in _columns(subject, settings):
        found = subject.columns[table.role][column.name]
        if column.kind != "number":
            continue
        wanted = subject.schema.columns.get(column.name) if subject.schema else None
        notes = [f"{found.infinite} infinite"] if found.infinite else []
        if wanted and wanted.min is not None and found.low is not None and found.low < wanted.min:
            notes.append(f"smallest {found.low:g}, {wanted.min:g} allowed")
        if wanted and wanted.max is not None and found.high is not None and found.high > wanted.max:
            notes.append(f"largest {found.high:g}, {wanted.max:g} allowed")
        yield Finding(
            table=table.role, column=column.name, value=float(bool(notes)), note=", ".join(notes)
        )


def nulls(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of rows without a value, and that of the table before it."""
    for table, column in _columns(subject, settings):
        if not table.rows:
            continue
        share = subject.columns[table.role][column.name].nulls / table.rows
        base, rows = _before(subject, table, column.name)
        chance = 0.0
        if base is not None and rows:
            pooled = (base * rows + share * table.rows) / (rows + table.rows)
            spread = math.sqrt(max(pooled * (1 - pooled), 0) * (1 / rows + 1 / table.rows))
            chance = SIGMAS * spread
        note = f"{base:.2%} before" if base is not None and share > base else ""
        yield Finding(
            table=table.role, column=column.name, value=share, base=base, chance=chance, note=note
        )


def _before(subject: Subject, table: Table, column: str) -> tuple[float | None, int]:
    """Return the share of nulls in the reference, else in train, and its rows."""
    for role in (REFERENCE, TRAIN):
        if role == table.role or role not in subject.profiles:
            continue
        found = subject.columns[role].get(column)
        rows = subject.profiles[role].rows
        if found is not None and rows:
            return found.nulls / rows, rows
    return None, 0


def mixed_nulls(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield in how many ways each column writes that a value is missing."""
    for table, column in _columns(subject, settings):
        text = subject.texts[table.role].get(column.name)
        forms = text.forms if text else column.forms
        shown = ", ".join(sorted(repr(form) for form in forms)[:6]) if len(forms) > 1 else ""
        yield Finding(table=table.role, column=column.name, value=len(forms), note=shown)


def mixed_types(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of values that are not of the kind that nearly all of the column are."""
    for table, column in _columns(subject, settings):
        text = subject.texts[table.role].get(column.name)
        if column.misfits:
            values = table.rows - subject.columns[table.role][column.name].nulls + column.misfits
            note = f"{column.misfits} values that are no {column.kind}"
            share = column.misfits / max(values, column.misfits)
            yield Finding(table=table.role, column=column.name, value=share, note=note)
        elif text is not None and text.values:
            kind, fitting = _main_kind(text)
            share = 1 - fitting / text.values if kind else 0.0
            note = f"{text.values - fitting} values that are no {kind}" if share else ""
            yield Finding(table=table.role, column=column.name, value=share, note=note)


def _main_kind(text: TextFacts) -> tuple[str, int]:
    for kind, count in (("number", text.numbers), ("time", text.times)):
        if count >= text.values * MOSTLY:
            return kind, count
    return "", text.values


def single_value(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield 1 for every column that has the same value in all rows that have one."""
    for table, column in _columns(subject, settings):
        found = subject.columns[table.role][column.name]
        if table.rows - found.nulls < 2:  # noqa: PLR2004 - one value is always the same
            continue
        same = found.low == found.high if found.low is not None else found.distinct == 1
        yield Finding(table=table.role, column=column.name, value=float(same))


def duplicates(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of rows that repeat an earlier one in every column."""
    _whole_rows(settings)
    for table in subject.checked:
        if table.rows and table.role in subject.duplicates:
            rows = subject.duplicates[table.role]
            note = f"{rows} rows" if rows else ""
            yield Finding(table=table.role, value=rows / table.rows, note=note)


def _whole_rows(settings: Settings) -> None:
    if settings.columns or settings.ignore:
        raise NotMeasurableError(
            "it compares whole rows: leave columns out under `data: ignore`, not in its condition"
        )


def conflicting_labels(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of rows whose features stand with another label as well."""
    _whole_rows(settings)
    subject.require_in(subject.roles.label, subject.checked)
    for table in subject.checked:
        if table.rows:
            rows = subject.rows.conflicts[table.role]
            note = f"{rows} rows" if rows else ""
            yield Finding(table=table.role, value=rows / table.rows, note=note)


def special_characters(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of texts without letter or digit."""
    for table, column, text in _texts(subject, settings):
        yield Finding(table=table.role, column=column, value=text.special / text.values)


def string_mismatch(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of texts that differ from a more frequent one in case or punctuation only."""
    for table, column, text in _texts(subject, settings):
        if subject.columns[table.role][column].categories:
            note = f"{text.variants} spellings of the same" if text.variants else ""
            share = text.variant_rows / text.values
            yield Finding(table=table.role, column=column, value=share, note=note)


def string_length(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of texts whose length lies far outside the quartiles."""
    for table, column, text in _texts(subject, settings):
        low, high = text.lengths
        note = f"half of them have {low} to {high} characters" if text.long else ""
        yield Finding(table=table.role, column=column, value=text.long / text.values, note=note)


def outliers(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of numbers more than three interquartile ranges beyond the quartiles.

    Counted over the bins of the profile, so it is exact to 1/256 of the rows.
    """
    for table, column in _columns(subject, settings):
        found = subject.columns[table.role][column.name]
        if not found.quartiles or not found.counts:
            continue
        low, _, high = found.quartiles
        reach = FENCE * (high - low)
        if reach <= 0:
            continue
        total, beyond = sum(found.counts), found.counts[-1]
        for edge, rows in zip(found.edges, found.counts, strict=False):
            beyond += rows if edge < low - reach or edge > high + reach else 0
        yield Finding(table=table.role, column=column.name, value=beyond / total)


def class_imbalance(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield rows of the rarest class per row of the most frequent one."""
    label = subject.roles.label
    subject.require_in(label, subject.checked)
    for table in subject.checked:
        found = subject.columns[table.role][label]
        sizes = _classes(found)
        if len(sizes) > 1 and settings.looks_at(label):
            note = f"{len(sizes)} classes"
            yield Finding(table=table.role, column=label, value=min(sizes) / max(sizes), note=note)


def _classes(label: ColumnProfile) -> list[int]:
    """Return the sizes of the classes; a label of many numbers has none."""
    return [category.rows for category in label.categories] if label.complete else []


def freshness(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the age of the newest row in days."""
    column = subject.roles.datetime
    subject.require_in(column, subject.checked)
    for table in subject.checked:
        newest = subject.columns[table.role][column].high
        if newest is None or table.by_name[column].kind != "datetime":
            raise NotMeasurableError(f"{column[:100]} in {table.role} holds no dates")
        yield Finding(table=table.role, column=column, value=(settings.now - newest) / _DAY)


def row_count(subject: Subject, _settings: Settings) -> Iterator[Finding]:
    """Yield the number of rows."""
    for table in subject.checked:
        yield Finding(table=table.role, value=table.rows)


def correlation(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield how strongly each pair of features goes together, the strongest pair of each column."""
    for table in subject.checked:
        sample = subject.samples[table.role]
        if sample.rows < LEAST:
            continue
        names = [
            n for n in sample.names() if n not in subject.roles.no_features and settings.looks_at(n)
        ]
        if len(names) > _MAX_PAIRS:
            raise NotMeasurableError(
                f"{len(names)} columns are too many to hold all against each other: "
                "name some under `columns`"
            )
        best: dict[str, tuple[float, str]] = {}
        for one, other in combinations(names, 2):
            strength = association(sample, one, other)
            best[one] = max(best.get(one, (0.0, "")), (strength, other))
        for one, (strength, other) in best.items():
            note = f"with {other}" if other else ""
            yield Finding(table=table.role, column=one, value=strength, note=note)


def label_correlation(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield how well each feature alone tells the label."""
    label = subject.roles.label
    subject.require_in(label, subject.checked)
    for table in subject.checked:
        sample = subject.samples[table.role]
        if sample.rows < LEAST or label not in sample.names():
            continue
        for name in sample.names():
            if name not in subject.roles.no_features and settings.looks_at(name):
                strength = prediction_strength(sample, name, label)
                yield Finding(table=table.role, column=name, value=strength)


def identifier_label_correlation(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield how well the name of a row, or its place in the order, tells the label."""
    label, name = subject.roles.label, subject.roles.id
    subject.require_in(label, subject.checked)
    subject.require_in(name, subject.checked)
    for table in subject.checked:
        sample = subject.samples[table.role]
        if sample.rows < LEAST or not {label, name} <= set(sample.names()):
            continue
        if settings.looks_at(name):
            strength = prediction_strength(sample, name, label)
            chance = chance_of(sample, name, label)
            yield Finding(table=table.role, column=name, value=strength, chance=chance)


def _columns(subject: Subject, settings: Settings) -> Iterator[tuple[Table, Column]]:
    for table in subject.checked:
        for column in table.columns:
            if column.name not in subject.roles.ignore and settings.looks_at(column.name):
                yield table, column


def _texts(subject: Subject, settings: Settings) -> Iterator[tuple[Table, str, TextFacts]]:
    for table in subject.checked:
        for name, text in subject.texts[table.role].items():
            if text.values and settings.looks_at(name):
                yield table, name, text
