"""Forwards and back: the two ways in which an environment gets a version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from mlgate.cli.release.deploying import Deployment, is_protected, require_forward, target_of
from mlgate.cli.release.documenting import FOLDER
from mlgate.cli.release.downloading import download_of
from mlgate.cli.release.environment import Environment, Target
from mlgate.cli.release.registry import open_registry
from mlgate.cli.release.settings import require_stage_of
from mlgate.cli.release.trail import Taken, Trail
from mlgate.cli.release.verified_tag import verified_tag
from mlgate.documents.release import Release
from mlgate.errors import SourceError
from mlgate.release.earlier import bring_back
from mlgate.release.folder import digest_of, names_of, own_folder
from mlgate.release.golden import read_golden
from mlgate.release.grammar import require_stage, require_version
from mlgate.release.message import read_message
from mlgate.sources.commit_tree import CommitTree

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgate.cli.release.measured import Wish
    from mlgate.cli.release.registry import Registry
    from mlgate.cli.session import Session
    from mlgate.documents.release import TagRecord
    from mlgate.policy.release import Stage
    from mlgate.publish.deployments import GitHubDeployment
    from mlgate.release.registry import Model

EARLIER = "earlier"


def deploy_tag(session: Session, tag: str, wish: Wish, *, again: bool, push: bool) -> Release:
    """Verify a tag and deploy it to the stage of ``wish``.

    Raises:
        ConfigError: nothing says how, or the version is older than what is deployed.
        SourceError: the tag cannot be trusted.
    """
    stage = require_stage(wish.stage)
    release = verified_tag(session, tag, wish)
    wanted = require_stage_of(session, release.name, stage)
    if not release.verified:
        return release
    registry = open_registry(session)
    model = registry.model(release.name)
    holder = model.holder(stage)
    claimed = holder is not None and holder.event.tag == release.tag
    if claimed:  # GTO's way: the stage is given first, and the tag starts the deployment
        holder = model.before(stage)
    held = holder.version if holder else ""
    if held == release.version and not again:
        return msgspec.structs.replace(release, outcome=f"{stage} has it already")
    require_forward(release, held)
    folder = own_folder(session.workspace, FOLDER)
    names = names_of(release.models)
    target = Target(
        name=release.name,
        version=release.version,
        tag=release.tag,
        commit=release.commit,
        digest=digest_of(release.models),
        files=tuple(folder / names[file.path] for file in release.models),
        folder=folder,
        previous=held,
    )
    before = target_of(model, held, release.version) if held not in {"", release.version} else None
    deployment = _deployment(session, registry, stage, wanted, Trail(list(release.steps)))
    deployment.push = push
    deployment.claimed = claimed
    return deployment.run(release, target, before)


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """How to go back.

    Attributes:
        name: The model.
        stage: The stage.
        to: The version; empty for the one before.
        reason: Why.
        dry_run: Whether nothing is changed.
        push: Whether the remote gets the tag of the stage.
    """

    name: str
    stage: str
    to: str = ""
    reason: str = ""
    dry_run: bool = False
    push: bool = True


def roll_back(session: Session, registry: Registry, way: WayBack) -> Release:
    """Deploy the version before again, or ``to``, and give it the stage.

    With ``way.dry_run`` all that it would take is looked for, and nothing is changed.

    Raises:
        SourceError: there is nothing to go back to.
    """
    name, stage = way.name, way.stage
    wanted = require_stage_of(session, name, stage)
    model = registry.model(name)
    held, version = _way_back(model, stage, way.to)
    target = replace(target_of(model, version, held), reason=" ".join(way.reason.split())[:500])
    record = _record(model, version)
    trail = Trail()
    trail.add("stage", "pass", f"{stage} goes from {held} back to {version}")
    release = Release(
        tag=target.tag,
        name=model.name,
        version=version,
        stage=stage,
        commit=target.commit,
        deployed=held,
        models=record.models if record else (),
        data=record.data if record else (),
        recorded=record.verdict if record else "",
        steps=tuple(trail.steps),
    )
    deployment = _deployment(session, registry, stage, wanted, trail)
    deployment.push = way.push
    brought = trail.take("files", lambda: _files(deployment.bring_back, target))
    target = brought or target
    if way.dry_run:
        if wanted.smoke is not None:
            trail.take("golden", lambda: _golden(session, target, wanted))
        outcome = "rehearsed" if all(s.outcome != "fail" for s in trail.steps) else "cannot go back"
        return msgspec.structs.replace(release, steps=tuple(trail.steps), outcome=outcome)
    if brought is None:
        # A command that fetches by version needs no files of ours; it tells by its exit.
        failed = trail.steps.pop()
        trail.add(failed.name, "warn", failed.said, failed.fix)
    return deployment.run(release, target, None)


def _way_back(model: Model, stage: str, to: str) -> tuple[str, str]:
    """Return the version that holds a stage, and the one that is to get it."""
    holder = model.holder(stage)
    if holder is None:
        raise SourceError(
            f"nothing holds {stage}, so there is nothing to roll back",
            hint=f"stages of {model.name}: {', '.join(model.holdings) or 'none'}",
        )
    before = model.before(stage)
    wanted = require_version(to) if to else before.version if before else ""
    if not wanted:
        raise SourceError(
            f"no version of {model.name} held {stage} before {holder.version}",
            hint="name one that may hold it with --to",
        )
    return holder.version, wanted


def _deployment(
    session: Session, registry: Registry, stage: str, wanted: Stage, trail: Trail
) -> Deployment:
    environment = Environment(
        session=session,
        repository=registry.repository,
        name=stage,
        wanted=wanted,
        environ=session.environ,
    )

    def brought(target: Target) -> Target:
        record = _record(registry.model(target.name), target.version)
        if record is None or not record.models:
            raise SourceError(
                f"{target.tag} does not say which files {target.version} has",
                hint="let `deploy` fetch them by MLGATE_VERSION",
            )
        folder = own_folder(session.workspace, EARLIER)
        download = download_of(session)
        found = bring_back(registry.repository, record, target.tag, folder, download)
        return replace(target, files=tuple(found.values()), folder=folder)

    return Deployment(
        session=session,
        registry=registry,
        environment=environment,
        trail=trail,
        github=_github(session, stage, wanted),
        bring_back=brought,
    )


def _github(session: Session, stage: str, wanted: Stage) -> GitHubDeployment | None:
    github = session.github
    if github is None:
        return None
    from mlgate.publish.deployments import GitHubDeployment  # noqa: PLC0415  # requests
    from mlgate.publish.http import GitHubApi  # noqa: PLC0415

    return GitHubDeployment(
        api=GitHubApi(base_url=github.api_url, token=github.token),
        repository=github.repository,
        environment=stage,
        protected=is_protected(stage, wanted),
        log_url=github.run_url,
        page=wanted.url or "",
    )


def _record(model: Model, version: str) -> TagRecord | None:
    event = model.versions[version].registered if version in model.versions else None
    return read_message(event.message, origin=event.tag) if event else None


def _files(bring: Callable[[Target], Target], target: Target) -> Taken[Target]:
    found = bring(target)
    return Taken(found, f"{len(found.files)} model files are here, as {target.tag} has them")


def _golden(session: Session, target: Target, wanted: Stage) -> Taken[None]:
    path = wanted.smoke.golden if wanted.smoke else ""
    repository = session.repository
    raw = CommitTree(repository, target.commit).read([path]).get(path) if repository else None
    if raw is None:
        raise SourceError(f"{path} is not in {target.commit[:12]}")
    rows = read_golden(raw, origin=path)
    return Taken(None, f"{len(rows)} golden predictions of {target.version}")
