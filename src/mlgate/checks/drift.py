"""Current data held against a reference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from mlgate.checks.association import LEAST
from mlgate.checks.contract import Finding, NotMeasurableError
from mlgate.checks.domain import separability
from mlgate.checks.subject import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.checks.contract import Settings
    from mlgate.checks.shift import Shift
    from mlgate.checks.subject import Subject

DRIFTED: Final = 0.2
"""Distance beyond which a column counts as drifted."""


def feature(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the distance of each feature from the reference."""
    for shift in subject.drifts:
        yield from shifted(shift, subject, settings)


def label(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the distance of the label from the reference."""
    yield from _role(subject, subject.roles.label, settings)


def prediction(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the distance of the predictions from the reference."""
    yield from _role(subject, subject.roles.prediction, settings)


def _role(subject: Subject, name: str, settings: Settings) -> Iterator[Finding]:
    subject.require_in(name, subject.checked)
    for shift in subject.drifts:
        if name not in shift.columns and name not in shift.changed:
            raise NotMeasurableError(f"the reference has no column {name[:100]!r}")
        yield from label_of(shift, name, settings)


def new_values(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield, for each feature, the share of rows outside the values or range of the reference."""
    for shift in subject.drifts:
        for name in columns_of(shift, subject, settings):
            column = shift.columns[name]
            base = subject.columns[REFERENCE][name]
            if column.values and not base.complete:
                continue
            rows, current = sum(column.base), sum(column.current)
            if not rows or not current:
                continue
            single = sum(c.rows == 1 for c in base.categories) if column.values else 2
            expected = (single + 1) / rows
            spread = math.sqrt(expected * (1 - min(expected, 1)) / current)
            chance = expected + 3.29 * spread
            yield Finding(table=shift.current, column=name, value=column.outside, chance=chance)


def share(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the share of features that lie farther from the reference than 0.2 and than chance."""
    for shift in subject.drifts:
        found = list(shifted(shift, subject, settings))
        if found:
            drifted = [f for f in found if f.value > max(DRIFTED, f.chance)]
            note = f"{len(drifted)} of {len(found)} features"
            yield Finding(table=shift.current, value=len(drifted) / len(found), note=note)


def multivariate(subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield how well a classifier tells rows of the reference from current ones."""
    for shift in subject.drifts:
        names = [n for n in columns_of(shift, subject, settings) if n not in shift.changed]
        samples = subject.pair_of_samples(shift.current, names)
        if min(sample.rows for sample in samples) < LEAST or not names:
            raise NotMeasurableError(f"fewer than {LEAST} rows in a table")
        value, chance = separability(*samples)
        yield Finding(table=shift.current, value=value, chance=chance)


def columns_of(shift: Shift, subject: Subject, settings: Settings) -> list[str]:
    """Return the features that both sides have."""
    without = subject.roles.no_features
    return [name for name in shift.columns if name not in without and settings.looks_at(name)]


def shifted(shift: Shift, subject: Subject, settings: Settings) -> Iterator[Finding]:
    """Yield the distance of each feature; one that is gone, or of another kind, is far away."""
    without = subject.roles.no_features
    for name in shift.missing:
        if name not in without and settings.looks_at(name):
            yield Finding(table=shift.current, column=name, value=1.0, note="the column is absent")
    for name, (before, after) in shift.changed.items():
        if name not in without and settings.looks_at(name):
            note = f"{before} in {shift.base}, {after} in {shift.current}"
            yield Finding(table=shift.current, column=name, value=1.0, note=note)
    for name in columns_of(shift, subject, settings):
        yield _distance(shift, name, settings)


def label_of(shift: Shift, name: str, settings: Settings) -> Iterator[Finding]:
    """Yield the distance of one column."""
    if not settings.looks_at(name):
        return
    if name in shift.changed:
        before, after = shift.changed[name]
        note = f"{before} in {shift.base}, {after} in {shift.current}"
        yield Finding(table=shift.current, column=name, value=1.0, note=note)
    elif name in shift.columns:
        yield _distance(shift, name, settings)


def _distance(shift: Shift, name: str, settings: Settings) -> Finding:
    column = shift.columns[name]
    value, chance = column.distance(settings.method)
    outside = column.outside
    beyond = "with new values" if column.values else "outside the range"
    note = column.method(settings.method)
    note += f", {outside:.1%} {beyond}" if outside > 0.001 else ""  # noqa: PLR2004
    return Finding(
        table=shift.current,
        column=name,
        value=value,
        chance=chance,
        note=note,
        distribution=column.picture(samples=settings.samples),
    )
