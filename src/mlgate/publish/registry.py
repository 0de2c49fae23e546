"""A place that keeps versions of models, and how one is put there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A verified release, as a folder of files.

    Attributes:
        tag: Its tag.
        name: The model.
        version: Its version.
        commit: The commit it was made from.
        notes: What changed, in Markdown.
        folder: Where its files are.
        digests: ``sha256:<hex>`` of each file in ``folder``, by its name.
        models: Digests of the model files and folders, by their names in ``folder``.
        digest: One digest for all of them.
        newest: Whether no higher version of the model is registered.
    """

    tag: str
    name: str
    version: str
    commit: str
    notes: str
    folder: Path
    digests: Mapping[str, str]
    models: Mapping[str, str]
    digest: str
    newest: bool = True

    @property
    def prerelease(self) -> bool:
        """Tell whether the version is a pre-release, as ``v1.0.0-rc.1``."""
        return "-" in self.version.partition("+")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is at a place now for a version.

    Attributes:
        state: ``absent``, ``begun`` where an earlier run did not finish, or ``there``.
        digests: Digests of what is there, by name, as the place tells them.
        previous: What the place showed before, such as the version behind its alias.
        url: Where people look at it.
    """

    state: Literal["absent", "begun", "there"]
    digests: Mapping[str, str]
    previous: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What publishing came down to.

    Attributes:
        where: The place.
        outcome: ``published``, or ``there`` where it was already, byte for byte.
        url: Where people look at it.
        previous: What the place showed before.
        warnings: What people should know.
    """

    where: str
    outcome: Literal["published", "there"]
    url: str = ""
    previous: str = ""
    warnings: tuple[str, ...] = ()


class Registry(Protocol):
    """A place that keeps versions; the same version twice is no error, other bytes are."""

    @property
    def where(self) -> str:
        """What the place is called."""
        ...

    def look(self, bundle: Bundle) -> Standing:
        """Say what is there now; changes nothing.

        Raises:
            PublishError: the place does not answer.
        """
        ...

    def publish(self, bundle: Bundle) -> Receipt:
        """Put a release there, read back what is there, and only then let people see it.

        Raises:
            PublishError: it refuses, or holds other bytes for this version.
        """
        ...
