"""The grammar of release tags, which is that of GTO (github.com/iterative/gto), read and written.

========================  ==========================================================
``iris@v1.2.0``           registers a version of the model ``iris``
``iris@v1.2.0!``          withdraws it
``iris#prod#3``           gives the version at its commit the stage ``prod``
``iris#prod!#4``          takes the stage away
``iris@deprecated``       withdraws the model
``v1.2.0``                a version of the only model of a repository; ours alone
========================  ==========================================================

Every form of GTO's may end in a counter. A model in a folder is ``folder:iris``, in a tag
``folder=iris``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from mlgate.errors import ConfigError

Action = Literal["register", "deregister", "assign", "unassign", "deprecate"]

_NAME: Final = r"[a-zA-Z0-9](?:[a-zA-Z0-9-/_]*[a-zA-Z0-9])?"
_FOLDER: Final = r"[a-zA-Z0-9-_./]+"
_NUMBER: Final = r"(?:0|[1-9][0-9]*)"
_PRERELEASE: Final = rf"(?:{_NUMBER}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_BUILD: Final = r"[0-9a-zA-Z-]+"
VERSION: Final = re.compile(
    rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}"
    rf"(?:-{_PRERELEASE}(?:\.{_PRERELEASE})*)?(?:\+{_BUILD}(?:\.{_BUILD})*)?"
)
"""Semantic Versioning 2.0.0 with a ``v`` before it."""
_TAG: Final = re.compile(
    rf"(?P<name>(?:{_FOLDER}=)?{_NAME})"
    rf"(?:@(?P<version>{VERSION.pattern})(?P<withdrawn>!?)"
    rf"|\#(?P<stage>{_NAME})(?P<unassigned>!?)"
    r"|@(?P<deprecated>deprecated))"
    r"(?:\#(?P<counter>[0-9]{1,18}))?"
)
_MODEL: Final = re.compile(rf"(?:{_FOLDER}:)?{_NAME}")
_STAGE: Final = re.compile(_NAME)
_MEANT: Final = re.compile(r"[@#]|^[vV]?[0-9]")
MAX_LENGTH: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class TagName:
    """What the name of a tag says.

    Attributes:
        action: What the tag does.
        name: The model, as in ``iris`` or ``folder:iris``; empty for a plain ``v1.2.0``.
        version: As in ``v1.2.0``, where the tag is about one.
        stage: As in ``prod``, where it is about one.
        counter: The number at its end, where there is one.
    """

    action: Action
    name: str
    version: str = ""
    stage: str = ""
    counter: int | None = None

    @property
    def text(self) -> str:
        """Return the tag.

        >>> TagName(action="unassign", name="models:iris", stage="prod", counter=4).text
        'models=iris#prod!#4'
        """
        name = self.name.replace(":", "=")
        at = f"@{self.version}" if name else self.version
        body = {
            "register": at,
            "deregister": f"{at}!",
            "assign": f"#{self.stage}",
            "unassign": f"#{self.stage}!",
            "deprecate": "@deprecated",
        }[self.action]
        return f"{name}{body}" + ("" if self.counter is None else f"#{self.counter}")


def parse_tag(tag: str) -> TagName | None:
    """Return what ``tag`` says, ``None`` where it is no release tag.

    >>> parse_tag("iris@v1.2.0-rc.1").version
    'v1.2.0-rc.1'
    >>> parse_tag("folder=iris#prod#3").name
    'folder:iris'
    >>> parse_tag("nightly") is None
    True
    """
    if len(tag) > MAX_LENGTH:
        return None
    if VERSION.fullmatch(tag):
        return TagName(action="register", name="", version=tag)
    found = _TAG.fullmatch(tag)
    if found is None:
        return None
    action: Action
    if found["version"]:
        action = "deregister" if found["withdrawn"] else "register"
    elif found["stage"]:
        action = "unassign" if found["unassigned"] else "assign"
    else:
        action = "deprecate"
    return TagName(
        action=action,
        name=found["name"].replace("=", ":"),
        version=found["version"] or "",
        stage=found["stage"] or "",
        counter=int(found["counter"]) if found["counter"] else None,
    )


def split_subject(what: str) -> tuple[str, str, str]:
    """Return model, mark and rest of what a person names.

    >>> split_subject("iris@v1.2.0"), split_subject("iris#prod"), split_subject("iris")
    (('iris', '@', 'v1.2.0'), ('iris', '#', 'prod'), ('iris', '', ''))
    """
    found = re.search("[@#]", what)
    if found is None:
        return what, "", ""
    return what[: found.start()], found[0], what[found.end() :]


def is_meant(tag: str) -> bool:
    """Tell whether a tag that is not in the grammar looks as if it was meant to be.

    >>> is_meant("iris@v1.2"), is_meant("1.2.0"), is_meant("nightly")
    (True, True, False)
    """
    return bool(_MEANT.search(tag))


def require_model(name: str) -> str:
    """Return the name of a model, written with a colon before its folder's end.

    Raises:
        ConfigError: no tag can hold it.
    """
    plain = name.replace("=", ":")
    if len(plain) > MAX_LENGTH // 2 or not _MODEL.fullmatch(plain):
        raise ConfigError(
            f"{name[:100]!r} cannot name a model in a tag",
            hint="use letters, digits, `-`, `_` and `/`, with a letter or digit at both ends",
        )
    return plain


def require_stage(stage: str) -> str:
    """Return the name of a stage.

    Raises:
        ConfigError: no tag can hold it.
    """
    if len(stage) > MAX_LENGTH // 4 or not _STAGE.fullmatch(stage):
        raise ConfigError(
            f"{stage[:100]!r} cannot name a stage in a tag",
            hint="use letters, digits, `-`, `_` and `/`, with a letter or digit at both ends",
        )
    return stage


def require_version(version: str) -> str:
    """Return a version with the ``v`` of a tag.

    >>> require_version("1.2.0")
    'v1.2.0'

    Raises:
        ConfigError: it is not semantic.
    """
    marked = version if version.startswith("v") else f"v{version}"
    if len(marked) > MAX_LENGTH // 4 or not VERSION.fullmatch(marked):
        raise ConfigError(
            f"{version[:100]!r} is no semantic version",
            hint="write MAJOR.MINOR.PATCH, as in v1.2.0 or v1.2.0-rc.1 (semver.org)",
        )
    return marked
