"""A real git repository that trains a model, with a bare remote and pull requests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fakes.git import GitFolder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROJECT = Path(__file__).resolve().parent / "project"
TEMPLATES = Path(__file__).resolve().parents[2] / "workflows-templates"
WORKFLOW = ".github/workflows/mlgate.yml"


@dataclass(frozen=True, kw_only=True)
class Change:
    """A pull request as pushed: its head, the tip of ``main``, and the merge of both."""

    branch: str
    head: str
    base: str
    merge: str


@dataclass(frozen=True, kw_only=True)
class ModelRepository:
    """A work tree and the bare remote beside it."""

    work: GitFolder
    remote: Path

    @classmethod
    def create(cls, folder: Path, files: Mapping[str, str]) -> ModelRepository:
        """Create both with one commit of ``files`` on ``main``."""
        work = GitFolder.new(folder / "work")
        remote = folder / "remote.git"
        work.git("init", "--quiet", "--bare", "--initial-branch=main", str(remote))
        work.git("remote", "add", "origin", str(remote))
        work.put(files)
        work.commit("Train the first model")
        made = cls(work=work, remote=remote)
        made.push("HEAD:refs/heads/main")
        return made

    def push(self, *refs: str) -> None:
        self.work.git("push", "--quiet", "--force", "origin", *refs)

    def show(self, commit: str, path: str) -> str:
        return self.work.git("show", f"{commit}:{path}") + "\n"

    def propose(
        self, files: Mapping[str, str], *, branch: str = "better", fork: bool = False
    ) -> Change:
        """Commit ``files`` on a branch from ``main``, or on top of it, as pull request 7."""
        if self.work.git("branch", "--list", branch):
            self.work.back(branch)
        else:
            self.work.switch(branch, "main")
        self.work.put(files)
        head = self.work.commit("Change the model")
        base = self.work.git("rev-parse", "main")
        self.work.git("switch", "--quiet", "--detach", "main")
        merge = self.work.merge(branch)
        refs = [f"{head}:refs/pull/7/head", f"{merge}:refs/pull/7/merge"]
        self.push(*refs, *([] if fork else [f"{head}:refs/heads/{branch}"]))
        return Change(branch=branch, head=head, base=base, merge=merge)

    def proposed(self, branch: str) -> Change:
        """Return what a workflow has pushed to a branch, as pull request 7."""
        self.work.git("fetch", "--quiet", "origin", f"+{branch}:{branch}")
        head = self.work.git("rev-parse", branch)
        base = self.work.git("rev-parse", "main")
        self.work.git("switch", "--quiet", "--detach", "main")
        merge = self.work.merge(branch)
        self.push(f"{head}:refs/pull/7/head", f"{merge}:refs/pull/7/merge")
        return Change(branch=branch, head=head, base=base, merge=merge)


def project(template: str, *, without: Iterable[str] = (), **files: str) -> dict[str, str]:
    """Return the files of the model project with a workflow template in place."""
    found = {each.name: each.read_text(encoding="utf-8") for each in PROJECT.iterdir()}
    found[WORKFLOW] = (TEMPLATES / template).read_text(encoding="utf-8")
    return {name: text for name, text in (found | files).items() if name not in set(without)}
