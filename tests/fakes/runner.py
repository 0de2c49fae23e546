"""A runner in memory: executes the ``run`` steps of an action or a workflow, as GitHub would."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
_HEREDOC = re.compile(r"([A-Za-z_][\w-]*)<<(\S+)\r?\n(.*?)(?:\r?\n)?^\2$", re.MULTILINE | re.DOTALL)
_PLAIN = re.compile(r"^([A-Za-z_][\w-]*)=(.*)$", re.MULTILINE)
TOKEN = "ghs_of_the_job"  # noqa: S105 - the stand-in for github.token
_OF_THE_MACHINE = re.compile(
    r"PATH|HOME|LANG|SSL_CERT_\w+|\w+_CA_BUNDLE|(HTTPS?|NO)_PROXY|(PIP|UV)_\w+", re.IGNORECASE
)
"""What a runner's image sets: how registries are reached is the machine's own."""


@dataclass(frozen=True)
class Finished:
    """What the workflow would see."""

    exit_code: int
    log: str
    outputs: Mapping[str, str]
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class FakeRunner:
    """Runs actions in ``workspace``; ``temp`` stands for ``$RUNNER_TEMP``."""

    workspace: Path
    temp: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def run(self, action: Path, **inputs: str) -> Finished:
        """Run every step until one fails; inputs are named with underscores."""
        spec: dict[str, Any] = yaml.safe_load(action.read_text(encoding="utf-8"))
        unknown = set(inputs) - {name.replace("-", "_") for name in spec["inputs"]}
        assert not unknown, f"{action} has no inputs {unknown}"
        context = {"github.token": TOKEN}
        for name, declared in spec["inputs"].items():
            default = _expand(str(declared.get("default", "")), context)
            context[f"inputs.{name}"] = inputs.get(name.replace("-", "_"), default)
        code, log = 0, ""
        path: tuple[str, ...] = ()
        for step in spec["runs"]["steps"]:
            code, text, added = self._step(action, step, context)
            log, path = log + text, path + added
            if code:
                break
        declared_outputs = spec.get("outputs", {})
        values = {name: _expand(o["value"], context) for name, o in declared_outputs.items()}
        return Finished(code, log, values, path)

    def run_job(self, workflow: Path, job: str) -> Finished:
        """Run every ``run`` step of a job until one fails, each with the PATH that it is left."""
        spec: dict[str, Any] = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"][job]
        defaults = spec.get("defaults", {}).get("run", {})
        code, log = 0, ""
        path: tuple[str, ...] = (self.env.get("PATH") or os.environ["PATH"],)
        for step in spec["steps"]:
            if "run" in step and not code:
                found = {"PATH": os.pathsep.join(path), **step.get("env", {})}
                code, text, added = self._step(workflow, {**defaults, **step, "env": found}, {})
                log, path = log + text, (*reversed(added), *path)
        return Finished(code, log, {}, path)

    def _step(
        self, action: Path, step: dict[str, Any], context: dict[str, str]
    ) -> tuple[int, str, tuple[str, ...]]:
        files = {
            name: self.temp / f"{name}-{step.get('id', 'anonymous')}"
            for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        }
        for file in files.values():
            file.write_text("")
        folder = _expand(str(step.get("working-directory", ".")), context)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace / folder,
            env={
                **{k: v for k, v in os.environ.items() if _OF_THE_MACHINE.fullmatch(k)},
                "GITHUB_ACTION_PATH": str(action.parent),
                "RUNNER_TEMP": str(self.temp),
                **self.env,
                **{name: str(file) for name, file in files.items()},
                **{k: _expand(str(v), context) for k, v in step.get("env", {}).items()},
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        for name, value in _entries(files["GITHUB_OUTPUT"].read_text()):
            context[f"steps.{step.get('id')}.outputs.{name}"] = value
        return done.returncode, done.stdout, tuple(files["GITHUB_PATH"].read_text().splitlines())


def _expand(text: str, context: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda m: context.get(m[1], ""), text)


def _entries(text: str) -> list[tuple[str, str]]:
    """Name and value of each output, in either of the two forms."""
    blocks = [(m[1], m[3]) for m in _HEREDOC.finditer(text)]
    return [*_PLAIN.findall(_HEREDOC.sub("", text)), *blocks]
