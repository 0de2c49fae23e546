"""From a commit to a registered version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from mlgate.cli.release.subject import Subject
from mlgate.cli.release.trail import Trail
from mlgate.cli.release.verification import verified
from mlgate.cli.release.writing import Draft, write_tag
from mlgate.documents.release import MAX_TAG_METRICS, TagRecord
from mlgate.errors import ConfigError, SourceError
from mlgate.release.grammar import TagName, require_model, require_version
from mlgate.release.versions import bumped, order

if TYPE_CHECKING:
    from mlgate.cli.release.measured import Wish
    from mlgate.cli.release.registry import Registry
    from mlgate.cli.session import Session
    from mlgate.documents.release import Release
    from mlgate.release.registry import Model
    from mlgate.release.versions import Bump


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What is to be registered.

    Attributes:
        session: The run of the command line.
        name: The model.
        revision: The commit, by any name.
        version: The version; empty for the one after the last.
        bump: The step from the last version.
        message: What is new.
        push: Whether the remote gets the tag.
    """

    session: Session
    name: str
    revision: str
    version: str
    bump: Bump
    message: str
    push: bool

    def run(self, registry: Registry, wish: Wish) -> tuple[Release, bool]:
        """Verify and register; returns the release, and whether its tag is new.

        Raises:
            ConfigError: the name or the version cannot be written in a tag.
            SourceError: the version is taken, or goes backwards.
        """
        name = require_model(self.name)
        commit = registry.repository.resolve(self.revision)
        if commit is None:
            raise ConfigError(
                f"{self.revision[:200]!r} is no revision here",
                hint="name a commit, a branch or a tag",
            )
        subject = Subject(name=name, version=self._version(registry, name, commit), commit=commit)
        there = _tag_of(registry, subject)
        subject = replace(subject, tag=there)
        release = verified(self.session, registry, subject, wish, Trail()).release
        if there or not release.verified:
            return release, False
        names = [subject.version]

        def draft(now: Registry) -> Draft | None:
            names[0] = self._version(now, name, commit)
            if _tag_of(now, replace(subject, version=names[0])):
                return None
            return self._draft(replace(subject, version=names[0]), release)

        written = write_tag(self.session, registry, draft, push=self.push)
        tag = written or TagName(action="register", name=name, version=names[0]).text
        return msgspec.structs.replace(release, version=names[0], tag=tag), bool(written)

    def _version(self, registry: Registry, name: str, commit: str) -> str:
        """Return the version to register, which may be there already."""
        model = registry.models.get(name)
        there = model.at(commit) if model else None
        wanted = require_version(self.version) if self.version else ""
        if there is not None:
            if wanted not in {"", there.name}:
                raise SourceError(
                    f"{name} {there.name} is this commit already",
                    hint="a commit is one version: readers could not tell two apart",
                )
            return there.name
        if model is None:
            return wanted or bumped("", self.bump)
        highest = max((v.name for v in model.versions.values() if v.events), key=order, default="")
        if not wanted:
            return bumped(highest, self.bump)
        taken = model.versions.get(wanted)
        if taken is not None:
            raise SourceError(
                f"{name} {wanted} is taken: it is commit {taken.commit[:12]}",
                hint=f"the next version is {bumped(highest, self.bump)}",
            )
        _refuse_backwards(registry, model, wanted, commit)
        return wanted

    def _draft(self, subject: Subject, release: Release) -> Draft:
        said = TagName(action="register", name=subject.name, version=subject.version)
        text = " ".join(self.message.split())[:500]
        sentence = f"Register {subject.name} {subject.version}" + (f": {text}" if text else "")
        return Draft(
            said=said,
            commit=subject.commit,
            sentence=sentence,
            record=record_of(release, subject.version),
        )


def record_of(release: Release, version: str) -> TagRecord:
    """Return what a tag says to machines of a verified release."""
    report = release.report
    return TagRecord(
        name=release.name,
        version=version,
        verdict=report.verdict.overall if report else "",
        metrics=_metrics(release),
        models=release.models[:200],
        data=release.data[:200],
        policy=report.verdict.policy.commit if report else "",
        evidence=release.evidence if release.evidence.startswith("refs/") else "",
        digest=release.digest,
    )


def _metrics(release: Release) -> dict[str, float]:
    """Return metrics of the whole evaluation set, those that rules guard first."""
    report = release.report
    if report is None:
        return {}
    guarded = [j.metric for j in report.verdict.judgements if j.metric and j.rule]
    others = [metric for comparison in report.comparisons for metric in comparison.metrics]
    found: dict[str, float] = {}
    for metric in [*guarded, *others]:
        if metric.head is not None and not metric.slice and len(found) < MAX_TAG_METRICS:
            found.setdefault(metric.name, metric.head)
    return found


def _tag_of(registry: Registry, subject: Subject) -> str:
    """Return the tag that registers this version at this commit, empty where there is none."""
    model = registry.models.get(subject.name)
    version = model.versions.get(subject.version) if model else None
    event = version.registered if version and version.active else None
    return event.tag if event and event.commit == subject.commit else ""


def _refuse_backwards(registry: Registry, model: Model, version: str, commit: str) -> None:
    """Refuse a version that is lower than one of an ancestor; a maintenance branch may be lower."""
    merged = registry.repository.git(
        "for-each-ref", f"--merged={commit}", "--format=%(refname:lstrip=2)", "refs/tags"
    )
    tags = set(merged.decode("utf-8", "replace").split("\n"))
    higher = [
        v.name
        for v in model.versions.values()
        if v.registered and v.registered.tag in tags and order(v.name) > order(version)
    ]
    if higher:
        highest = max(higher, key=order)
        raise SourceError(
            f"{model.name} {version} would come after {highest}: versions do not go backwards",
            hint=f"the next one is {bumped(highest, 'patch')}; `mlgate release rollback` goes "
            "back to an older version without a new one",
        )
