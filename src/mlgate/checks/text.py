"""What columns of text hold: forms of nothing, numbers among words, spellings, lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlgate.tables.quoting import literal
from mlgate.tables.table import NULL_FORMS, in_parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgate.documents.profile import ColumnProfile
    from mlgate.tables.store import Store
    from mlgate.tables.table import Column, Table

FENCE: Final = 3.0
"""How many interquartile ranges beyond the quartiles a value is an outlier (Tukey, 1977)."""

_FORMS: Final = ", ".join(literal(form) for form in sorted(NULL_FORMS - {"\0"}))
_NUMBER: Final = r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?"
_CUT: Final = 400
"""Characters that a profile keeps of a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFacts:
    """Numbers about one column of text; rows are counted, not distinct values.

    Attributes:
        values: Rows with a text that is no form of nothing.
        numbers: Rows whose text is a number.
        times: Rows whose text is a date or time.
        special: Rows whose text has neither letter nor digit.
        forms: Distinct ways in which a missing value is written, NULL among them.
        variants: Spellings that differ only in case, blanks and punctuation: how many texts have
            another one that reads the same.
        variant_rows: Rows with one of these texts that is not the most frequent of its kind.
        long: Rows whose text is longer or shorter than nearly all others.
        lengths: First and third quartile of the length in characters.
    """

    values: int = 0
    numbers: int = 0
    times: int = 0
    special: int = 0
    forms: frozenset[str] = frozenset()
    variants: int = 0
    variant_rows: int = 0
    long: int = 0
    lengths: tuple[int, int] = (0, 0)


def text_facts(
    store: Store, table: Table, profiles: Mapping[str, ColumnProfile], columns: Sequence[Column]
) -> dict[str, TextFacts]:
    """Return what is known of ``columns`` of text, from their distinct values.

    Args:
        store: The database.
        table: The table.
        profiles: What is known of its columns, by name.
        columns: Which columns.
    """
    if not columns:
        return {}
    store.rows("CREATE OR REPLACE TEMP TABLE distinct_texts (c INTEGER, v VARCHAR, n BIGINT)")
    place = {column.name: index for index, column in enumerate(columns)}
    for part in in_parts(store, table, columns):
        parts = [
            f"SELECT {place[c.name]}, v, n FROM ({_distinct(part, c, profiles[c.name])})"
            for c in part.columns
        ]
        store.rows(f"INSERT INTO distinct_texts {' UNION ALL '.join(parts)}")
    counts = {row[0]: row[1:] for row in store.rows(_COUNTS)}
    variants = {row[0]: row[1:] for row in store.rows(_VARIANTS)}
    lengths: dict[int, list[tuple[int, int]]] = {}
    for index, length, rows in store.rows(_LENGTHS):
        lengths.setdefault(index, []).append((length, rows))
    return {
        column.name: _facts(
            counts.get(index, ()), variants.get(index, (0, 0)), lengths.get(index, [])
        )
        for index, column in enumerate(columns)
    }


_NOTHING: Final = f"(v IS NULL OR lower(trim(v)) IN ({_FORMS}) OR trim(v, chr(0)) = '')"
_COUNTS: Final = (
    f"SELECT c, sum(n) FILTER (NOT {_NOTHING}), "
    f"sum(n) FILTER (NOT {_NOTHING} AND regexp_full_match(trim(v), {literal(_NUMBER)})), "
    f"sum(n) FILTER (NOT {_NOTHING} AND v LIKE '%-%' "
    "AND TRY_CAST(trim(v) AS TIMESTAMP) IS NOT NULL), "
    f"sum(n) FILTER (NOT {_NOTHING} AND NOT regexp_matches(v, '[\\pL\\pN]')), "
    f"list_sort(list(DISTINCT coalesce(trim(v), 'NULL')) FILTER ({_NOTHING})) "
    "FROM distinct_texts GROUP BY c"
)
_VARIANTS: Final = (
    "SELECT c, sum(spellings), sum(rows - most) FROM (SELECT c, count(*) AS spellings, "
    f"sum(n) AS rows, max(n) AS most FROM distinct_texts WHERE NOT {_NOTHING} "
    "AND regexp_matches(v, '[\\pL\\pN]') "
    "GROUP BY c, regexp_replace(lower(v), '[^\\pL\\pN]', '', 'g') HAVING count(*) > 1) GROUP BY c"
)
_LENGTHS: Final = (
    f"SELECT c, length(v) AS l, sum(n)::BIGINT FROM distinct_texts WHERE NOT {_NOTHING} "
    "GROUP BY c, l ORDER BY c, l"
)


def _facts(
    counts: Sequence[Any], variants: Sequence[Any], lengths: Sequence[tuple[int, int]]
) -> TextFacts:
    values, numbers, times, special, forms = counts or (0, 0, 0, 0, ())
    quartiles = _quartiles(lengths)
    return TextFacts(
        values=int(values or 0),
        numbers=int(numbers or 0),
        times=int(times or 0),
        special=int(special or 0),
        forms=frozenset(str(form)[:40] for form in (forms or ())[:100]),
        variants=int(variants[0] or 0),
        variant_rows=int(variants[1] or 0),
        long=_beyond(lengths, quartiles),
        lengths=quartiles,
    )


def _distinct(table: Table, column: Column, profile: ColumnProfile) -> str:
    counted = f"SELECT ({column.sql}) AS v, count(*) AS n FROM {table.relation} GROUP BY v"
    return _known(profile) or counted


def _known(profile: ColumnProfile) -> str:
    """Return the distinct values as a query, where the profile has all of them as they are."""
    values = profile.categories
    if not profile.complete or any(len(c.value) >= _CUT for c in values):
        return ""
    rows = [f"({literal(c.value)}, {c.rows})" for c in values]
    rows += [f"(NULL, {profile.nulls})"] if profile.nulls else []
    return f"SELECT v, n::BIGINT AS n FROM (VALUES {', '.join(rows)}) AS known(v, n)"


def _quartiles(counts: Sequence[tuple[int, ...]]) -> tuple[int, int]:
    """Return the first and third quartile of values with their numbers, in rising order."""
    total = sum(found[1] for found in counts)
    reached, low = 0, 0
    for value, rows in counts:
        before, reached = reached, reached + rows
        if before < total / 4 <= reached:
            low = value
        if reached >= total * 3 / 4:
            return low, value
    return 0, 0


def _beyond(counts: Sequence[tuple[int, ...]], quartiles: tuple[int, int]) -> int:
    low, high = quartiles
    reach = FENCE * (high - low)
    if reach <= 0:
        return 0
    return sum(rows for length, rows in counts if not low - reach <= length <= high + reach)
