"""Deploy a verified version: recorded, tested, and taken back where it does not hold."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from mlgate.cli import OUR_BUG
from mlgate.cli.release.environment import NO, Environment, Target
from mlgate.cli.release.registry import open_registry
from mlgate.cli.release.staging import Staging
from mlgate.cli.release.trail import Taken, Trail
from mlgate.errors import ConfigError, MlgateError, PublishError, SourceError
from mlgate.release.folder import digest_of
from mlgate.release.message import read_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from mlgate.cli.release.registry import Registry
    from mlgate.cli.session import Session
    from mlgate.documents.release import Release
    from mlgate.policy.release import Stage
    from mlgate.publish.deployments import GitHubDeployment, State
    from mlgate.release.registry import Model

PROTECTED = frozenset({"production", "prod"})


class CancelledError(SourceError):
    """The job was cancelled while it deployed."""

    exit_code = 143


class _Cancelled(BaseException):
    """The signal came; no step may take it for its own failure."""


@dataclass(slots=True, kw_only=True)
class Deployment:
    """One deployment, forwards or back.

    Attributes:
        session: The run of the command line.
        registry: The tags as they are.
        environment: Where to.
        trail: The steps that were taken.
        push: Whether the remote gets the tag of the stage.
        github: The deployment on GitHub; ``None`` elsewhere.
        bring_back: Brings the files of an earlier version.
        claimed: Whether the tag that is deployed has given the stage already.
    """

    session: Session
    registry: Registry
    environment: Environment
    trail: Trail
    push: bool = True
    github: GitHubDeployment | None = None
    bring_back: Callable[[Target], Target] = lambda target: target
    claimed: bool = False
    _told: bool = field(default=False, init=False)

    def run(self, release: Release, target: Target, before: Target | None) -> Release:
        """Deploy ``target``; where it does not hold, the environment goes back to ``before``.

        Raises:
            CancelledError: the job was cancelled; nobody knows what is deployed.
        """
        self._begin(target)
        try:
            with _cancellable():
                outcome = self._go(target, before)
        except _Cancelled as exc:
            self._tell("error", f"cancelled midway: {self.environment.name} may run either version")
            raise CancelledError(
                f"cancelled while {target.version} was deployed to {self.environment.name}",
                hint=f"`mlgate release rollback {target.name} {self.environment.name}`, or deploy "
                "again",
            ) from exc
        except BaseException as exc:
            self._tell("error", f"stopped by {type(exc).__name__}")
            raise
        return msgspec.structs.replace(release, steps=tuple(self.trail.steps), outcome=outcome)

    def _go(self, target: Target, before: Target | None) -> str:
        name = self.environment.name
        if self._holds(target, self.trail) and self._promoted(target):
            self._tell("success", f"{target.version} is deployed, and holds {name}")
            return f"deployed to {name}"
        why = next(s.said for s in reversed(self.trail.steps) if s.outcome == "fail")
        if before is None:
            said = f"{name} had no other version, so there is none to go back to"
            if target.back:
                said = f"{name} is not back at {target.version}: nobody knows what it serves"
            fix = f"make sure by hand what {name} serves"
            self.trail.add("rollback", "fail", said, fix, NO)
            self._tell("failure", f"{why}; {said}")
            return "failed"
        if self._went_back(before):
            self._tell("failure", f"rolled back to {before.version}: {why}")
            return f"rolled back to {before.version}"
        self._tell("error", f"neither {target.version} nor {before.version} is deployed well")
        return "failed, and not rolled back"

    def _holds(self, target: Target, trail: Trail) -> bool:
        """Deploy and test; tell whether all of it holds."""
        environment = self.environment
        actions = [("deploy", environment.deploy)]
        if environment.wanted.smoke:
            actions.append(("smoke", environment.smoke))
        if environment.wanted.canary and not target.back:
            actions.append(("canary", environment.canary))
        for name, action in actions:
            taken = _tried(trail, name, partial(action, target))
            if not taken:
                return False
        return True

    def _promoted(self, target: Target) -> bool:
        """Give the stage to a version that holds, unless its tag has."""
        if self.claimed:
            self.trail.add("promote", "pass", f"{target.tag} says so")
            return True
        why = f": {target.reason}" if target.reason else ""
        reason = f"rollback{why}" if target.back else "promotion"
        expect = target.previous or "none"
        return _tried(self.trail, "promote", lambda: self._given(target, expect, reason))

    def _given(self, target: Target, expect: str, reason: str) -> Taken[str]:
        staging = Staging(
            session=self.session, name=target.name, stage=self.environment.name, push=self.push
        )
        now = open_registry(self.session, fetch=self.push or None)  # deploying took its time
        tag = staging.give(now, target.version, expect=expect, reason=reason)
        return Taken(tag, f"{tag or 'the tag there is'} says so")

    def _went_back(self, before: Target) -> bool:
        self.session.say(f"going back to {before.version}")
        trail = Trail()
        try:
            before = self.bring_back(before)
        except MlgateError as exc:  # the command may fetch by version; it must get the chance
            trail.add("files", "warn", exc.what, exc.hint)
        except OSError as exc:
            trail.add("files", "warn", f"{exc.filename or 'the files'}: {exc.strerror}")
        held = self._holds(before, trail)
        for step in trail.steps:
            said = f"{step.name}: {step.said}"
            code = SourceError.exit_code if step.outcome == "fail" else 0
            self.trail.add("rollback", step.outcome, said, step.fix, code)
        named = self.claimed or any(step.name == "promote" for step in self.trail.steps)
        if held and named:
            return _tried(self.trail, "rollback", lambda: self._stage_back(before))
        return held

    def _stage_back(self, before: Target) -> Taken[str]:
        """Take the stage from a version that got it and does not hold."""
        name = self.environment.name
        now = open_registry(self.session, fetch=self.push or None)
        holder = now.model(before.name).holder(name)
        if holder is None or holder.version != before.previous:
            return Taken("", f"{before.previous} does not hold {name}")
        return self._given(before, before.previous, f"rollback: {before.previous} does not hold")

    def _begin(self, target: Target) -> None:
        if self.github is None:
            return
        task = f"{'rollback' if target.back else 'deploy'}:{target.name}"
        github = self.session.github
        payload: dict[str, Any] = {
            "name": target.name,
            "version": target.version,
            "digest": target.digest,
            "previous": target.previous,
            "run": f"{github.run_id}.{github.attempt}" if github else "",
        }
        said = f"{target.version} after {target.previous or 'nothing'}"
        self.github.begin(target.tag, task, payload, said)

    def _tell(self, state: State, said: str) -> None:
        """Say how it went; what happened is not undone by a forge that does not listen."""
        if self.github is None or self._told:
            return
        self._told = True
        try:
            self.github.tell(state, said)
        except PublishError as exc:
            self.session.warn(f"the deployment status was not posted: {exc.what}", exc.hint)


def _tried(trail: Trail, name: str, action: Callable[[], Taken[Any]]) -> bool:
    """Take a step, and tell whether it held; what was tried and failed is a no.

    Whatever goes wrong once something is deployed, also what nobody foresaw, is a step that failed:
    the way back must be gone all the same.
    """
    before = len(trail.steps)
    try:
        trail.take(name, action)
    except Exception as exc:  # noqa: BLE001 - told, and with the code of a bug
        what = str(exc.strerror) if isinstance(exc, OSError) else type(exc).__name__
        trail.add(name, "fail", f"unforeseen: {what}", "please report it", OUR_BUG)
    step = trail.steps[before]
    if step.outcome == "fail" and name in {"smoke", "canary"} and step.code != OUR_BUG:
        trail.steps[before] = msgspec.structs.replace(step, code=NO)
    return step.outcome != "fail"


@contextlib.contextmanager
def _cancellable() -> Iterator[None]:
    """Turn the signals by which CI cancels a job into an error that can be told of."""

    def cancel(_number: int, _frame: FrameType | None) -> None:
        raise _Cancelled

    before = {n: signal.signal(n, cancel) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def target_of(model: Model, version: str, previous: str) -> Target:
    """Return an earlier version as a target that goes back, without its files.

    Raises:
        SourceError: it is not registered, or was withdrawn.
    """
    from mlgate.cli.release.staging import usable  # noqa: PLC0415

    found = usable(model, version)
    event = found.registered
    record = read_message(event.message, origin=event.tag) if event else None
    return Target(
        name=model.name,
        version=version,
        tag=event.tag if event else "",
        commit=found.commit,
        digest=digest_of(record.models) if record and record.models else "",
        previous=previous,
        back=True,
    )


def is_protected(name: str, wanted: Stage) -> bool:
    """Tell whether users see an environment."""
    return name in PROTECTED if wanted.protected == "auto" else wanted.protected


def require_forward(release: Release, held: str) -> None:
    """Refuse a version that is older than the one that is deployed.

    Raises:
        ConfigError: it is.
    """
    from mlgate.release.versions import order  # noqa: PLC0415

    if held.startswith("v") and order(release.version) < order(held):
        raise ConfigError(
            f"{release.name} {release.version} is older than {held}, which is deployed",
            hint=f"`mlgate release rollback {release.name} {release.stage} --to "
            f"{release.version}` goes back",
        )
