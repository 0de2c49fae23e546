"""Order and successors of semantic versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from semver import Version

Bump = Literal["major", "minor", "patch"]
FIRST: Final = "v0.0.1"
"""What GTO begins with as well."""
BUMPS: Final[tuple[Bump, ...]] = ("major", "minor", "patch")


def order(version: str) -> tuple[int, Version | str]:
    """Return a key by which versions sort, the oldest first; commits come before all versions.

    The precedence is that of Semantic Versioning 2.0.0, section 11.
    """
    from semver import Version  # noqa: PLC0415  # only where versions are compared

    return (1, Version.parse(version[1:])) if version.startswith("v") else (0, version)


def newest(versions: Iterable[str]) -> str:
    """Return the highest version, empty where there is none.

    >>> newest(["v1.9.0", "v1.10.0-rc.1", "v1.10.0-beta"])
    'v1.10.0-rc.1'
    """
    return max(versions, key=order, default="")


def bumped(version: str, bump: Bump) -> str:
    """Return the version after ``version``; after a pre-release comes what it was made for.

    >>> bumped("v1.2.3", "minor"), bumped("v2.0.0-rc.1", "major"), bumped("", "patch")
    ('v1.3.0', 'v2.0.0', 'v0.0.1')
    """
    if not version:
        return {"major": "v1.0.0", "minor": "v0.1.0", "patch": FIRST}[bump]
    from semver import Version  # noqa: PLC0415

    return f"v{Version.parse(version[1:]).next_version(bump)}"
