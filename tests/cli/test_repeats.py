"""Metrics of repeated runs, from the files to the verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.machine import Machine

SEEDS = "repeats: {files: ['runs/seed-*/metrics.json']}\n"
LISTS = "repeats: {metrics: ['cv.*'], folds: 5}\nmetrics: [metrics.json]\n"
GATE = "gate:\n  - {metric: %s, max-drop: 0.01}\n"
BASE = (0.90, 0.91, 0.92, 0.93, 0.94)


def seeds(machine: Machine, values: Sequence[object]) -> None:
    for place, value in enumerate(values, 1):
        found = {"acc": value, "epoch": "last"}
        machine.work.put({f"runs/seed-{place}/metrics.json": json.dumps(found)})


def proposed(machine: Machine, base: Sequence[object], head: Sequence[object]) -> None:
    """Commit runs, and leave others in the work tree."""
    machine.work.put({"mlgate.yml": SEEDS + GATE % "acc"})
    seeds(machine, base)
    machine.work.commit("runs")
    seeds(machine, head)


def listed(machine: Machine, base: object, head: object, config: str = LISTS) -> None:
    machine.work.put({"mlgate.yml": config + GATE % "cv.acc"})
    machine.work.put({"metrics.json": json.dumps({"cv": {"acc": base}})})
    machine.work.commit("folds")
    machine.work.put({"metrics.json": json.dumps({"cv": {"acc": head}})})


def metric_of(machine: Machine, subject: str) -> dict[str, Any]:
    found: dict[str, Any] = machine.judgement(subject)["metric"]
    return found


def test_seeds_are_one_metric_with_an_interval(machine: Machine) -> None:
    proposed(machine, BASE, [value - 0.1 for value in BASE])
    ran = machine.report()
    assert ran.exit_code == 1, ran.output
    found = metric_of(machine, "acc")
    assert found["head"] == pytest.approx(0.82)
    assert found["repeats"] == len(BASE)
    assert found["interval"]["method"] == "5 runs, Welch's t"
    assert "the noise of training" in machine.written("report.md")
    assert len(machine.verdict()["judgements"]) == 1


def test_what_seeds_cannot_tell_blocks_nobody(machine: Machine) -> None:
    proposed(machine, BASE, [value - 0.012 for value in BASE])
    ran = machine.report()
    assert (ran.exit_code, machine.judgement("acc")["outcome"]) == (0, "unproven"), ran.output


def test_the_advice_counts_runs(machine: Machine) -> None:
    proposed(machine, BASE, BASE[::-1])
    machine.report()
    found = machine.judgement("acc")
    assert found["outcome"] == "inconclusive"
    assert "runs would show the limit" in found["advice"]


@pytest.mark.parametrize(
    ("broken", "said"),
    [(float("nan"), "NaN in runs/seed-3/metrics.json"), (None, "null in runs/seed-3/metrics.json")],
)
def test_a_run_without_a_value_is_no_mean_of_the_others(
    machine: Machine, broken: float | None, said: str
) -> None:
    proposed(machine, BASE, [*BASE[:2], broken, *BASE[3:]])
    ran = machine.report()
    assert (ran.exit_code, machine.judgement("acc")["outcome"]) == (3, "missing")
    assert said in ran.output


def test_a_run_that_lacks_the_metric(machine: Machine) -> None:
    proposed(machine, BASE, BASE)
    machine.work.put({"runs/seed-2/metrics.json": '{"f1": 0.5}'})
    ran = machine.report()
    assert ran.exit_code == 3
    assert "absent in runs/seed-2/metrics.json" in ran.output


def test_a_run_that_cannot_be_read(machine: Machine) -> None:
    proposed(machine, BASE, BASE)
    machine.work.put({"runs/seed-2/metrics.json": '{"acc": '})
    ran = machine.report()
    assert ran.exit_code == 3
    assert "runs/seed-2/metrics.json" in ran.output


def test_folds_in_a_list_pair(machine: Machine) -> None:
    listed(machine, BASE, [value - 0.05 for value in BASE])
    ran = machine.report()
    assert ran.exit_code == 1, ran.output
    found = metric_of(machine, "cv.acc")
    assert found["interval"]["method"] == "5 folds, Nadeau and Bengio"
    assert found["interval"]["low"] == pytest.approx(-0.05)


def test_other_folds_do_not_pair(machine: Machine) -> None:
    listed(machine, BASE, BASE[:4])
    ran = machine.report()
    assert (ran.exit_code, machine.judgement("cv.acc")["outcome"]) == (3, "incomparable")
    assert "the folds changed (5 → 4)" in ran.output


def test_a_list_with_something_else(machine: Machine) -> None:
    listed(machine, BASE, [0.9, "high"])
    ran = machine.report()
    assert ran.exit_code == 3
    assert "a list that is not a number for every run" in ran.output


def test_a_name_that_no_list_has(machine: Machine) -> None:
    listed(machine, BASE, BASE, LISTS.replace("cv.*", "fold.*"))
    ran = machine.report()
    assert ran.exit_code == 3
    assert "no list of numbers is named fold" in ran.output


def test_a_list_that_nobody_names_is_no_metric(machine: Machine) -> None:
    machine.work.put({"metrics.json": json.dumps({"acc": 0.9, "losses": [0.3, 0.2]})})
    machine.work.commit("curve")
    assert machine.report().exit_code == 0
    metrics = json.loads(machine.written("evidence.json"))["models"][0]["metrics"]
    assert "repeats" not in str(metrics)


def test_repeats_name_something(machine: Machine) -> None:
    machine.work.put({"mlgate.yml": "repeats: {folds: 5}\n"})
    ran = machine.report()
    assert ran.exit_code == 2
    assert "`repeats` names `files` or `metrics`" in ran.output
