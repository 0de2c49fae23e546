"""Whatever is wrong with the input has a name, a place, an exit code, and no traceback."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from cli.machine import Machine, copied, pull_request, repository
from fakes.git import GitFolder

if TYPE_CHECKING:
    from pathlib import Path

    from cli.machine import Job
    from fakes.github import GitHubStandIn

RULES = "metrics: [metrics.json]\ngate:\n  - {metric: auc, max-drop: 0.01}\n"
GOOD = '{"auc": 0.9}'


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> GitFolder:
    work = repository(tmp_path_factory.mktemp("template") / "work")
    work.commit("measured", metrics__json=GOOD, mlgate__yml=RULES)
    work.switch("better")
    work.commit("changed")
    return work


@pytest.fixture
def measured(template: GitFolder, tmp_path: Path) -> Machine:
    """``main`` holds an AUC of 0.9 with a rule; ``better`` is checked out."""
    return Machine(copied(template, tmp_path / "work"))


FILES = {
    "empty": (b"", "metrics.json: the file is empty."),
    "blank": (b" \n\n", "metrics.json: the file is empty."),
    "truncated": (b'{"auc":\n 0.9', "metrics.json:2:5: not JSON: Expecting ',' delimiter."),
    "binary": (b'{"auc"\n\x80\x81\x00', "metrics.json:2: not text in UTF-8 (byte 7)."),
    "UTF-16": (GOOD.encode("utf-16"), "metrics.json:1: not text in UTF-8 (byte 0)."),
    "50 MB": (
        b'{"auc": 0.9, "log": "' + b"a" * 50_000_000 + b'"}',
        "metrics.json: 50.0 MB is more than the 17 MB that are read.",
    ),
    "deep": (b"[" * 100_000 + b"]" * 100_000, "metrics.json: nested more than 64 levels deep."),
    "deep objects": (
        b'{"a":' * 80 + b"1" + b"}" * 80,
        "metrics.json: nested more than 64 levels deep.",
    ),
    "duplicate key": (
        b'{"auc": 0.9, "auc": 0.1}',
        "metrics.json: the key 'auc' appears twice in one object; which one counts?",
    ),
    "one name spelt twice": (
        b'{"a.auc": 0.9, "a": {"auc": 0.1}}',
        "metrics.json: 'a.auc' is there twice; which one counts?",
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
    machine.work.commit("measured", metrics__json=GOOD)
    machine.work.write(metrics__json='{"auc": 0.9')
    assert machine.report().exit_code == 3


def test_a_broken_baseline_is_no_baseline(machine: Machine) -> None:
    machine.work.commit("broken", metrics__json='{"auc"', mlgate__yml=RULES)
    machine.work.commit("mended", metrics__json=GOOD)
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
    machine.work.commit("measured", metrics__json='{"auc": NaN, "f1": 1}', mlgate__yml=RULES)
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
        ran = measured.report(PATH=str(tmp_path))
        assert (ran.exit_code, ran.stdout) == (3, "")
        assert ran.errors == ["error: git is not installed"]

    def test_a_repository_of_somebody_else(self, measured: Machine) -> None:
        """What git says when the checkout belongs to another user, as in containers."""
        ran = measured.report(GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
        assert ran.exit_code in {0, 3}
        assert "baseline" in ran.output.lower()

    def test_a_broken_repository(self, measured: Machine) -> None:
        (measured.path / ".git/HEAD").write_text("garbage")
        ran = measured.report()
        assert ran.exit_code in {0, 3}
        assert "baseline" in ran.output.lower()

    def test_a_work_tree_in_a_subfolder(self, measured: Machine) -> None:
        measured.work.put({"sub/metrics.json": GOOD, "sub/mlgate.yml": RULES})
        measured.work.commit("subproject")
        measured.work.put({"sub/metrics.json": '{"auc": 0.1}'})
        sub = Machine(GitFolder(measured.path / "sub"))
        assert sub.report("--base", "HEAD").exit_code == 1
        assert "fell by 0.8" in sub.judgement("auc")["sentence"]


CONFIGS = {
    "unknown key": ("gaet: []\n", "mlgate.yml:1:1: unknown key 'gaet'", "did you mean `gate`?"),
    "unknown key of a rule": (
        "gate:\n  - {metric: auc, max-dorp: 0.1}\n",
        "mlgate.yml:2:19: unknown key 'max-dorp'",
        "did you mean `max-drop`?",
    ),
    "underscore": (
        "gate:\n  - metric: auc\n    max_drop: 0.1\n",
        "mlgate.yml:3:5: unknown key 'max_drop'",
        "did you mean `max-drop`?",
    ),
    "unknown policy": (
        "policy: {on-mising: warn}\n",
        "mlgate.yml:1:10: unknown key 'on-mising'",
        "did you mean `on-missing`?",
    ),
    "wrong value": (
        "policy: {mode: enforced}\n",
        "mlgate.yml:1:10: Invalid enum value 'enforced'",
        "`mlgate schema config` prints what is expected",
    ),
    "two names": ("gate: [{metric: a, check: b}]\n", "mlgate.yml:1:8: a rule names either", ""),
    "no name": ("gate: [{max-drop: 0.1}]\n", "mlgate.yml:1:8: a rule names either", ""),
    "a limit that is none": ("gate: [{metric: a, max-drop: lots}]\n", "mlgate.yml:1:8: ", ""),
    "a list": ("- a\n", "mlgate.yml:1:1: the top level must be a mapping", "begin with"),
    "another version": ("version: 2\n", "mlgate.yml:1:1: version 2 is not known", ""),
    "duplicate key": ("gate: []\ngate: []\n", "mlgate.yml:2:1: ", ""),
    "an alias": ("a: &a [1]\ngate: *a\n", "mlgate.yml:", ""),
    "not YAML": ("gate: [}\n", "mlgate.yml:1:8: ", ""),
    "a tab": ("gate:\n\t- a\n", "mlgate.yml:2:1: ", ""),
    "a tag": ("gate: !!python/object/apply:os.system ['true']\n", "mlgate.yml:1:", ""),
    "empty": ("", "mlgate.yml: the file is empty", ""),
    "not text": ("\x00", "mlgate.yml:", ""),
    "two documents": ("gate: []\n---\ngate: []\n", "mlgate.yml:", ""),
}


@pytest.mark.parametrize(("text", "what", "fix"), CONFIGS.values(), ids=CONFIGS.keys())
def test_a_configuration_that_is_wrong(measured: Machine, text: str, what: str, fix: str) -> None:
    measured.work.write(mlgate__yml=text)
    ran = measured.report()
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert len(ran.errors) == 1
    assert ran.errors[0].startswith(f"error: {what}")
    assert len(ran.stderr.splitlines()) <= 2
    assert fix in ran.stderr
    assert not (measured.path / ".mlgate").exists()


ALIASES = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10))
BOMB = f"a0: &a0 [lol]\n{ALIASES}\n"


def test_an_alias_bomb_in_the_configuration(measured: Machine) -> None:
    measured.work.write(mlgate__yml=BOMB)
    ran = measured.report()
    assert ran.exit_code == 2
    assert ran.errors[0].startswith("error: mlgate.yml:2:10: aliases (`*name`) are not allowed")


def test_an_alias_bomb_in_a_metrics_file(measured: Machine) -> None:
    measured.work.write(mlgate__yml="metrics: [metrics.yaml]\n", metrics__yaml=BOMB)
    ran = measured.report()
    assert ran.exit_code == 3
    assert measured.judgement("metrics.yaml")["outcome"] == "missing"


def test_a_configuration_that_is_named_and_not_there(measured: Machine) -> None:
    ran = measured.run("--config", "gate.yml", "report")
    assert ran.exit_code == 2
    assert ran.errors == ["error: gate.yml: no such configuration"]
    assert "`mlgate init` writes one" in ran.stderr


class TestOutside:
    """Nothing outside of the workspace is read or written."""

    @pytest.fixture
    def secret(self, measured: Machine) -> str:
        place = measured.path.parent / "secret.json"
        place.write_text('{"secret": 0.4242}')
        return str(place)

    @pytest.mark.parametrize("path", ["../secret.json", "{absolute}", "a/../../secret.json"])
    @pytest.mark.parametrize("key", ["metrics", "params", "artifacts"])
    def test_a_path_that_leads_out(
        self, measured: Machine, secret: str, key: str, path: str
    ) -> None:
        named = path.format(absolute=secret)
        measured.work.write(mlgate__yml=f"metrics: [metrics.json]\n{key}: ['{named}']\n")
        if key == "metrics":
            measured.work.write(mlgate__yml=f"metrics: ['{named}']\n")
        ran = measured.report()
        files = "".join(f.read_text() for f in (measured.path / ".mlgate").iterdir())
        assert "4242" not in ran.output + files
        assert ran.exit_code == (0 if key == "artifacts" else 3), ran.output

    def test_a_link_that_leads_out(self, measured: Machine, secret: str) -> None:
        (measured.path / "metrics.json").unlink()
        (measured.path / "metrics.json").symlink_to(secret)
        ran = measured.report()
        assert ran.exit_code == 3
        assert ran.errors == ["error: metrics.json: leads outside the workspace"]
        assert "fix: name files inside the repository; links must not leave it" in ran.stderr

    def test_a_configuration_that_leads_out(self, measured: Machine) -> None:
        (measured.path.parent / "out.yml").write_text("gate: []\n")
        ran = measured.run("--config", "../out.yml", "report")
        assert ran.exit_code == 2
        assert ran.errors == ["error: ../out.yml: leads outside the workspace"]

    @pytest.mark.parametrize("folder", ["../elsewhere", "link/elsewhere"])
    def test_an_output_folder_that_leads_out(self, measured: Machine, folder: str) -> None:
        (measured.path / "link").symlink_to(measured.path.parent)
        ran = measured.report("--output", folder)
        assert ran.exit_code == 2
        assert ran.errors == [f"error: --output {folder!r} leads outside the workspace"]
        assert not (measured.path.parent / "elsewhere").exists()

    def test_an_output_folder_that_is_a_file(self, measured: Machine) -> None:
        ran = measured.report("--output", "metrics.json")
        assert ran.exit_code == 2
        assert ran.errors == [
            f"error: --output {measured.path}/metrics.json: no folder can be made here: File exists"
        ]


NAMES = {
    "HTML": "<img src=x onerror=alert(1)>",
    "script": "</td></table><script>alert(1)</script>",
    "Markdown": "a|b **c** [d](https://evil.example) ![e](https://evil.example/e.png) `f`",
    "mention": "@octo/everyone @ada #12 GH-1 octo/ml#3",
    "command": "::error::owned",
    "commands to wrap": " ".join(["::error::owned"] * 14),
    "old command": "x ##[add-mask]a",
    "carriage return": "a\r::error::owned\r\n::set-output name=x::y",
    "line breaks": "a\n::error::owned\n\n# heading\n<!-- mlgate:v1 key=mlgate run=9.9 sha=a -->",
    "ANSI": "\x1b[31mred\x1b]8;;https://evil.example\x07x",
    "right to left": "auc\u202e0.99\u2066 \u200f",
    "zero width": "\u200b::error::owned \ufeff",
    "null": "a\x00b",
}


class _Tags(HTMLParser):
    """Collects what a browser would take for elements, links and handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        for name, value in attrs:
            if name.startswith("on") or "evil.example" in (value or ""):
                self.found.add(f"{name}={value}")


