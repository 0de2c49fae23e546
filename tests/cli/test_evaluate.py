"""``mlgate evaluate``, ``mlgate power`` and predictions in ``mlgate report``, on real files."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn import metrics as sk

from cli.machine import Machine, pull_request
from fakes.github import TOKEN
from fakes.predictions import HEADING, predictions, scored
from fakes.tables import convert, csv_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.machine import Ran
    from fakes.github import GitHubStandIn
    from fakes.predictions import Prediction

CONFIG = """\
version: 1
predictions:
  file: predictions.csv
  id: id
  label: churned
  score: score
  slices: [region, {age: [30, 60]}, "age >= 80"]
gate:
  - {metric: roc_auc, max-drop: 0.02}
  - {metric: accuracy, slices: true, max-drop: 0.05}
"""
GIVEN = ("--id", "id", "--label", "churned", "--score", "score")


def proposed(machine: Machine, base: str, head: str, config: str = CONFIG) -> Machine:
    """``main`` has one model's predictions, ``better`` another's."""
    machine.work.put({"mlgate.yml": config, "predictions.csv": base})
    machine.work.commit("measured")
    machine.work.switch("better")
    machine.work.put({"predictions.csv": head})
    machine.work.commit("trained")
    return machine


def metric(machine: Machine, subject: str) -> dict[str, Any]:
    found: dict[str, Any] = machine.judgement(subject)["metric"]
    return found


@pytest.fixture
def folder(machine: Machine) -> Machine:
    """A folder that no git knows."""
    shutil.rmtree(machine.path / ".git")
    return machine


def changed(place: int, value: object, *, rows: int = 200, every: int = 40) -> str:
    """Predictions in which one column holds something else in some rows."""
    found: list[Prediction] = scored(rows)
    for row in found[::every]:
        row[place] = value
    return csv_text(found, HEADING)


class TestInTheReport:
    def test_an_equal_model_passes_though_its_numbers_differ(self, machine: Machine) -> None:
        ran = proposed(machine, predictions(4000), predictions(4000, model=2)).report()
        assert ran.exit_code == 0, ran.output
        auc = metric(machine, "roc_auc")
        assert auc["base"] != auc["head"]
        assert auc["interval"]["method"] == "paired, DeLong"
        assert auc["interval"]["low"] < auc["change"] < auc["interval"]["high"]
        assert auc["n"] == 4000
        assert metric(machine, "accuracy")["interval"]["method"] == "paired, Newcombe"

    @pytest.mark.parametrize("model", [2, 3, 4])
    def test_chance_among_seventy_metrics_without_a_rule_is_no_warning(
        self, machine: Machine, model: int
    ) -> None:
        proposed(machine, predictions(4000), predictions(4000, model=model)).report()
        free = [j for j in machine.verdict()["judgements"] if not j.get("rule") and j.get("metric")]
        assert len(free) > 70
        assert {j["outcome"] for j in free} <= {"pass", "unjudged"}

    def test_metrics_without_a_rule_that_got_worse_are_warnings(self, machine: Machine) -> None:
        head = predictions(4000, model=2, worse_in="west")
        proposed(machine, predictions(4000), head).report()
        for subject in ("brier", "roc_auc[region=west]"):
            assert machine.judgement(subject)["outcome"] == "worse"
            assert machine.judgement(subject)["effect"] == "warn"

    def test_a_worse_model_fails(self, machine: Machine) -> None:
        ran = proposed(machine, predictions(4000), predictions(4000, noise=0.5)).report()
        assert ran.exit_code == 1
        assert machine.judgement("roc_auc")["outcome"] == "fail"

    def test_a_drop_within_noise_does_not_fail(self, machine: Machine) -> None:
        """Eighty rows: the area falls beyond the limit, and nobody can know."""
        head = predictions(80, noise=0.3, model=4)
        ran = proposed(machine, predictions(80), head).report()
        judged = machine.judgement("roc_auc")
        assert judged["metric"]["change"] < -0.02
        assert judged["outcome"] == "unproven"
        assert ran.exit_code == 0

    def test_a_slice_that_got_worse_fails(self, machine: Machine) -> None:
        head = predictions(4000, model=2, worse_in="west")
        assert proposed(machine, predictions(4000), head).report().exit_code == 1
        assert machine.judgement("accuracy[region=west]")["outcome"] == "fail"
        assert machine.judgement("accuracy[region=north]")["effect"] == "pass"
        subjects = {j["subject"] for j in machine.verdict()["judgements"]}
        wanted = {"age=..30", "age=30..60", "age=60..", "where=age >= 80"}
        assert {f"accuracy[{part}]" for part in wanted} <= subjects

    def test_small_slices_are_left_out_and_named(self, machine: Machine) -> None:
        ran = proposed(machine, predictions(120), predictions(120, model=2)).report()
        assert "slices with fewer than 50 rows were left out" in ran.output
        assert "left out: region=" in ran.output

    def test_another_evaluation_set_is_not_compared(self, machine: Machine) -> None:
        ran = proposed(machine, predictions(3000), predictions(2900)).report()
        assert ran.exit_code == 3
        judged = machine.judgement("roc_auc")
        assert judged["outcome"] == "incomparable"
        assert "100 rows only at the baseline" in judged["sentence"]

    def test_other_labels_are_another_evaluation_set(self, machine: Machine) -> None:
        rows = scored(3000)
        for row in rows[:12]:
            row[1] = 1 - int(str(row[1]))
        proposed(machine, predictions(3000), csv_text(rows, HEADING)).report()
        assert "12 rows with another label" in machine.judgement("roc_auc")["sentence"]

    def test_the_intersection_where_the_policy_says_so(self, machine: Machine) -> None:
        config = f"{CONFIG}policy: {{evaluation-set: intersection}}\n"
        ran = proposed(machine, predictions(3000), predictions(3100, model=2), config).report()
        assert ran.exit_code == 0, ran.output
        assert "only the 3000 rows that both sides have are compared" in ran.output
        assert metric(machine, "roc_auc")["n"] == 3000

    def test_order_and_format_of_the_rows_do_not_matter(self, machine: Machine) -> None:
        rows = scored(2000, model=2)
        proposed(machine, predictions(2000), csv_text(rows, HEADING)).report()
        one = machine.verdict()["judgements"]
        machine.work.put({"predictions.csv": csv_text(rows[::-1], HEADING)})
        machine.report()
        assert machine.verdict()["judgements"] == one

    def test_no_predictions_at_the_baseline_are_said(self, machine: Machine) -> None:
        machine.work.put({"mlgate.yml": CONFIG, "metrics.json": '{"auc": 0.9}'})
        machine.work.commit("without")
        machine.work.switch("better")
        machine.work.put({"predictions.csv": predictions(500)})
        machine.work.commit("with")
        ran = machine.report()
        assert "no predictions of the baseline" in ran.output
        assert machine.judgement("roc_auc")["outcome"] == "missing"
        assert ran.exit_code == 0

    def test_predictions_that_an_earlier_step_brought(self, machine: Machine) -> None:
        """Nobody keeps them in git; the artifact of the base's run lies in a folder."""
        machine.work.put({"mlgate.yml": CONFIG, ".gitignore": ".mlgate/\n*.csv\n"})
        machine.work.commit("base")
        machine.work.switch("better")
        machine.work.put({"note.txt": "x"})
        machine.work.commit("head")
        worse = predictions(3000, noise=0.6)
        machine.work.put({"predictions.csv": worse, "old.csv": predictions(3000)})
        ran = machine.report("--against", "old.csv")
        assert ran.exit_code == 1, ran.output
        assert machine.judgement("roc_auc")["outcome"] == "fail"
        assert machine.report("--against", "old.csv", "--evidence", ".mlgate").exit_code == 2
        machine.work.put({"plain.yml": "version: 1\n"})
        ran = machine.run("--config", "plain.yml", "report", "--against", "old.csv")
        assert ran.exit_code == 2
        assert "`predictions:`" in ran.stderr
        ran = machine.report("--against", "lost.csv")
        assert ran.exit_code == 3
        assert "lost.csv: no such file" in ran.output

    @pytest.mark.parametrize(
        ("base", "said"),
        [
            ("id,y\n1,0\n", "no column 'churned' for `label`"),
            (changed(2, "NaN", rows=3000), "'score' has no finite value in 75 of 3000 rows"),
        ],
        ids=["other columns", "NaN"],
    )
    def test_broken_predictions_of_the_baseline_do_not_block(
        self, machine: Machine, base: str, said: str
    ) -> None:
        ran = proposed(machine, base, predictions(3000)).report()
        assert ran.exit_code == 0, ran.output
        assert said in ran.output
        assert machine.judgement("roc_auc")["outcome"] == "missing"
        assert metric(machine, "roc_auc")["head"] > 0.7

    def test_lost_predictions_are_missing_evidence(self, machine: Machine) -> None:
        proposed(machine, predictions(500), predictions(500))
        (machine.path / "predictions.csv").unlink()
        ran = machine.report()
        assert ran.exit_code == 3
        assert "predictions.csv: no such file" in ran.output

    def test_a_pull_request_does_not_choose_how_it_is_measured(
        self, machine: Machine, github: GitHubStandIn
    ) -> None:
        """The head looks at another column; the baseline's configuration decides."""
        proposed(machine, predictions(3000), predictions(3000, noise=0.6))
        cheating = CONFIG.replace("  slices:", "  weight: score\n  slices:")
        machine.work.put({"mlgate.yml": cheating.replace("max-drop: 0.02", "max-drop: 0.9")})
        machine.work.commit("loosen")
        job = pull_request(machine.work, github)
        assert job.report().exit_code == 1
        assert job.judgement("roc_auc")["outcome"] == "fail"

    def test_metric_files_and_predictions_together(self, machine: Machine) -> None:
        config = CONFIG + "  - {metric: latency, max-rise: 1}\n"
        machine.work.put({"metrics.json": '{"latency": 3}'})
        proposed(machine, predictions(900), predictions(900, model=2), config).report()
        assert machine.judgement("latency")["outcome"] == "pass"
        assert metric(machine, "roc_auc")["interval"]

    def test_what_flipped(self, machine: Machine) -> None:
        """Three rows by hand: one newly wrong, two newly right; classes only where allowed."""
        head = scored(900)
        flipped: dict[str, list[str]] = {"newly wrong": [], "newly right": []}
        for row in head:
            right = (float(str(row[2])) >= 0.5) == bool(row[1])
            kind = "newly wrong" if right else "newly right"
            if len(flipped[kind]) < (1 if right else 2):
                flipped[kind].append(str(row[0]))
                row[2] = 1 - float(str(row[2]))
        proposed(machine, predictions(900), csv_text(head, HEADING))
        assert "What flipped</b>: 1 row newly wrong, 2 newly right" in machine.report().stdout
        found = json.loads(machine.written())["comparisons"][0]["rows"]["flips"]
        assert [row["id"] for row in found["wrong"]] == flipped["newly wrong"]
        assert sorted(row["id"] for row in found["right"]) == sorted(flipped["newly right"])
        assert not any("label" in row for row in found["right"])
        shown = CONFIG.replace("  slices:", "  samples: true\n  slices:")
        machine.work.put({"mlgate.yml": shown})
        assert "| Label | Baseline | Head |" in machine.report().stdout

    def test_a_gap_between_groups(self, machine: Machine) -> None:
        config = CONFIG.replace("gate:\n", "  gaps: {region: [recall]}\ngate:\n").replace(
            "max-drop", "level: warn, max-drop"
        )
        config += '  - {metric: "recall_gap[by=region]", max: 0.1}\n'
        head = predictions(4000, model=2, worse_in="west")
        ran = proposed(machine, predictions(4000), head, config).report()
        assert ran.exit_code == 1, ran.output
        judged = machine.judgement("recall_gap[by=region]")
        assert judged["outcome"] == "fail"
        assert judged["metric"]["head_interval"]["low"] > 0.1

    def test_slices_that_nobody_declared(self, machine: Machine) -> None:
        config = CONFIG.replace(
            '  slices: [region, {age: [30, 60]}, "age >= 80"]\n', "  discover: true\n"
        )
        config = config.replace("0.02", "0.5").replace("0.05", "0.5")
        head = predictions(4000, model=2, worse_in="west")
        ran = proposed(machine, predictions(4000), head, config).report()
        assert ran.exit_code == 0
        assert "Worse in" in ran.stdout
        found = json.loads(machine.written())["comparisons"][0]["rows"]
        assert found["discovered"][0]["name"] == "region=west"
        assert found["searched"] > 7
        assert "region=west" in machine.written("report.html")

    def test_pictures_of_both_models(self, machine: Machine) -> None:
        proposed(machine, predictions(900), predictions(900, model=2)).report()
        page = machine.written("report.html")
        for title in ("ROC curve", "Precision and recall", "Calibration"):
            assert title in page
        assert page.count('<polyline class="was"') == page.count('<polyline class="is"') == 3
        found = json.loads(machine.written())["comparisons"][0]["rows"]
        roc = next(c for c in found["curves"] if c["name"] == "roc")
        assert (roc["head"][0], roc["head"][-1]) == ([0, 0], [1, 1])
        assert sum(map(sum, found["confusion"]["head"])) == 900


