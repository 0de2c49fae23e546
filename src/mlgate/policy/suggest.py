"""Rules that fit a metric nobody has written a rule for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.policy.config import Rule

if TYPE_CHECKING:
    from mlgate.documents.base import Direction


def suggest_rule(name: str, value: float | None, direction: Direction | None) -> Rule | None:
    """Return the rule that ``mlgate init`` proposes, ``None`` when the direction is unknown.

    Scores between 0 and 1 may fall by one point; losses and errors may rise by five percent.

    >>> suggest_rule("roc_auc", 0.93, "higher").text
    'roc_auc, max-drop: 0.01'
    >>> suggest_rule("val_loss", 0.3, "lower").text
    'val_loss, max-rise: 5 %'
    """
    match direction:
        case "higher" if value is not None and 0 <= value <= 1:
            return Rule(metric=name, max_drop=0.01)
        case "higher":
            return Rule(metric=name, max_drop="5 %")
        case "lower":
            return Rule(metric=name, max_rise="5 %")
        case None:
            return None
