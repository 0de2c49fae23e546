"""Numbers as a reader wants them: one precision per row, real minus signs, no false digits."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from mlgate.documents.evidence import TRAINING

if TYPE_CHECKING:
    from mlgate.documents.comparison import Interval, MetricChange

NONE: Final = "—"
MINUS: Final = "−"
THIN: Final = "\u202f"
"""Narrow no-break space between groups of three digits."""

_SCIENTIFIC_BELOW: Final = 1e-5
_SCIENTIFIC_FROM: Final = 1e12
_MOST_DECIMALS: Final = 22
"""All digits of a double from ``_SCIENTIFIC_BELOW`` on."""
_MOST_INTERVAL_DECIMALS: Final = 16
_MOST_PERCENT: Final = 1e6
_ASYMMETRIC: Final = 0.2


class Figures(NamedTuple):
    """The numbers of one row, all in the same precision."""

    base: str
    head: str
    change: str
    """As in ``▼ −0.046 ± 0.024``; empty without a change."""


def figures(metric: MetricChange, *, relative: bool = False) -> Figures:
    """Return the numbers of one metric; ``relative`` shows the change in percent of the base."""
    show = _shower(metric)
    base, head = (NONE if v is None else show(v, "") for v in (metric.base, metric.head))
    if metric.change is None:
        return Figures(base, head, "")
    percent = _percent_change(metric) if relative else ""
    if percent:
        return Figures(base, head, percent)
    delta = show(metric.change, "+")
    spread = _spread(metric.interval, metric.change, show)
    return Figures(base, head, f"{arrow(metric.change)} {delta}{spread}".strip())


def alone(metric: MetricChange) -> tuple[str, str]:
    """Return the value at the head, and the interval around it, in one precision."""
    around = metric.head_interval
    if metric.head is None:
        return NONE, ""
    show = _shower(msgspec.structs.replace(metric, base=None, change=None, interval=around))
    bounds = f"{show(around.low, '')} … {show(around.high, '')}" if around else ""
    return show(metric.head, ""), bounds


def arrow(change: float) -> str:
    """Return the direction of the number, which says nothing about good or bad."""
    if change == 0:
        return ""
    return "▲" if change > 0 else "▼"


class _Fixed(NamedTuple):
    decimals: int

    def __call__(self, value: float, sign: str) -> str:
        if abs(value) >= _SCIENTIFIC_FROM:  # an interval far wider than its values
            return _Scientific(2)(value, sign)
        return fixed(value, self.decimals, sign=sign)


class _Scientific(NamedTuple):
    digits: int

    def __call__(self, value: float, sign: str) -> str:
        return format(value, f"{sign}.{self.digits}e").replace("-", MINUS)


class _Bytes(NamedTuple):
    """Shows sizes in the unit of each, for they have no digits of their own."""

    def __call__(self, value: float, sign: str) -> str:
        minus = MINUS if value < 0 else sign
        return f"{minus}{size(round(abs(value)))}"


def _shower(metric: MetricChange) -> _Fixed | _Scientific | _Bytes:
    if metric.source == TRAINING and metric.name.endswith("memory"):
        return _Bytes()
    values = [abs(v) for v in (metric.base, metric.head) if v is not None]
    largest = max(values, default=0.0)
    half = half_width(metric.interval)
    step = half or abs(metric.change or 0.0) or _three_digits(largest)
    if 0 < largest < _SCIENTIFIC_BELOW or largest >= _SCIENTIFIC_FROM:
        digits = _order(largest) - _order(step) + 1
        return _Scientific(min(max(digits, 2), _MOST_DECIMALS))
    decimals = 1 - _order(step)
    if half:
        decimals = min(decimals, _MOST_INTERVAL_DECIMALS)
    else:
        enough = max(decimals, 1 - _order(_three_digits(largest)))
        decimals = min(enough, max((_decimals_of(v) for v in values), default=0))
    return _Fixed(min(max(decimals, 0), _MOST_DECIMALS))


def _three_digits(value: float) -> float:
    """Return a step that shows three significant digits of ``value``."""
    return value / 10 if value else 1.0


def _order(value: float) -> int:
    return math.floor(math.log10(value)) if value > 0 else 0


def _decimals_of(value: float) -> int:
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def half_width(interval: Interval | None) -> float:
    """Return half the width of ``interval``; 0 when there is none or it has no width."""
    if interval is None:
        return 0.0
    half = (interval.high - interval.low) / 2
    return half if math.isfinite(half) and half > 0 else 0.0


def _spread(interval: Interval | None, change: float, show: _Fixed | _Scientific | _Bytes) -> str:
    half = half_width(interval)
    if interval is None or not half:
        return ""
    if abs((interval.high + interval.low) / 2 - change) > _ASYMMETRIC * half:
        return f" ({show(interval.low, '+')} … {show(interval.high, '+')})"
    return f" ± {show(half, '')}"


def _percent_change(metric: MetricChange) -> str:
    """Return the change in percent of the base; nothing where a percentage tells nothing."""
    if metric.relative is None or not metric.base:
        return ""
    change = 100 * metric.relative
    half = 100 * half_width(metric.interval) / abs(metric.base)
    if max(abs(change), half) >= _MOST_PERCENT:
        return ""
    decimals = min(max(1 - _order(half or abs(change) or 1.0), 0), _MOST_DECIMALS)
    delta = fixed(change, decimals, sign="+")
    spread = f" ± {fixed(half, decimals)}" if half else ""
    return f"{arrow(change)} {delta}{THIN}%{spread}".strip()


def fixed(value: float, decimals: int, *, sign: str = "") -> str:
    r"""Return ``value`` with a fixed number of decimals and grouped thousands.

    >>> fixed(-1234.5, 1), fixed(0.25, 2, sign="+"), fixed(-0.0001, 2)
    ('−1\u202f234.5', '+0.25', '0.00')
    """
    text = format(value, f"{sign},.{decimals}f")
    if not text.strip("+-0.,"):
        text = text.lstrip("+-")
    return text.replace(",", THIN).replace("-", MINUS)


def shortest(value: float) -> str:
    """Return ``value`` alone, in up to six significant digits.

    >>> shortest(0.25), shortest(-1234567.0)
    ('0.25', '−1.23457e+06')
    """
    return f"{value:.6g}".replace("-", MINUS)


def count(value: int | None) -> str:
    """Return a whole number with grouped thousands."""
    return NONE if value is None else fixed(value, 0)


def size(value: int | None) -> str:
    """Return bytes in the unit that gives one to three digits before the point.

    >>> size(18_400_000), size(999), size(None)
    ('18.4 MB', '999 B', '—')
    """
    if value is None:
        return NONE
    scaled, unit = float(value), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if scaled < 999.95:  # noqa: PLR2004  # it would round up to 1000.0
            break
        scaled, unit = scaled / 1000, larger
    return f"{fixed(scaled, 0 if unit == 'B' else 1)} {unit}"


def date(seconds: int | None) -> str:
    """Return the UTC day of an epoch time, without a clock.

    >>> date(0), date(1_785_888_000)
    ('1970-01-01', '2026-08-05')
    """
    if seconds is None or abs(seconds) > 10**11:
        return ""
    shifted = seconds // 86_400 + 719_468  # days since 1 March of the year 0
    era, day_of_era = divmod(shifted, 146_097)
    year = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day = day_of_era - (365 * year + year // 4 - year // 100)
    month = (5 * day + 2) // 153
    day_of_month = day - (153 * month + 2) // 5 + 1
    number = month + 3 if month < 10 else month - 9  # noqa: PLR2004  # March is 0
    return f"{year + era * 400 + (number <= 2):04d}-{number:02d}-{day_of_month:02d}"  # noqa: PLR2004
