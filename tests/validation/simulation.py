"""Pairs of models whose true difference is known, and how often the gate is right about them.

``python -m validation.simulation`` writes ``docs/statistics.md``. Scores of both models come from
two normal distributions a row, correlated between the models; the truth of every metric is that of
four million rows.
"""

from __future__ import annotations

import functools
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from mlgate.compare.evidence import Paired, compare_models
from mlgate.compare.history import with_history
from mlgate.documents.comparison import Baseline, Interval
from mlgate.documents.evidence import Metric, ModelEvidence
from mlgate.evaluate.estimate import estimates
from mlgate.evaluate.measures import Measure, measure
from mlgate.evaluate.repeats import change_of_means
from mlgate.evaluate.result import Setting
from mlgate.evaluate.side import Side
from mlgate.evaluate.student import t_quantile
from mlgate.policy.config import Config, Model, Rule
from mlgate.policy.judge import Case, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mlgate.documents.comparison import Comparison
    from mlgate.evaluate.result import Estimate

TARGET = Path(__file__).resolve().parents[2] / "docs" / "statistics.md"
SCORES = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "mcc", "roc_auc", "pr_auc")
LOSSES = ("log_loss", "brier")
CALIBRATION = ("ece",)
REGRESSION = ("mae", "rmse", "r2", "smape")
TRUTH_ROWS = 4_000_000


@dataclass(frozen=True, slots=True)
class World:
    """How two models see the same rows.

    Attributes:
        drop: How much worse the head separates the classes than the baseline, whose is 1.5.
        correlation: Between the noise of both models.
        positives: Share of the positive class.
    """

    drop: float = 0.0
    correlation: float = 0.97
    positives: float = 0.35


class Pair(NamedTuple):
    head: Side
    base: Side


def binary(world: World, rows: int, seed: int) -> Pair:
    """Draw rows, and what both models make of them."""
    random = np.random.default_rng(seed)
    label = (random.random(rows) < world.positives).astype(np.int64)
    common = random.normal(size=rows)
    own = random.normal(size=(2, rows))
    r = world.correlation
    noise = np.sqrt(r) * common + np.sqrt(1 - r) * own
    sides = []
    for place, separation in enumerate((1.5 - world.drop, 1.5)):
        score = 1 / (1 + np.exp(-(1.3 * (separation * label + noise[place]) - 1.7)))
        called = (score >= 0.5).astype(np.int64)
        sides.append(Side(label=label, prediction=called, score=score, classes=2))
    return Pair(*sides)


def regression(world: World, rows: int, seed: int) -> Pair:
    """Draw numbers, and what both models make of them, with heavy tails."""
    random = np.random.default_rng(seed)
    label = random.gamma(3.0, 2.0, rows)
    common = random.standard_t(5, rows)
    sides = []
    for place in range(2):
        spread = 1 + (world.drop if place == 0 else 0.0)
        own = random.standard_t(5, rows)
        r = world.correlation
        error = spread * (np.sqrt(r) * common + np.sqrt(1 - r) * own)
        sides.append(Side(label=label, prediction=label + error))
    return Pair(*sides)


def known(names: Sequence[str], task: str) -> list[Measure]:
    found = [measure(name, task) for name in names]  # type: ignore[arg-type]
    return [one for one in found if one is not None]


@functools.cache
def truth(task: str, names: tuple[str, ...], world: World) -> dict[str, float]:
    """The change of every metric on so many rows that nothing is left to chance."""
    pair = draw(task, world, TRUTH_ROWS, 999)
    found = {}
    for one in known(names, task):
        sides = [_values(one, side) for side in pair]
        found[one.name] = sides[0] - sides[1]
    return found


def _values(one: Measure, side: Side) -> float:
    if one.kind == "table":
        (made,) = estimates([one], side, None, Setting())
        return made.value or 0.0
    found = one.of(side)
    return float(found.value if one.kind == "smooth" else found.mean())


