"""Look at a comparison again and again, and decide as soon as the numbers allow it.

The interval holds at all looks together (the mixture sequential probability ratio test of Robbins,
1970, as Johari, Koomen, Pekelis and Walsh use it, "Always Valid Inference", 2022): deciding at the
first look that shows something keeps the error rate, which repeated looks at a plain interval do
not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Sample:
    """What was observed of one side, all looks together.

    Attributes:
        mean: Mean of the observations; for events, their share.
        variance: Of one observation.
        count: Number of observations.
    """

    mean: float
    variance: float
    count: int

    @classmethod
    def of_events(cls, events: int, count: int) -> Sample:
        """Return the sample of ``events`` in ``count``; half an event is added to either side.

        Without that, no event at all would have no variance.
        """
        share = (events + 0.5) / (count + 1)
        return cls(events / count if count else 0.0, share * (1 - share), count)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look shows.

    Attributes:
        difference: Mean of the canary minus mean of what is deployed; more is worse.
        low: Lower end of the interval that holds at all looks.
        high: Upper end.
        decision: ``good`` where the difference is below the margin, ``bad`` where it is above,
            ``open`` where these numbers do not tell.
    """

    difference: float
    low: float
    high: float
    decision: Literal["good", "bad", "open"]


def look(canary: Sample, stable: Sample, *, margin: float, confidence: float = 0.95) -> Look:
    """Return what the observations so far show.

    >>> look(Sample.of_events(5, 5000), Sample.of_events(50, 50000), margin=0.01).decision
    'good'

    Args:
        canary: The new version.
        stable: The version that is deployed.
        margin: How much worse the new version may be, above zero; effects of about this size are
            found soonest.
        confidence: Of the interval, at all looks together.
    """
    difference = canary.mean - stable.mean
    if not canary.count or not stable.count:
        return Look(difference, -math.inf, math.inf, "open")
    variance = canary.variance / canary.count + stable.variance / stable.count
    mixing = margin**2
    wider = variance + mixing
    alpha = 1 - confidence
    radius = math.sqrt(variance * wider / mixing * math.log(wider / (variance * alpha**2)))
    low, high = difference - radius, difference + radius
    decision: Literal["good", "bad", "open"] = "open"
    if high < margin:
        decision = "good"
    elif low > margin:
        decision = "bad"
    return Look(difference, low, high, decision)
