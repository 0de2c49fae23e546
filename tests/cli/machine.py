"""A machine that runs ``mlgate``: a person's, or one of GitHub's for an event."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import click
from click.testing import CliRunner

from fakes.git import QUIET, GitFolder
from fakes.github import TOKEN
from mlgate.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fakes.github import GitHubStandIn

RULES = "version: 1\ngate:\n  - {metric: auc, max-drop: 0.01}\n"
LOOSE = RULES.replace("0.01", "0.5")
NAMED_RULES = "metrics: [metrics.json]\ngate:\n  - {metric: auc, max-drop: 0.01}\n"
MEASURED = '{"auc": 0.9}'
US = "github-actions[bot]"
_OUTSIDE = (
    "CI COLUMNS FORCE_COLOR GITHUB_ACTIONS GITHUB_API_URL GITHUB_EVENT_NAME GITHUB_EVENT_PATH "
    "GITHUB_OUTPUT GITHUB_REF GITHUB_REPOSITORY GITHUB_RUN_ATTEMPT GITHUB_RUN_ID GITHUB_SERVER_URL "
    "GITHUB_SHA GITHUB_STEP_SUMMARY GITHUB_TOKEN MLGATE_TOKEN NO_COLOR"
).split()
_OUTPUT = re.compile(r"^([\w-]+)<<(\S+)\n(.*?)\n\2$", re.MULTILINE | re.DOTALL)
_INTERRUPTIBLE = (  # tests that run in the background hand on a SIGINT that is ignored
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from mlgate.cli import main; main()"
)
TRACEBACK = "Traceback (most recent call last)"


class _Program(click.Command):
    """The whole program as the entry point starts it, error handling included."""

    def main(self, args: Sequence[str] | None = None, *_: Any, **__: Any) -> Any:  # noqa: ANN401
        main(args)


@dataclass(frozen=True)
class Ran:
    """What a person sees of one run."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    @property
    def errors(self) -> list[str]:
        """The lines that say what is wrong."""
        return [line for line in self.stderr.splitlines() if line.startswith("error: ")]

    def json(self) -> dict[str, Any]:
        """The report, of a run with ``--format json``."""
        found: dict[str, Any] = json.loads(self.stdout)
        return found


