"""What one metric file says, and how a single value in it is read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from mlgate.documents.evidence import MAX_METRICS, MAX_REPEATS, Metric, Parameter
from mlgate.errors import SourceError

MAX_NAME = 400
"""Characters in the name of a metric, a slice or a parameter."""

_NUMBER: Final = re.compile(r"[-+]?([0-9]{1,4000}(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,10})?")
_NAN: Final = frozenset({"nan", "-nan", "+nan", ".nan"})
_INFINITE: Final = frozenset(
    sign + word for sign in ("", "-", "+") for word in ("inf", "infinity", ".inf")
)


class NotMetricsError(SourceError):
    """The file can be read, and what it holds are no metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The content of one file, before it is known to which model it belongs."""

    format: str
    metrics: tuple[Metric, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    notes: tuple[str, ...] = ()


class Leaf(NamedTuple):
    """One value: a finite number, or the reason why it is none."""

    value: float | None
    problem: str = ""
    numeric: bool = True


def read_leaf(value: object) -> Leaf:
    """Return what a metric of this value is worth; never raises.

    >>> read_leaf(-0.0), read_leaf("nan").problem, read_leaf(None).problem
    (Leaf(value=0.0, problem='', numeric=True), 'NaN', 'null')
    >>> read_leaf(True)
    Leaf(value=None, problem='a flag', numeric=False)
    """
    match value:
        case None:
            return Leaf(None, "null")
        case bool():
            return Leaf(None, "a flag", numeric=False)
        case int() | float():
            return _number(value)
        case str():
            return _text(value)
        case list():
            return Leaf(None, "a list", numeric=False)
        case _:
            return Leaf(None, "neither a number nor text", numeric=False)


def read_cell(text: str) -> Leaf:
    """Return what the text of a table cell is worth; a cell has no quotes to take off.

    >>> read_cell(" 9e-1 ").value, read_cell("1_000").problem, read_cell("").problem
    (0.9, 'text', 'empty')
    """
    cell = text.strip()
    if not cell:
        return Leaf(None, "empty")
    return _number(float(cell)) if is_number(cell) else _text(cell)


def is_number(text: str) -> bool:
    """Tell whether ``text`` is a decimal number as every language writes it."""
    return _NUMBER.fullmatch(text) is not None


def _numbers(value: object) -> tuple[float, ...]:
    """Return the numbers of a list that may be repeated runs; empty where one is none."""
    if not isinstance(value, list) or not 0 < len(value) <= MAX_REPEATS:
        return ()
    leaves = [read_leaf(one).value for one in value]
    return tuple(n for n in leaves if n is not None) if None not in leaves else ()


def _number(value: float) -> Leaf:
    try:
        number = float(value) + 0.0  # so that -0.0 becomes 0.0
    except OverflowError:
        return Leaf(None, "out of range")
    if math.isfinite(number):
        return Leaf(number)
    return Leaf(None, "NaN" if math.isnan(number) else "infinite")


def _text(text: str) -> Leaf:
    word = text.strip().lower() if len(text) < MAX_NAME else ""
    if word in _NAN:
        return Leaf(None, "NaN")
    if word in _INFINITE:
        return Leaf(None, "infinite")
    return Leaf(None, "a number in quotes" if is_number(word) else "text", numeric=False)


class MetricList:
    """Metrics of one file in the order of the file, bounded, each name once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._metrics: list[Metric] = []

    def add(self, name: str, value: object) -> None:
        """Add the metric ``name``.

        Raises:
            SourceError: the name is too long, or these are more metrics than a model may have.
        """
        if type(value) is float and math.isfinite(value):  # the common case, kept fast
            metric = Metric(name=self._name(name), source=self.source, value=value + 0.0)
        else:
            leaf = read_leaf(value)
            metric = Metric(
                name=self._name(name),
                source=self.source,
                value=leaf.value,
                problem=leaf.problem,
                numeric=leaf.numeric,
                repeats=_numbers(value),
            )
        self.append(metric)

    def add_leaf(self, name: str, leaf: Leaf) -> None:
        """Add the metric ``name`` whose value was already read."""
        value, problem, numeric = leaf
        self.append(
            Metric(
                name=self._name(name),
                source=self.source,
                value=value,
                problem=problem,
                numeric=numeric,
            )
        )

    def append(self, metric: Metric) -> None:
        """Add a finished metric."""
        self._metrics.append(metric)
        if len(self._metrics) > MAX_METRICS:
            raise SourceError(
                f"{self.source}: more than {MAX_METRICS} values",
                hint="write the summary metrics to a file of their own, and name it",
            )

    def __len__(self) -> int:
        return len(self._metrics)

    def done(self) -> tuple[Metric, ...]:
        """Return the metrics.

        Raises:
            SourceError: two metrics have the same name.
        """
        keys = {(metric.name, metric.slice) for metric in self._metrics}
        if len(keys) != len(self._metrics):
            raise SourceError(
                f"{self.source}: {_twice(self._metrics)[:120]!r} is there twice",
                hint="which one counts? a key with a dot and a nested key can spell the same name: "
                "rename one",
            )
        return tuple(self._metrics)

    def _name(self, name: str) -> str:
        return checked_name(name, self.source)


def checked_name(name: str, origin: str) -> str:
    r"""Return ``name`` as it may enter a document.

    >>> checked_name("auc\ud800", "m.json")
    'auc\ufffd'

    Raises:
        SourceError: the name is too long to be one.
    """
    if len(name) > MAX_NAME:
        raise SourceError(
            f"{origin}: a name of {len(name)} characters: {name[:60]!r}…",
            hint=f"names have at most {MAX_NAME} characters; is this a file of metrics?",
        )
    return whole(name) or "(empty)"


def whole(text: str) -> str:
    """Return ``text`` with lone surrogates replaced, so that it can be written as UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _twice(metrics: list[Metric]) -> str:
    seen: set[tuple[str, str]] = set()
    for metric in metrics:
        if (metric.name, metric.slice) in seen:
            return f"{metric.name} {metric.slice}".strip()
        seen.add((metric.name, metric.slice))
    return ""
