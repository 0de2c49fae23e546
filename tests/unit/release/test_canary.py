"""The canary: traffic step by step, and none where it is worse, undecided or broken."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import pytest

from mlgate.errors import SourceError
from mlgate.policy.release import Canary
from mlgate.release.canary import CanaryError, CanaryRun, read_counts


@dataclass
class Traffic:
    """Traffic with event rates, by a clock that sleeping moves on."""

    canary: float
    stable: float
    clock: float = 0.0
    percent: int = 0
    shares: list[int] = field(default_factory=list)
    seen: dict[str, float] = field(default_factory=lambda: {"canary": 0.0, "stable": 0.0})

    def shift(self, percent: int) -> None:
        self.percent = percent
        self.shares.append(percent)

    def sleep(self, seconds: float) -> None:
        self.clock += seconds
        self.seen["canary"] += seconds * 100 * self.percent / 100
        self.seen["stable"] += seconds * 100 * (100 - self.percent) / 100

    def measure(self) -> str:
        rates = {"canary": self.canary, "stable": self.stable}
        told = {
            side: {"bad": round(rates[side] * count), "of": round(count)}
            for side, count in self.seen.items()
        }
        return json.dumps(told)


def canary(traffic: Traffic, **more: object) -> CanaryRun:
    wanted = Canary(shift="x", metric="x", margin=0.02, **more)  # type: ignore[arg-type]
    return CanaryRun(
        wanted=wanted,
        shift=traffic.shift,
        measure=traffic.measure,
        now=lambda: traffic.clock,
        sleep=traffic.sleep,
    )


def test_what_is_no_worse_gets_all_of_it() -> None:
    traffic = Traffic(canary=0.01, stable=0.01)
    steps = canary(traffic).run()
    assert traffic.shares == [5, 25, 50, 100]
    assert [step.percent for step in steps] == [5, 25, 50]
    assert steps[0].seen >= 500
    assert steps[0].seen < steps[1].seen < steps[2].seen
    assert all(step.look.decision == "good" for step in steps)


def test_what_is_worse_gets_none() -> None:
    traffic = Traffic(canary=0.2, stable=0.01)
    with pytest.raises(CanaryError, match="worse at 5 %"):
        canary(traffic).run()
    assert traffic.shares == [5, 0]


def test_traffic_that_cannot_be_taken_away_does_not_hide_why() -> None:
    traffic = Traffic(canary=0.2, stable=0.01)

    def shift(percent: int) -> None:
        if percent == 0:
            raise SourceError("the router is down")
        traffic.shift(percent)

    run = replace(canary(traffic), shift=shift)
    with pytest.raises(CanaryError, match=r"worse at 5 %.*; and its traffic.*the router is down"):
        run.run()


def test_what_stays_undecided_goes_back() -> None:
    traffic = Traffic(canary=0.03, stable=0.01)
    with pytest.raises(CanaryError, match="undecided at 5 % after 10 min"):
        canary(traffic, timeout="10 min").run()
    assert traffic.shares == [5, 0]
    assert traffic.clock >= 600


def test_no_traffic_is_no_evidence() -> None:
    traffic = Traffic(canary=0.0, stable=0.0)
    traffic.sleep = lambda seconds: setattr(  # type: ignore[method-assign]
        traffic, "clock", traffic.clock + seconds
    )
    with pytest.raises(CanaryError, match="nothing seen yet, 0 seen"):
        canary(traffic, timeout="1 min").run()


def test_counts_that_go_down() -> None:
    traffic = Traffic(canary=0.01, stable=0.01)
    lines = iter(
        [
            '{"canary": {"bad": 1, "of": 100}, "stable": {"bad": 1, "of": 1000}}',
            '{"canary": {"bad": 0, "of": 50}, "stable": {"bad": 1, "of": 1000}}',
        ]
    )
    run = CanaryRun(
        wanted=Canary(shift="x", metric="x", margin=0.02),
        shift=traffic.shift,
        measure=lambda: next(lines),
        now=lambda: traffic.clock,
        sleep=traffic.sleep,
    )
    with pytest.raises(CanaryError, match="went down"):
        run.run()
    assert traffic.shares[-1] == 0


def test_means_of_numbers() -> None:
    one, other = read_counts(
        '{"canary": {"mean": 10.5, "sd": 2, "of": 100}, "stable": {"mean": 10, "sd": 2, "of": 900}}'
    )
    assert (one.mean, one.variance, other.count) == (10.5, 4.0, 900)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ok",
        "{}",
        '{"canary": {}, "stable": {}}',
        '{"canary": {"bad": 5, "of": 3}, "stable": {"bad": 0, "of": 1}}',
        '{"canary": {"bad": -1, "of": 3}, "stable": {"bad": 0, "of": 1}}',
        '{"canary": {"bad": true, "of": 3}, "stable": {"bad": 0, "of": 1}}',
        '{"canary": {"mean": NaN, "sd": 1, "of": 3}, "stable": {"bad": 0, "of": 1}}',
        '{"canary": {"bad": 0.5, "of": 3}, "stable": {"bad": 0, "of": 1}}',
    ],
)
def test_what_is_no_metric(line: str) -> None:
    with pytest.raises(SourceError):
        read_counts(line)


@pytest.mark.parametrize("steps", [(), (0,), (100,), (50, 25), (5, 5)])
def test_steps_that_do_not_grow(steps: tuple[int, ...]) -> None:
    if not steps:
        return
    with pytest.raises(ValueError, match="steps"):
        Canary(shift="x", metric="x", margin=0.1, steps=steps)
