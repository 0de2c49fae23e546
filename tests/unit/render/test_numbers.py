from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakes.reports import metric
from mlgate.documents.comparison import Interval, MetricChange
from mlgate.render.numbers import Figures, date, figures, size


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (metric("m", 0.812, 0.766, 0.024), Figures("0.812", "0.766", "▼ −0.046 ± 0.024")),
        (metric("m", 41.234, 47.1, 5.1), Figures("41.2", "47.1", "▲ +5.9 ± 5.1")),
        (metric("m", 0.9, 0.906), Figures("0.900", "0.906", "▲ +0.006")),
        (metric("m", 0.5, 0.5), Figures("0.5", "0.5", "0.0")),
        (metric("m", 20.0, 24.0), Figures("20", "24", "▲ +4")),
        (metric("m", 0.9, 0.90001), Figures("0.90000", "0.90001", "▲ +0.00001")),
        (metric("m", 214002.0, 214100.0), Figures("214\u202f002", "214\u202f100", "▲ +98")),
        (metric("m", 1e-7, 1.5e-7), Figures("1.00e−07", "1.50e−07", "▲ +5.00e−08")),
        (metric("m", None, 0.123456), Figures("—", "0.123", "")),
        (metric("m", 0.25, None), Figures("0.25", "—", "")),
        (metric("m", 0.0, 0.0), Figures("0", "0", "0")),
    ],
    ids=["interval", "wide", "exact", "equal", "whole", "close", "thousands", "tiny", "new", "gone",
         "zero"],
)  # fmt: skip
def test_one_precision_per_row(found: MetricChange, expected: Figures) -> None:
    assert figures(found) == expected


def test_relative_limits_show_percent() -> None:
    found = metric("latency", 40.0, 46.0, 4.0)
    assert figures(found, relative=True).change == "▲ +15\u202f% ± 10"


def test_a_lopsided_interval_is_written_out() -> None:
    lopsided = Interval(low=-0.09, high=-0.01, confidence=0.95, method="bootstrap")
    found = MetricChange(name="m", base=0.8, head=0.77, change=-0.03, interval=lopsided)
    assert figures(found).change == "▼ −0.030 (−0.090 … −0.010)"


_FLOATS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


@given(_FLOATS, _FLOATS, st.none() | st.floats(min_value=0, max_value=1e300))
def test_any_numbers_can_be_shown(base: float, head: float, half: float | None) -> None:
    for relative in (False, True):
        shown = figures(metric("m", base, head, half), relative=relative)
        assert "-" not in "".join(shown)
        assert all(len(text) < 400 for text in shown)


@given(st.floats(0.00001, 1000), st.floats(0.00001, 1000))
@example(0.001, 0.0010000000000000002)
@example(0.00001, 0.000010000000000000003)
def test_different_numbers_look_different(base: float, head: float) -> None:
    shown = figures(metric("m", base, head))
    assert (shown.base == shown.head) == (base == head)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0 B"), (999, "999 B"), (999_960, "1.0 MB"), (18_400_000, "18.4 MB"), (None, "—")],
)
def test_size(value: int | None, expected: str) -> None:
    assert size(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (4_107_542_399, "2100-02-28"), (None, "")],
)
def test_date(seconds: int | None, expected: str) -> None:
    assert date(seconds) == expected
