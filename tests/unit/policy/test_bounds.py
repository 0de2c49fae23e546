"""One limit and one metric, at and around every edge of the interval."""

from __future__ import annotations

import pytest

from mlgate.documents.comparison import Interval, MetricChange
from mlgate.policy.bounds import Finding, findings
from mlgate.policy.config import Rule


def change(
    base: float,
    head: float,
    around: tuple[float, float] | None = None,
    *,
    head_around: tuple[float, float] | None = None,
    n: int | None = None,
) -> MetricChange:
    def interval(edges: tuple[float, float] | None) -> Interval | None:
        return edges and Interval(low=edges[0], high=edges[1], confidence=0.95, method="normal")

    return MetricChange(
        name="auc",
        source="metrics.json",
        base=base,
        head=head,
        change=head - base,
        interval=interval(around),
        head_interval=interval(head_around),
        n=n,
        direction="higher",
    )


def only(rule: Rule, metric: MetricChange) -> Finding:
    [found] = findings(rule, metric)
    return found


DROP = Rule(metric="auc", max_drop=0.25)
RISE = Rule(metric="auc", max_rise=0.25)


@pytest.mark.parametrize(
    ("head", "low", "high", "outcome"),
    [
        pytest.param(0.50, -0.50, -0.30, "fail", id="wholly beyond"),
        pytest.param(0.50, -0.75, -0.25, "unproven", id="touches the limit from beyond"),
        pytest.param(0.50, -0.75, -0.20, "unproven", id="reaches back over the limit"),
        pytest.param(0.75, -0.50, -0.10, "inconclusive", id="at the limit, not beyond it"),
        pytest.param(0.80, -0.30, -0.10, "inconclusive", id="inside, may be beyond"),
        pytest.param(0.90, -0.30, 0.10, "inconclusive", id="wide around no change"),
        pytest.param(0.90, -0.25, -0.05, "worse", id="inside, touches the limit"),
        pytest.param(0.90, -0.20, -0.05, "worse", id="worse, inside"),
        pytest.param(0.90, -0.20, 0.0, "pass", id="touches no change from below"),
        pytest.param(1.00, -0.10, 0.10, "pass", id="no change shown"),
        pytest.param(1.10, 0.0, 0.20, "pass", id="touches no change from above"),
        pytest.param(1.10, 0.05, 0.20, "improved", id="wholly better"),
    ],
)
def test_where_the_interval_lies(head: float, low: float, high: float, outcome: str) -> None:
    assert only(DROP, change(1.0, head, (low, high))).outcome == outcome
    mirrored = change(1.0, 2.0 - head, (-high, -low))
    assert only(RISE, mirrored).outcome == outcome


@pytest.mark.parametrize(
    ("head", "around", "outcome"),
    [
        pytest.param(0.5, None, None, id="at the floor"),
        pytest.param(0.4, None, "fail", id="below, no interval"),
        pytest.param(0.4, (0.3, 0.45), "fail", id="below, surely"),
        pytest.param(0.4, (0.3, 0.5), "unproven", id="below, interval touches the floor"),
        pytest.param(0.4, (0.3, 0.6), "unproven", id="below, not proven"),
    ],
)
def test_floor_and_ceiling(
    head: float, around: tuple[float, float] | None, outcome: str | None
) -> None:
    found = findings(Rule(metric="auc", min=0.5), change(1.0, head, head_around=around))
    assert [f.outcome for f in found] == ([outcome] if outcome else [])
    mirror = around and (1 - around[1], 1 - around[0])
    found = findings(Rule(metric="auc", max=0.5), change(1.0, 1 - head, head_around=mirror))
    assert [f.outcome for f in found] == ([outcome] if outcome else [])


