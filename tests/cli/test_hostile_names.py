"""Names that somebody else chose, and far too many of them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from cli.machine import Job, pull_request

if TYPE_CHECKING:
    from fakes.git import GitFolder
    from fakes.github import GitHubStandIn


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
