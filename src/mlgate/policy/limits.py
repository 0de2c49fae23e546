"""Numbers that a rule allows: absolute, or relative to the baseline."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from mlgate.compare.decimals import decimal, scaled

_PERCENT: Final = re.compile(r"\s*([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*%\s*")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a metric may move: ``amount`` in its unit, or as a fraction of |baseline|."""

    amount: Decimal
    relative: bool = False

    def absolute(self, base: float) -> Decimal:
        """Return the tolerance in the metric's own unit, exactly."""
        return scaled(self.amount, base) if self.relative else self.amount

    @property
    def text(self) -> str:
        """Return the tolerance as the configuration writes it."""
        return f"{plain(self.amount * 100)} %" if self.relative else plain(self.amount)


def parse_tolerance(value: float | str) -> Tolerance:
    """Return the tolerance that a configuration states.

    >>> parse_tolerance("0.5 %").text, parse_tolerance(0.005).text
    ('0.5 %', '0.005')

    Raises:
        ValueError: negative, not finite, or text that is no percentage.
    """
    match value:
        case str():
            found = _PERCENT.fullmatch(value)
            if not found:
                raise ValueError(f'{value[:40]!r} is not a number or a percentage such as "0.5 %"')
            return Tolerance(Decimal(found[1]) / 100, relative=True)
        case _ if not math.isfinite(value) or value < 0:
            raise ValueError(f"{value} is not a size: a tolerance is zero or more")
        case _:
            return Tolerance(decimal(value))


def plain(value: Decimal) -> str:
    """Return a decimal without exponent or trailing zeros.

    >>> plain(Decimal("0.0050")), plain(Decimal("1E+2"))
    ('0.005', '100')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