@dataclass(frozen=True)
class Machine:
    """A checkout and an environment."""

    work: GitFolder
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.work.path

    def run(self, *args: str, **env: str) -> Ran:
        """Run ``mlgate`` here."""
        clean: dict[str, str | None] = dict.fromkeys(_OUTSIDE)
        with contextlib.chdir(self.path):
            done = CliRunner().invoke(
                _Program("mlgate"), args, env={**clean, **QUIET, **self.env, **env}
            )
        ran = Ran(done.exit_code, done.stdout, done.stderr)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert TRACEBACK not in ran.output
        return ran

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Start ``mlgate`` here as a process of its own."""
        outside = {k: v for k, v in os.environ.items() if k not in _OUTSIDE}
        return subprocess.Popen(
            [sys.executable, "-c", _INTERRUPTIBLE, *args],
            cwd=self.path,
            env={**outside, **QUIET, "PYTHONPATH": os.pathsep.join(sys.path), **self.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def report(self, *args: str, **env: str) -> Ran:
        return self.run("report", *args, **env)

    def written(self, name: str = "report.json") -> str:
        """A file that the report left behind."""
        return (self.path / ".mlgate" / name).read_text(encoding="utf-8")

    def verdict(self) -> dict[str, Any]:
        """The verdict that the report left behind."""
        found: dict[str, Any] = json.loads(self.written())["verdict"]
        return found

    def judgement(self, subject: str) -> dict[str, Any]:
        """The one judgement about ``subject``."""
        found = [j for j in self.verdict()["judgements"] if j["subject"] == subject]
        assert len(found) == 1, found
        judgement: dict[str, Any] = found[0]
        return judgement


@dataclass(frozen=True)
class Job(Machine):
    """A job of GitHub Actions; ``github`` is the stand-in that it talks to."""

    github: GitHubStandIn = field(kw_only=True)

    @classmethod
    def on(cls, work: GitFolder, github: GitHubStandIn, event: str, payload: object) -> Job:
        """Return the job that ``event`` starts in ``work``."""
        home = work.path.parent / f"{work.path.name}-runner"
        home.mkdir(exist_ok=True)
        (home / "event.json").write_text(json.dumps(payload))
        env = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": github.url,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(home / "event.json"),
            "GITHUB_JOB": "gate",
            "GITHUB_OUTPUT": str(home / "output"),
            "GITHUB_REPOSITORY": github.repository,
            "GITHUB_RUN_ID": "501",
            "GITHUB_SHA": work.head(),
            "GITHUB_STEP_SUMMARY": str(home / "summary.md"),
            "GITHUB_TOKEN": TOKEN,
        }
        return cls(work, env, github=github)

    def given(self, **env: str) -> Job:
        """Return the same job with another environment."""
        return replace(self, env={**self.env, **env})

    def comment_id(self) -> int:
        """The one comment of the pull request."""
        (comment,) = self.github.comments()
        return comment.id

    def outputs(self) -> dict[str, str]:
        """The outputs of the step, for later steps."""
        with open(self.env["GITHUB_OUTPUT"], encoding="utf-8") as file:  # noqa: PTH123
            return {m[1]: m[3] for m in _OUTPUT.finditer(file.read())}

    def summary(self) -> str:
        """The page of the run."""
        with open(self.env["GITHUB_STEP_SUMMARY"], encoding="utf-8") as file:  # noqa: PTH123
            return file.read()


def repository(path: Path) -> GitFolder:
    """Return a new repository on ``main`` that ignores what we write."""
    made = GitFolder.new(path)
    made.write(__gitignore=".mlgate/\n")
    return made


def copied(template: GitFolder, path: Path) -> GitFolder:
    """Return a repository of one's own; cheaper than making each anew."""
    shutil.copytree(template.path, path, symlinks=True)
    return GitFolder(path)


def pull_request(
    work: GitFolder, github: GitHubStandIn, *, state: str = "open", base: str = "main"
) -> Job:
    """Return the job of pull request 7, with the merge commit of both branches checked out."""
    head = "better"
    tips = {name: work.git("rev-parse", name) for name in (head, base)}
    github.attach(work.path)
    work.git("switch", "--quiet", "--detach", base)
    work.merge(head)
    repository = {"id": 1, "full_name": github.repository, "default_branch": "main"}
    payload = {
        "action": "synchronize",
        "repository": repository,
        "pull_request": {
            "number": 7,
            "state": state,
            "locked": False,
            "head": {"sha": tips[head], "ref": head, "repo": repository},
            "base": {"sha": tips[base], "ref": base, "repo": repository},
        },
    }
    job = Job.on(work, github, "pull_request", payload)
    return job.given(GITHUB_REF="refs/pull/7/merge")


def event(
    work: GitFolder, github: GitHubStandIn, name: str, *, ref: str = "", **payload: object
) -> Job:
    """Return the job of another event, for what is checked out."""
    github.attach(work.path)
    repository = {"id": 1, "full_name": github.repository, "default_branch": "main"}
    stated = {"ref": ref} if ref else {}
    job = Job.on(work, github, name, {"repository": repository, **stated, **payload})
    return job.given(GITHUB_REF=ref)


def auc(value: object) -> str:
    """The text of a metrics file."""
    return json.dumps({"auc": value})


def proposed(machine: Machine, base: str, head: str, *, config: str = RULES) -> Machine:
    """``main`` holds ``base``; ``better``, checked out, holds ``head``."""
    name = "lm.json" if "lm.json" in config else "metrics.json"
    machine.work.put({"mlgate.yml": config, name: base})
    machine.work.commit("measured")
    machine.work.switch("better")
    machine.work.put({name: head})
    machine.work.commit("changed")
    return machine


def policy(key: str, value: str, rules: str = RULES) -> str:
    return f"{rules}policy: {{{key}: {value}}}\n"
