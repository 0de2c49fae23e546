"""The file that says what the columns of the data must be; inferred once, reviewed by people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from mlgate.documents.profile import ColumnKind  # noqa: TC001  # msgspec resolves it at run time
from mlgate.documents.strict_yaml import parse_yaml
from mlgate.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Collection

    from mlgate.documents.profile import ColumnProfile, TableProfile

MAX_BYTES: Final = 8 * 2**20
MAX_LISTED: Final = 30
"""Values of a column of names that an inferred file lists; more are not meant to be listed."""

_FEW: Final = 0.05
_HEAD: Final = """\
# What the columns of the data must be, held by the checks `data.schema` and `data.range`.
# Inferred by `mlgate check --write-schema` from {rows} rows of {path}.
# Review it: the bounds are those of this data, and yours to set.
version: 1
"""


class ColumnSchema(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """What one column must be.

    Attributes:
        type: What its values are.
        nulls: Largest share of rows without a value.
        min: Smallest number.
        max: Largest number.
        values: The only values.
        optional: Whether the column may be absent.
    """

    type: ColumnKind
    nulls: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    min: float | None = None
    max: float | None = None
    values: tuple[str, ...] | None = None
    optional: bool = False


class DataSchema(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """What a table must be.

    Attributes:
        version: Of this format.
        columns: What the columns must be, by name.
        others: Whether a table may have columns that are not listed.
    """

    version: int = 1
    columns: dict[str, ColumnSchema]
    others: bool = False


def parse_schema(raw: bytes, *, origin: str) -> DataSchema:
    """Return the schema in YAML ``raw``.

    Raises:
        ConfigError: names the place, and what is expected there.
    """
    try:
        tree = parse_yaml(raw, origin=origin, max_bytes=MAX_BYTES)
        found = msgspec.convert(tree.value, DataSchema, strict=True)
    except SourceError as exc:
        raise ConfigError(exc.what, hint=exc.hint) from exc
    except msgspec.ValidationError as exc:
        raise ConfigError(
            f"{origin}: {exc}"[:1000],
            hint="`mlgate check --write-schema FILE` writes one that fits",
        ) from exc
    if found.version != 1:
        raise ConfigError(f"{origin}: version {found.version} is not known", hint="write 1")
    return found


def infer_schema(profile: TableProfile, *, without: Collection[str] = ()) -> DataSchema:
    """Return the schema that ``profile`` just meets; ``without`` are columns to leave out."""
    return DataSchema(
        columns={
            c.name: _inferred(c, profile.rows) for c in profile.columns if c.name not in without
        },
        others=bool(without),
    )


def write_schema(schema: DataSchema, *, path: str, rows: int) -> str:
    """Return the schema as YAML, one column a line."""
    lines = [_HEAD.format(rows=rows, path=" ".join(path.split()))]
    if schema.others:
        lines.append("others: true\n")
    lines.append("columns:\n")
    for name, column in schema.columns.items():
        parts = [f"type: {column.type}"]
        parts += [f"nulls: {column.nulls:g}"] if column.nulls < 1 else []
        for key, bound in (("min", column.min), ("max", column.max)):
            parts += [f"{key}: {_number(bound)}"] if bound is not None else []
        if column.values is not None:
            parts.append(f"values: [{', '.join(_quoted(value) for value in column.values)}]")
        lines.append(f"  {_quoted(name)}: {{{', '.join(parts)}}}\n")
    return "".join(lines)


def _inferred(column: ColumnProfile, rows: int) -> ColumnSchema:
    share = column.nulls / rows if rows else 1.0
    nulls = 0.0 if share == 0 else min(1.0, math.ceil((share + _FEW) * 20) / 20)
    listed = column.complete and len(column.categories) <= MAX_LISTED and column.kind == "text"
    numbers = column.kind == "number"
    return ColumnSchema(
        type=column.kind,
        nulls=nulls,
        min=column.low if numbers else None,
        max=column.high if numbers else None,
        values=tuple(sorted(c.value for c in column.categories)) if listed else None,
    )


def _quoted(text: str) -> str:
    """Return text in double quotes, in which JSON and YAML agree."""
    return msgspec.json.encode(text).decode()


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
