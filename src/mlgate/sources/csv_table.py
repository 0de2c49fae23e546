"""Metrics kept as a table: one row per epoch, or one row per metric."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.documents.strict_json import WRITE_ONCE, decode_text
from mlgate.errors import SourceError
from mlgate.sources.parsed import Leaf, MetricList, Parsed, is_number, read_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgate.documents.evidence import Metric

_DELIMITERS: Final = ",\t;|"
_NAME_COLUMNS: Final = frozenset({"metric", "metrics", "name", "measure"})
_VALUE_COLUMNS: Final = frozenset({"value", "score", "result"})
_NOT_MEASURED: Final = Leaf(None, "not measured in the last row (NA)")
_CLOCKS: Final = frozenset({"epoch", "step"})

Row = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def parse_csv(raw: bytes, *, origin: str, max_bytes: int, best_by: str = "") -> Parsed:
    r"""Return the metrics of the last row, or of the row that is best by one column.

    Training logs (with a column ``epoch`` or ``step``) leave cells empty where a metric was not
    measured in that row: there the last value of each column counts. Keras writes ``NA`` instead,
    which is no number: an earlier value would not be of the model that came out in the end.

    >>> parse_csv(b"epoch,auc\n0,0.7\n1,0.9\n", origin="log.csv", max_bytes=100).metrics[0].value
    0.9

    Raises:
        SourceError: names file and line.
    """
    table = _read(decode_text(raw, origin=origin, max_bytes=max_bytes), origin)
    if _names_in_rows(table):
        return Parsed(format="CSV of names and values", metrics=_by_name(table, origin))
    rows = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    log = not _CLOCKS.isdisjoint(table.header)
    if best_by and len(rows) > 1:
        chosen, note = _best(_by_epoch(rows) if log else rows, best_by, origin)
    else:
        chosen, note = (_latest(rows) if log else rows[-1]), ""
    metrics = MetricList(origin)
    for name, cell in chosen.items():
        if name not in _CLOCKS and name:
            metrics.add_leaf(name, _NOT_MEASURED if log and cell == "NA" else read_cell(cell))
    kind = "CSV training log" if log else "CSV"
    return Parsed(format=kind, metrics=metrics.done(), notes=(note,) if note else ())


def _read(text: str, origin: str) -> _Table:
    first = text.lstrip("\r\n").split("\n", maxsplit=1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = list(_rows(lines, origin))
    except csv.Error as exc:
        raise SourceError(f"{origin}:{lines.line_num}: not CSV: {exc}") from exc
    if rows and _headless(rows):
        return _Table(header=("name", "value"), rows=rows)
    if len(rows) < 2:  # noqa: PLR2004
        raise SourceError(
            f"{origin}: a header and no row below it", hint="did the run end before it logged?"
        )
    header = [cell.strip() for cell in rows[0]]
    twice = next((name for name in header if name and header.count(name) > 1), "")
    if twice:
        raise SourceError(f"{origin}:1: two columns are called {twice[:80]!r}", hint=WRITE_ONCE)
    return _Table(header=header, rows=rows[1:])


def _rows(lines: Iterator[list[str]], origin: str) -> Iterator[list[str]]:
    width = 0
    for row in lines:
        if not any(cell.strip() for cell in row):
            continue
        width = width or len(row)
        if len(row) != width:
            line = getattr(lines, "line_num", 0)
            raise SourceError(
                f"{origin}:{line}: {len(row)} cells under a header of {width}",
                hint="was the file written to the end? quote cells that hold the separator",
            )
        yield row


def _headless(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the rows are names and numbers without a header."""
    pair = 2
    return len(rows[0]) == pair and is_number(rows[0][1].strip()) and not is_number(rows[0][0])


def _names_in_rows(table: _Table) -> bool:
    match [name.lower() for name in table.header]:
        case [name, value]:
            return name in _NAME_COLUMNS and value in _VALUE_COLUMNS
        case _:
            return False


def _by_name(table: _Table, origin: str) -> tuple[Metric, ...]:
    metrics = MetricList(origin)
    for name, cell in table.rows:
        metrics.add_leaf(name.strip(), read_cell(cell))
    return metrics.done()


def _latest(rows: Sequence[Row]) -> Row:
    latest: Row = {}
    for row in rows:
        for name, cell in row.items():
            if cell.strip() or name not in latest:
                latest[name] = cell.strip()
    return latest


def _by_epoch(rows: Sequence[Row]) -> list[Row]:
    """Merge the rows of one epoch: Lightning writes training and validation apart."""
    if "epoch" not in rows[0]:
        return list(rows)
    epochs: dict[str, list[Row]] = {}
    for row in rows:
        epochs.setdefault(row["epoch"].strip(), []).append(row)
    return [_latest(epoch) for epoch in epochs.values()]


def _best(rows: Sequence[Row], column: str, origin: str) -> tuple[Row, str]:
    from mlgate.compare.direction import known_direction  # noqa: PLC0415  # not for one-row tables

    if column not in rows[0]:
        raise SourceError(
            f"{origin}:1: no column {column[:80]!r} to choose the best row by",
            hint=f"the columns are {', '.join(rows[0])[:300]}",
        )
    direction = known_direction(column)
    if direction is None:
        raise SourceError(
            f"{origin}: whether {column[:80]!r} is better high or low is not known",
            hint="choose the best row by a loss, an error or a known score",
        )
    scored = [
        (value, number)
        for number, row in enumerate(rows)
        if (value := read_cell(row[column]).value) is not None
    ]
    if not scored:
        raise SourceError(f"{origin}: the column {column[:80]!r} holds no number")
    value, number = (max if direction == "higher" else min)(scored, key=lambda pair: pair[0])
    return rows[number], f"{origin}: row {number + 1} of {len(rows)}, best {column} {value:g}"
