"""The stand-in with the shortcuts tests want."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.github import judge
from fakes.github.application import Application, Referee
from fakes.github.server import Server
from fakes.github.state import (
    Artifact,
    CheckRun,
    Comment,
    Commit,
    Pull,
    Repository,
    Run,
    Token,
    World,
    sha_of,
)

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "ghs_test"  # noqa: S105
HEAD_SHA = sha_of("head of pull request 7")
BASE_SHA = sha_of("tip of main")
MERGE_BASE_SHA = sha_of("where pull request 7 left main")
MERGE_SHA = sha_of("merge commit of pull request 7")


class GitHubStandIn(Server):
    """A running GitHub with one repository in the foreground."""

    def __init__(
        self,
        world: World | None = None,
        *,
        referee: Referee | None = None,
        port: int = 0,
        repository: str = "octo/ml",
    ) -> None:
        made = example_world() if world is None else world
        super().__init__(Application(world=made, referee=referee), port=port)
        self.repository = repository

    @property
    def world(self) -> World:
        """Everything the stand-in remembers."""
        return self.application.world

    @property
    def repo(self) -> Repository:
        """The repository in the foreground."""
        return self.world.repositories[self.repository.lower()]

    @property
    def violations(self) -> list[str]:
        """Where a request or an answer broke GitHub's own description."""
        return self.application.violations

    def comments(self, number: int = 7) -> list[Comment]:
        """Return the comments of a pull request, oldest first."""
        return [each for each in self.repo.comments if each.number == number]

    def say(self, body: str, *, author: str = "ada", number: int = 7) -> Comment:
        """Let somebody comment."""
        now = self.world.now()
        made = Comment(
            id=self.world.new_id(),
            number=number,
            author=author,
            body=body,
            created_at=now,
            updated_at=now,
        )
        self.repo.comments.append(made)
        return made

    def chatter(self, count: int, *, number: int = 7) -> None:
        """Let people write ``count`` comments, as on a busy pull request."""
        for index in range(count):
            self.say(f"comment {index}", author=f"user{index % 7}", number=number)

    def push(self, sha: str, *, number: int = 7, merge_sha: str | None = None) -> None:
        """Let a new commit arrive on the head of a pull request."""
        pull = self.repo.pulls[number]
        self.repo.commits[sha] = Commit(sha=sha, parents=[pull.head_sha])
        pull.head_sha, pull.merge_commit_sha = sha, merge_sha or sha_of(f"merge of {sha}")

    def record_job(self, sha: str, name: str, conclusion: str | None) -> CheckRun:
        """Record what a job of GitHub Actions ended with; ``None`` means it still runs."""
        now = self.world.now()
        made = CheckRun(
            id=self.world.new_id(),
            name=name,
            head_sha=sha,
            status="in_progress" if conclusion is None else "completed",
            conclusion=conclusion,
            started_at=now,
            completed_at=None if conclusion is None else now,
        )
        self.repo.check_runs.append(made)
        return made

    def add_run(self, sha: str, *, event: str = "pull_request", fork_owner: str = "") -> Run:
        """Record a finished workflow run."""
        made = Run(id=self.world.new_id(), head_sha=sha, event=event, fork_owner=fork_owner)
        self.repo.runs.append(made)
        return made

    def add_artifact(self, run_id: int, name: str, content: bytes) -> Artifact:
        """Attach an artifact, a zip, to a run."""
        made = Artifact(id=self.world.new_id(), run_id=run_id, name=name, content=content.hex())
        self.repo.artifacts.append(made)
        return made

    def attach(self, git: Path) -> None:
        """Take refs, ancestors and merge bases from a real git repository.

        Forgets the invented commits, and lets pull request 7 follow its branches.
        """
        self.repo.git = str(git)
        self.repo.branches.clear()
        self.repo.commits.clear()
        for pull in self.repo.pulls.values():
            pull.head_sha = pull.base_sha = ""

    def would_merge(self, number: int = 7) -> judge.Decision:
        """Judge a pull request by ``repo.required_checks``."""
        return judge.would_merge(self.repo, number)


def example_world() -> World:
    """Return ``octo/ml`` with pull request 7 and what ``GITHUB_TOKEN`` may do in its workflow."""
    world = World()
    repo = world.add_repository("octo", "ml")
    history: tuple[tuple[str, list[str]], ...] = (
        (MERGE_BASE_SHA, []),
        (BASE_SHA, [MERGE_BASE_SHA]),
        (HEAD_SHA, [MERGE_BASE_SHA]),
    )
    repo.commits = {sha: Commit(sha=sha, parents=parents) for sha, parents in history}
    repo.commits[MERGE_SHA] = Commit(sha=MERGE_SHA, parents=[BASE_SHA, HEAD_SHA])
    repo.branches = {"main": BASE_SHA, "better": HEAD_SHA}
    repo.pulls[7] = Pull(number=7, head_sha=HEAD_SHA, merge_commit_sha=MERGE_SHA)
    permissions = {"pull-requests": "write", "checks": "write", "contents": "read"}
    world.tokens[TOKEN] = Token(permissions=permissions)
    return world
