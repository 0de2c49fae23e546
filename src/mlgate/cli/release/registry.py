"""The release tags of this clone and its remote, as one registry."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlgate.errors import ConfigError, SourceError
from mlgate.release.grammar import require_model
from mlgate.release.registry import Model, models_of, skewed
from mlgate.release.tags import catch_up, read_events

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.cli.session import Session
    from mlgate.policy.config import Config
    from mlgate.release.registry import Event
    from mlgate.sources.git import Repository


@dataclass(frozen=True, slots=True)
class Registry:
    """What all release tags say.

    Attributes:
        repository: Where they are.
        events: The tags.
        models: Every model that they name.
        moved: Tags that stand elsewhere on the remote.
        plain: The model of plain version tags; empty where there are none, or several models.
    """

    repository: Repository
    events: tuple[Event, ...]
    models: Mapping[str, Model]
    moved: tuple[str, ...] = ()
    plain: str = ""
    by_tag: Mapping[str, Event] = field(default_factory=dict, repr=False)

    def model(self, name: str) -> Model:
        """Return what tags say of a model.

        Raises:
            SourceError: no tag names it.
        """
        plain = require_model(name)
        if plain in self.models:
            return self.models[plain]
        close = difflib.get_close_matches(plain, self.models, n=1, cutoff=0.4)
        known = f"did you mean `{close[0]}`?" if close else f"known: {', '.join(self.models)}"
        raise SourceError(
            f"no tag registers a version of {plain}",
            hint=known if self.models else f"`mlgate release register {plain}` makes the first",
        )


def open_registry(session: Session, *, fetch: bool | None = None) -> Registry:
    """Return the registry.

    Args:
        session: The run of the command line.
        fetch: Whether the remote is asked for tags that are not here. By default it is in a CI
            job and in a shallow clone, which lack tags without a word.

    Raises:
        ConfigError: this is no git repository.
        SourceError: the tags cannot be read, or the remote was asked and does not answer.
    """
    repository = session.repository
    if repository is None:
        raise ConfigError(
            "this folder is no git repository", hint="run it where the tags of the models are"
        )
    events = read_events(repository)
    moved: tuple[str, ...] = ()
    if fetch is None:
        fetch = session.github is not None or repository.shallow
    if fetch and has_remote(repository):
        session.progress("asking the remote for tags")
        moved = catch_up(repository, events)
        events = read_events(repository)
    plain = "" if all(event.said.name for event in events) else sole_model(session)
    models = models_of(events, plain=plain)
    for model in models.values():
        if pair := skewed(model):
            one, other = (event.tag for event in pair)
            session.warn(
                f"the clocks of {one} and {other} disagree with their numbers: the later time wins",
                "see `mlgate release show --history`; promote the version that is meant once more",
            )
    for tag in moved:
        session.warn(
            f"the tag {tag} stands elsewhere on the remote: somebody has moved it",
            f"look at it, then `git fetch origin +refs/tags/{tag}:refs/tags/{tag}`",
        )
    return Registry(
        repository, events, models, moved, plain, {event.tag: event for event in events}
    )


def has_remote(repository: Repository) -> bool:
    """Tell whether the repository has a remote."""
    return bool(repository.git("remote").strip())


def sole_model(session: Session) -> str:
    """Return the name of the only model of the configuration, empty where there are several."""
    names = list(configuration(session).models)
    return names[0] if len(names) == 1 else ""


def configuration(session: Session) -> Config:
    """Return the configuration of the work tree.

    Raises:
        ConfigError: it is not valid.
    """
    from mlgate.policy.config import Config  # noqa: PLC0415  # most tags need none
    from mlgate.sources.config_file import read_config  # noqa: PLC0415
    from mlgate.sources.worktree import WorkTree  # noqa: PLC0415

    file = read_config(WorkTree(session.workspace, session.repository), session.config)
    return file.config if file else Config()
