"""Verify a version: its evidence, its bytes, its verdict, and what is deployed now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlgate.cli.release.judged import deployed_now, judged, older_rules, recorded
from mlgate.cli.release.measured import Files, find_evidence, model_files
from mlgate.cli.release.trail import Taken
from mlgate.documents.release import Release, ReleasedFile
from mlgate.release.branch import require_on_branch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlgate.cli.release.measured import Found, Wish
    from mlgate.cli.release.registry import Registry
    from mlgate.cli.release.subject import Subject
    from mlgate.cli.release.trail import Trail
    from mlgate.cli.session import Session
    from mlgate.documents.evidence import ModelEvidence


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found.

    Attributes:
        release: The release, verified where no step fails.
        found: Its evidence; ``None`` where there is none.
        places: Where its model files are, by path.
    """

    release: Release
    found: Found | None
    places: Mapping[str, Path]


def verified(
    session: Session, registry: Registry, subject: Subject, wish: Wish, trail: Trail
) -> Verification:
    """Look at everything that has to hold before a version is used."""
    for warning in subject.warnings:
        trail.add("tag", "warn", warning)
    trail.take("branch", lambda: _on_branch(registry, subject, wish))
    session.progress("looking for the evidence")
    found = trail.take("evidence", lambda: find_evidence(registry, subject, wish))
    now = deployed_now(registry, subject, wish.stage)
    files = Files()
    overall = report = None
    if found is not None:
        session.progress("reading the model files")
        files = trail.take("model", lambda: model_files(session, subject, found, wish)) or files
        _name_pickles(trail, files.files)
        overall = trail.take("verdict", lambda: recorded(subject, found))
        rules = trail.take("policy", lambda: older_rules(session, subject))
        if rules is not None:
            session.progress("comparing with what is deployed")
            report = trail.take("deployed", lambda: judged(session, rules, subject, found, now))
    release = Release(
        tag=subject.tag,
        name=subject.name,
        version=subject.version,
        stage=wish.stage or subject.stage,
        commit=subject.commit,
        deployed=now.version if now else "",
        evidence=found.kept.where[:400] if found else "",
        digest=found.digest if found else "",
        models=files.files,
        data=_data(found.model) if found else (),
        recorded=overall or "",
        report=report,
        steps=tuple(trail.steps),
    )
    return Verification(release, found, files.places)


def _on_branch(registry: Registry, subject: Subject, wish: Wish) -> Taken[str]:
    branch = require_on_branch(registry.repository, subject.commit, wish.branch)
    return Taken(branch, f"{subject.commit[:12]} is on {branch}")


def _name_pickles(trail: Trail, files: tuple[ReleasedFile, ...]) -> None:
    for file in files:
        if file.executes:
            trail.add(
                "model",
                "warn",
                f"{file.path} is a {file.format}: whoever loads it runs the code in it",
                "publish safetensors, ONNX or skops, which hold numbers only",
            )


def _data(model: ModelEvidence) -> tuple[ReleasedFile, ...]:
    return tuple(
        ReleasedFile(path=file.path, digest=file.digest, size=file.size)
        for file in model.files
        if file.kind == "data"
    )[:200]
