"""Predictions of one or two models as arrays, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlgate.sources.predictions.arrays import Reading
from mlgate.sources.predictions.columns import layout_of
from mlgate.sources.predictions.faults import refuse_rows
from mlgate.sources.predictions.flips import read_flips
from mlgate.tables.table import name_of

if TYPE_CHECKING:
    from mlgate.documents.comparison import Flips
    from mlgate.evaluate.rows import EvaluationSet
    from mlgate.policy.predictions import Predictions
    from mlgate.sources.predictions.columns import Layout
    from mlgate.tables.store import Store
    from mlgate.tables.table import Table

HEAD, BASE = "head", "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """How the rows of two tables of predictions go together.

    Attributes:
        head: Digest of the ids and labels of the head, whatever their order; empty without ids.
        base: Likewise of the baseline.
        only_head: Rows that only the head has.
        only_base: Rows that only the baseline has.
        relabelled: Rows of both whose label differs.
        paired: Rows of both under the same label.
    """

    head: str = ""
    base: str = ""
    only_head: int = 0
    only_base: int = 0
    relabelled: int = 0
    paired: int = 0

    @property
    def differs(self) -> str:
        """Say how the evaluation sets differ; empty where they do not."""
        parts = {
            "only at the head": self.only_head,
            "only at the baseline": self.only_base,
            "with another label": self.relabelled,
        }
        found = [f"{count} rows {where}" for where, count in parts.items() if count]
        return ", ".join(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """Everything that was read.

    Attributes:
        head: All rows of the head.
        base: All rows of the baseline; ``None`` without one.
        pairs: The rows that both have, under the same label; ``None`` where nothing pairs.
        pairing: How they go together.
        flips: What flipped between the models on the pairs.
    """

    head: EvaluationSet
    base: EvaluationSet | None = None
    pairs: EvaluationSet | None = None
    pairing: Pairing = Pairing()
    flips: Flips | None = None


def read_predictions(
    store: Store, head: Table, base: Table | None, wanted: Predictions, *, flips: bool = True
) -> Predicted:
    """Return the predictions of one or two tables, checked.

    Args:
        store: The database that holds them.
        head: Predictions of the head.
        base: Predictions of the baseline.
        wanted: What their columns are.
        flips: Whether to look for rows that flipped.

    Raises:
        ConfigError: a column does not exist, or does not fit.
        SourceError: rows cannot be told apart, or a value is missing or impossible.
    """
    tables = [head] if base is None else [head, base]
    layout = layout_of(store, tables, wanted)
    for table in tables:
        refuse_rows(store, table, wanted, layout)
    reading = Reading(store, wanted, layout)
    if base is None:
        digest = _digest(store, head, wanted, layout)
        return Predicted(head=reading.rows(head), pairing=Pairing(head=digest))
    if not wanted.id:
        return Predicted(head=reading.rows(head), base=reading.rows(base))
    pairing = _pairing(store, head, base, wanted, layout)
    pairs = reading.pairs(head, base) if pairing.paired else None
    flipped = read_flips(store, head, pairs, wanted) if pairs and flips else None
    if pairs is not None and not pairing.differs:
        return Predicted(head=pairs, base=pairs, pairs=pairs, pairing=pairing, flips=flipped)
    return Predicted(
        head=reading.rows(head),
        base=reading.rows(base),
        pairs=pairs,
        pairing=pairing,
        flips=flipped,
    )


def _digest(store: Store, table: Table, wanted: Predictions, layout: Layout) -> str:
    """Return what is the same for the same ids and labels, in any order and type."""
    if not wanted.id:
        return ""
    label = table.by_name[wanted.truth]
    named = name_of(label) if layout.classes else f"(({label.sql})::DOUBLE)::VARCHAR"
    row = f"concat({name_of(table.by_name[wanted.id])}, chr(31), {named})"
    (found,) = store.row(f"SELECT bit_xor(md5_number_lower({row})) FROM {table.relation}")
    return f"{table.rows} rows, {int(found or 0):016x}"


def _pairing(
    store: Store, head: Table, base: Table, wanted: Predictions, layout: Layout
) -> Pairing:
    digests = [_digest(store, table, wanted, layout) for table in (head, base)]
    if digests[0] == digests[1]:
        return Pairing(head=digests[0], base=digests[1], paired=head.rows)
    both, same = Reading(store, wanted, layout).counted(head, base)
    return Pairing(
        head=digests[0],
        base=digests[1],
        only_head=head.rows - both,
        only_base=base.rows - both,
        relabelled=both - same,
        paired=same,
    )
