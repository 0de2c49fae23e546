"""What ``mlgate report`` prints, what it compares with, and where its rules are read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from cli.machine import RULES, Machine, Ran, auc, policy, proposed

if TYPE_CHECKING:
    from pathlib import Path


class TestFormats:
    """What ``--format`` prints to standard output."""

    def ran(self, machine: Machine, form: str) -> Ran:
        ran = proposed(machine, auc(0.9), auc(0.8)).report("--format", form)
        assert (ran.exit_code, ran.stderr) == (1, "")
        return ran

    def test_text(self, machine: Machine) -> None:
        text = self.ran(machine, "text").stdout
        assert "auc" in text
        assert "0.9" in text
        assert "\x1b" not in text
        assert max(map(len, text.splitlines())) <= 140

    def test_text_in_colour_when_it_is_asked_for(self, machine: Machine) -> None:
        proposed(machine, auc(0.9), auc(0.8))
        assert "\x1b[" in machine.run("--color", "report", "--format", "text").stdout
        assert "\x1b[" in machine.report("--format", "text", FORCE_COLOR="1").stdout
        assert (
            "\x1b" not in machine.report("--format", "text", FORCE_COLOR="1", NO_COLOR="1").stdout
        )

    def test_markdown(self, machine: Machine) -> None:
        text = self.ran(machine, "markdown").stdout
        assert text.startswith("> [!CAUTION]\n> **Model gate failed")
        assert "| ❌ | auc" in text

    def test_markdown_is_what_a_file_or_a_pipe_gets(self, machine: Machine) -> None:
        proposed(machine, auc(0.9), auc(0.8))
        assert machine.report().stdout == machine.report("--format", "markdown").stdout

    def test_json(self, machine: Machine) -> None:
        found = self.ran(machine, "json").json()
        assert found["verdict"]["overall"] == "fail"
        assert found == json.loads(machine.written())

    def test_junit(self, machine: Machine) -> None:
        suites = ET.fromstring(self.ran(machine, "junit").stdout)  # noqa: S314 - our own
        assert [case.get("name") for case in suites.iter("testcase")] == ["auc ≥ −0.01"]
        assert len(list(suites.iter("failure"))) == 1

    def test_github(self, machine: Machine) -> None:
        assert self.ran(machine, "github").stdout == (
            "::error title=mlgate model%3A auc,file=metrics.json,line=1::"
            "auc fell by 0.1 (0.9 → 0.8); the limit is 0.01.\n"
        )

    def test_an_unknown_one_names_the_known(self, machine: Machine) -> None:
        ran = machine.report("--format", "xml")
        assert ran.exit_code == 2
        assert "'text', 'markdown', 'json', 'junit', 'github'" in ran.stderr


class TestBaseline:
    """What the work tree is compared with on a person's machine."""

    @pytest.fixture
    def history(self, machine: Machine) -> Machine:
        for number, value in enumerate((0.7, 0.8, 0.9)):
            machine.work.commit(f"c{number}", metrics__json=auc(value))
            machine.work.git("tag", f"v{number}")
        return machine

    def base(self, machine: Machine) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(machine.written())["baseline"]
        return found

    def test_the_commit_before(self, history: Machine) -> None:
        assert history.report().exit_code == 0
        assert self.base(history)["commit"] == history.work.git("rev-parse", "v1")

    def test_head_when_the_work_tree_is_changed(self, history: Machine) -> None:
        history.work.write(metrics__json=auc(0.95))
        assert history.report().exit_code == 0
        assert self.base(history)["commit"] == history.work.head()
        assert json.loads(history.written())["dirty"] is True

    @pytest.mark.parametrize("revision", ["v0", "HEAD~2"])
    def test_the_one_that_is_named(self, history: Machine, revision: str) -> None:
        assert history.report("--base", revision).exit_code == 0
        found = self.base(history)
        assert found["commit"] == history.work.git("rev-parse", "v0")
        assert found["explanation"] == f"named by --base {revision}"
        assert history.judgement("auc")["metric"]["base"] == 0.7

    def test_one_that_does_not_exist(self, history: Machine) -> None:
        ran = history.report("--base", "v9")
        assert ran.exit_code == 2
        assert ran.errors == ["error: --base 'v9' is no commit of this repository"]
        assert "fix: name a branch, a tag or a commit" in ran.stderr

    @pytest.mark.parametrize("revision", ["--all", "-h", "--output=/tmp/x", "v0^{tree}", "HEAD:x"])
    def test_one_that_is_no_revision(self, history: Machine, revision: str) -> None:
        ran = history.report(f"--base={revision}")
        assert ran.exit_code == 2
        assert ran.errors == [f"error: --base {revision!r} is no commit of this repository"]

    def test_none_outside_of_any_repository(self, tmp_path: Path, history: Machine) -> None:
        (tmp_path / "plain").mkdir()
        (tmp_path / "plain/metrics.json").write_text(auc(0.9))
        machine = Machine(type(history.work)(tmp_path / "plain"))
        ran = machine.report()
        assert (ran.exit_code, machine.verdict()["overall"]) == (0, "warn")
        assert "no git repository" in machine.judgement("baseline")["sentence"]
        assert machine.report("--base", "main").exit_code == 2

    def test_none_before_the_first_commit(self, machine: Machine) -> None:
        machine.work.write(metrics__json=auc(0.9))
        ran = machine.report()
        assert (ran.exit_code, machine.verdict()["overall"]) == (0, "warn")
        assert machine.judgement("baseline")["sentence"] == (
            "No baseline: this repository has no commit yet; floors only."
        )

    @pytest.mark.parametrize(("effect", "code"), [("fail", 3), ("warn", 0), ("pass", 0)])
    def test_policy_says_what_none_means(self, machine: Machine, effect: str, code: int) -> None:
        config = policy("on-missing-baseline", effect)
        machine.work.commit("first", metrics__json=auc(0.9), mlgate__yml=config)
        assert machine.report().exit_code == code

    def test_floors_are_judged_without_any(self, machine: Machine) -> None:
        rules = "gate: [{metric: auc, min: 0.95}]\n"
        machine.work.commit("first", metrics__json=auc(0.9), mlgate__yml=rules)
        assert machine.report().exit_code == 1
        assert machine.judgement("auc")["outcome"] == "fail"

    def test_the_nearest_ancestor_with_metrics(self, machine: Machine) -> None:
        machine.work.commit("measured", metrics__json=auc(0.9))
        machine.work.git("rm", "--quiet", "metrics.json")
        machine.work.commit("metrics gone")
        machine.work.commit("still gone")
        machine.work.commit("measured again", metrics__json=auc(0.91))
        assert machine.report().exit_code == 0
        assert self.base(machine)["behind"] == 2
        assert "2 commits before it, the nearest with metrics" in self.base(machine)["explanation"]


