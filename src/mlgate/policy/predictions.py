"""``predictions:`` of ``mlgate.yml``: which columns of a table are what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from mlgate.errors import ConfigError
from mlgate.policy.section import PathPattern, Pattern, Section

if TYPE_CHECKING:
    from collections.abc import Mapping


_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class Predictions(Section, frozen=True, kw_only=True):
    """What the model predicted for the rows of its evaluation set.

    Metrics are computed from it with intervals, and compared with the baseline row by row.

    Attributes:
        file: CSV, JSON lines, Parquet or Arrow, also compressed.
        id: The column that names a row; without it nothing is compared row by row.
        label: The column that holds what is true; a list of columns where a row has several labels.
        prediction: The column that holds what was predicted; left out, it follows from the scores.
            A list for several labels.
        score: The column that holds the probability of the positive class, or the score of a
            document in a ranking; for several classes a pattern as in `"p_*"`, or columns by class;
            a list for several labels.
        task: `binary`, `multiclass`, `regression`, `quantile` or `ranking`; left out, it is seen
            from the columns.
        positive: The class that scores are about; left out, `1`, `true`, `yes` or `positive`.
        threshold: The score from which a row is predicted as positive.
        quantiles: Columns of forecasts by quantile, as in `{0.1: low, 0.9: high}`.
        query: The column that names the query, in a ranking.
        weight: The column that says how much a row counts.
        group: The column that says which rows are not independent, as those of one customer.
        slices: Parts to measure apart: a column, `{age: [30, 60]}` for bins, or a condition in SQL.
        gaps: Metrics whose gap between the groups of a column is measured, as in
            `{sex: [recall, selection_rate]}`; the column is one of `slices`. A rule names it as in
            `{metric: "recall_gap[by=sex]", max: 0.1}`.
        min_rows: Slices with fewer rows are left out.
        metrics: Names of metrics; left out, the usual ones of the task. `module:function` is one of
            your own, called with the columns `label`, `prediction`, `score` and `weight` as lists.
        python: The interpreter of your own metrics, with what they import.
        samples: Whether the report may show classes of single rows beside their ids.
        discover: Whether to look for slices where the model got worse, over all other columns and
            pairs of them; shown with their values, never judged.
        store: Whether the evidence keeps the used columns, ids and labels among them, so that later
            runs compare with this one row by row. Who may read the evidence may read them.
    """

    file: PathPattern
    label: Pattern | tuple[Pattern, ...]
    id: Pattern | None = None
    prediction: Pattern | tuple[Pattern, ...] | None = None
    score: Pattern | tuple[Pattern, ...] | dict[str, Pattern] | None = None
    task: Literal["binary", "multiclass", "regression", "quantile", "ranking"] | None = None
    positive: str | bool | float | None = None
    threshold: float = 0.5
    quantiles: dict[str, Pattern] = msgspec.field(default_factory=dict)
    query: Pattern | None = None
    weight: Pattern | None = None
    group: Pattern | None = None
    slices: tuple[Pattern | dict[str, tuple[float, ...]], ...] = ()
    gaps: dict[Pattern, tuple[Pattern, ...]] = msgspec.field(default_factory=dict)
    min_rows: Annotated[int, msgspec.Meta(ge=2, le=1_000_000)] = 50
    metrics: tuple[Pattern, ...] = ()
    python: Pattern = "python"
    samples: bool = False
    discover: bool = False
    store: bool = False

    def __post_init__(self) -> None:
        if not (self.prediction or self.score or self.quantiles):
            raise ValueError("name a column: `prediction`, `score` or `quantiles`")
        sizes = {
            len(c) if isinstance(c, tuple) else 0
            for c in (self.label, self.prediction, self.score)
            if c is not None
        }
        if len(sizes) > 1 or not self.labels:
            raise ValueError("several labels need as many columns of `prediction` and `score`")
        own = [name for name in self.metrics if ":" in name]
        if not all(_FUNCTION.fullmatch(name) for name in own):
            raise ValueError("a metric of your own is written as `module:function`")
        if not all(_is_share(text) for text in self.quantiles):
            raise ValueError("`quantiles` lie between 0 and 1")
        bins = (edges for one in self.slices if isinstance(one, dict) for edges in one.values())
        if not all(edges and list(edges) == sorted(set(edges)) for edges in bins):
            raise ValueError("bins of `slices` are numbers that rise")

    @property
    def truth(self) -> str:
        """Return the column of the label, the first one of several."""
        return self.labels[0]

    @property
    def said(self) -> str | None:
        """Return the column of the prediction, the first one of several."""
        said = self.prediction
        return said[0] if isinstance(said, tuple) else said

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the columns of labels, of which there mostly is one."""
        return (self.label,) if isinstance(self.label, str) else self.label

    @property
    def columns(self) -> dict[str, str]:
        """Return the named columns of every table, by what they are for."""
        named = {
            "id": self.id,
            "query": self.query,
            "weight": self.weight,
            "group": self.group,
            **_numbered("label", self.label),
            **_numbered("prediction", self.prediction),
            **_numbered("score", self.score),
            **{f"quantile {key}": text for key, text in self.quantiles.items()},
        }
        return {key: text for key, text in named.items() if text and "*" not in text}


def _numbered(
    key: str, columns: str | tuple[str, ...] | dict[str, str] | None
) -> dict[str, str | None]:
    """Return columns by what they are for: one, those of labels, or those of classes."""
    if isinstance(columns, tuple):
        return {f"{key} {place}": text for place, text in enumerate(columns, 1)}
    if isinstance(columns, dict):
        return {f"{key} of {name}": text for name, text in columns.items()}
    return {key: columns}


def revised(
    predictions: Predictions | type[Predictions], given: Mapping[str, object]
) -> Predictions:
    """Return predictions with what is given instead of what is configured.

    Raises:
        ConfigError: what is given does not fit.
    """
    try:
        if isinstance(predictions, Predictions):
            return msgspec.structs.replace(predictions, **given)
        return msgspec.convert(dict(given), predictions)
    except (ValueError, TypeError) as exc:
        raise ConfigError(str(exc)) from exc


def _is_share(text: str) -> bool:
    try:
        return 0 < float(text) < 1
    except ValueError:
        return False
