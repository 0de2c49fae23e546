"""One environment: what goes there, the commands that take it there, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlgate.cli.release.trail import Taken
from mlgate.errors import ConfigError, SourceError
from mlgate.policy.training import duration
from mlgate.release.canary import CanaryRun, text_of
from mlgate.release.golden import read_golden
from mlgate.release.smoke import SmokeTest, by_command, by_url
from mlgate.sources.commit_tree import CommitTree
from mlgate.sources.shell import run_shell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlgate.cli.session import Session
    from mlgate.policy.release import Stage
    from mlgate.sources.git import Repository
    from mlgate.sources.shell import Finished

NO = 1
"""The exit code of what was tried and does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A version that an environment is to serve.

    Attributes:
        name: The model.
        version: Its version.
        tag: The tag that registers it.
        commit: Its commit.
        digest: SHA-256 of the model, or of the list of its files; empty if unknown.
        files: Its model files, where they are here.
        folder: The folder of the release, where that is here.
        previous: The version that the environment serves until then.
        back: Whether this goes back.
        reason: Why it does.
    """

    name: str
    version: str
    tag: str
    commit: str
    digest: str = ""
    files: tuple[Path, ...] = ()
    folder: Path | None = None
    previous: str = ""
    back: bool = False
    reason: str = ""

    def variables(self, stage: str) -> dict[str, str]:
        """Return what a command finds in its environment."""
        return {
            "MLGATE_NAME": self.name,
            "MLGATE_VERSION": self.version,
            "MLGATE_TAG": self.tag,
            "MLGATE_COMMIT": self.commit,
            "MLGATE_DIGEST": self.digest.removeprefix("sha256:"),
            "MLGATE_STAGE": stage,
            "MLGATE_RELEASE": str(self.folder or ""),
            "MLGATE_MODELS": "\n".join(map(str, self.files)),
            "MLGATE_PREVIOUS": self.previous,
            "MLGATE_ROLLBACK": "true" if self.back else "",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A stage that is deployed to.

    Attributes:
        session: The run of the command line.
        repository: The clone.
        name: The stage.
        wanted: What the configuration says of it.
        environ: The environment of its commands.
    """

    session: Session
    repository: Repository
    name: str
    wanted: Stage
    environ: Mapping[str, str] = field(repr=False)

    def deploy(self, target: Target) -> Taken[None]:
        """Run the deploy command.

        Raises:
            SourceError: it fails, or hangs.
        """
        self.session.say(f"deploying {target.name} {target.version} to {self.name}")
        seconds = duration(self.wanted.timeout)
        done = self._run(self.wanted.deploy, target, seconds, shown=True)
        if done.timed_out:
            said = f"the deploy command was stopped after {self.wanted.timeout}"
            return Taken(None, said, "fail", "does it wait for something? see its output", NO)
        if done.code:
            said = f"the deploy command ended with exit {done.code}"
            return Taken(None, said, "fail", "see its output", NO)
        return Taken(None, f"{target.version} is deployed to {self.name}")

    def smoke(self, target: Target) -> Taken[None]:
        """Ask what is deployed the golden questions of the version.

        Raises:
            SourceError: it answers otherwise, or the questions cannot be read.
        """
        wanted = self.wanted.smoke
        if wanted is None:
            raise ConfigError("no smoke test is configured")
        path = wanted.golden
        raw = CommitTree(self.repository, target.commit).read([path]).get(path)
        if raw is None:
            raise SourceError(
                f"{path} is not in {target.commit[:12]}",
                hint="commit the golden predictions of the model beside it",
            )
        rows = read_golden(raw, origin=f"{target.commit[:7]}:{path}")
        seconds = duration(wanted.timeout)
        if wanted.url is not None:
            ask = by_url(wanted.url, seconds)
        else:
            environ = {**self.environ, **target.variables(self.name)}
            ask = by_command(wanted.command or "", self.session.workspace, environ, seconds)
        test = SmokeTest(wanted=wanted, rows=rows, ask=ask, progress=self.session.progress)
        done = test.run()
        rounds = "1 round" if done.rounds == 1 else f"{done.rounds} rounds"
        said = f"{done.answers} answers in {rounds} are right"
        return Taken(None, f"{said}; 95 % within {done.p95 * 1000:.0f} ms")

    def canary(self, target: Target) -> Taken[None]:
        """Give the version its traffic, step by step.

        Raises:
            SourceError: it is worse, undecided, or a command fails.
        """
        wanted = self.wanted.canary
        if wanted is None:
            raise ConfigError("no canary is configured")

        def shift(percent: int) -> None:
            self._checked("shift", wanted.shift, target, {"MLGATE_PERCENT": str(percent)})

        def measure() -> str:
            lines = self._checked("metric", wanted.metric, target, {})
            return lines[-1] if lines else ""

        run = CanaryRun(wanted=wanted, shift=shift, measure=measure, progress=self.session.say)
        steps = run.run()
        last = steps[-1]
        shares = ", ".join(f"{step.percent} %" for step in steps)
        return Taken(None, f"no worse at {shares}: {text_of(last.look)}, {last.seen} seen")

    def _checked(
        self, verb: str, command: str, target: Target, more: Mapping[str, str]
    ) -> list[str]:
        done = self._run(command, target, duration(self.wanted.timeout), more)
        if done.timed_out or done.code:
            how = "was stopped" if done.timed_out else f"ended with exit {done.code}"
            raise SourceError(f"canary: {verb} {how}: {done.complaint[:300]}")
        return done.lines

    def _run(
        self,
        command: str,
        target: Target,
        seconds: float,
        more: Mapping[str, str] | None = None,
        *,
        shown: bool = False,
    ) -> Finished:
        environ = {**self.environ, **target.variables(self.name), **(more or {})}
        return run_shell(command, self.session.workspace, environ, seconds, shown=shown)