@pytest.mark.parametrize(
    ("rule", "metric", "sentence", "limit"),
    [
        pytest.param(
            Rule(metric="auc", min=0.95), change(0.9, 0.5),
            "auc is 0.5, below the floor of 0.95.", "value ≥ 0.95", id="floor",
        ),
        pytest.param(
            Rule(metric="auc", max=-0.5), change(0.9, 0.0),
            "auc is 0, above the ceiling of −0.5.", "value ≤ −0.5", id="ceiling",
        ),
        pytest.param(
            Rule(metric="auc", min=0.95), change(0.9, 0.94, head_around=(0.93, 0.96)),
            "auc is 0.94, below the floor of 0.95; within the noise of the evaluation set, so not "
            "proven.", "value ≥ 0.95", id="floor, not proven",
        ),
        pytest.param(
            DROP, change(1.0, 0.5), "auc fell by 0.5 (1 → 0.5); the limit is 0.25.", "≥ −0.25",
            id="fell too far",
        ),
        pytest.param(
            DROP, change(1.0, 0.5, (-0.75, -0.2)),
            "auc fell by 0.5 (1 → 0.5; 95 % interval −0.75 to −0.2), beyond the limit of 0.25 but "
            "not proven at these sizes.", "≥ −0.25", id="not proven",
        ),
        pytest.param(
            RISE, change(1.0, 1.125, (0.0625, 0.1875)),
            "auc rose by 0.125 (1 → 1.125; 95 % interval 0.0625 to 0.188): worse, inside the limit "
            "of 0.25.", "≤ +0.25", id="worse inside",
        ),
        pytest.param(
            DROP, change(1.0, 1.5), "auc rose by 0.5 (1 → 1.5): better.", "≥ −0.25", id="better",
        ),
        pytest.param(
            Rule(metric="auc", max_drop="5 %"), change(2.0, 2.0),
            "auc did not change (2 → 2), within the limit of 0.1.", "≥ −5 %", id="unchanged",
        ),
        pytest.param(
            Rule(metric="auc", max_drop=0), change(2.0, 2.0),
            "auc did not change (2 → 2), within the limit of 0.", "≥ 0", id="none allowed",
        ),
    ],
)  # fmt: skip
def test_what_a_reviewer_reads(rule: Rule, metric: MetricChange, sentence: str, limit: str) -> None:
    found = only(rule, metric)
    assert (found.sentence, found.limit) == (sentence, limit)
    assert found.advice == ""


def test_an_inconclusive_change_says_what_would_show_it() -> None:
    found = only(DROP, change(1.0, 0.875, (-0.625, 0.375), n=1000))
    assert found.outcome == "inconclusive"
    assert found.advice == (
        "These sizes can show a change of about 0.5. About 4 000 rows would show the limit."
    )
    assert only(DROP, change(1.0, 0.875, (-0.625, 0.375))).advice == (
        "These sizes can show a change of about 0.5."
    )


def test_floor_and_drop_are_both_said() -> None:
    found = findings(Rule(metric="auc", min=0.8, max_drop=0.1), change(1.0, 0.5))
    assert [f.limit for f in found] == ["value ≥ 0.8", "≥ −0.1"]


def test_p_is_half_at_the_limit_and_small_far_beyond() -> None:
    def p(head: float, low: float, high: float) -> float:
        value = only(DROP, change(1.0, head, (low, high))).p
        assert value is not None
        return value

    assert p(0.75, -0.35, -0.15) == pytest.approx(0.5)
    # the limit lies 1.96 standard errors above the change, as the edge of its interval does
    assert p(0.5, -0.75, -0.25) == pytest.approx(0.025, abs=1e-9)
    assert p(1.0, -0.25, 0.25) == pytest.approx(0.975, abs=1e-9)
    assert only(DROP, change(1.0, 0.5)).p is None


@pytest.mark.parametrize(("head", "p"), [(0.5, 0.0), (0.75, 1.0), (0.9, 1.0)])
def test_an_interval_of_no_width_is_certain(head: float, p: float) -> None:
    assert only(DROP, change(1.0, head, (head - 1.0, head - 1.0))).p == p
