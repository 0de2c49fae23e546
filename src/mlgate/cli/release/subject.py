"""What is to be verified: a tag, and what it says, held against the remote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlgate.cli.release.registry import has_remote
from mlgate.errors import ConfigError, SourceError
from mlgate.release.grammar import is_meant, parse_tag
from mlgate.release.message import read_message
from mlgate.release.registry import withdrawn_by
from mlgate.release.tags import remote_tags

if TYPE_CHECKING:
    from mlgate.cli.release.registry import Registry
    from mlgate.cli.session import Session
    from mlgate.documents.release import TagRecord
    from mlgate.release.grammar import TagName
    from mlgate.release.registry import Event, Version

EXAMPLES = "iris@v1.2.0, iris#production#3 or v1.2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A version that somebody wants to use.

    Attributes:
        name: The model.
        version: Its version; empty where it has none yet.
        commit: The commit it stands at.
        tag: Its tag; empty before it is written.
        record: What the tag says to machines.
        stage: The stage that it is meant for.
        warnings: What a reader should know of the tag.
    """

    name: str
    version: str = ""
    commit: str
    tag: str = ""
    record: TagRecord | None = None
    stage: str = ""
    warnings: tuple[str, ...] = ()


def named_tag(session: Session, tag: str) -> str:
    """Return the tag that is named, else the one that started this job.

    Raises:
        ConfigError: there is neither.
    """
    found = tag or (session.github.tag if session.github else "") or ""
    if not found:
        raise ConfigError(
            "no tag started this job, and none is named", hint=f"name one, as {EXAMPLES}"
        )
    return found.removeprefix("refs/tags/")


def parsed(tag: str) -> TagName:
    """Return what a tag says.

    Raises:
        ConfigError: it is no release tag; names what was probably meant.
    """
    name = tag.removeprefix("refs/tags/")
    said = parse_tag(name)
    if said is not None:
        return said
    if is_meant(name):
        raise ConfigError(
            f"{name[:200]!r} is no release tag: its version is not semantic, or its name has "
            "characters that no tag of a model has",
            hint=f"write it as {EXAMPLES}; a version is MAJOR.MINOR.PATCH (semver.org)",
        )
    raise ConfigError(f"{name[:200]!r} is no release tag", hint=f"write it as {EXAMPLES}")


def subject_of(session: Session, registry: Registry, tag: str) -> Subject:
    """Return what a tag makes a version of.

    Raises:
        ConfigError: it is no release tag, or does not say of which model.
        SourceError: it is not here, was moved or deleted, or what it says was withdrawn.
    """
    said = parsed(tag)
    tag = tag.removeprefix("refs/tags/")
    event = registry.by_tag.get(tag)
    if event is None:
        raise SourceError(
            f"there is no tag {tag}",
            hint="`git fetch --tags` brings those of the remote; was it deleted there?",
        )
    name = said.name or registry.plain
    if not name:
        raise ConfigError(
            f"{tag}: the configuration has several models, and the tag names none",
            hint=f"tag one of them, as in NAME@{tag}",
        )
    if not said.name and tag not in (e.tag for e in _events(registry, name)):
        raise SourceError(
            f"{tag} names no model, and versions of {name} are registered by tags that do",
            hint=f"write it as {name}@{tag}",
        )
    warnings = _held_against_remote(session, registry, event)
    if said.action not in {"register", "assign"}:
        raise ConfigError(
            f"{tag} takes something back, and there is nothing in it to use",
            hint="`mlgate release show --history` shows what it is about",
        )
    version = _version(registry, event, name)
    registered = version.registered
    if registered is not None and registered.tag != tag:
        warnings += _held_against_remote(session, registry, registered)
    record = read_message(registered.message, origin=registered.tag) if registered else None
    if record is not None and (record.name, record.version) != (name, version.name):
        raise SourceError(
            f"{tag}: its message is about {record.name} {record.version}",
            hint="somebody has copied the message of another tag: register the version again",
        )
    if record is None:
        warnings.append("the tag says nothing of a verdict: another tool has registered it")
    return Subject(
        name=name,
        version=version.name,
        commit=event.commit,
        tag=tag,
        record=record,
        stage=said.stage,
        warnings=tuple(warnings),
    )


def _events(registry: Registry, name: str) -> list[Event]:
    return registry.models[name].events if name in registry.models else []


def _version(registry: Registry, event: Event, name: str) -> Version:
    model = registry.models[name]
    wanted = event.said.version or next(
        held.version for held in model.holdings[event.said.stage] if held.event.tag == event.tag
    )
    version = model.versions[wanted]
    others = [e.tag for e in registry.events if _same(e, name, wanted, registry.plain)]
    commits = {registry.by_tag[tag].commit for tag in others}
    if len(commits) > 1:
        raise SourceError(
            f"{name} {wanted} is registered twice, at different commits: {', '.join(others)}",
            hint="delete the wrong tag here and on the remote, or register a new version",
        )
    if not wanted.startswith("v"):
        raise SourceError(
            f"{event.tag}: no version of {name} is registered at its commit",
            hint=f"`mlgate release register {name} {event.commit[:12]}` first",
        )
    if not version.active:
        by = withdrawn_by(version)
        raise SourceError(
            f"{name} {wanted} was withdrawn by {by.tag if by else 'a later tag'}",
            hint=f"`mlgate release show {name}` lists what may be used",
        )
    return version


def _same(event: Event, name: str, version: str, plain: str) -> bool:
    said = event.said
    return said.action == "register" and said.version == version and (said.name or plain) == name


def _held_against_remote(session: Session, registry: Registry, event: Event) -> list[str]:
    """Refuse a tag that the remote has elsewhere, or no more; a person may not have pushed yet."""
    repository = registry.repository
    warnings = []
    if not event.annotated:
        warnings.append(
            f"{event.tag} is a lightweight tag: nobody can tell who made it, when, and what for"
        )
    if not has_remote(repository):
        return warnings
    there = remote_tags(repository, [event.tag]).get(event.tag)
    if there is None:
        if session.github is not None:
            raise SourceError(
                f"the tag {event.tag} is gone from the remote",
                hint="somebody has deleted it meanwhile; nothing is released by it",
            )
        return [*warnings, f"the remote does not have {event.tag} yet"]
    if there.commit != event.commit:
        raise SourceError(
            f"the tag {event.tag} was moved: it stands at {event.commit[:12]} here, and at "
            f"{there.commit[:12]} on the remote",
            hint="a version never moves: register a new one, and protect tags by a ruleset",
        )
    return warnings
