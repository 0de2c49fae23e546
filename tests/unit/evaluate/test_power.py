"""What rows can show, against simulated pairs of models and the gate's own intervals."""

from __future__ import annotations

import numpy as np
import pytest

from mlgate.evaluate import influence
from mlgate.evaluate.intervals import standard_error
from mlgate.evaluate.power import Design, Rule, rows_to_fail, rows_to_pass, visible_drop
from mlgate.evaluate.proportion import newcombe
from mlgate.evaluate.side import Side

RATE = Design(family="rate", disagreement=0.08)
RULE = Rule(tolerance=0.01)


def answers(rows: int, drop: float, *, draws: int = 400) -> tuple[float, float]:
    """How often the gate fails, and how often it shows no drop beyond the limit."""
    random = np.random.default_rng(1)
    worse, better = (RATE.disagreement + drop) / 2, (RATE.disagreement - drop) / 2
    chances = [better, worse, 0.85 - worse, 0.15 - better]
    failed = passed = 0
    for head, base, both, _ in random.multinomial(rows, chances, draws):
        around = newcombe(int(head), int(base), int(both), rows, 0.95)
        failed += around.high < -RULE.tolerance
        passed += around.low >= -RULE.tolerance
    return failed / draws, passed / draws


@pytest.mark.parametrize("rows", [1000, 5000])
def test_the_visible_drop_is_seen_four_times_in_five(rows: int) -> None:
    failed, _ = answers(rows, visible_drop(RATE, RULE, rows))
    assert 0.7 < failed < 0.9


def test_rows_that_show_no_change() -> None:
    rows = rows_to_pass(RATE, RULE)
    _, passed = answers(rows, 0.0)
    assert 0.7 < passed < 0.9
    assert answers(rows // 4, 0.0)[1] < 0.4


def test_rows_that_show_a_drop() -> None:
    failed, _ = answers(rows_to_fail(RATE, RULE, 0.03), 0.03)
    assert 0.7 < failed < 0.9


def test_a_drop_within_the_limit_never_fails() -> None:
    with pytest.raises(ValueError, match="never fails"):
        rows_to_fail(RATE, RULE, 0.01)


def test_the_area_spreads_as_delong_says() -> None:
    """Hanley and McNeil's formula is a little careful where scores are normal."""
    random = np.random.default_rng(3)
    rows = 4000
    label = (random.random(rows) < 0.3).astype(np.int64)
    common, own = random.normal(size=rows), random.normal(size=(2, rows))
    sides = [Side(label=label, score=1.5 * label + common * 0.95 + n * 0.3, classes=2) for n in own]
    one, two = (influence.roc_auc(side) for side in sides)
    errors = [standard_error(x.influence, None)[0] for x in (one, two)]
    moved, _ = standard_error(one.influence - two.influence, None)
    correlation = (errors[0] ** 2 + errors[1] ** 2 - moved**2) / (2 * errors[0] * errors[1])
    design = Design(family="auc", value=one.value, positives=0.3, correlation=correlation)
    assert moved < design.standard_error(rows) < 1.25 * moved


def test_more_rules_see_less() -> None:
    strict = Rule(tolerance=0.01, rules=12)
    assert visible_drop(RATE, strict, 1000) > visible_drop(RATE, RULE, 1000)


def test_means_need_rows_by_the_square() -> None:
    one, two = (Design(family="mean", deviation=d) for d in (0.1, 0.2))
    assert rows_to_pass(two, RULE) == pytest.approx(4 * rows_to_pass(one, RULE), rel=0.01)
