"""What columns of text hold: forms of nothing, numbers among words, spellings, lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.checks.quoting import literal
from mlgate.checks.tables import NULL_FORMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgate.checks.store import Store
    from mlgate.checks.tables import Column, Table

FENCE: Final = 3.0
"""How many interquartile ranges beyond the quartiles a value is an outlier (Tukey, 1977)."""

_FORMS: Final = ", ".join(literal(form) for form in sorted(NULL_FORMS - {"\0"}))
_NUMBER: Final = r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?"
_MAX_LENGTHS: Final = 100_000


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


def text_facts(store: Store, table: Table, column: Column) -> TextFacts:
    """Return what is known of a column of text, from its distinct values."""
    store.rows(
        f"CREATE OR REPLACE TEMP TABLE distinct_texts AS SELECT ({column.sql}) AS v, "
        f"count(*) AS n FROM {table.relation} GROUP BY v"
    )
    nothing = f"(v IS NULL OR lower(trim(v)) IN ({_FORMS}) OR trim(v, chr(0)) = '')"
    values, numbers, times, special, forms = store.row(
        f"SELECT sum(n) FILTER (NOT {nothing}), "
        f"sum(n) FILTER (NOT {nothing} AND regexp_full_match(trim(v), {literal(_NUMBER)})), "
        f"sum(n) FILTER (NOT {nothing} AND v LIKE '%-%' "
        "AND TRY_CAST(trim(v) AS TIMESTAMP) IS NOT NULL), "
        f"sum(n) FILTER (NOT {nothing} AND NOT regexp_matches(v, '[\\pL\\pN]')), "
        f"list_sort(list(DISTINCT coalesce(trim(v), 'NULL')) FILTER ({nothing})) "
        "FROM distinct_texts"
    )
    variants, variant_rows = store.row(
        "SELECT sum(spellings), sum(rows - most) FROM (SELECT count(*) AS spellings, "
        "sum(n) AS rows, max(n) AS most FROM distinct_texts "
        f"WHERE NOT {nothing} AND regexp_matches(v, '[\\pL\\pN]') "
        "GROUP BY regexp_replace(lower(v), '[^\\pL\\pN]', '', 'g') HAVING count(*) > 1)"
    )
    lengths = store.rows(
        f"SELECT length(v) AS l, sum(n)::BIGINT FROM distinct_texts WHERE NOT {nothing} "
        f"GROUP BY l ORDER BY l LIMIT {_MAX_LENGTHS}"
    )
    quartiles = _quartiles(lengths)
    return TextFacts(
        values=int(values or 0),
        numbers=int(numbers or 0),
        times=int(times or 0),
        special=int(special or 0),
        forms=frozenset(str(form)[:40] for form in (forms or ())[:100]),
        variants=int(variants or 0),
        variant_rows=int(variant_rows or 0),
        long=_beyond(lengths, quartiles),
        lengths=quartiles,
    )


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
