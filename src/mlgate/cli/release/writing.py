"""Write tags, again where somebody else was faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.cli.release.registry import has_remote, open_registry
from mlgate.errors import ConfigError, SourceError
from mlgate.release.grammar import TagName
from mlgate.release.tagging import TakenError, Writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgate.cli.release.registry import Registry
    from mlgate.cli.session import Session
    from mlgate.documents.release import TagRecord
    from mlgate.release.grammar import Action

TRIES: Final = 8
"""Others who may be faster, one after the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A tag that is to be written.

    Attributes:
        said: Its name.
        commit: Where it stands.
        sentence: The first line of its message.
        record: The rest of its message.
    """

    said: TagName
    commit: str
    sentence: str
    record: TagRecord


def write_tag(
    session: Session,
    registry: Registry,
    draft: Callable[[Registry], Draft | None],
    *,
    push: bool,
) -> str:
    """Write a tag and return its name, empty where none is needed any more.

    Args:
        session: The run of the command line.
        registry: The tags as they are.
        draft: Makes the tag from the registry; is asked again when another was faster.
        push: Whether the remote gets it.

    Raises:
        ConfigError: it is to be pushed, and there is no remote.
        SourceError: it could not be written, and why.
    """
    if push and not has_remote(registry.repository):
        raise ConfigError(
            "there is no remote to push the tag to", hint="add one, or give --no-push"
        )
    for _ in range(TRIES):
        wanted = draft(registry)
        if wanted is None:
            return ""
        model = registry.models.get(wanted.said.name)
        try:
            Writing(repository=registry.repository, push=push).write(
                wanted.said,
                wanted.commit,
                wanted.sentence,
                wanted.record,
                after=model.last_at if model else 0,
            )
        except TakenError:
            session.detail(f"{wanted.said.text} is taken; looking again")
            registry = open_registry(session, fetch=push)
            continue
        verb = "pushed" if push else "made"
        session.say(f"{verb} the tag {wanted.said.text}: {wanted.sentence}")
        if not push:
            session.say(f"  publish it: git push origin '{wanted.said.text}'")
        return wanted.said.text
    raise SourceError(
        "others write tags of this model faster than we do",
        hint="run it again when they are done",
    )


def stage_tag(registry: Registry, action: Action, name: str, stage: str) -> TagName:
    """Return the next tag about a stage; its number is higher than that of all before."""
    model = registry.models.get(name)
    counter = (model.counter if model else 0) + 1
    return TagName(action=action, name=name, stage=stage, counter=counter)
