"""From our tables and the configuration to what deepchecks is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.checks.deepchecks.run import DeepchecksRequest
from mlgate.checks.subject import REFERENCE, TEST, TRAIN
from mlgate.errors import SourceError
from mlgate.tables.quoting import name

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from mlgate.checks.subject import Subject
    from mlgate.policy.config import Condition, Engine
    from mlgate.tables.table import Table

_BINARY = 2


def request_of(subject: Subject, engine: Engine, folder: Path) -> DeepchecksRequest:
    """Return the request, with the tables written to ``folder`` as Parquet.

    A reference takes the place of ``train`` where there is none.
    """
    roles, tables = subject.roles, subject.tables
    first = tables.get(TRAIN) or tables.get(REFERENCE)
    second = tables.get(TEST)
    if first is not None and first.role == REFERENCE and second is None:
        raise SourceError("deepchecks compares train with test, and there is no test table")
    roles.require({column.name for table in tables.values() for column in table.columns})
    labelled = first or second
    return DeepchecksRequest(
        train=_written(subject, first, folder),
        test=_written(subject, second, folder),
        label=roles.label,
        label_type=_label_type(subject, labelled) if labelled and roles.label else "",
        prediction=roles.prediction,
        id=roles.id,
        datetime=roles.datetime,
        categorical=tuple(
            column.name
            for column in (labelled.columns if labelled else ())
            if column.kind in {"text", "boolean"} or column.name in roles.categorical
        ),
        ignore=tuple(sorted(roles.ignore)),
        suites=engine.suites,
        checks=engine.checks,
        conditions=tuple(_wish(condition) for condition in engine.conditions),
    )


def _written(subject: Subject, table: Table | None, folder: Path) -> str:
    if table is None:
        return ""
    path = folder / f"{table.role}.parquet"
    columns = ", ".join(f"{column.sql} AS {name(column.name)}" for column in table.columns)
    with subject.store.explained(table.origin):
        subject.store.export(f"SELECT {columns} FROM {table.relation}", path)
    return str(path)


def _label_type(subject: Subject, table: Table) -> str:
    found = subject.columns[table.role].get(subject.roles.label)
    if found is None:
        return ""
    if not found.categories:
        return "regression"
    return "binary" if len(found.categories) == _BINARY else "multiclass"


def _wish(condition: Condition) -> dict[str, Any]:
    return {
        "check": condition.check,
        "max": condition.max,
        "min": condition.min,
        "columns": list(condition.columns),
        "ignore": list(condition.ignore),
        "outcome": condition.outcome,
    }
