"""Whatever is wrong with the input has a name, a place, an exit code, and no traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.machine import MEASURED, NAMED_RULES, Machine
from fakes.git import GitFolder

if TYPE_CHECKING:
    from pathlib import Path


FILES = {
    "empty": (b"", "metrics.json: the file is empty."),
    "blank": (b" \n\n", "metrics.json: the file is empty."),
    "truncated": (b'{"auc":\n 0.9', "metrics.json:2:5: not JSON: Expecting ',' delimiter."),
    "binary": (b'{"auc"\n\x80\x81\x00', "metrics.json:2: not text in UTF-8 (byte 7)."),
    "UTF-16": (MEASURED.encode("utf-16"), "metrics.json:1: not text in UTF-8 (byte 0)."),
    "50 MB": (
        b'{"auc": 0.9, "log": "' + b"a" * 50_000_000 + b'"}',
        "metrics.json: 47.7 MiB is more than the 16 MiB that are read.",
    ),
    "deep": (b"[" * 100_000 + b"]" * 100_000, "metrics.json: nested more than 64 levels deep."),
    "deep objects": (
        b'{"a":' * 80 + b"1" + b"}" * 80,
        "metrics.json: nested more than 64 levels deep.",
    ),
    "duplicate key": (
        b'{"auc": 0.9, "auc": 0.1}',
        "metrics.json: the key 'auc' appears twice in one object.",
    ),
    "one name spelt twice": (
        b'{"a.auc": 0.9, "a": {"auc": 0.1}}',
        "metrics.json: 'a.auc' is there twice.",
    ),
    "a list": (b"[0.9]", "metrics.json: the top is a list, not names with numbers."),
    "HTML": (b"<html>404</html>", "metrics.json:1:1: not JSON: Expecting value."),
    "a conflict": (b"<<<<<<< HEAD\n{}", "metrics.json:1:1: not JSON: Expecting value."),
    "a number of 5 000 digits": (
        b'{"auc": ' + b"9" * 5000 + b"}",
        "metrics.json: Exceeds the limit (4300 digits)",
    ),
    "a name of 500 letters": (
        b'{"' + b"a" * 500 + b'": 1}',
        "metrics.json: a name of 500 characters",
    ),
}


@pytest.mark.parametrize(("raw", "sentence"), FILES.values(), ids=FILES.keys())
def test_a_file_that_cannot_be_read(measured: Machine, raw: bytes, sentence: str) -> None:
    measured.work.put({"metrics.json": raw})
    ran = measured.report("--format", "text")
    assert (ran.exit_code, ran.stderr) == (3, "")
    assert measured.verdict()["overall"] == "missing"
    judgement = measured.judgement("metrics.json")
    assert (judgement["outcome"], judgement["kind"]) == ("missing", "source")
    assert judgement["sentence"].startswith(sentence)
    assert sentence[:50] in ran.stdout
    assert measured.judgement("auc")["outcome"] == "missing"


def test_a_file_that_is_not_there(measured: Machine) -> None:
    (measured.path / "metrics.json").unlink()
    ran = measured.report()
    assert ran.exit_code == 3
    assert measured.judgement("metrics.json")["sentence"] == "metrics.json: no such file."
    assert "does an earlier step write it" in measured.judgement("metrics.json")["advice"]


def test_no_metric_file_at_all(machine: Machine) -> None:
    machine.work.commit("nothing")
    machine.work.commit("still nothing")
    ran = machine.report()
    assert ran.exit_code == 3
    assert "no metric file found" in ran.stdout
    assert "looked for metrics.json" in machine.written("report.json")


def test_a_broken_file_that_was_found_is_not_passed_over(machine: Machine) -> None:
    machine.work.commit("measured", metrics__json=MEASURED)
    machine.work.write(metrics__json='{"auc": 0.9')
    assert machine.report().exit_code == 3


def test_a_broken_baseline_is_no_baseline(machine: Machine) -> None:
    machine.work.commit("broken", metrics__json='{"auc"', mlgate__yml=NAMED_RULES)
    machine.work.commit("mended", metrics__json=MEASURED)
    ran = machine.report()
    assert (ran.exit_code, machine.verdict()["overall"]) == (0, "warn")
    assert machine.judgement("baseline")["outcome"] == "missing"


VALUES = {
    "NaN": "NaN",
    "Infinity": "infinite",
    "-Infinity": "infinite",
    "1e999": "infinite",
    '"nan"': "NaN",
    '"inf"': "infinite",
    "null": "null",
    "true": "a flag",
    "[0.9]": "a list",
    '"0.9"': "a number in quotes",
    '"0,9"': "text",
    '""': "text",
}


@pytest.mark.parametrize(("value", "problem"), VALUES.items(), ids=VALUES.keys())
def test_a_value_that_is_no_number_never_passes(
    measured: Machine, value: str, problem: str
) -> None:
    measured.work.write(metrics__json=f'{{"auc": {value}, "f1": 0.5}}')
    ran = measured.report()
    assert ran.exit_code == 3
    judgement = measured.judgement("auc")
    assert (judgement["outcome"], judgement["effect"]) == ("missing", "fail")
    assert judgement["sentence"] == f"auc has no usable value: {problem}."


@pytest.mark.parametrize("value", ["NaN", "Infinity", '"nan"', "null", "true"])
def test_a_floor_is_not_held_by_no_number(measured: Machine, value: str) -> None:
    rules = "metrics: [metrics.json]\ngate: [{metric: auc, min: 0.5}]\n"
    measured.work.write(metrics__json=f'{{"auc": {value}}}', mlgate__yml=rules)
    assert measured.report().exit_code == 3


def test_a_baseline_that_is_no_number_is_not_a_pass(machine: Machine) -> None:
    machine.work.commit("measured", metrics__json='{"auc": NaN, "f1": 1}', mlgate__yml=NAMED_RULES)
    machine.work.commit("better", metrics__json='{"auc": 0.1, "f1": 1}')
    ran = machine.report()
    assert (ran.exit_code, machine.verdict()["overall"]) == (0, "warn")
    assert "value at the baseline is unusable (NaN)" in machine.judgement("auc")["sentence"]


def test_a_baseline_of_zero_is_no_way_to_pass(machine: Machine) -> None:
    rules = 'metrics: [metrics.json]\ngate: [{metric: loss, max-rise: "5 %"}]\n'
    machine.work.commit("measured", metrics__json='{"loss": 0}', mlgate__yml=rules)
    machine.work.commit("worse", metrics__json='{"loss": 0.5}')
    assert machine.report().exit_code == 1


def test_a_renamed_metric_is_missing_and_its_new_name_is_guessed(measured: Machine) -> None:
    measured.work.write(metrics__json='{"aucs": 0.9}')
    ran = measured.report()
    assert ran.exit_code == 3
    assert measured.judgement("auc")["advice"].startswith("`aucs` is new: was it renamed?")


def test_a_rule_that_matches_nothing_is_missing(measured: Machine) -> None:
    measured.work.write(mlgate__yml="metrics: [metrics.json]\ngate: [{metric: acu, min: 0.5}]\n")
    ran = measured.report()
    assert ran.exit_code == 3
    assert measured.judgement("acu")["advice"] == "Did you mean `auc`?"


class TestGit:
    """Repositories that have too little history, or another one."""

    def test_unrelated_histories(self, measured: Machine) -> None:
        work = measured.work
        work.git("checkout", "--quiet", "--orphan", "elsewhere")
        work.commit("another first", metrics__json='{"auc": 0.1}')
        ran = measured.report()
        assert ran.exit_code in {0, 3}, ran.output
        judgement = measured.judgement("baseline")
        assert judgement["outcome"] == "missing"
        assert "share no history" in judgement["sentence"]
        assert "--base" in judgement["sentence"]

    def test_a_shallow_clone_without_network(self, measured: Machine, tmp_path: Path) -> None:
        shallow = measured.work.clone(tmp_path / "shallow", "--depth=1", "--branch=better")
        measured.path.rename(tmp_path / "gone")
        machine = Machine(shallow)
        ran = machine.report()
        assert (ran.exit_code, machine.verdict()["overall"]) == (0, "warn")
        assert "fetch-depth: 0" in machine.judgement("baseline")["sentence"]

    def test_a_shallow_clone_with_network(self, measured: Machine, tmp_path: Path) -> None:
        measured.work.commit("worse", metrics__json='{"auc": 0.5}')
        machine = Machine(
            measured.work.clone(
                tmp_path / "shallow", "--depth=1", "--branch=better", "--no-single-branch"
            )
        )
        assert machine.report().exit_code == 1
        assert "fell by 0.4" in machine.judgement("auc")["sentence"]

    def test_a_detached_head(self, measured: Machine) -> None:
        measured.work.commit("worse", metrics__json='{"auc": 0.5}')
        measured.work.git("switch", "--quiet", "--detach")
        assert measured.report().exit_code == 1

    def test_a_machine_without_git(self, measured: Machine, tmp_path: Path) -> None:
        a_file = tmp_path / "file"
        a_file.touch()
        for path in (tmp_path, a_file):
            ran = measured.report(PATH=str(path))
            assert (ran.exit_code, ran.stdout) == (3, "")
            assert ran.errors == ["error: git is not installed"]

    def test_a_repository_of_somebody_else(self, measured: Machine) -> None:
        """What git says when the checkout belongs to another user, as in containers."""
        ran = measured.report(GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
        assert ran.exit_code == 3
        assert ran.errors == [f"error: git refuses {measured.path}: it belongs to another user"]
        assert f"git config --global --add safe.directory {measured.path}" in ran.stderr

    def test_a_broken_repository(self, measured: Machine) -> None:
        (measured.path / ".git/HEAD").write_text("garbage")
        ran = measured.report()
        assert ran.exit_code in {0, 3}
        assert "baseline" in ran.output.lower()

    def test_a_work_tree_in_a_subfolder(self, measured: Machine) -> None:
        measured.work.put({"sub/metrics.json": MEASURED, "sub/mlgate.yml": NAMED_RULES})
        measured.work.commit("subproject")
        measured.work.put({"sub/metrics.json": '{"auc": 0.1}'})
        sub = Machine(GitFolder(measured.path / "sub"))
        assert sub.report("--base", "HEAD").exit_code == 1
        assert "fell by 0.8" in sub.judgement("auc")["sentence"]