def draw(task: str, world: World, rows: int, seed: int) -> Pair:
    return (binary if task == "binary" else regression)(world, rows, seed)


def covered(
    task: str, names: tuple[str, ...], world: World, rows: int, seeds: Iterable[int]
) -> dict[str, list[bool]]:
    """Whether the interval of each metric holds the true change, in every draw."""
    wanted = truth(task, names, world)
    found: dict[str, list[bool]] = {name: [] for name in names}
    for seed in seeds:
        pair = draw(task, world, rows, seed)
        for made in estimates(known(names, task), *pair, Setting(seed=str(seed))):
            if made.change is not None:
                change = wanted[made.measure.name]
                found[made.measure.name].append(made.change.low <= change <= made.change.high)
    return found


RULES = (
    *(Rule(metric=name, max_drop=0.01) for name in SCORES),
    *(Rule(metric=name, max_rise="5 %") for name in LOSSES),
    Rule(metric="accuracy[part=one]", max_drop=0.01),
    Rule(metric="accuracy[part=two]", max_drop=0.01),
)
"""Twelve rules as ``mlgate init`` proposes them."""


class Answer(NamedTuple):
    """Which gates let one pull request fail."""

    paired: bool
    unpaired: bool
    naive: bool


def answered(world: World, rows: int, seed: int) -> Answer:
    """Ask three gates about one pair: ours, one of independent intervals, and a plain threshold."""
    pair = binary(world, rows, seed)
    names = (*SCORES, *LOSSES)
    made = [(e, "") for e in estimates(known(names, "binary"), *pair, Setting(seed=str(seed)))]
    half = np.arange(rows) % 2
    for place, part in enumerate(("part=one", "part=two")):
        head, base = (side.take(half == place) for side in pair)
        inside = estimates(known(("accuracy",), "binary"), head, base, Setting(seed=str(seed)))
        made += [(e, part) for e in inside]
    return Answer(*(_fails(made, kind) for kind in ("paired", "unpaired", "naive")))


def _fails(made: Sequence[tuple[Estimate, str]], kind: str) -> bool:
    metrics = [_metrics(e, part, stated=kind == "unpaired") for e, part in made]
    paired = {
        head.key: Paired(change=_interval(e))
        for (head, _), (e, _) in zip(metrics, made, strict=True)
    }
    head, base = (
        ModelEvidence(model="model", metrics=tuple(pair[side] for pair in metrics))
        for side in (0, 1)
    )
    comparison = compare_models(base, head, paired=paired if kind == "paired" else None)
    found = judge(
        Case(
            config=Config(models={"model": Model(gate=RULES)}),
            baseline=Baseline(commit="a" * 40, origin="tracked files"),
            evidence=[head],
            comparisons=[comparison],
        )
    )
    return found.blocks


def _metrics(made: Estimate, part: str, *, stated: bool) -> tuple[Metric, Metric]:
    head = Metric(
        name=made.measure.name,
        source="p.csv",
        slice=part,
        value=made.value,
        direction="higher" if made.measure.higher else "lower",
        stderr=made.stderr if stated else None,
    )
    return head, msgspec.structs.replace(head, value=made.base)


def _interval(made: Estimate) -> Interval | None:
    around = made.change
    if around is None:
        return None
    return Interval(low=around.low, high=around.high, confidence=0.95, method=around.method)


def alarms(world: World, rows: int, seeds: Iterable[int]) -> list[Answer]:
    return [answered(world, rows, seed) for seed in seeds]


def spread_out(function: Callable[..., Any], draws: int, *arguments: object) -> list[Any]:
    """Run a simulation in two processes, half of the seeds each."""
    halves = [range(place, draws, 2) for place in range(2)]
    with ProcessPoolExecutor(2) as pool:
        jobs = [pool.submit(function, *arguments, half) for half in halves]
        return [job.result() for job in jobs]