def elements(html: str) -> set[str]:
    parser = _Tags()
    parser.feed(html)
    return parser.found


def hostile_files(name: str, value: float) -> dict[str, str]:
    """Files whose metrics, classes, parameters and own names are ``name``."""
    scores = {"precision": value, "recall": value, "f1-score": value, "support": 500}
    classes = {name: scores, "other": scores, "macro avg": scores, "weighted avg": scores}
    file = name.replace("/", "_").replace("\0", "_")
    return {
        "metrics.json": json.dumps({name: value, "auc": value, "eval": {name: {name: value}}}),
        "classification_report.json": json.dumps({**classes, "accuracy": value}),
        "params.yaml": json.dumps({name: value, "list": [name, value]}),
        f"eval/{file}.json": '{"auc"',
        f"src/{file}.py": str(value),
    }


class TestNames:
    """Names that somebody else chose reach log, Markdown and HTML as text only."""

    @pytest.fixture(params=NAMES.values(), ids=list(NAMES))
    def job(self, request: pytest.FixtureRequest, work: GitFolder, github: GitHubStandIn) -> Job:
        name: str = request.param
        files = ["metrics.json", "classification_report.json", "eval/*.json"]
        rules: list[dict[str, object]] = [{"metric": "*", "max-drop": 0.01, "slices": True}]
        config = {"metrics": files, "gate": rules}
        work.put(hostile_files(name, 0.9) | {"mlgate.yml": json.dumps(config)})
        work.commit("measured")
        work.switch("better")
        rules.append({"metric": name.replace("\0", "_"), "min": 0.1})
        work.put(hostile_files(name, 0.1) | {"mlgate.yml": json.dumps(config)})
        work.commit("worse")
        return pull_request(work, github)

    def check_log(self, log: str) -> None:
        for line in log.splitlines():
            if line.lstrip().startswith("::"):  # the runner looks for no older command in these
                assert line.startswith(("::error title=mlgate", "::warning title=mlgate")), line
            else:
                assert "##[" not in line
        for char in "\r\x1b\x07\x00\u202e\u2066\u200f\u200b\ufeff":
            assert char not in log, ascii(char)

    def check_markdown(self, text: str) -> None:
        html = MarkdownIt("gfm-like", {"linkify": False}).render(text)
        found = elements(html)
        assert found & {"script", "img", "h1"} == set(), html
        assert not [one for one in found if "=" in one], html
        spoken = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
        assert not re.search(r"@(octo|ada)|#\d|GH-1", spoken), html
        for char in "\r\x1b\x07\x00\u202e\u2066\u200f":
            assert char not in text, ascii(char)

    def test_in_every_place(self, job: Job) -> None:
        ran = job.run("--verbose", "report", "--format", "text")
        assert ran.exit_code == 1, ran.output
        self.check_log(ran.stdout)
        self.check_log(ran.stderr)
        for form in ("markdown", "github"):
            self.check_log(job.run("gate", "--format", form).stdout)
        (comment,) = job.github.comments()
        (check,) = job.github.repo.check_runs
        for text in (comment.body, job.summary(), check.output["summary"], check.output["text"]):
            self.check_markdown(text)
        assert comment.body.count("<!-- mlgate:v1") == 1
        found = elements(job.written("report.html"))
        assert found & {"script", "img"} == set()
        assert not [one for one in found if "=" in one]
        assert job.outputs()["verdict"] == "fail"


def test_forty_thousand_metrics_that_all_fail(work: GitFolder, github: GitHubStandIn) -> None:
    names = [f"eval.class_{i:05d}.f1" for i in range(40_000)]
    rules = "metrics: [m.json]\ngate: [{metric: '*', max-drop: 0.01}]\n"
    work.commit("measured", m__json=json.dumps(dict.fromkeys(names, 0.9)), mlgate__yml=rules)
    work.switch("better")
    work.commit("worse", m__json=json.dumps(dict.fromkeys(names, 0.1)))
    job = pull_request(work, github)
    ran = job.report("--format", "text")
    assert (ran.exit_code, "warning: " in ran.stderr) == (1, False), ran.stderr
    assert len(ran.output) < 200_000
    (comment,) = github.comments()
    assert len(comment.body) <= 65_536
    assert len(comment.body.encode()) <= 262_144
    assert "40 000 of 40 000 failed" in comment.body.replace("\u202f", " ").replace("\xa0", " ")
    (check,) = github.repo.check_runs
    assert check.conclusion == "failure"
    assert len(check.annotations) <= 50
    assert len(job.summary().encode()) <= 1024 * 1024
    assert len(job.outputs()["failed-rules"]) < 1000
