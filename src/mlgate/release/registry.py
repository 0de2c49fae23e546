"""What all release tags together say: versions, and which of them holds a stage.

The state is that which GTO works out of the same tags; ``tests/cli/test_gto.py`` holds both to the
same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from mlgate.release.versions import newest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgate.release.grammar import TagName

_PRIORITY: Final = {"deprecate": 2, "register": 3, "deregister": 4, "assign": 5, "unassign": 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One release tag.

    Attributes:
        tag: Its name.
        said: What its name says.
        commit: The commit it stands at.
        at: When it was made, in seconds since the epoch, by the clock of its author.
        author: Who made it.
        email: Their address.
        message: Its message; empty where it has none.
        annotated: Whether it is a tag object. A lightweight tag has no time or author of its own:
            those of its commit stand in.
        oid: The object that its ref names.
    """

    tag: str
    said: TagName
    commit: str
    at: int
    author: str = ""
    email: str = ""
    message: str = field(default="", repr=False)
    annotated: bool = True
    oid: str = ""

    @property
    def order(self) -> tuple[int, int, int, str]:
        """Return a key that sorts events in the order in which they count."""
        return self.at, self.said.counter or 0, _PRIORITY[self.said.action], self.tag


@dataclass(slots=True)
class Version:
    """A version of a model; one that is only named by a stage has its commit as its name."""

    name: str
    commit: str
    events: list[Event] = field(default_factory=list)

    @property
    def active(self) -> bool:
        """Tell whether it is registered, and not withdrawn since."""
        return not self.events or self.events[-1].said.action == "register"

    @property
    def registered(self) -> Event | None:
        """The tag that registered it."""
        found = (e for e in reversed(self.events) if e.said.action == "register")
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Holding:
    """That a version got a stage, or lost it."""

    version: str
    event: Event

    @property
    def holds(self) -> bool:
        """Tell whether it got it."""
        return self.event.said.action == "assign"


@dataclass(slots=True)
class Model:
    """All that tags say of one model, in the order in which it came about.

    Attributes:
        name: Its name.
        events: Its tags.
        versions: By name.
        holdings: By stage.
    """

    name: str
    events: list[Event] = field(default_factory=list)
    versions: dict[str, Version] = field(default_factory=dict)
    holdings: dict[str, list[Holding]] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Tell whether nothing has deprecated it since it was last used."""
        return self.events[-1].said.action != "deprecate"

    @property
    def latest(self) -> str:
        """The highest version that is registered and not withdrawn; empty if there is none."""
        return newest(v.name for v in self.versions.values() if v.events and v.active)

    def holder(self, stage: str) -> Holding | None:
        """Return who holds a stage now: of all that got it and did not lose it, the last."""
        last: dict[str, Holding] = {}
        for one in self.holdings.get(stage, ()):
            last.pop(one.version, None)
            last[one.version] = one
        held = (h for h in reversed(last.values()) if h.holds and self.versions[h.version].active)
        return next(held, None)

    def before(self, stage: str) -> Holding | None:
        """Return the version to go back to: the one that the holder of a stage came after.

        A stage that returned to a version has left all that came between behind.
        """
        now = self.holder(stage)
        if now is None:
            return None
        way: list[Holding] = []
        for one in self.holdings.get(stage, ()):
            if one.holds and self.versions[one.version].active:
                known = (n for n, h in enumerate(way) if h.version == one.version)
                way[next(known, len(way)) :] = [one]
        versions = [one.version for one in way]
        place = versions.index(now.version)
        return way[place - 1] if place else None

    def at(self, commit: str) -> Version | None:
        """Return the version that is registered at a commit."""
        found = [v for v in self.versions.values() if v.commit == commit and v.events and v.active]
        return found[-1] if found else None

    @property
    def counter(self) -> int:
        """The highest counter of its tags."""
        return max((event.said.counter or 0 for event in self.events), default=0)

    @property
    def last_at(self) -> int:
        """The time of its last tag."""
        return max((event.at for event in self.events), default=0)


def models_of(events: Iterable[Event], *, plain: str = "") -> dict[str, Model]:
    """Return every model that tags name, by name.

    Args:
        events: The tags, in any order.
        plain: The model that a plain ``v1.2.0`` is a version of, where no tag with a name
            registers one; empty for none.
    """
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.said.name, []).append(event)
    unnamed = found.pop("", [])
    named = found.get(plain, [])
    if plain and unnamed and not any(e.said.action == "register" for e in named):
        whose = [replace(e, said=replace(e.said, name=plain)) for e in unnamed]
        found[plain] = [*named, *whose]
    return {name: _model(name, found[name]) for name in sorted(found)}


def skewed(model: Model) -> tuple[Event, Event] | None:
    """Return two events of one stage whose clocks and counters disagree on which came first."""
    for holdings in model.holdings.values():
        counted = [h.event for h in holdings if h.event.said.counter is not None]
        for one, other in pairwise(counted):
            if (one.said.counter or 0) > (other.said.counter or 0):
                return one, other
    return None


def _model(name: str, events: list[Event]) -> Model:
    model = Model(name)
    model.events = sorted(_timed(events), key=lambda event: event.order)
    for event in model.events:
        said = event.said
        if said.version:
            version = model.versions.setdefault(said.version, Version(said.version, event.commit))
            version.events.append(event)
            if said.action == "register":
                version.commit = event.commit
        elif said.stage:
            at = _version_at(model, event)
            model.holdings.setdefault(said.stage, []).append(Holding(at.name, event))
    return model


def _version_at(model: Model, event: Event) -> Version:
    found = [v for v in model.versions.values() if v.commit == event.commit]
    if found:
        return found[-1]
    return model.versions.setdefault(event.commit, Version(event.commit, event.commit))


def _timed(events: list[Event]) -> list[Event]:
    """Return the events, with lightweight ones placed behind those that their counter follows."""
    told = [(e.said.counter or 0, e.at) for e in events if e.annotated]
    placed = []
    for event in events:
        counter = event.said.counter
        if not event.annotated and counter is not None:
            before = [at for number, at in told if number < counter]
            placed.append(replace(event, at=max([event.at, *before])))
        else:
            placed.append(event)
    return placed


def withdrawn_by(version: Version) -> Event | None:
    """Return the tag that withdrew a version, ``None`` where it may be used."""
    return None if version.active else version.events[-1]
