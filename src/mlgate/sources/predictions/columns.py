"""Which columns of a table of predictions are what, and what that makes of the task."""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from mlgate.errors import ConfigError, SourceError
from mlgate.tables.table import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgate.evaluate.side import Task
    from mlgate.policy.predictions import Predictions
    from mlgate.tables.store import Store
    from mlgate.tables.table import Column, Table

MAX_CLASSES: Final = 1000
_OPPOSITES: Final = {"0": "1", "1": "0", "false": "true", "true": "false"}
"""What the other class is called where only one is there."""
_FEW: Final = 30
"""A label of whole numbers with more different values is one of a regression."""
_POSITIVE: Final = ("1", "true", "True", "TRUE", "yes", "Yes", "positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the columns mean.

    Attributes:
        task: What the model does.
        classes: Names of the classes; empty for numbers.
        positive: Code of the positive class.
        scores: Columns of scores, in the order of classes or quantiles.
        quantiles: The quantiles.
    """

    task: Task
    classes: tuple[str, ...] = ()
    positive: int = 1
    scores: tuple[str, ...] = ()
    quantiles: tuple[float, ...] = ()


def layout_of(store: Store, tables: Sequence[Table], wanted: Predictions) -> Layout:
    """Return what the columns of the tables mean, the same for all of them.

    Raises:
        ConfigError: a column does not exist, or does not fit the task.
        SourceError: there are no rows, or no labels.
    """
    for table in tables:
        require(table, wanted.columns)
    scores = _score_columns(tables[0], wanted)
    for table in tables[1:]:
        require(table, {f"score of {key}": column for key, column in scores.items()})
    for table in tables:
        if not table.rows:
            raise SourceError(f"{table.origin}: no rows", hint="did the step before write it?")
    task = wanted.task or _task(store, tables, wanted)
    if task in {"regression", "ranking", "quantile"}:
        return _numeric(tables, wanted, task, scores)
    classes = _classes(store, tables, wanted, scores)
    positive = _positive(classes, wanted) if task == "binary" else 0
    if task == "binary" and len(classes) > 2:  # noqa: PLR2004
        raise ConfigError(
            f"`task: binary`, and {wanted.truth!r} has {len(classes)} classes: {_shown(classes)}",
            hint="`task: multiclass`",
        )
    if task == "multiclass" and scores and scores.keys() != set(classes):
        missing = sorted(set(classes) - scores.keys())
        raise ConfigError(
            f"no column of scores for the classes {_shown(missing)}" if missing else "no scores",
            hint='name one per class: `score: "p_*"`, or `score: {cat: p_cat, dog: p_dog}`',
        )
    ordered = tuple(scores[name] for name in classes) if task == "multiclass" and scores else ()
    single = tuple(scores.values()) if task == "binary" else ordered
    return Layout(task=task, classes=classes, positive=positive, scores=single)


def require(table: Table, columns: Mapping[str, str]) -> None:
    """Refuse columns that the table does not have.

    Raises:
        ConfigError: names the ones with the nearest names.
    """
    for key, column in columns.items():
        if column not in table.by_name:
            close = difflib.get_close_matches(column, table.by_name, n=3, cutoff=0.5)
            listed = close or list(table.by_name)[:20]
            raise ConfigError(
                f"{table.origin}: no column {column!r} for `{key}`",
                hint=f"{'did you mean' if close else 'columns:'} {', '.join(listed)}"
                + ("?" if close else ""),
            )


def _score_columns(table: Table, wanted: Predictions) -> dict[str, str]:
    """Return the columns of scores by class; a single one under an empty name."""
    if wanted.quantiles:
        return dict(wanted.quantiles)
    if isinstance(wanted.score, dict):
        return dict(wanted.score)
    if not isinstance(wanted.score, str):
        return {}
    if "*" not in wanted.score:
        return {"": wanted.score}
    before, _, after = wanted.score.partition("*")
    found = {
        column[len(before) : len(column) - len(after)]: column
        for column in table.by_name
        if fnmatchcase(column, wanted.score)
    }
    if not found:
        require(table, {"score": wanted.score})
    return found


def _task(store: Store, tables: Sequence[Table], wanted: Predictions) -> Task:
    several = isinstance(wanted.score, dict) or "*" in str(wanted.score)
    if wanted.quantiles or wanted.query or several:
        return "quantile" if wanted.quantiles else "ranking" if wanted.query else "multiclass"
    label = tables[0].by_name[wanted.truth]
    if label.kind == "number":
        values, whole, distinct = store.row(
            f"SELECT count({label.sql}), count(*) FILTER (({label.sql})::DOUBLE % 1 = 0), "
            f"approx_count_distinct({label.sql}) FROM {tables[0].relation}"
        )
        if whole < values or distinct > _FEW:
            return "regression"
        return "binary" if distinct <= 2 else "multiclass"  # noqa: PLR2004
    (distinct,) = store.row(f"SELECT count(DISTINCT {name_of(label)}) FROM {tables[0].relation}")
    return "binary" if distinct <= 2 or wanted.score else "multiclass"  # noqa: PLR2004


def _numeric(
    tables: Sequence[Table], wanted: Predictions, task: Task, scores: Mapping[str, str]
) -> Layout:
    used = {"label": wanted.truth, **scores}
    if task == "regression":
        if not wanted.said:
            raise ConfigError("a regression needs `prediction`, the column of predicted numbers")
        used = {"label": wanted.truth, "prediction": wanted.said}
    elif not scores:
        raise ConfigError(f"`task: {task}` needs `{'score' if task == 'ranking' else 'quantiles'}`")
    if task == "ranking" and not wanted.query:
        raise ConfigError("a ranking needs `query`, the column that names the query of a row")
    for table in tables:
        for key, column in used.items():
            _require_number(table, table.by_name[column], key)
    quantiles = tuple(sorted(float(text) for text in wanted.quantiles))
    ordered = sorted(scores, key=float) if task == "quantile" else list(scores)
    named = tuple(scores[key] for key in ordered) if task != "regression" else ()
    return Layout(task=task, scores=named, quantiles=quantiles)


def _require_number(table: Table, column: Column, key: str) -> None:
    if column.kind != "number":
        raise SourceError(
            f"{table.origin}: {column.name[:200]!r} ({key}) holds {column.kind}, no numbers",
            hint="is a text or an empty field among them?",
        )


def _classes(
    store: Store, tables: Sequence[Table], wanted: Predictions, scores: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the names of all classes that are true or predicted anywhere, as sorted values."""
    columns = [c for c in (wanted.truth, wanted.said) if c]
    parts = [
        f"SELECT {name_of(dataclasses.replace(table.by_name[column], sql='x'))} AS v "
        f"FROM (SELECT DISTINCT {table.by_name[column].sql} AS x FROM {table.relation})"
        for table in tables
        for column in columns
    ]
    query = f"SELECT DISTINCT v FROM ({' UNION ALL '.join(parts)}) WHERE v IS NOT NULL "
    found = [str(row[0]) for row in store.rows(f"{query} LIMIT {MAX_CLASSES + 1}")]
    if len(found) > MAX_CLASSES:
        raise ConfigError(
            f"{wanted.truth!r} has more than {MAX_CLASSES} classes",
            hint="is it a regression? `task: regression`",
        )
    if not found:
        raise SourceError(f"{tables[0].origin}: {wanted.truth!r} has no value in any row")
    named = {*found, *(key for key in scores if key)}
    named |= {other for one, other in _OPPOSITES.items() if named == {one}}
    return tuple(sorted(named, key=_as_number))


def _as_number(text: str) -> tuple[int, float, str]:
    try:
        return 0, float(text), text
    except ValueError:
        return 1, 0.0, text


def _positive(classes: tuple[str, ...], wanted: Predictions) -> int:
    if wanted.positive is not None:
        text = _named(wanted.positive)
        if text not in classes:
            raise ConfigError(
                f"`positive: {text}` is no value of {wanted.truth!r}",
                hint=f"values: {_shown(classes)}",
            )
        return classes.index(text)
    found = [name for name in _POSITIVE if name in classes]
    if len(found) == 1:
        return classes.index(found[0])
    raise ConfigError(
        f"which class of {wanted.truth!r} is the positive one?",
        hint=f"`positive: {classes[-1][:80]}`; values: {_shown(classes)}",
    )


def _named(value: str | bool | float) -> str:  # noqa: FBT001
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown(names: Sequence[str]) -> str:
    listed = ", ".join(name[:60] for name in names[:8])
    return f"{listed} and {len(names) - 8} more" if len(names) > 8 else listed  # noqa: PLR2004
