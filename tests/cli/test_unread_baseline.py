"""A baseline that is there and cannot be read: nothing in it may be called new."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cli.machine import RULES, TRACEBACK, auc
from fakes.git import environment

if TYPE_CHECKING:
    from pathlib import Path

    from cli.machine import Machine

_WITHOUT_DVC = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "dvc" else find(name, package)
sys.modules["dvc"] = None
from mlgate.cli import main
main()
"""
_OTHER = {"eval/metrics.json": '{"f1": 0.5}'}


def cut_short(machine: Machine, head: str) -> Machine:
    """``main`` holds half a file beside a whole one; ``better``, checked out, holds ``head``."""
    machine.work.put({"mlgate.yml": RULES, "metrics.json": '{"auc": 0.9,', **_OTHER})
    machine.work.commit("measured")
    machine.work.switch("better")
    machine.work.commit("changed", metrics__json=head)
    return machine


def test_its_metrics_are_not_new(machine: Machine) -> None:
    ran = cut_short(machine, auc(0.7)).report("--format", "text")
    assert "it is new" not in ran.stdout
    judgement = machine.judgement("auc")
    assert (judgement["outcome"], judgement["effect"]) == ("missing", "warn")
    assert judgement["sentence"] == (
        "auc is 0.7; its value at the baseline is unusable (metrics.json could not be read), so "
        "only floors and ceilings are judged."
    )


def test_it_has_a_row_of_its_own_with_the_fix(machine: Machine) -> None:
    ran = cut_short(machine, auc(0.7)).report("--format", "text")
    source = machine.judgement("metrics.json")
    assert (source["kind"], source["outcome"], source["effect"]) == ("source", "missing", "warn")
    assert source["sentence"].startswith("At the baseline: metrics.json:1:13: not JSON")
    assert "At the baseline: metrics.json" in ran.stdout
    assert "written to the end" in ran.stdout


def test_the_policy_may_fail_it(machine: Machine) -> None:
    cut_short(machine, auc(0.7))
    machine.work.write(mlgate__yml=f"{RULES}policy: {{on-missing-baseline: fail}}\n")
    assert machine.report().exit_code == 3


def test_what_could_be_read_is_still_judged(machine: Machine) -> None:
    cut_short(machine, auc(0.7))
    machine.work.put({"mlgate.yml": RULES.replace("auc", "f1"), "eval/metrics.json": '{"f1": 0.1}'})
    assert machine.report().exit_code == 1
    assert "fell by 0.4" in machine.judgement("f1")["sentence"]


def test_a_metric_may_have_moved_out_of_it(machine: Machine) -> None:
    cut_short(machine, "{}")
    machine.work.put({"new/metrics.json": auc(0.7)})
    machine.report()
    assert "metrics.json could not be read" in machine.judgement("auc")["sentence"]


def test_a_metric_is_new_beside_a_file_that_could_be_read(machine: Machine) -> None:
    cut_short(machine, auc(0.7))
    machine.work.put({"eval/metrics.json": '{"f1": 0.5, "recall": 0.4}'})
    machine.report()
    assert machine.judgement("recall")["sentence"] == "recall is new."


def test_when_nothing_could_be_read_the_reason_is_kept(machine: Machine) -> None:
    machine.work.commit("measured", metrics__json='{"auc": 0.9,', mlgate__yml=RULES)
    machine.work.switch("better")
    machine.work.commit("changed", metrics__json=auc(0.7))
    machine.report()
    sentence = machine.judgement("baseline")["sentence"]
    assert "no metrics that can be read in" in sentence
    assert machine.judgement("metrics.json")["sentence"].startswith("At the baseline: metrics.json")


def test_an_older_commit_does_not_hide_it(machine: Machine) -> None:
    machine.work.commit("measured", metrics__json=auc(0.9), mlgate__yml=RULES)
    machine.work.commit("cut short", metrics__json='{"auc": 0.9,')
    machine.work.switch("better")
    machine.work.commit("changed", metrics__json=auc(0.7))
    assert machine.report().exit_code == 1
    assert "fell by 0.2" in machine.judgement("auc")["sentence"]
    assert machine.judgement("metrics.json")["effect"] == "warn"


@pytest.fixture
def kept_by_dvc(machine: Machine) -> Machine:
    """Both sides keep ``metrics.json`` in DVC, and ``eval/metrics.json`` in git."""
    pytest.importorskip("dvc")
    machine.work.put({"mlgate.yml": RULES, "metrics.json": auc(0.9), **_OTHER})
    _dvc(machine.path, "init", "--quiet")
    _dvc(machine.path, "add", "--quiet", "metrics.json")
    machine.work.commit("measured")
    machine.work.switch("better")
    (machine.path / "metrics.json").unlink()
    machine.work.put({"metrics.json": auc(0.7)})
    _dvc(machine.path, "add", "--quiet", "metrics.json")
    machine.work.commit("changed")
    machine.work.put({"mlgate.yml": f"metrics: [metrics.json, eval/metrics.json]\n{RULES}"})
    return machine


def test_dvc_tells_the_value_at_the_baseline(kept_by_dvc: Machine) -> None:
    assert kept_by_dvc.report().exit_code == 1
    assert "fell by 0.2" in kept_by_dvc.judgement("auc")["sentence"]


def test_a_cache_that_is_gone_is_said(kept_by_dvc: Machine) -> None:
    for file in (kept_by_dvc.path / ".dvc/cache").rglob("*"):
        if file.is_file():
            file.chmod(0o644)
            file.unlink()
    kept_by_dvc.report()
    source = kept_by_dvc.judgement("metrics.json")
    assert source["sentence"].startswith("At the baseline: metrics.json: DVC cannot read it at ")
    assert "dvc push" in source["advice"]
    assert "could not be read" in kept_by_dvc.judgement("auc")["sentence"]


def test_dvc_that_is_not_installed_is_said_with_the_extra(kept_by_dvc: Machine) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_DVC, "report", "--format", "text"],
        cwd=kept_by_dvc.path,
        env=environment(PYTHONPATH=":".join(sys.path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert TRACEBACK not in done.stderr
    assert done.returncode == 0
    source = kept_by_dvc.judgement("metrics.json")
    assert "DVC is not installed" in source["sentence"]
    assert "mlgate[dvc]" in source["advice"]
    assert "mlgate[dvc]" in done.stdout


def _dvc(folder: Path, *args: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "dvc", *args],
        cwd=folder,
        env=environment(DVC_NO_ANALYTICS="1"),
        capture_output=True,
        check=True,
    )
