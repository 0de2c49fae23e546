"""Tables of predictions that no memory holds are refused before anything is read."""

from __future__ import annotations

import pytest

from mlgate.errors import SourceError
from mlgate.policy.predictions import Predictions
from mlgate.sources.predictions.columns import Layout
from mlgate.sources.predictions.faults import refuse_rows
from mlgate.tables.store import Store
from mlgate.tables.table import Table


def test_more_rows_than_memory() -> None:
    table = Table(
        role="head", origin="p.parquet", relation="head", row_number="0", rows=10**11, columns=()
    )
    with Store([]) as store, pytest.raises(SourceError) as raised:
        refuse_rows(
            store, table, Predictions(file="p.parquet", label="y", score="p"), Layout(task="binary")
        )
    assert "100 000 000 000 rows need about" in raised.value.what
    assert "GiB of memory" in raised.value.what
    assert "sample" in raised.value.hint
