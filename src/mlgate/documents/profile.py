"""What is known of a table without its rows: enough to hold later data against it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from mlgate.documents.base import Count, Document, FilePath, Label, Name

MAX_CATEGORIES = 1000
MAX_EDGES = 512

ColumnKind = Literal["number", "text", "boolean", "datetime", "other"]


class Category(Document, frozen=True, kw_only=True):
    """One value of a column of names, and in how many rows it stands."""

    value: Label
    rows: Count


class ColumnProfile(Document, frozen=True, kw_only=True):
    """One column.

    Attributes:
        name: Its name.
        kind: What its values are.
        type: The type in the file.
        nulls: Rows without a value; NaN counts as none.
        infinite: Rows with an infinite number.
        distinct: Number of different values; above a few thousand an estimate (HyperLogLog). Of
            numbers that are no names only whether there is none, one, or more.
        low: Smallest finite number; of times, seconds since the epoch.
        high: Largest finite number, likewise.
        mean: Mean of the finite numbers.
        std: Standard deviation of the finite numbers.
        quartiles: First, second and third quartile of the finite numbers.
        edges: Rising bounds of the histogram: just below the smallest number, quantiles, the
            largest number. Later data is counted between the same ones.
        counts: Rows up to each edge, and above the last: one more than there are edges.
        categories: The values of a column of names, most frequent first; empty when they are too
            many to be names of anything but rows.
        complete: Whether ``categories`` holds all values.
    """

    name: Name
    kind: ColumnKind
    type: Label = ""
    nulls: Count = 0
    infinite: Count = 0
    distinct: Count = 0
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    std: float | None = None
    quartiles: Annotated[tuple[float, ...], msgspec.Meta(max_length=3)] = ()
    edges: Annotated[tuple[float, ...], msgspec.Meta(max_length=MAX_EDGES)] = ()
    counts: Annotated[tuple[Count, ...], msgspec.Meta(max_length=MAX_EDGES + 1)] = ()
    categories: Annotated[tuple[Category, ...], msgspec.Meta(max_length=MAX_CATEGORIES)] = ()
    complete: bool = False


class TableProfile(Document, frozen=True, kw_only=True):
    """One table, as ``mlgate profile`` writes it.

    Attributes:
        path: Where the table was.
        digest: ``algorithm:hex`` of the file, where it was one.
        rows: Number of rows.
        columns: All columns, in the order of the file.
        where: The condition that chose the rows; empty for all.
    """

    schema: Literal["mlgate/profile/v1"] = msgspec.field(default="mlgate/profile/v1")
    path: FilePath = ""
    digest: Label = ""
    rows: Count = 0
    columns: Annotated[tuple[ColumnProfile, ...], msgspec.Meta(max_length=100_000)] = ()
    where: Label = ""
