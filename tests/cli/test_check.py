"""``mlgate check`` and ``mlgate profile`` on real files, as a person or a job runs them."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cli.machine import Machine, pull_request
from fakes.git import environment
from fakes.tables import HEADING, convert, csv_text, people

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.machine import Ran
    from fakes.git import GitFolder
    from fakes.github import GitHubStandIn
    from fakes.tables import Row

DATA = "data: {train: train.csv, test: test.csv, label: churned, id: id}\n"
CONFIG = f"version: 1\n{DATA}"


@pytest.fixture(scope="module")
def train() -> list[Row]:
    return people(3000)


@pytest.fixture(scope="module")
def test_rows() -> list[Row]:
    return people(1000, seed=2, first=10_001)


@pytest.fixture
def data(machine: Machine, train: list[Row], test_rows: list[Row]) -> Machine:
    machine.work.put({"train.csv": csv_text(train), "test.csv": csv_text(test_rows)})
    machine.work.put({"mlgate.yml": CONFIG})
    return machine


def checks(machine: Machine, model: str = "model") -> dict[str, Any]:
    """What the evidence holds, by id."""
    found = json.loads(machine.written(f"evidence/{model}/checks.json"))
    return {check["id"]: check for check in found["models"][0]["checks"]}


def failing(machine: Machine) -> set[str]:
    return {name for name, check in checks(machine).items() if check["outcome"] != "pass"}


def test_clean_data_is_green(data: Machine) -> None:
    ran = data.run("check")
    assert ran.exit_code == 0, ran.output
    found = checks(data)
    assert {check["outcome"] for check in found.values()} == {"pass"}
    assert {"data.nulls", "data.conflicting-labels", "split.overlap", "split.label-drift"} <= set(
        found
    )
    assert ran.stdout.splitlines()[-1] == f"{len(found)} checks, all passed."
    assert "<svg" not in data.written("checks.html")


def test_the_same_data_gives_the_same_bytes(data: Machine) -> None:
    data.run("check")
    before = data.written("evidence/model/checks.json")
    data.run("check")
    assert data.written("evidence/model/checks.json") == before


def changed(
    column: str, change: Callable[[Row], object], share: float = 0.2
) -> Callable[[list[Row]], list[Row]]:
    """A fault in part of the rows of one column."""
    place = HEADING.index(column)

    def make(rows: list[Row]) -> list[Row]:
        luck = random.Random(5)
        return [
            [*row[:place], change(row), *row[place + 1 :]] if luck.random() < share else row
            for row in rows
        ]

    return make


FAULTS = [
    ("data.nulls", changed("age", lambda _: None)),
    ("data.mixed-nulls", changed("job", lambda row: None if int(str(row[0])) % 2 else "N/A", 0.04)),
    ("data.mixed-types", changed("income", lambda _: "a lot", 0.01)),
    ("data.single-value", changed("job", lambda _: "clerk", 1.1)),
    ("data.string-mismatch", changed("job", lambda row: str(row[2]).upper(), 0.02)),
    ("data.range", changed("income", lambda _: math.inf, 0.01)),
    ("split.id-overlap", changed("id", lambda row: int(str(row[0])) - 10_000)),
    ("split.new-categories", changed("job", lambda _: "astronaut", 0.05)),
    ("split.new-labels", changed("churned", lambda _: 7, 0.05)),
    ("split.label-drift", changed("churned", lambda _: 1, 0.5)),
    ("split.feature-drift", changed("age", lambda row: float(str(row[1])) + 20, 0.6)),
    ("data.duplicates", lambda rows: [*rows, *rows[:200]]),
    ("data.label-correlation", changed("income", lambda row: 10 + 5 * int(str(row[4])), 1.1)),
    ("data.correlation", changed("income", lambda row: float(str(row[1])) * 2, 1.1)),
    ("data.identifier-label-correlation", lambda rows: sorted(rows, key=lambda r: str(r[4]))),
]  # fmt: skip


@pytest.mark.parametrize(("check", "fault"), FAULTS, ids=[name for name, _ in FAULTS])
def test_a_fault_is_found(
    data: Machine,
    test_rows: list[Row],
    check: str,
    fault: Callable[[list[Row]], list[Row]],
) -> None:
    faulty = fault(test_rows)
    if check == "data.identifier-label-correlation":
        faulty = [[10_001 + place, *row[1:]] for place, row in enumerate(faulty)]
    data.work.put({"test.csv": csv_text(faulty)})
    ran = data.run("check")
    found = checks(data)[check]
    assert found["outcome"] == ("warn" if check == "data.correlation" else "fail"), found
    assert check in ran.stdout
    assert ran.exit_code == (0 if failing(data) == {"data.correlation"} else 1)


def test_leaked_rows_are_found_in_any_format(
    data: Machine, train: list[Row], test_rows: list[Row]
) -> None:
    leaked = [[row[0], *train[place][1:]] for place, row in enumerate(test_rows[:60])]
    data.work.put({"test.csv": csv_text([*leaked, *test_rows[60:]])})
    for target in ("test.parquet", "test.jsonl", "test.csv.gz", "test.arrow"):
        convert(data.path / "test.csv", data.path / target)
        ran = data.run("check", "--train", "train.csv", "--test", target)
        found = checks(data)["split.overlap"]
        assert (ran.exit_code, found["outcome"], found["value"]) == (1, "fail", 0.06), target


def test_coarse_features_do_not_leak(machine: Machine) -> None:
    """Rows of three binary features are equal by nature."""
    luck = random.Random(3)
    heading = ("a", "b", "c", "y")

    def rows(number: int) -> list[Row]:
        return [[luck.randint(0, 1) for _ in heading] for _ in range(number)]

    machine.work.put({"a.csv": csv_text(rows(900), heading), "b.csv": csv_text(rows(300), heading)})
    ran = machine.run("check", "--train", "a.csv", "--test", "b.csv", "--label", "y")
    found = checks(machine)
    assert found["split.overlap"]["value"] == 1.0
    assert found["split.overlap"]["outcome"] == "pass"
    assert found["data.duplicates"]["outcome"] == "fail"
    assert ran.exit_code == 1


def test_small_tables_are_not_accused_by_chance(machine: Machine) -> None:
    """Of forty pairs of samples of one distribution none may fail; a plain limit of 0.2 would."""
    plain = 0
    for seed in range(40):
        rows = people(120, seed=seed)
        machine.work.put({"a.csv": csv_text(rows[:60]), "b.csv": csv_text(rows[60:])})
        machine.run(
            "check", "--train", "a.csv", "--test", "b.csv", "--label", "churned", "--id", "id"
        )
        found = checks(machine)
        plain += found["split.feature-drift"]["value"] > 0.2
        assert found["split.feature-drift"]["outcome"] == "pass", found["split.feature-drift"]
        assert found["split.label-drift"]["outcome"] == "pass"
    assert plain > 5


class TestConditions:
    def run(self, data: Machine, conditions: str, *more: str) -> Ran:
        text = f"{CONFIG}checks:\n  - engine: builtin\n    conditions: [{conditions}]\n"
        data.work.put({"mlgate.yml": text})
        return data.run("check", *more)

    def test_a_limit_is_replaced(self, data: Machine) -> None:
        ran = self.run(data, "{check: split.size, min: 0.5}")
        assert ran.exit_code == 1
        assert checks(data)["split.size"]["threshold"] == "≥ 0.5"

    def test_a_warning_does_not_stop_a_job(self, data: Machine) -> None:
        ran = self.run(data, "{check: split.size, min: 0.5, outcome: warn}")
        assert ran.exit_code == 0
        assert "warn  split.size" in ran.stdout
        assert data.run("check", "--fail-on", "warn").exit_code == 1

    def test_off_leaves_a_check_out(self, data: Machine) -> None:
        self.run(data, "{check: 'split.*', outcome: 'off'}")
        assert not any(name.startswith("split.") for name in checks(data))

    @pytest.mark.parametrize(
        ("condition", "said"),
        [
            ("{check: data.nuls, max: 0.1}", "did you mean `data.nulls`?"),
            ("{check: data.nulls, columns: [agee]}", "did you mean `age`?"),
            ("{check: data.nulls, ignore: [agee]}", "did you mean `age`?"),
            ("{check: data.nulls, method: psi}", "has no method 'psi'"),
            ("{check: data.nulls, max: 0.1, min: 0.2}", "`min` is larger than `max`"),
        ],
    )
    def test_a_typo_is_an_error_and_no_pass(self, data: Machine, condition: str, said: str) -> None:
        ran = self.run(data, condition)
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert said in ran.stderr

    def test_an_ignored_column_must_exist(self, data: Machine) -> None:
        data.work.put({"mlgate.yml": CONFIG.replace("id: id", "id: id, ignore: [jobb]")})
        ran = data.run("check")
        assert ran.exit_code == 2
        assert "no table has a column 'jobb'" in ran.stderr
        assert "did you mean `job`?" in ran.stderr

    def test_columns_and_ignore(self, data: Machine, test_rows: list[Row]) -> None:
        older = changed("age", lambda row: float(str(row[1])) + 30, 1.1)(test_rows)
        data.work.put({"test.csv": csv_text(older)})
        assert self.run(data, "{check: split.feature-drift, ignore: [age]}").exit_code == 0
        assert self.run(data, "{check: split.feature-drift, columns: [job]}").exit_code == 0
        assert self.run(data, "{check: split.feature-drift, columns: [age]}").exit_code == 1

    @pytest.mark.parametrize("method", ["ks", "psi", "js", "wasserstein", "cramers-v", "tvd"])
    def test_every_distance_finds_what_has_moved(
        self, data: Machine, test_rows: list[Row], method: str
    ) -> None:
        condition = f"{{check: split.feature-drift, method: {method}}}"
        assert self.run(data, condition).exit_code == 0, data.written("evidence/model/checks.json")
        older = changed("age", lambda row: float(str(row[1])) + 30, 1.1)(test_rows)
        data.work.put({"test.csv": csv_text(older)})
        assert self.run(data, condition).exit_code == 1
        assert checks(data)["split.feature-drift"]["columns"] == ["age"]

    def test_a_check_that_was_asked_for_and_cannot_run_is_no_pass(self, data: Machine) -> None:
        ran = self.run(data, "{check: drift.feature, max: 0.1}")
        assert checks(data)["drift.feature"]["outcome"] == "skipped"
        assert "it needs a `reference`" in ran.stdout
        assert data.run("check", "--fail-on", "warn").exit_code == 1

    def test_freshness(self, machine: Machine) -> None:
        rows = [[place, f"2020-01-{1 + place % 28:02}T00:00:00"] for place in range(200)]
        machine.work.put({"a.csv": csv_text(rows, ("x", "seen"))})
        config = (
            "data: {train: a.csv, datetime: seen}\nchecks:\n  - conditions: "
            "[{check: data.freshness, max: 30}]\n"
        )
        machine.work.put({"mlgate.yml": config})
        ran = machine.run("check")
        assert ran.exit_code == 1
        assert checks(machine)["data.freshness"]["value"] > 2000
        assert checks(machine)["data.freshness"]["threshold"] == "≤ 30 days"

    def test_where_chooses_rows(self, data: Machine) -> None:
        data.work.put({"mlgate.yml": CONFIG.replace("id: id", "id: id, where: age > 40")})
        assert data.run("check").exit_code == 0
        assert 300 < checks(data)["data.row-count"]["value"] < 700

    @pytest.mark.parametrize(
        "where", ["1) UNION SELECT (1", "age >", "1; DROP TABLE train", "nothing = 1"]
    )
    def test_where_is_one_condition(self, data: Machine, where: str) -> None:
        data.work.put({"mlgate.yml": CONFIG.replace("id: id", f"id: id, where: {where!r}")})
        ran = data.run("check")
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert "where" in ran.stderr

    def test_no_rows_after_the_condition(self, data: Machine) -> None:
        data.work.put({"mlgate.yml": CONFIG.replace("id: id", "id: id, where: age > 4000")})
        assert data.run("check").exit_code == 1
        assert checks(data)["data.row-count"]["outcome"] == "fail"
        assert checks(data)["split.overlap"]["outcome"] == "skipped"

    def test_a_condition_cannot_read_other_files(self, data: Machine) -> None:
        data.work.put({"secret.csv": "a\n1\n"})
        where = "age > (SELECT count(*) FROM read_csv('secret.csv'))"
        data.work.put({"mlgate.yml": CONFIG.replace("id: id", f'id: id, where: "{where}"')})
        ran = data.run("check")
        assert ran.exit_code in {2, 3}
        assert ran.stdout == ""


class TestBadInput:
    def run(self, machine: Machine, content: str | bytes, name: str = "a.csv") -> Ran:
        machine.work.put({name: content})
        return machine.run("check", "--train", name)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            pytest.param("", "a.csv: the file is empty", id="empty"),
            pytest.param("a,b\n1,2\n3\n", "a.csv:3: 1 fields where the heading has 2", id="ragged"),
            pytest.param("a,b\n1,2,3\n", "a.csv:2: 3 fields where the heading", id="too many"),
            pytest.param("a,A\n1,2\n", "a column is there twice: a", id="twice"),
            pytest.param(b"a,b\n1,\xff\xfe\n", "it is not UTF-8", id="encoding"),
            pytest.param('a,b\n1,"x\n', "a quoted value does not end", id="quote"),
            pytest.param("x" * 400 + "\n1\n", "a column's name has 400 characters", id="name"),
        ],
    )  # fmt: skip
    def test_a_table_that_cannot_be_read(
        self, machine: Machine, content: str | bytes, said: str
    ) -> None:
        ran = self.run(machine, content)
        assert (ran.exit_code, ran.stdout) == (3, "")
        assert said in ran.stderr
        assert "fix: " in ran.stderr

    @pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.arrow", "a.csv.gz"])
    def test_files_that_are_not_what_they_are_called(self, machine: Machine, name: str) -> None:
        ran = self.run(machine, b"\x00\x01garbage, and a secret: hunter2\n" * 20, name)
        assert (ran.exit_code, ran.stdout) == (3, "")
        assert "hunter2" not in ran.stderr

    def test_a_parquet_file_cut_short(self, data: Machine) -> None:
        whole = convert(data.path / "train.csv", data.path / "train.parquet").read_bytes()
        ran = self.run(data, whole[: len(whole) // 2], "cut.parquet")
        assert ran.exit_code == 3
        assert "cut.parquet: it is no whole Parquet file" in ran.stderr

    def test_a_heading_only_is_no_data(self, machine: Machine) -> None:
        ran = self.run(machine, "a,b\n")
        assert ran.exit_code == 1
        assert checks(machine)["data.row-count"]["outcome"] == "fail"

    def test_a_column_without_any_value(self, data: Machine, test_rows: list[Row]) -> None:
        data.work.put({"test.csv": csv_text(changed("age", lambda _: None, 1.1)(test_rows))})
        assert data.run("check").exit_code == 1
        assert checks(data)["data.nulls"]["columns"] == ["age"]

    def test_a_column_that_is_gone(self, data: Machine, test_rows: list[Row]) -> None:
        heading = [name for name in HEADING if name != "age"]
        data.work.put({"test.csv": csv_text([[r[0], *r[2:]] for r in test_rows], heading)})
        assert data.run("check").exit_code == 1
        assert "the column is absent" in checks(data)["split.feature-drift"]["message"]

    def test_a_label_that_is_gone_is_no_pass(self, data: Machine, test_rows: list[Row]) -> None:
        data.work.put({"test.csv": csv_text([r[:4] for r in test_rows], HEADING[:4])})
        assert data.run("check").exit_code == 1
        found = checks(data)
        assert found["split.label-drift"]["outcome"] == "error"
        assert "test has no column 'churned'" in found["split.label-drift"]["message"]

    def test_numbers_that_became_texts(self, data: Machine, test_rows: list[Row]) -> None:
        texts = changed("age", lambda row: f"{row[1]} years", 1.1)(test_rows)
        data.work.put({"test.csv": csv_text(texts)})
        assert data.run("check").exit_code == 1
        assert "number in train, text in test" in checks(data)["split.feature-drift"]["message"]

    def test_dates_as_text(self, machine: Machine) -> None:
        rows = [[f"2020-{1 + n % 12:02}-{1 + n % 28:02}", n] for n in range(300)]
        rows[7][0] = "last week"
        machine.work.put({"a.csv": csv_text(rows, ("seen", "x"))})
        assert machine.run("check", "--train", "a.csv").exit_code == 1
        assert checks(machine)["data.mixed-types"]["columns"] == ["seen"]

    def test_codes_with_leading_zeros_are_names(self, machine: Machine) -> None:
        machine.work.put(
            {"a.csv": csv_text([[f"{n % 20:05}", n] for n in range(400)], ("zip", "x"))}
        )
        machine.run("check", "--write-schema", "s.yml", "--train", "a.csv")
        assert '"zip": {type: text' in (machine.path / "s.yml").read_text()

    def test_a_folder_with_other_files(self, data: Machine, train: list[Row]) -> None:
        parts = {f"data/part-{n}.csv": csv_text(train[n * 1000 : (n + 1) * 1000]) for n in range(3)}
        data.work.put({**parts, "data/README.md": "# about", "data/_SUCCESS": ""})
        for name in ("data", "data/*.csv"):
            assert data.run("check", "--train", name, "--test", "test.csv").exit_code == 0
        assert checks(data)["split.size"]["value"] == pytest.approx(1 / 3)
        found = json.loads(data.written("evidence/model/checks.json"))["models"][0]
        assert "data/*.csv (train): 3 files, 3000 rows, 5 columns." in found["notes"]
        data.work.put({"data/part-3.parquet": "x"})
        ran = data.run("check", "--train", "data")
        assert ran.exit_code == 3
        assert "files of several formats: csv, parquet" in ran.stderr

    def test_parts_with_different_headings(self, machine: Machine) -> None:
        machine.work.put({"data/a.csv": "x,y\n1,2\n", "data/b.csv": "y,x\n1,2\n"})
        ran = machine.run("check", "--train", "data")
        assert ran.exit_code == 3
        assert "the heading of b.csv differs from a.csv" in ran.stderr

    def test_many_columns(self, machine: Machine) -> None:
        heading = [f"c{n}" for n in range(3_000)]
        luck = random.Random(1)
        numbers = [[luck.randint(0, 9) for _ in heading] for _ in range(120)]
        rows = [[f"n{x}" if i % 4 == 0 else x for i, x in enumerate(row)] for row in numbers]
        ran = self.run(machine, csv_text(rows, heading))
        assert ran.exit_code == 0, ran.output[-2000:]
        assert (
            "too many to hold all against each other"
            in checks(machine)["data.correlation"]["message"]
        )

    def test_hostile_columns_and_values(self, machine: Machine) -> None:
        heading = [
            'a"; DROP TABLE train; --',
            "<img src=x onerror=alert(1)>",
            "::error::x",
            "%s'\\",
        ]
        rows = [["x'); --", "<b>", f"::add-mask::{n}", "\\"] for n in range(150)]
        machine.work.put({"a.csv": csv_text(rows, heading), "b.csv": csv_text(rows[:90], heading)})
        ran = machine.run("check", "--train", "a.csv", "--test", "b.csv")
        assert ran.exit_code == 1
        assert not any(line.startswith("::") for line in ran.stdout.splitlines())
        assert "<img" not in machine.written("checks.html")

    def test_a_file_outside_of_the_workspace(self, data: Machine, tmp_path: Path) -> None:
        (tmp_path / "outside.csv").write_text("a\n1\n")
        data.work.put(
            {"mlgate.yml": "data: {train: ../outside.csv}\nchecks: [{engine: builtin}]\n"}
        )
        ran = data.run("check")
        assert ran.exit_code == 3
        assert "leads outside the workspace" in ran.stderr
        (data.path / "link.csv").symlink_to(tmp_path / "outside.csv")
        data.work.put({"mlgate.yml": "data: {train: link.csv}\nchecks: [{engine: builtin}]\n"})
        assert data.run("check").exit_code == 3

    def test_no_data_is_named(self, machine: Machine) -> None:
        ran = machine.run("check")
        assert ran.exit_code == 2
        assert "name it under `data:` in mlgate.yml" in ran.stderr

    def test_a_missing_file_names_where_it_is(self, data: Machine) -> None:
        data.work.put({"mlgate.yml": CONFIG.replace("train.csv", "data/train.csv")})
        ran = data.run("check")
        assert ran.exit_code == 3
        assert "there is train.csv" in ran.stderr

    def test_a_table_that_dvc_tracks_and_nobody_pulled(self, machine: Machine) -> None:
        machine.work.put({"train.csv.dvc": "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n"})
        ran = machine.run("check", "--train", "train.csv")
        assert ran.exit_code == 3
        assert "run `dvc pull` before" in ran.stderr


class TestReference:
    def test_a_profile_stands_for_the_data(self, data: Machine) -> None:
        ran = data.run("profile", "train.csv", "-o", "reference.json", "--ignore", "id")
        assert ran.exit_code == 0, ran.output
        assert len((data.path / "reference.json").read_bytes()) < 40_000
        same = data.run("check", "--train", "test.csv", "--reference", "reference.json")
        assert same.exit_code == 0, same.output
        older = people(1000, seed=9, older=15)
        data.work.put({"new.csv": csv_text(older)})
        args = ("check", "--train", "new.csv", "--reference")
        assert data.run(*args, "reference.json").exit_code == 1
        by_profile = checks(data)["drift.feature"]
        assert data.run(*args, "train.csv").exit_code == 1
        assert checks(data)["drift.feature"]["value"] == by_profile["value"]
        assert by_profile["distributions"][0]["column"] == "age"
        assert '<rect class="is"' in data.written("checks.html")

    def test_correlations_that_no_single_column_shows(self, machine: Machine) -> None:
        luck = random.Random(4)
        pairs = [(luck.gauss(0, 1), luck.gauss(0, 1)) for _ in range(6000)]
        together = [[x, x * 0.9 + y * 0.44] for x, y in pairs[:3000]]
        apart = [[x, y] for x, y in pairs[3000:]]
        machine.work.put({"a.csv": csv_text(together, "xy"), "b.csv": csv_text(apart, "xy")})
        machine.work.put(
            {"c.csv": csv_text([[x, x * 0.9 + y * 0.44] for x, y in pairs[3000:]], "xy")}
        )
        assert machine.run("check", "--train", "c.csv", "--reference", "a.csv").exit_code == 0
        assert machine.run("check", "--train", "b.csv", "--reference", "a.csv").exit_code == 1
        assert failing(machine) == {"drift.multivariate"}

    def test_the_data_at_a_revision(self, data: Machine) -> None:
        data.work.commit("first")
        data.work.git("tag", "v1")
        data.work.put({"train.csv": csv_text(people(1000, seed=9, older=15))})
        config = "data: {train: train.csv, id: id, reference: {path: train.csv, rev: v1}}\n"
        data.work.put({"mlgate.yml": config})
        ran = data.run("check")
        assert ran.exit_code == 1
        assert checks(data)["drift.feature"]["columns"] == ["age"]
        found = json.loads(data.written("evidence/model/checks.json"))["models"][0]
        assert "The reference is train.csv at" in found["notes"][0]
        assert found["files"][0]["rows"] == 1000
        assert found["files"][0]["columns"] == 5
        assert found["files"][0]["digest"].startswith("git:")

    def test_data_that_dvc_tracks_at_a_revision(self, data: Machine) -> None:
        def dvc(*args: str) -> None:
            command = [sys.executable, "-m", "dvc", "--quiet", *args]
            subprocess.run(
                command, cwd=data.path, check=True, env=environment(DVC_NO_ANALYTICS="1")
            )

        data.work.put({"mlgate.yml": "data: {train: train.csv}\n"})
        dvc("init")
        dvc("add", "train.csv")
        data.work.commit("first")
        data.work.git("tag", "v1")
        data.work.put({"train.csv": csv_text(people(1000, seed=9, older=15))})
        dvc("add", "train.csv")
        config = "data: {train: train.csv, id: id, reference: {path: train.csv, rev: v1}}\n"
        data.work.put({"mlgate.yml": config})
        data.work.commit("second")
        ran = data.run("check")
        assert ran.exit_code == 1, ran.output
        assert checks(data)["drift.feature"]["columns"] == ["age"]
        (file,) = json.loads(data.written("evidence/model/checks.json"))["models"][0]["files"]
        assert (file["tracked"], file["rows"], file["columns"]) == ("dvc", 1000, 5)
        assert file["digest"].startswith("md5:")
        data.work.put({"mlgate.yml": config.replace("path: train.csv", "path: nothing.csv")})
        ran = data.run("check")
        assert ran.exit_code == 3
        assert "neither git nor DVC has such a file" in ran.stderr

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("{}", "a profile of nothing"),
            ("[1]", "r.json"),
            ('{"schema": "mlgate/evidence/v1"}', "r.json"),
            ("{" * 9, "r.json"),
        ],
    )
    def test_a_profile_that_is_none(self, data: Machine, content: str, said: str) -> None:
        data.work.put({"r.json": content})
        ran = data.run("check", "--train", "train.csv", "--reference", "r.json")
        assert (ran.exit_code, ran.stdout) == (3, "")
        assert said in ran.stderr


class TestSchema:
    def test_it_is_inferred_and_held(self, data: Machine, test_rows: list[Row]) -> None:
        ran = data.run("check", "--write-schema", "schema.yml")
        assert ran.exit_code == 0
        assert data.run("check", "--write-schema", "schema.yml").exit_code == 2
        data.work.put({"mlgate.yml": CONFIG.replace("id: id", "id: id, schema: schema.yml")})
        wide = (data.path / "schema.yml").read_text().replace("max: ", "max: 9")
        data.work.put({"schema.yml": wide.replace("min: ", "min: -9")})
        assert data.run("check").exit_code == 0, data.run("check").output
        bad = changed("job", lambda _: "spy", 0.01)(test_rows)
        data.work.put({"test.csv": csv_text(bad)})
        assert data.run("check").exit_code == 1
        assert "values that are not listed" in checks(data)["data.schema"]["message"]
        assert "spy" not in data.written("evidence/model/checks.json")

    def test_bounds(self, data: Machine) -> None:
        data.run("check", "--write-schema", "schema.yml")
        text = (data.path / "schema.yml").read_text()
        narrow = "\n".join(
            line.split("min:")[0] + "min: 20, max: 60}" if "age" in line else line
            for line in text.splitlines()
        )
        data.work.put({"schema.yml": narrow + "\n"})
        data.work.put({"mlgate.yml": CONFIG.replace("id: id", "id: id, schema: schema.yml")})
        assert data.run("check").exit_code == 1
        assert "age" in checks(data)["data.range"]["columns"]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("version: 2\ncolumns: {}\n", "version 2 is not known"),
            ("columns: {a: {type: whatever}}\n", "Invalid enum value"),
            ("columns: {a: {typ: number}}\n", "unknown field"),
            ("columns: [\n", "schema.yml"),
        ],
    )
    def test_a_schema_that_is_none(self, data: Machine, text: str, said: str) -> None:
        data.work.put({"schema.yml": text})
        data.work.put({"mlgate.yml": CONFIG.replace("id: id", "id: id, schema: schema.yml")})
        ran = data.run("check")
        assert ran.exit_code == 2
        assert said in ran.stderr

    def test_a_schema_that_is_not_there(self, data: Machine) -> None:
        data.work.put({"mlgate.yml": CONFIG.replace("id: id", "id: id, schema: schema.yml")})
        ran = data.run("check")
        assert ran.exit_code == 2
        assert "`mlgate check --write-schema schema.yml` writes it" in ran.stderr


class TestReport:
    CHECKED = f"{CONFIG}checks: [{{engine: builtin}}]\n"

    def test_the_report_runs_what_is_configured(self, data: Machine) -> None:
        data.work.put({"mlgate.yml": self.CHECKED, "metrics.json": '{"auc": 0.9}'})
        data.work.commit("first")
        data.work.commit("second", x__txt="y")
        ran = data.report("--format", "json")
        assert ran.exit_code == 0
        kinds = {j["subject"]: j["outcome"] for j in ran.json()["verdict"]["judgements"]}
        assert kinds["data.nulls"] == "pass"
        assert kinds["split.overlap"] == "pass"

    def test_data_that_cannot_be_read_fails_the_gate_and_keeps_the_metrics(
        self, data: Machine
    ) -> None:
        data.work.put({"mlgate.yml": self.CHECKED, "metrics.json": '{"auc": 0.9}'})
        data.work.put({"test.csv": "id\n1,2\n"})
        ran = data.report("--format", "json")
        assert ran.exit_code == 3
        kinds = {j["kind"] for j in ran.json()["verdict"]["judgements"]}
        assert {"metric", "source"} <= kinds

    def test_evidence_without_the_checks_fails_the_gate(self, data: Machine) -> None:
        data.work.put({"mlgate.yml": CONFIG, "metrics.json": '{"auc": 0.9}'})
        data.report()
        evidence = data.written("evidence.json")
        data.work.put({"mlgate.yml": self.CHECKED, "leg/evidence.json": evidence})
        ran = data.report("--evidence", "leg")
        assert ran.exit_code == 3
        assert "No result of the checks by builtin" in ran.stdout

    def test_results_of_another_job_are_taken(self, data: Machine) -> None:
        data.work.put({"mlgate.yml": self.CHECKED, "metrics.json": '{"auc": 0.9}'})
        data.run("check", "--output", "leg/checks")
        measured = json.loads(data.report("--format", "json").stdout)["comparisons"][0]
        assert measured["model"] == "model"
        ran = data.report("--evidence", "leg", "--format", "json")
        assert {j["kind"] for j in ran.json()["verdict"]["judgements"]} >= {"check"}

    def test_rules_decide_what_a_failed_check_means(
        self, data: Machine, test_rows: list[Row]
    ) -> None:
        data.work.put({"test.csv": csv_text(changed("job", lambda _: "spy", 0.1)(test_rows))})
        assert data.run("check").exit_code == 1
        lenient = f"{CONFIG}gate: [{{check: 'split.*', level: warn}}]\n"
        data.work.put({"mlgate.yml": lenient})
        assert data.run("check").exit_code == 0


class TestPullRequest:
    def test_a_change_cannot_loosen_its_own_limits(
        self, work: GitFolder, github: GitHubStandIn, train: list[Row], test_rows: list[Row]
    ) -> None:
        checked = f"{CONFIG}checks: [{{engine: builtin}}]\n"
        bad = changed("job", lambda _: "spy", 0.1)(test_rows)
        work.put({"train.csv": csv_text(train), "test.csv": csv_text(test_rows)})
        work.put({"mlgate.yml": checked, "metrics.json": '{"auc": 0.9}'})
        work.commit("first")
        work.switch("better")
        loose = f"{CONFIG}checks: [{{conditions: [{{check: '*', outcome: 'off'}}]}}]\n"
        work.put({"test.csv": csv_text(bad), "mlgate.yml": loose})
        work.commit("worse data, and no checks")
        job = pull_request(work, github)
        ran = job.report()
        assert ran.exit_code == 1
        (comment,) = github.comments()
        assert "split.new-categories: job in test: " in comment.body
        assert "spy" not in comment.body
        assert "mlgate.yml" in comment.body
        assert job.run("check").exit_code == 1
        share = checks(job)["split.new-categories"]["value"]
        assert f"| {share * 100:.1f} % |" in comment.body

    def test_the_results_of_the_same_job_are_used(
        self, work: GitFolder, github: GitHubStandIn, train: list[Row], test_rows: list[Row]
    ) -> None:
        checked = f"{CONFIG}checks: [{{engine: builtin}}]\n"
        work.put({"train.csv": csv_text(train), "test.csv": csv_text(test_rows)})
        work.put({"mlgate.yml": checked, "metrics.json": '{"auc": 0.9}'})
        work.commit("first")
        work.switch("better")
        work.commit("second", x__txt="x")
        job = pull_request(work, github)
        assert job.run("check").exit_code == 0
        assert job.outputs()["verdict"] == "pass"
        assert job.outputs()["report-html"].endswith("checks.html")
        job.work.put({"train.csv": "gone"})
        assert job.report().exit_code == 0


def test_the_list_names_every_check(machine: Machine) -> None:
    ran = machine.run("check", "--list")
    assert ran.exit_code == 0
    assert "data.identifier-label-correlation" in ran.stdout
    assert len(ran.stdout.splitlines()) > 30


def test_formats(data: Machine) -> None:
    assert "data.nulls" in data.run("check", "--format", "json").stdout
    assert "<testcase" in data.run("check", "--format", "junit").stdout
    assert "data" in data.run("check", "--format", "markdown").stdout


def test_a_memory_limit_must_be_a_size(data: Machine) -> None:
    assert data.run("check", "--memory", "lots").exit_code == 2
    assert data.run("check", "--memory", "500MB").exit_code == 0


class TestResultsOfOthers:
    PASSED = '<testsuite><testcase classname="data" name="rows"/></testsuite>'
    FAILED = PASSED.replace("/></", "><failure/></testcase></")

    def test_they_feed_the_gate(self, machine: Machine) -> None:
        machine.work.put({"metrics.json": '{"auc": 0.9}', "junit.xml": self.PASSED})
        machine.work.put({"mlgate.yml": "results: [junit.xml]\n"})
        assert machine.report().exit_code == 0
        machine.work.put({"junit.xml": self.FAILED})
        ran = machine.report()
        assert ran.exit_code == 1
        assert "junit.data.rows" in ran.stdout
        assert machine.run("check").exit_code == 1
        machine.work.put(
            {"mlgate.yml": "results: [junit.xml]\ngate: [{check: '*', level: warn}]\n"}
        )
        assert machine.report().exit_code == 0

    @pytest.mark.parametrize("content", [None, "", "{}", "<testsuite/>"])
    def test_no_results_are_no_pass(self, machine: Machine, content: str | None) -> None:
        machine.work.put({"metrics.json": '{"auc": 0.9}', "mlgate.yml": "results: [junit.xml]\n"})
        if content is not None:
            machine.work.put({"junit.xml": content})
        assert machine.report().exit_code == 3
        assert machine.run("check").exit_code == 1

    def test_a_format_can_be_named(self, machine: Machine) -> None:
        machine.work.put({"metrics.json": '{"auc": 0.9}', "errors.json": "{}"})
        config = "results: [{file: errors.json, format: pandera}]\n"
        machine.work.put({"mlgate.yml": config})
        assert machine.report().exit_code == 0
        machine.work.put({"mlgate.yml": config.replace("pandera", "panda")})
        ran = machine.report()
        assert ran.exit_code == 2
        assert "one of mlgate, evidently" in ran.stderr

    def test_two_files_with_the_same_ids_are_both_judged(self, machine: Machine) -> None:
        machine.work.put(
            {"metrics.json": '{"auc": 0.9}', "a.xml": self.FAILED, "b.xml": self.PASSED}
        )
        machine.work.put({"mlgate.yml": "results: ['*.xml']\n"})
        ran = machine.report("--format", "json")
        kinds = [j["outcome"] for j in ran.json()["verdict"]["judgements"] if j["kind"] == "check"]
        assert sorted(kinds) == ["fail", "pass"]