def evaluated(machine: Machine, text: str, *more: str) -> Ran:
    machine.work.put({"p.csv": text})
    return machine.run("evaluate", "p.csv", *more)


class TestEvaluate:
    def test_without_git_and_configuration(self, folder: Machine) -> None:
        ran = evaluated(folder, predictions(1000), *GIVEN, "--slice", "region")
        assert ran.exit_code == 0, ran.output
        heading, first, *_ = ran.stdout.splitlines()
        assert heading.split() == ["metric", "value", "interval", "rows"]
        assert first.startswith("accuracy")
        assert "region=north" in ran.stdout
        assert "95 % of all cases" in ran.stdout
        found = json.loads(folder.written("evidence/model/evaluation.json"))
        names = {m["name"] for m in found["models"][0]["metrics"]}
        assert {"accuracy", "roc_auc", "log_loss", "ece"} <= names

    def test_against_another_file(self, folder: Machine) -> None:
        folder.work.put({"old.csv": predictions(1000)})
        ran = evaluated(folder, predictions(1000, noise=0.4), *GIVEN, "--against", "old.csv")
        assert ran.exit_code == 0, ran.output
        assert ran.stdout.splitlines()[0].split() == [
            *("metric", "baseline", "head", "change", "p", "rows")
        ]
        assert "< 0.001" in ran.stdout

    def test_as_json(self, folder: Machine) -> None:
        found = evaluated(folder, predictions(300), *GIVEN, "--format", "json").json()
        assert {m["name"]: m for m in found["metrics"]}["roc_auc"]["head_interval"]["low"] > 0.5

    @pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv.gz"])
    def test_every_format_says_the_same(self, folder: Machine, suffix: str) -> None:
        wanted = evaluated(folder, predictions(500), *GIVEN).stdout
        convert(folder.path / "p.csv", folder.path / f"q.{suffix}")
        ran = folder.run("evaluate", f"q.{suffix}", *GIVEN)
        assert ran.stdout == wanted, ran.stderr

    def test_the_evidence_goes_to_another_job(self, machine: Machine) -> None:
        machine.work.put({"mlgate.yml": CONFIG, "predictions.csv": predictions(500)})
        machine.work.commit("measured")
        assert machine.run("evaluate").exit_code == 0
        ran = machine.report("--evidence", ".mlgate/evidence")
        assert "roc_auc" in ran.output

    def test_the_evidence_knows_its_evaluation_set(self, machine: Machine) -> None:
        """Metrics of another job do not compare with those of other rows."""
        machine.work.put({"mlgate.yml": CONFIG, "predictions.csv": predictions(500)})
        machine.work.commit("measured")
        tasks = set()
        for rows in (500, 500, 501):
            machine.work.put({"predictions.csv": predictions(rows)})
            machine.run("evaluate")
            found = json.loads(machine.written("evidence/model/evaluation.json"))
            tasks |= {m["task"] for m in found["models"][0]["metrics"]}
        assert sorted(task.split(",")[0] for task in tasks) == ["500 rows", "501 rows"]

    def test_evaluated_and_reported_in_one_job(self, machine: Machine) -> None:
        """Both leave the metrics behind, and another job takes them once."""
        machine.work.put({"mlgate.yml": CONFIG, "predictions.csv": predictions(500)})
        machine.work.commit("measured")
        machine.run("evaluate")
        machine.report()
        ran = machine.report("--evidence", ".mlgate")
        assert "two evidence files" not in ran.output
        assert "roc_auc" in ran.output

    def test_several_classes(self, folder: Machine) -> None:
        rows = [
            [n, "abc"[n % 3], "abc"[(n % 7 == 0) + n % 3 - (n % 3 == 2)], *probabilities(n)]
            for n in range(600)
        ]
        text = csv_text(rows, ("id", "kind", "said", "p_a", "p_b", "p_c"))
        ran = evaluated(folder, text, "--label", "kind", "--prediction", "said", "--score", "p_*")
        assert ran.exit_code == 0, ran.output
        assert "roc_auc_ovr" in ran.stdout
        assert "f1[class=a]" in ran.stdout

    def test_a_regression_is_seen(self, folder: Machine) -> None:
        rows = [[n, n * 0.37, n * 0.37 + (n % 5) / 10] for n in range(200)]
        text = csv_text(rows, ("id", "y", "guess"))
        ran = evaluated(folder, text, "--label", "y", "--prediction", "guess")
        assert ran.exit_code == 0, ran.output
        assert {"mae", "rmse", "r2"} <= {line.split(" ")[0] for line in ran.stdout.splitlines()}

    def test_a_ranking(self, folder: Machine) -> None:
        rows = [[n // 8, n % 3 == 0, (n * 37 % 11) / 10] for n in range(400)]
        text = csv_text([[q, int(r), s] for q, r, s in rows], ("q", "relevant", "s"))
        ran = evaluated(folder, text, "--label", "relevant", "--score", "s", "--query", "q")
        assert ran.exit_code == 0, ran.output
        assert "ndcg@10" in ran.stdout
        assert ran.stdout.splitlines()[1].endswith("50")

    def test_several_labels(self, folder: Machine) -> None:
        """Three labels a row: micro averages as scikit-learn's, every label a slice."""
        truth = [[int(n % k == 0) for k in (2, 3, 5)] for n in range(400)]
        said = [[int((n + n // 7) % k == 0) for k in (2, 3, 5)] for n in range(400)]
        rows = [[n, *t, *s, n % 2] for n, (t, s) in enumerate(zip(truth, said, strict=True))]
        heading = ("id", "toxic", "spam", "ad", "p1", "p2", "p3", "half")
        config = (
            "version: 1\npredictions:\n  file: p.csv\n  id: id\n  label: [toxic, spam, ad]\n"
            "  prediction: [p1, p2, p3]\n  slices: [half]\n  metrics: [f1, accuracy, recall]\n"
        )
        folder.work.put({"mlgate.yml": config, "p.csv": csv_text(rows, heading)})
        ran = folder.run("evaluate", "--format", "json")
        assert ran.exit_code == 0, ran.output
        found = {(m["name"], m.get("slice", "")): m for m in ran.json()["metrics"]}
        assert found["f1", ""]["head"] == pytest.approx(sk.f1_score(truth, said, average="micro"))
        loss = sk.hamming_loss(np.array(truth), np.array(said))
        assert found["accuracy", ""]["head"] == pytest.approx(1 - loss)
        recalls = sk.recall_score(truth, said, average=None)
        for label, recall in zip(("toxic", "spam", "ad"), recalls, strict=True):
            assert found["recall", f"label={label}"]["head"] == pytest.approx(recall)
        assert found["accuracy", "half=1"]["n"] == 600
        assert "400 groups" in found["accuracy", ""]["head_interval"]["method"]

    def test_several_labels_of_two_models(self, machine: Machine) -> None:
        rows = [[n, n % 2, n % 3 == 0, (n * 7 % 10) / 10, (n * 3 % 10) / 10] for n in range(500)]
        text = csv_text(
            [[a, b, int(c), d, e] for a, b, c, d, e in rows], ("id", "x", "y", "p", "q")
        )
        config = (
            "version: 1\npredictions:\n  {file: predictions.csv, id: id, label: [x, y], "
            "score: [p, q]}\ngate:\n  - {metric: f1, slices: true, max-drop: 0.1}\n"
        )
        ran = proposed(machine, text, text, config).report()
        assert ran.exit_code == 0, ran.output
        assert metric(machine, "f1[label=x]")["change"] == 0

    @pytest.mark.parametrize("label", ["[]", "[x, y, z]", "x"])
    def test_labels_without_their_scores(self, folder: Machine, label: str) -> None:
        config = f"version: 1\npredictions: {{file: p.csv, label: {label}, score: [p, q]}}\n"
        folder.work.put({"mlgate.yml": config})
        ran = folder.run("evaluate")
        assert ran.exit_code == 2
        assert "several labels need as many columns" in ran.stderr

    def test_quantiles(self, folder: Machine) -> None:
        rows = [[n * 0.5, n * 0.5 - 1, n * 0.5 + 1] for n in range(200)]
        config = (
            "version: 1\npredictions: {file: p.csv, label: y, quantiles: {0.1: low, 0.9: high}}\n"
        )
        folder.work.put({"mlgate.yml": config, "p.csv": csv_text(rows, ("y", "low", "high"))})
        ran = folder.run("evaluate")
        assert ran.exit_code == 0, ran.output
        assert "pinball[quantile=0.1]" in ran.stdout

    def test_groups_widen_the_interval(self, folder: Machine) -> None:
        rows = [row for row in scored(300) for _ in range(4)]
        text = csv_text([[n, *row] for n, row in enumerate(rows)], ("row", *HEADING))
        given = ("--id", "row", "--label", "churned", "--score", "score", "--format", "json")
        plain = evaluated(folder, text, *given).json()["metrics"]
        grouped = evaluated(folder, text, *given, "--group", "id").json()["metrics"]
        for one, other in zip(plain, grouped, strict=True):
            widths = [m["head_interval"]["high"] - m["head_interval"]["low"] for m in (one, other)]
            assert widths[1] > 1.6 * widths[0], one["name"]


def probabilities(number: int) -> list[float]:
    raw = [1 + (number * k) % 7 for k in (3, 5, 11)]
    raw[number % 3] += 4
    return [round(x / sum(raw), 6) for x in raw]


class TestBadInput:
    @pytest.mark.parametrize(
        ("make", "said"),
        [
            pytest.param(
                lambda: changed(2, "NaN"), "'score' has no finite value in 5 of 200 rows", id="nan"
            ),
            pytest.param(
                lambda: changed(2, ""), "'score' has no finite value in 5 of 200 rows", id="empty"
            ),
            pytest.param(
                lambda: changed(2, "inf"),
                "'score' has no finite value in 5 of 200 rows",
                id="infinite",
            ),
            pytest.param(
                lambda: changed(1, ""),
                "'churned' has no finite value in 5 of 200 rows",
                id="no label",
            ),
            pytest.param(lambda: changed(2, 1.5), "'score' goes from", id="above one"),
            pytest.param(lambda: changed(2, -3), "no probabilities", id="below zero"),
            pytest.param(lambda: changed(0, 7), "'id' names", id="twice"),
            pytest.param(
                lambda: changed(0, ""), "'id' has no finite value in 5 of 200 rows", id="no id"
            ),
            pytest.param(lambda: csv_text([], HEADING), "no rows", id="heading only"),
            pytest.param(lambda: "", "p.csv", id="empty file"),
        ],
    )
    def test_tables_that_cannot_be_judged(
        self, folder: Machine, make: Callable[[], str], said: str
    ) -> None:
        ran = evaluated(folder, make(), *GIVEN)
        assert ran.exit_code == 3, ran.output
        assert said in ran.stderr

    def test_a_column_that_is_not_there(self, folder: Machine) -> None:
        ran = evaluated(folder, predictions(100), "--label", "churn", "--score", "score")
        assert ran.exit_code == 2
        assert "no column 'churn' for `label`" in ran.stderr
        assert "did you mean churned?" in ran.stderr

    def test_a_metric_that_does_not_exist(self, folder: Machine) -> None:
        ran = evaluated(folder, predictions(100), *GIVEN, "--metric", "roc_auk")
        assert ran.exit_code == 2
        assert "did you mean `roc_auc`?" in ran.stderr

    def test_a_label_outside_of_two_classes(self, folder: Machine) -> None:
        ran = evaluated(folder, changed(1, 2), *GIVEN, "--task", "binary")
        assert ran.exit_code == 2
        assert "has 3 classes: 0, 1, 2" in ran.stderr

    def test_which_class_is_positive(self, folder: Machine) -> None:
        rows = [[n, "good" if n % 3 else "bad", (n % 10) / 10] for n in range(100)]
        text = csv_text(rows, ("id", "y", "p"))
        ran = evaluated(folder, text, "--label", "y", "--score", "p")
        assert ran.exit_code == 2
        assert "which class of 'y' is the positive one?" in ran.stderr
        ran = evaluated(folder, text, "--label", "y", "--score", "p", "--positive", "bad")
        assert ran.exit_code == 0

    def test_one_class_has_no_area_and_the_rest_is_measured(self, folder: Machine) -> None:
        ran = evaluated(folder, changed(1, 0, every=1), *GIVEN)
        assert ran.exit_code == 0, ran.output
        (line,) = [line for line in ran.stdout.splitlines() if line.startswith("roc_auc")]
        assert "only one class" in line

    @pytest.mark.parametrize("rows", [1, 2])
    def test_hardly_any_rows(self, folder: Machine, rows: int) -> None:
        ran = evaluated(folder, predictions(rows), *GIVEN)
        assert ran.exit_code == 0, ran.output
        assert ("one row is too few" in ran.stdout) == (rows == 1)

    def test_constant_scores(self, folder: Machine) -> None:
        ran = evaluated(folder, changed(2, 0.5, every=1), *GIVEN, "--metric", "roc_auc")
        assert ran.exit_code == 0
        assert "0.5" in ran.stdout.splitlines()[1]

    @pytest.mark.parametrize("weight", [0, -1, ""])
    def test_weights_that_are_none(self, folder: Machine, weight: object) -> None:
        ran = evaluated(folder, changed(4, weight), *GIVEN, "--weight", "age")
        assert ran.exit_code == 3
        assert "'age' is no positive number in 5 rows" in ran.stderr

    def test_labels_as_text_and_as_numbers(self, folder: Machine) -> None:
        """``1`` in one file and ``"1"`` in the other are the same class."""
        rows = [json.dumps(dict(zip(HEADING, row, strict=True))) for row in scored(300)]
        texts = [row.replace('"churned": 1', '"churned": "1"') for row in rows]
        texts = [row.replace('"churned": 0', '"churned": "0"') for row in texts]
        folder.work.put({"p.jsonl": "\n".join(rows), "old.jsonl": "\n".join(texts)})
        ran = folder.run("evaluate", "p.jsonl", "--against", "old.jsonl", *GIVEN)
        assert ran.exit_code == 0, ran.output
        assert "0.000" in ran.stdout or "1.000" in ran.stdout
        assert "Not compared" not in ran.stdout

    def test_a_slice_that_is_no_condition(self, folder: Machine) -> None:
        ran = evaluated(folder, predictions(100), *GIVEN, "--slice", "regiom")
        assert ran.exit_code == 2
        assert "did you mean region?" in ran.stderr

    def test_conditions_reach_no_files(self, folder: Machine) -> None:
        condition = "age > (SELECT count(*) FROM read_csv('/etc/passwd'))"
        ran = evaluated(folder, predictions(100), *GIVEN, "--slice", condition)
        assert ran.exit_code in {2, 3}
        assert "root" not in ran.output

    def test_a_column_that_speaks_to_the_log(self, folder: Machine) -> None:
        heading = ["::error::pwned" if column == "region" else column for column in HEADING]
        folder.work.put({"p.csv": csv_text(scored(300), heading)})
        ran = folder.run("evaluate", "p.csv", *GIVEN, "--slice", "::error::pwned")
        assert ran.exit_code == 0, ran.output
        assert "error::pwned=north" in ran.stdout
        assert not [line for line in ran.stdout.splitlines() if line.startswith("::error")]

    def test_gaps_stand_with_the_metrics_of_all_rows(self, folder: Machine) -> None:
        config = CONFIG.replace("gate:\n", "  gaps: {region: [recall]}\ngate:\n")
        folder.work.put({"mlgate.yml": config, "predictions.csv": predictions(900)})
        lines = folder.run("evaluate").stdout.splitlines()
        assert any(line.startswith("recall_gap[by=region]") for line in lines[: lines.index("")])

    def test_hostile_values_of_slices(self, folder: Machine) -> None:
        bad = "<img src=x>|\x1b[31m::error::"
        ran = evaluated(folder, changed(3, bad, every=2), *GIVEN, "--slice", "region")
        assert ran.exit_code == 0, ran.output
        assert "\x1b" not in ran.output

    def test_nothing_is_named(self, folder: Machine) -> None:
        ran = folder.run("evaluate")
        assert ran.exit_code == 2
        assert "mlgate evaluate predictions.csv --label" in ran.stderr


class TestPower:
    def test_what_rows_can_show(self, folder: Machine) -> None:
        ran = folder.run("power", "--metric", "auc", "--max-drop", "0.005", "--rows", "2000")
        assert ran.exit_code == 0
        assert "fail the gate at a true drop of 0.016" in ran.stdout

    def test_a_loss_rises(self, folder: Machine) -> None:
        ran = folder.run("power", "--metric", "mae", "--max-rise", "0.02", "--deviation", "0.4")
        assert "true rise" in ran.stdout

    @pytest.mark.parametrize("limits", [(), ("--max-drop", "0"), ("--max-drop", "-1")])
    def test_a_limit_is_needed(self, folder: Machine, limits: tuple[str, ...]) -> None:
        assert folder.run("power", "--metric", "auc", *limits).exit_code == 2

    def test_an_unknown_metric(self, folder: Machine) -> None:
        ran = folder.run("power", "--metric", "bleu", "--max-drop", "0.1")
        assert ran.exit_code == 2
        assert "roc_auc" in ran.stderr

    def test_the_spread_of_two_models_that_are_there(self, machine: Machine) -> None:
        base, head = predictions(400), predictions(400, noise=0.3, model=2)
        proposed(machine, base, head).report()
        wrong = {
            side: [(float(row[2]) > 0.5) != bool(int(row[1])) for row in csv.reader(text[1:])]
            for side, text in (("base", base.splitlines()), ("head", head.splitlines()))
        }
        disagreement = np.mean(np.not_equal(wrong["base"], wrong["head"]))
        limit = ("--max-drop", "0.01", "--rows", "400")
        told = machine.run(
            "power", "--metric", "accuracy", *limit, "--disagreement", f"{disagreement}"
        )
        measured = machine.run(
            "power", "--metric", "accuracy", *limit, "--report", ".mlgate/report.json"
        )
        assert "Measured: 400 rows in .mlgate/report.json" in measured.stdout
        assert seen_drop(measured) == pytest.approx(seen_drop(told), rel=0.05)

    @pytest.mark.parametrize(
        ("more", "code", "said"),
        [
            (("--metric", "acuracy"), 3, "as in accuracy"),
            (("--metric", "accuracy", "--model", "other"), 3, "no metric 'accuracy' of model"),
            (("--metric", "accuracy", "--report", "nowhere.json"), 3, "no report"),
        ],
    )
    def test_a_report_without_the_metric(
        self, machine: Machine, more: tuple[str, ...], code: int, said: str
    ) -> None:
        proposed(machine, predictions(100), predictions(100, model=2)).report()
        limit = ("--max-drop", "0.01", "--report", ".mlgate/report.json")
        ran = machine.run("power", *limit, *more)
        assert ran.exit_code == code
        assert said in ran.stderr

    def test_a_single_value_has_no_spread(self, measured: Machine) -> None:
        measured.report()
        limit = ("--max-drop", "0.01", "--report", ".mlgate/report.json")
        ran = measured.run("power", "--metric", "auc", *limit)
        assert ran.exit_code == 3
        assert "no interval that comes from rows" in ran.stderr


def seen_drop(ran: Ran) -> float:
    found = re.search(r"at a true drop of ([0-9.]+)", ran.stdout)
    assert found, ran.output
    return float(found[1])


PREDICT = """\
import csv, json, os, sys
assert not {"GITHUB_TOKEN", "MLGATE_TOKEN"} & os.environ.keys()
source, target = sys.argv[1:]
noise = json.load(open("model.json"))["noise"]
with open(source) as rows, open(target, "w", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(["id", "churned", "score"])
    for n, row in enumerate(csv.DictReader(rows)):
        luck = (n * 7919 % 1000) / 1000
        score = float(row["signal"]) * (1 - noise) + luck * noise
        writer.writerow([row["id"], row["churned"], round(score, 4)])
"""
AGAIN = """\
version: 1
data: {test: test.csv}
predict: python predict.py {input} {output}
predictions: {file: out/predictions.csv, id: id, label: churned, score: score}
gate:
  - {metric: roc_auc, max-drop: 0.02}
"""


class TestPredictAgain:
    """Nobody keeps the predictions: the baseline predicts the same rows with its own code."""

    def trained(self, machine: Machine, noise: float, *, rows: int = 2000) -> Machine:
        signals = [[row[0], row[1], row[2]] for row in scored(rows)]
        (machine.path / "out").mkdir(exist_ok=True)
        machine.work.put(
            {
                "test.csv": csv_text(signals, ("id", "churned", "signal")),
                "predict.py": PREDICT,
                "model.json": json.dumps({"noise": noise}),
                "mlgate.yml": AGAIN,
                ".gitignore": ".mlgate/\nout/\n",
            }
        )
        machine.work.commit(f"noise {noise}")
        subprocess.run(
            [sys.executable, "predict.py", "test.csv", "out/predictions.csv"],
            cwd=machine.path,
            check=True,
        )
        return machine

    def test_a_worse_model_fails(self, machine: Machine) -> None:
        self.trained(machine, 0.05).work.switch("better")
        ran = self.trained(machine, 0.8).report(GITHUB_TOKEN=TOKEN)
        assert ran.exit_code == 1, ran.output
        auc = machine.judgement("roc_auc")
        assert auc["outcome"] == "fail"
        assert auc["metric"]["interval"]["method"] == "paired, DeLong"
        assert machine.work.git("worktree", "list").count("\n") == 0
        assert machine.work.git("status", "--porcelain") == ""

    def test_new_rows_are_predicted_by_both(self, machine: Machine) -> None:
        """The evaluation set grew, and the two models are compared all the same."""
        self.trained(machine, 0.3).work.switch("better")
        ran = self.trained(machine, 0.3, rows=2500).report()
        assert ran.exit_code == 0, ran.output
        assert metric(machine, "roc_auc")["n"] == 2500

    def test_a_command_that_fails_is_said(self, machine: Machine) -> None:
        self.trained(machine, 0.3)
        machine.work.put({"predict.py": "raise SystemExit('no such weights')"})
        machine.work.commit("broken")
        machine.work.switch("better")
        ran = self.trained(machine, 0.3).report()
        assert "failed with exit 1: no such weights" in ran.output
        assert machine.judgement("roc_auc")["outcome"] == "missing"
        assert machine.work.git("worktree", "list").count("\n") == 0

    def test_a_command_that_writes_nothing_is_said(self, machine: Machine) -> None:
        self.trained(machine, 0.3)
        machine.work.put({"predict.py": ""})
        machine.work.commit("silent")
        machine.work.switch("better")
        assert "wrote no out/predictions.csv" in self.trained(machine, 0.3).report().output

    def test_a_folder_is_no_table_to_predict(self, machine: Machine) -> None:
        self.trained(machine, 0.3)
        config = AGAIN.replace("test: test.csv", "test: '*.csv'")
        machine.work.put({"mlgate.yml": config, "more.csv": "x\n"})
        machine.work.commit("pattern")
        machine.work.switch("better")
        machine.work.put({"note.txt": "x"})
        machine.work.commit("note")
        ran = machine.report()
        assert ran.exit_code == 2
        assert "stands for 2 files" in ran.stderr

    def test_paths_with_blanks_and_quotes(self, machine: Machine) -> None:
        config = AGAIN.replace("test.csv", '"te\'st $(x).csv"')
        self.trained(machine, 0.3)
        (machine.path / "test.csv").rename(machine.path / "te'st $(x).csv")
        machine.work.put({"mlgate.yml": config})
        machine.work.commit("renamed")
        machine.work.switch("better")
        machine.work.put({"note.txt": "x"})
        machine.work.commit("note")
        ran = machine.report()
        assert metric(machine, "roc_auc")["change"] == 0, ran.output


OWN = """\
def profit(rows):
    print("noise on standard output")
    called = [s >= 0.5 for s in rows["score"]]
    gain = sum(10 if y else -4 for y, c in zip(rows["label"], called) if c)
    return gain / len(called)

def broken(rows):
    raise KeyError("no such column")

def nothing(rows):
    return float("nan")
"""


class TestOwnMetrics:
    def config(self, *functions: str, gate: str) -> str:
        listed = ", ".join(f"own:{name}" for name in functions)
        return (
            "version: 1\npredictions: {file: predictions.csv, id: id, label: churned, "
            f"score: score, python: {sys.executable}, metrics: [roc_auc, {listed}]}}\n"
            f"gate:\n  - {gate}\n"
        )

    def test_a_worse_model_earns_less(self, machine: Machine) -> None:
        config = self.config("profit", gate="{metric: profit, max-drop: 0.2, direction: higher}")
        machine.work.put({"own.py": OWN})
        head = predictions(2000, noise=0.6)
        assert proposed(machine, predictions(2000), head, config).report().exit_code == 1
        found = metric(machine, "profit")
        assert found["interval"]["method"] == "paired, bootstrap, 200 draws"
        assert machine.judgement("profit")["outcome"] == "fail"
        rows = scored(2000, noise=0.6)
        gain = sum((10 if row[1] else -4) for row in rows if float(str(row[2])) >= 0.5)
        assert found["head"] == pytest.approx(gain / 2000)

    def test_equal_models_earn_the_same(self, machine: Machine) -> None:
        config = self.config("profit", gate="{metric: profit, max-drop: 0.2, direction: higher}")
        machine.work.put({"own.py": OWN})
        text = predictions(500)
        assert proposed(machine, text, text, config).report().exit_code == 0
        assert metric(machine, "profit")["change"] == 0

    @pytest.mark.parametrize(
        ("function", "said"),
        [
            ("broken", "KeyError: 'no such column'"),
            ("nothing", "is nan"),
            ("absent", "AttributeError"),
        ],
    )
    def test_a_function_that_fails_is_missing(
        self, machine: Machine, function: str, said: str
    ) -> None:
        gate = f"{{metric: {function}, max-drop: 0.2, direction: higher}}"
        machine.work.put({"own.py": OWN})
        text = predictions(300)
        ran = proposed(machine, text, text, self.config(function, gate=gate)).report()
        assert ran.exit_code == 3
        assert said in machine.judgement(function)["sentence"]

    @pytest.mark.parametrize("name", ["own:", ":profit", "own:a b", "own:f:g", "os;x:y"])
    def test_a_name_that_is_no_function(self, machine: Machine, name: str) -> None:
        config = self.config("profit", gate="{metric: roc_auc, max-drop: 0.2}")
        config = config.replace("own:profit", f'"{name}"')
        ran = proposed(machine, predictions(300), predictions(300), config).report()
        assert ran.exit_code == 2
        assert "written as `module:function`" in ran.stderr

    def test_modules_of_ours_hide_none_of_the_users(self, machine: Machine) -> None:
        """A package that is installed as `columns` must not be ours of that name."""
        config = self.config("profit", gate="{metric: roc_auc, max-drop: 0.2}")
        source = OWN.replace("def profit(rows):\n", "def profit(rows):\n    import columns\n", 1)
        machine.work.put({"own.py": source})
        proposed(machine, predictions(300), predictions(300), config).report()
        said = machine.judgement("profit")["sentence"]
        assert "ModuleNotFoundError: No module named 'columns'" in said

    @pytest.mark.parametrize("function", ["hostile", "odd"])
    def test_an_answer_that_is_none(self, machine: Machine, function: str) -> None:
        """A function that speaks to the log, and one that writes the answer itself."""
        source = (
            "def hostile(rows):\n    raise ValueError('\\n::error::pwned \\x1b[31m')\n"
            "def odd(rows):\n"
            "    import atexit, json, sys\n"
            "    answer = {'own:odd': {'values': [1], 'draws': [[1], [1, 2], 'x']}}\n"
            "    atexit.register(lambda: json.dump(answer, open(sys.argv[2], 'w')))\n"
            "    return 1.0\n"
        )
        machine.work.put({"own.py": source, "predictions.csv": predictions(300)})
        gate = "{metric: roc_auc, max-drop: 0.2}"
        machine.work.put({"mlgate.yml": self.config(function, gate=gate)})
        ran = machine.run("evaluate")
        assert ran.exit_code == 0, ran.output
        assert "\x1b" not in ran.output
        assert not [line for line in ran.output.splitlines() if line.startswith("::error")]
        said = {"hostile": "ValueError", "odd": "no number for some of the rows"}[function]
        assert said in ran.stdout

    def test_an_interpreter_that_is_not_there(self, machine: Machine) -> None:
        config = self.config("profit", gate="{metric: roc_auc, max-drop: 0.2}")
        machine.work.put({"own.py": OWN})
        config = config.replace(sys.executable, "no-such-python")
        ran = proposed(machine, predictions(300), predictions(300), config).report()
        assert ran.exit_code == 3
        assert "no-such-python cannot be started" in ran.output

    def test_a_pull_request_does_not_change_the_function(
        self, machine: Machine, github: GitHubStandIn
    ) -> None:
        config = self.config("profit", gate="{metric: profit, max-drop: 0.2, direction: higher}")
        machine.work.put({"own.py": OWN})
        proposed(machine, predictions(2000), predictions(2000, noise=0.6), config)
        machine.work.put({"own.py": "def profit(rows):\n    return 1\n"})
        machine.work.commit("everything is fine")
        job = pull_request(machine.work, github)
        assert job.report().exit_code == 1
        assert job.judgement("profit")["outcome"] == "fail"
