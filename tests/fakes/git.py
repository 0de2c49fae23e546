"""A real git repository in a temporary folder."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from mlgate.sources.git import Repository
from mlgate.sources.stored import FILE_NAME, STORED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

QUIET: Mapping[str, str] = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_AUTHOR_DATE": "2026-08-05T12:00:00Z",
    "GIT_COMMITTER_DATE": "2026-08-05T12:00:00Z",
    "GIT_TERMINAL_PROMPT": "0",
}


def environment(**more: str) -> dict[str, str]:
    """What git needs, and nothing of the machine's own configuration."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **QUIET, **more}


@dataclass(frozen=True)
class GitFolder:
    """A work tree at ``path``."""

    path: Path

    @classmethod
    def new(cls, path: Path) -> GitFolder:
        path.mkdir(parents=True)
        folder = cls(path)
        folder.git("init", "--quiet", "--initial-branch=main")
        return folder

    def git(self, *args: str) -> str:
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"git {args}: {done.stderr}"
        return done.stdout.strip()

    def write(self, **files: str | bytes) -> None:
        """Write files; ``__`` in a name is a dot and ``___`` a slash."""
        self.put({n.replace("___", "/").replace("__", "."): c for n, c in files.items()})

    def put(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            place = self.path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str = "change", **files: str | bytes) -> str:
        """Write files, commit everything, return the commit."""
        self.write(**files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.head()

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def switch(self, branch: str, start: str = "HEAD") -> None:
        self.git("switch", "--quiet", "--create", branch, start)

    def back(self, branch: str = "main") -> None:
        self.git("switch", "--quiet", branch)

    def merge(self, branch: str) -> str:
        self.git("merge", "--quiet", "--no-ff", "--message", f"merge {branch}", branch)
        return self.head()

    def clone(self, path: Path, *options: str) -> GitFolder:
        """Clone through a local transport that honours depth and filters."""
        self.git("config", "uploadpack.allowFilter", "true")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.git("clone", "--quiet", *options, f"file://{self.path}", str(path))
        return GitFolder(path)

    def store(
        self,
        commit: str,
        evidence: bytes,
        run: str = "1.1",
        files: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Store evidence of ``commit``, and files beside it, as an earlier run would have."""
        place = self.path / ".git" / "stored"

        def entries(names: Mapping[str, bytes]) -> str:
            lines = []
            for name, content in names.items():
                place.write_bytes(content)
                blob = self.git("hash-object", "-w", str(place))
                lines.append(f"100644 blob {blob}\t{name}\n")
            return "".join(lines)

        def written(lines: str) -> str:
            place.write_text(lines)
            return self.git("-c", f"alias.fed=!git mktree < '{place}'", "fed")

        lines = entries({FILE_NAME: evidence})
        if files:
            folder = written(entries({name.partition("/")[2]: c for name, c in files.items()}))
            lines += f"040000 tree {folder}\t{next(iter(files)).partition('/')[0]}\n"
        tree = written(lines)
        made = self.git("commit-tree", tree, "-m", "evidence")
        self.git("update-ref", f"{STORED}/{commit}/{run}", made)

    def open(self, **more: str) -> Repository:
        found = Repository.discover(self.path, environment(**more))
        assert found is not None
        return found
