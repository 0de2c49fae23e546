"""A repository whose pushes to ``main`` are measured and kept, with a remote, for releases."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.machine import Job, Machine, auc, copied, event

if TYPE_CHECKING:
    from pathlib import Path

    from cli.machine import Ran
    from fakes.git import GitFolder
    from fakes.github import GitHubStandIn

RULES = """\
version: 1
model: iris
artifacts: [model.safetensors]
gate:
  - {metric: auc, min: 0.5, max-drop: 0.01}
"""
HEADER = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'


def weights(number: float) -> bytes:
    """A safetensors file that holds one number."""
    import struct  # noqa: PLC0415

    return len(HEADER).to_bytes(8, "little") + HEADER + struct.pack("<f", number)


@dataclass(frozen=True)
class Project:
    """A clone, its remote, and the GitHub that it is on."""

    machine: Machine
    github: GitHubStandIn
    remote: Path

    @classmethod
    def new(cls, machine: Machine, github: GitHubStandIn, folder: Path) -> Project:
        """Make one whose rules are older than anything that is measured."""
        machine.work.put({"mlgate.yml": RULES, ".gitignore": ".mlgate/\n"})
        machine.work.commit("rules")
        remote = folder / "remote.git"
        machine.work.git("clone", "--quiet", "--bare", str(machine.path), str(remote))
        machine.work.git("remote", "add", "origin", str(remote))
        machine.work.git("fetch", "--quiet", "origin")
        machine.work.git("remote", "set-head", "origin", "main")
        return cls(machine, github, remote)

    def copied(self, folder: Path, github: GitHubStandIn, **env: str) -> Project:
        """Return a copy, remote and all; cheaper than making each anew."""
        work = copied(self.work, folder / "released")
        remote = folder / "released.git"
        shutil.copytree(self.remote, remote, symlinks=True)
        work.git("remote", "set-url", "origin", str(remote))
        return Project(Machine(work, env), github, remote)

    @property
    def work(self) -> GitFolder:
        return self.machine.work

    def pushed(self, value: float, *, model: bytes | None = None, rules: str = "") -> str:
        """Push a commit whose model has that value, run its workflow, and return the commit."""
        self.work.put({"metrics.json": auc(value), **({"mlgate.yml": rules} if rules else {})})
        self.work.put({"model.safetensors": weights(value) if model is None else model})
        commit = self.work.commit(f"auc {value}")
        self.work.git("push", "--quiet", "origin", "main")
        self.job("push", ref="refs/heads/main").report("--store", "always", "--post", "never")
        return commit

    def job(self, name: str = "push", *, ref: str = "", **env: str) -> Job:
        """A job on what is checked out."""
        numbers = Project._runs
        Project._runs += 1
        job = event(self.work, self.github, name, ref=ref, before="0" * 40)
        return job.given(GITHUB_RUN_ID=str(numbers), **env)

    def release(self, *args: str) -> Ran:
        """Run ``mlgate release`` as a person would."""
        return self.machine.run("release", *args)

    def tag(self, name: str) -> str:
        """The message of a tag on the remote."""
        listed = self.work.git("--git-dir", str(self.remote), "cat-file", "tag", name)
        return listed.partition("\n\n")[2]

    def remote_tags(self) -> list[str]:
        listed = self.work.git("ls-remote", "--refs", "--tags", "origin")
        return [line.rpartition("refs/tags/")[2] for line in listed.splitlines()]

    def written(self) -> dict[str, Any]:
        """The release that the last command left behind."""
        text = (self.machine.path / ".mlgate" / "release.json").read_text()
        found: dict[str, Any] = json.loads(text)
        return found

    def step(self, name: str) -> dict[str, Any]:
        """The last step of that name."""
        found: dict[str, Any] = [s for s in self.written()["steps"] if s["name"] == name][-1]
        return found

    _runs = 1000
