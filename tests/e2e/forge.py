"""Everything between a push and the merge button: events, the runner, and GitHub's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from e2e.act import Act, Build, Trigger
from e2e.repository import WORKFLOW, Change, ModelRepository
from fakes.github import TOKEN, GitHubStandIn

if TYPE_CHECKING:
    from pathlib import Path

FIRST_RUN = 501


@dataclass(frozen=True, kw_only=True)
class Forge:
    """Starts the workflow that an event's commit holds, and records what its jobs ended with."""

    act: Act
    github: GitHubStandIn
    repository: ModelRepository
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def open(self) -> None:
        """Let the loopback GitHub serve the repository, with the job ``mlgate`` required."""
        self.github.attach(self.repository.remote)
        self.github.repo.required_checks = ["mlgate"]

    def pull_request(self, change: Change, *, fork_owner: str = "") -> Build:
        """Run for a push to pull request 7; from a fork, the token may write nothing."""
        repo = self.github.repo
        pull = repo.pulls[7]
        pull.head_ref, pull.head_sha, pull.fork_owner = change.branch, change.head, fork_owner
        pull.merge_commit_sha = change.merge
        self.github.world.tokens[TOKEN].fork = bool(fork_owner)
        head_repository = {"id": repo.id + bool(fork_owner), "fork": bool(fork_owner)}
        payload = {
            "action": "synchronize",
            "number": 7,
            "pull_request": {
                "number": 7,
                "state": "open",
                "locked": False,
                "head": {"sha": change.head, "ref": change.branch, "repo": head_repository},
                "base": {"sha": change.base, "ref": "main", "repo": {"id": repo.id}},
            },
        }
        env = {"GITHUB_REF": "refs/pull/7/merge", "SHA_REF": change.merge}
        build = self._run("pull_request", payload, env)
        self._record(change.head, build)
        return build

    def merge_group(self, change: Change) -> Build:
        """Run for pull request 7 at the head of the merge queue."""
        branch = f"gh-readonly-queue/main/pr-7-{change.base}"
        self.repository.push(f"{change.merge}:refs/heads/{branch}")
        payload = {
            "action": "checks_requested",
            "merge_group": {
                "head_sha": change.merge,
                "head_ref": f"refs/heads/{branch}",
                "base_sha": change.base,
                "base_ref": "refs/heads/main",
            },
        }
        env = {"GITHUB_REF": f"refs/heads/{branch}", "SHA_REF": change.merge}
        build = self._run("merge_group", payload, env)
        self._record(change.merge, build)
        return build

    def push(self, files: Mapping[str, str]) -> tuple[str, Build]:
        """Commit ``files`` on ``main``, and run for the push."""
        work = self.repository.work
        before = work.git("rev-parse", "main")
        work.back("main")
        work.put(files)
        sha = work.commit("Change the model on main")
        self.repository.push("main")
        payload = {"ref": "refs/heads/main", "before": before, "after": sha}
        build = self._run("push", payload, {"GITHUB_REF": "refs/heads/main", "SHA_REF": sha})
        self._record(sha, build)
        return sha, build

    def schedule(self, workflow: str) -> Build:
        """Run a workflow of ``main`` as its schedule would."""
        sha = self.repository.work.git("rev-parse", "main")
        env = {"GITHUB_REF": "refs/heads/main", "SHA_REF": sha}
        return self._run("schedule", {"schedule": "0 0 * * *"}, env, workflow)

    def tagged(self, tag: str, workflow: str) -> Build:
        """Run a workflow for a tag that somebody has pushed."""
        sha = self.repository.work.git("ls-remote", "origin", f"refs/tags/{tag}^{{}}")[:40]
        self.repository.work.git("fetch", "--quiet", "origin")
        env = {"GITHUB_REF": f"refs/tags/{tag}", "SHA_REF": sha}
        return self._run("push", {"ref": f"refs/tags/{tag}", "after": sha}, env, workflow)

    def dispatch(self, workflow: str, **inputs: str) -> Build:
        """Run a workflow of ``main`` by hand."""
        sha = self.repository.work.git("rev-parse", "main")
        env = {"GITHUB_REF": "refs/heads/main", "SHA_REF": sha}
        payload = {"ref": "refs/heads/main", "inputs": inputs}
        return self._run("workflow_dispatch", payload, env, workflow)

    def released(self, tag: str, workflow: str) -> Build:
        """Run a workflow for a release that was published."""
        sha = self.repository.work.git("rev-parse", "main")
        env = {"GITHUB_REF": f"refs/tags/{tag}", "SHA_REF": sha}
        payload = {"action": "published", "release": {"tag_name": tag}}
        return self._run("release", payload, env, workflow)

    def checks(self, sha: str, name: str = "mlgate") -> list[str]:
        """Return what every check run of this name on a commit ended with, oldest first."""
        runs = self.github.repo.check_runs
        return [str(each.conclusion) for each in runs if (each.head_sha, each.name) == (sha, name)]

    def _run(
        self,
        event: str,
        payload: Mapping[str, Any],
        env: Mapping[str, str],
        workflow: str = WORKFLOW,
    ) -> Build:
        number = FIRST_RUN + len(list(self.folder.glob("run-*")))
        repo = self.github.repo
        repository = {"id": repo.id, "full_name": repo.full_name, "default_branch": "main"}
        trigger = Trigger(
            event=event,
            payload={"repository": repository, **payload},
            workflow=self.repository.show(env["SHA_REF"], workflow),
            variables=self.variables,
            beside=self._beside(env["SHA_REF"], workflow),
            token=TOKEN,
            env={
                "GITHUB_API_URL": self.github.url,
                "GITHUB_GRAPHQL_URL": f"{self.github.url}/graphql",
                "GITHUB_REPOSITORY": repo.full_name,
                "GITHUB_RUN_ID": str(number),
                "STAND_IN_REMOTE": str(self.repository.remote),
                **env,
            },
        )
        return self.act.run(trigger, self.folder / f"run-{number}")

    def _beside(self, commit: str, workflow: str) -> dict[str, str]:
        """Return the other workflows of the commit, which that one may call."""
        folder = ".github/workflows"
        listed = self.repository.work.git("ls-tree", "--name-only", commit, f"{folder}/").split()
        return {
            path.rpartition("/")[2]: self.repository.show(commit, path)
            for path in listed
            if path not in {workflow, WORKFLOW}
        }

    def _record(self, sha: str, build: Build) -> None:
        for name, result in build.jobs.items():
            self.github.record_job(sha, name, result)


Open: TypeAlias = Callable[[Mapping[str, str]], Forge]
"""Opens a repository with these files on ``main``."""
