"""``mlgate history``: metrics of tracked files and of stored evidence, along the first parents."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from cli.machine import auc

if TYPE_CHECKING:
    from cli.machine import Machine


@pytest.fixture
def measured(machine: Machine) -> Machine:
    """Four commits, of which three changed the metrics."""
    for value in (0.5, 0.7, 0.9):
        machine.work.put({"metrics.json": json.dumps({"auc": value, "loss": 1 - value})})
        machine.work.commit(f"auc {value}")
    machine.work.commit("docs", readme="1")
    return machine


def test_a_picture(measured: Machine) -> None:
    ran = measured.run("history", "--metric", "auc")
    assert ran.exit_code == 0, ran.output
    _, row = ran.stdout.splitlines()
    assert row.split()[:7] == ["auc", "▁▄█", "0.5", "0.9", "0.5", "0.9", "3"]


def test_rows_for_programs(measured: Machine) -> None:
    rows = json.loads(measured.run("history", "--format", "json").stdout)
    assert [(r["metric"], r["value"]) for r in rows][:2] == [("auc", 0.5), ("loss", 0.5)]
    table = csv.DictReader(io.StringIO(measured.run("history", "--format", "csv").stdout))
    found = [float(row["value"]) for row in table if row["metric"] == "auc"]
    assert found == [0.5, 0.7, 0.9]


def test_up_to_a_revision_and_no_further(measured: Machine) -> None:
    rows = json.loads(measured.run("history", "HEAD~2", "--format", "json").stdout)
    assert [r["value"] for r in rows if r["metric"] == "auc"] == [0.5, 0.7]
    rows = json.loads(measured.run("history", "--limit", "2", "--format", "json").stdout)
    assert [r["value"] for r in rows if r["metric"] == "auc"] == [0.7, 0.9]


def test_stored_evidence_counts_before_files(measured: Machine) -> None:
    measured.report("--post", "never")
    kept = json.loads(measured.written("evidence.json"))
    kept["models"][0]["metrics"][0]["value"] = 0.8
    measured.work.store(measured.work.head(), json.dumps(kept).encode())
    rows = json.loads(measured.run("history", "--format", "json").stdout)
    assert [r["value"] for r in rows if r["metric"] == "auc"][-1] == 0.8


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("--metric", "f1"), 3, "known: auc, loss"),
        (("nowhere",), 2, "'nowhere' is no revision here"),
        (("--model", "other", "--metric", "x"), 3, "no metric is named"),
    ],
)
def test_what_is_not_there(measured: Machine, args: tuple[str, ...], code: int, said: str) -> None:
    ran = measured.run("history", *args)
    assert ran.exit_code == code, ran.output
    assert said in ran.stderr


def test_hostile_names_stay_text(machine: Machine) -> None:
    machine.work.put({"metrics.json": json.dumps({"=1+1": 1.0, "::error::x": 2.0, "a\x1b[31m": 3})})
    machine.work.commit("hostile")
    ran = machine.run("history")
    assert ran.exit_code == 0, ran.output
    assert "\x1b" not in ran.stdout
    assert not any(line.startswith("::") for line in ran.stdout.splitlines())
    assert "'=1+1" in machine.run("history", "--format", "csv").stdout


def test_no_metrics_at_all(machine: Machine) -> None:
    machine.work.commit("x", readme=auc(1)[:0])
    assert machine.run("history").exit_code == 3
