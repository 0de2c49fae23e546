"""The repository of the demo: a remote, a base commit, and pull requests against it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlgate.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT: Final = Path(__file__).parent / "project"
PULL_REQUEST: Final = 7
_WHO: Final = {
    "GIT_AUTHOR_NAME": "mlgate demo",
    "GIT_AUTHOR_EMAIL": "demo@example.invalid",
    "GIT_COMMITTER_NAME": "mlgate demo",
    "GIT_COMMITTER_EMAIL": "demo@example.invalid",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}

_OF_OTHERS: Final = ("GITHUB_", "MLGATE_", "GIT_")
"""A git hook sets ``GIT_DIR``: with it, git would commit into the repository of the hook."""


@dataclass(frozen=True)
class Scene:
    """A work tree ``repo`` with a bare remote beside it, below ``folder``."""

    folder: Path
    environ: Mapping[str, str]

    @property
    def repo(self) -> Path:
        """The work tree."""
        return self.folder / "repo"

    def build(self) -> None:
        """Create remote and work tree, train the base model, push it to ``main``.

        Raises:
            ConfigError: the folder exists and is not an earlier demo.
        """
        if self.folder.exists():
            if not (self.folder / ".mlgate-demo").is_file():
                raise ConfigError(
                    f"{self.folder} exists and is no earlier demo", hint="choose another --folder"
                )
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)
        (self.folder / ".mlgate-demo").touch()
        self._git(
            "init", "--quiet", "--bare", "--initial-branch=main", "remote.git", at=self.folder
        )
        shutil.copytree(PROJECT, self.repo, ignore=shutil.ignore_patterns("__pycache__"))
        self._git("init", "--quiet", "--initial-branch=main")
        self._git("remote", "add", "origin", "../remote.git")

    def train(self) -> str:
        """Train in the work tree; returns what training printed.

        Raises:
            SourceError: training failed.
        """
        done = subprocess.run(
            [sys.executable, "train.py"],
            cwd=self.repo,
            env=self._clean(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines()
            raise SourceError(
                f"training failed: {said[-1] if said else 'no message'}",
                hint='the demo trains with scikit-learn: pip install "mlgate[demo]"',
            )
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit everything and return the commit."""
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)
        return self._git("rev-parse", "HEAD")

    def push(self, branch: str) -> None:
        """Push HEAD to a branch of the remote."""
        self._git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}")

    def branch(self, name: str) -> None:
        """Start a branch here."""
        self._git("checkout", "--quiet", "-B", name)

    def checkout(self, name: str) -> None:
        """Check out a branch or a commit that exists."""
        self._git("checkout", "--quiet", name)

    def set_parameter(self, name: str, value: int) -> None:
        """Change one line of ``params.yaml``."""
        path = self.repo / "params.yaml"
        lines = path.read_text().splitlines()
        changed = [f"{name}: {value}" if line.startswith(f"{name}:") else line for line in lines]
        path.write_text("\n".join(changed) + "\n")

    def checkout_merge(self, base: str, head: str) -> None:
        """Check out the merge commit of base and head, as GitHub does on pull requests."""
        self._git("checkout", "--quiet", "--detach", base)
        message = f"Merge {head} into {base}"
        self._git("merge", "--quiet", "--no-ff", "--message", message, head)

    def pull_request_job(
        self, base: str, head: str, *, server: str = "https://github.com", run: int = 501
    ) -> dict[str, str]:
        """Return the environment of a job of the pull request, writing its event payload."""
        return {
            **self._clean(),
            "GITHUB_ACTIONS": "true",
            "GITHUB_SERVER_URL": server,
            "GITHUB_REPOSITORY": "octo/demo",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(self._event(base, head)),
            "GITHUB_RUN_ID": str(run),
            "GITHUB_SHA": head,
            "GITHUB_REF": f"refs/pull/{PULL_REQUEST}/merge",
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "GITHUB_OUTPUT": str(self.folder / "outputs.txt"),
        }

    def _event(self, base: str, head: str) -> Path:
        repository = {"id": 1, "full_name": "octo/demo", "default_branch": "main"}
        payload = {
            "action": "synchronize",
            "repository": repository,
            "pull_request": {
                "number": PULL_REQUEST,
                "state": "open",
                "locked": False,
                "head": {"sha": head, "ref": "simpler-forest", "repo": repository},
                "base": {"sha": base, "ref": "main", "repo": repository},
            },
        }
        path = self.folder / "event.json"
        path.write_text(json.dumps(payload))
        return path

    def _clean(self) -> dict[str, str]:
        """Return the environment without what points at another job or repository."""
        return {k: v for k, v in self.environ.items() if not k.startswith(_OF_OTHERS)}

    def _git(self, *args: str, at: Path | None = None) -> str:
        done = subprocess.run(  # noqa: S603 - a fixed program, arguments as a list
            ["git", *args],  # noqa: S607 - git comes from the user's PATH
            cwd=at or self.repo,
            env={**self._clean(), **_WHO},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SourceError(f"git {args[0]} failed: {done.stderr.strip()[-300:]}")
        return done.stdout.strip()