class TestConfiguration:
    """Where rules come from on a person's machine."""

    def test_pyproject(self, machine: Machine) -> None:
        machine.work.commit("measured", metrics__json=auc(0.9))
        rules = "[project]\nname = 'x'\n[[tool.mlgate.gate]]\nmetric = 'auc'\nmax-drop = 0.01\n"
        machine.work.commit("worse", metrics__json=auc(0.8), pyproject__toml=rules)
        assert machine.report().exit_code == 1
        assert machine.verdict()["policy"]["path"] == "pyproject.toml"

    def test_mlgate_yml_comes_first(self, machine: Machine) -> None:
        proposed(machine, auc(0.9), auc(0.8))
        machine.work.write(pyproject__toml="[tool.mlgate.policy]\nmode = 'observe'\n")
        assert machine.report().exit_code == 1
        assert machine.verdict()["policy"]["path"] == "mlgate.yml"

    @pytest.mark.parametrize("way", ["option", "environment"])
    def test_another_file_can_be_named(self, machine: Machine, way: str) -> None:
        proposed(machine, auc(0.9), auc(0.8))
        machine.work.put({"ci/gate.yml": RULES.replace("0.01", "0.5")})
        if way == "option":
            ran = machine.run("--config", "ci/gate.yml", "report")
        else:
            ran = machine.report(MLGATE_CONFIG="ci/gate.yml")
        assert ran.exit_code == 0
        assert machine.verdict()["policy"]["path"] == "ci/gate.yml"

    def test_verbose_says_what_is_read(self, machine: Machine) -> None:
        proposed(machine, auc(0.9), auc(0.8))
        plain = machine.report()
        ran = machine.run("--verbose", "report")
        assert ran.stdout == plain.stdout
        assert "looking for the baseline" in ran.stderr
        assert machine.work.git("rev-parse", "main")[:7] in ran.stderr
        assert machine.run("--quiet", "report").stderr == ""