HEAD = """\
# Statistics of the gate

Written by `nox -s statistics` from simulations of pairs of models whose true difference is known
(`tests/validation`). Metrics equal those of scikit-learn, tests those of scipy and statsmodels:
`tests/unit/evaluate` and `tests/validation` hold them to it.

## How often an interval holds the true change

95 % intervals of the change between two models on the same rows; percent of {draws} draws that hold
the truth. Fewer than 95 is too sure of itself, more is careful.

| metric | method | {sizes} |
|---|---|{lines}
"""
ALARMS = """
## How often an unchanged model is blocked

Twelve rules as `mlgate init` proposes them (eight scores with `max-drop: 0.01`, two losses with
`max-rise: 5 %`, accuracy on two slices); both models are equally good and disagree on
{disagreement} of the rows. *Paired* is mlgate with predictions; *independent* has the same
intervals of each model, but takes them as independent; *threshold* fails on what the numbers say.

| rows | paired | independent | threshold |
|---:|---:|---:|---:|
"""
POWER = """
## How often a worse model is blocked

The same twelve rules; the head is worse by so much in accuracy, and in everything else. In
brackets the gate that takes the models as independent.

| true drop | {sizes} |
|---|{lines}
"""
RUNS = """
## Repeated runs and the past

Metrics of plain files, two equal models: percent of {draws} draws whose 95 % interval of the
change holds the truth, and how often a rule with `max-drop: 0` blocks. *Seeds* are independent
runs on both sides; *folds* share most of their training rows, so that a plain paired t-test is too
sure of itself; *history* is the noise of so many commits; *best* the same with `compare: best`,
where the baseline is the best of as many equal models.

| runs or commits | seeds | folds | folds, plain t | history | history, blocked | best, blocked |
|---:|---:|---:|---:|---:|---:|---:|
"""
NOTES = """
Read it so: the gate seldom cries wolf, whatever the size of the evaluation set, and what it cannot
know it says (`inconclusive`, `unproven`) instead of guessing. `mlgate power` tells what a size can
show, before you collect data. A threshold finds more drops because it finds them everywhere.
"""


def main(*, draws: int = 1000) -> None:
    """Simulate, and write the document."""
    sizes = (200, 1000, 10_000)
    parts = [HEAD.format(draws=draws, sizes=_columns(sizes), lines="---:|" * len(sizes))]
    for task, names in (("binary", (*SCORES, *LOSSES, *CALIBRATION)), ("regression", REGRESSION)):
        parts += coverage(task, names, sizes, draws)
    agree = binary(World(), 1_000_000, 5)
    assert agree.head.prediction is not None
    disagreement = float((agree.head.prediction != agree.base.prediction).mean())
    parts.append(ALARMS.format(disagreement=f"{disagreement:.1%}"))
    for rows, times in ((200, 2), (1000, 2), (5000, 1), (20_000, 1), (100_000, 0.3)):
        found = flat(spread_out(alarms, int(draws * times), World(), rows))
        shares = [float(np.mean(column)) for column in zip(*found, strict=True)]
        parts.append(f"| {rows:,} | {' | '.join(f'{share:.1%}' for share in shares)} |\n")
        say(parts[-1])
    parts.append(POWER.format(sizes=_columns(sizes), lines="---:|" * len(sizes)))
    for drop in (0.1, 0.2, 0.4, 0.8):
        parts.append(power(drop, sizes, max(draws // 4, 50)))
        say(parts[-1])
    parts.append(runs(20 * draws))
    TARGET.write_text("".join([*parts, NOTES]), encoding="utf-8")


class Run(NamedTuple):
    """What five ways of judging one draw of equal models say; the last two are of blocking."""

    seeds: bool
    folds: bool
    plain: bool
    history: bool
    blocked: bool
    best: bool


def drawn_runs(count: int, draws: int) -> list[Run]:
    """Draw models of the same worth: runs of seeds, folds, and commits one after another.

    Any two folds of a side correlate by 1 / ``count``, the share of rows that a fold tests on,
    which is what Nadeau and Bengio (2003) take for overlapping training sets.
    """
    random = np.random.default_rng(count)
    found = []
    for _ in range(draws):
        head, base = random.normal(size=(2, count)).tolist()
        shared = math.sqrt(1 / count) * random.normal(size=2)
        own = math.sqrt(1 - 1 / count) * random.normal(size=(2, count))
        folds = [(own[side] + shared[side]).tolist() for side in range(2)]
        moved = np.subtract(folds[0], folds[1])
        spread = t_quantile(0.975, count - 1) * moved.std(ddof=1) / math.sqrt(count)
        seeds = change_of_means(head, base, 0, 0.95)
        paired = change_of_means(folds[0], folds[1], count, 0.95)
        assert seeds is not None
        assert paired is not None
        past = with_history(*commits(head, base[0]), confidence=0.95, intervals=True).metrics[0]
        around, highest = past.interval, past.highest
        assert around is not None
        assert highest is not None
        assert highest.interval is not None
        found.append(
            Run(
                seeds=seeds.low <= 0 <= seeds.high,
                folds=paired.low <= 0 <= paired.high,
                plain=abs(moved.mean()) <= spread,
                history=around.low <= 0 <= around.high,
                blocked=around.high < 0,
                best=highest.interval.high < 0,
            )
        )
    return found


def commits(
    values: Sequence[float], head: float
) -> tuple[Comparison, ModelEvidence, list[tuple[str, ModelEvidence]]]:
    """A head, its baseline (the first value), and the commits before it."""
    now, before, *past = (
        ModelEvidence(model="m", metrics=(Metric(name="auc", source="m.json", value=value),))
        for value in (head, *values)
    )
    return compare_models(before, now), now, [("a" * 40, model) for model in past]


def runs(draws: int) -> str:
    """Return the section of repeated runs and history."""
    lines = []
    for count in (5, 10, 30):
        shares = np.mean(drawn_runs(count, draws), axis=0)
        cells = [f"{100 * share:.1f}" for share in shares[:4]] + [f"{s:.1%}" for s in shares[4:]]
        lines.append(f"| {count} | {' | '.join(cells)} |\n")
        say(lines[-1])
    return "".join([RUNS.format(draws=f"{draws:,}"), *lines])


def coverage(task: str, names: tuple[str, ...], sizes: Sequence[int], draws: int) -> list[str]:
    world = World(drop=0.1)
    truth(task, names, world)
    found = {rows: spread_out(covered, draws, task, names, world, rows) for rows in sizes}
    pair = draw(task, world, 500, 0)
    methods = {e.measure.name: e.change for e in estimates(known(names, task), *pair, Setting())}
    lines = []
    for name in names:
        shares = [share_of(found[rows], name) for rows in sizes]
        change = methods[name]
        cells = " | ".join(f"{100 * share:.1f}" for share in shares)
        lines.append(f"| {name} | {change.method if change else ''} | {cells} |\n")
        say(lines[-1])
    return lines


def share_of(halves: Iterable[dict[str, list[bool]]], name: str) -> float:
    return float(np.mean([held for half in halves for held in half[name]]))


def power(drop: float, sizes: Sequence[int], draws: int) -> str:
    world = World(drop=drop)
    change = truth("binary", ("accuracy",), world)["accuracy"]
    cells = []
    for rows in sizes:
        found = flat(spread_out(alarms, draws, world, rows))
        shares = (np.mean([a[kind] for a in found]) for kind in (0, 1))
        cells.append("{:.0%} ({:.0%})".format(*shares))
    return f"| {-change:.3f} | {' | '.join(cells)} |\n"


def flat(halves: Iterable[list[Answer]]) -> list[Answer]:
    return [answer for half in halves for answer in half]


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _columns(sizes: Sequence[int]) -> str:
    return " | ".join(f"n = {size:,}" for size in sizes)


if __name__ == "__main__":
    main(draws=int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
