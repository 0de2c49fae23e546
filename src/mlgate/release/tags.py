"""Read release tags, of this clone and of its remote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.errors import SourceError
from mlgate.release.grammar import parse_tag
from mlgate.release.registry import Event
from mlgate.sources.git import GitError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mlgate.sources.git import Repository

_FIELDS: Final = (
    "refname:lstrip=2", "objecttype", "objectname", "*objecttype", "*objectname",
    "creatordate:unix", "taggername", "taggeremail:trim", "authorname", "authoremail:trim",
    "contents",
)  # fmt: skip
_FORMAT: Final = "%00".join(f"%({name})" for name in _FIELDS) + "%00"
_MAX_MESSAGE: Final = 256 * 1024
_SECONDS: Final = 60
_BATCH: Final = 500


class RemoteTag(NamedTuple):
    """A tag as the remote lists it: the object of its ref, and the commit behind a tag object."""

    oid: str
    commit: str

    @property
    def annotated(self) -> bool:
        """Tell whether it is a tag object."""
        return self.oid != self.commit


def read_events(repository: Repository, *, most: int = 200_000) -> tuple[Event, ...]:
    """Return every release tag of this clone, in one question to git.

    Raises:
        SourceError: git cannot tell.
    """
    asked = ("for-each-ref", f"--count={most}", f"--format={_FORMAT}", "refs/tags")
    try:
        raw = repository.git(*asked, seconds=_SECONDS)
    except GitError as exc:
        raise SourceError(f"the tags cannot be listed: {exc}") from exc
    parts = raw.decode("utf-8", "replace").split("\0")
    width = len(_FIELDS)
    rows = (parts[at : at + width] for at in range(0, len(parts) - width + 1, width))
    return tuple(event for row in rows if (event := _event(repository, row)) is not None)


def _event(repository: Repository, row: list[str]) -> Event | None:
    tag, kind, oid, inner_kind, inner, at, name, email, author, author_email, message = row
    tag = tag.lstrip("\n")
    said = parse_tag(tag)
    if said is None:
        return None
    annotated = kind == "tag"
    commit = inner if annotated else oid
    if (inner_kind if annotated else kind) != "commit":
        found = repository.resolve(f"refs/tags/{tag}")
        if found is None:
            return None  # of a tree or a file
        commit = found
    return Event(
        tag=tag,
        said=said,
        commit=commit,
        at=int(at) if at.isdecimal() else 0,
        author=name if annotated else author,
        email=email if annotated else author_email,
        message=message[:_MAX_MESSAGE] if annotated else "",
        annotated=annotated,
        oid=oid,
    )


def remote_tags(repository: Repository, patterns: Iterable[str] = ()) -> dict[str, RemoteTag]:
    """Return the release tags of the remote, by name; nothing is fetched.

    Raises:
        SourceError: the remote does not answer.
    """
    asked = [f"refs/tags/{pattern}" for pattern in patterns]
    asked = [each for one in asked for each in (one, f"{one}^{{}}")]
    remote = repository.remote
    try:
        raw = repository.ask("ls-remote", "--tags", remote, *asked, seconds=_SECONDS)
    except GitError as exc:
        raise SourceError(
            f"the tags of {remote} cannot be listed: {exc}",
            hint="allow the job to reach the remote",
        ) from exc
    found: dict[str, RemoteTag] = {}
    for line in raw.decode("utf-8", "replace").splitlines():
        oid, _, ref = line.partition("\t")
        tag = ref.removeprefix("refs/tags/")
        if tag.endswith("^{}"):
            found[tag[:-3]] = RemoteTag(found[tag[:-3]].oid, oid)
        elif parse_tag(tag) is not None:
            found[tag] = RemoteTag(oid, oid)
    return {tag: one for tag, one in found.items() if parse_tag(tag) is not None}


def fetch_tags(repository: Repository, tags: Collection[str]) -> None:
    """Fetch tags, and of their history what a clone like this one has.

    A lightweight copy, as a checkout on CI leaves it, gives way to the tag of the remote.

    Raises:
        SourceError: the remote does not answer, or has lost one of them.
    """
    depth = ("--depth=1",) if repository.shallow else ()
    options = ("--no-tags", "--quiet", "--no-recurse-submodules", "--no-write-fetch-head")
    names = sorted(tags)
    for at in range(0, len(names), _BATCH):
        specs = [f"+refs/tags/{name}:refs/tags/{name}" for name in names[at : at + _BATCH]]
        try:
            repository.ask("fetch", *options, *depth, repository.remote, *specs)
        except GitError as exc:
            raise SourceError(
                f"tags cannot be fetched from {repository.remote}: {exc}",
                hint="was one deleted meanwhile? run it again",
            ) from exc


def catch_up(repository: Repository, have: Iterable[Event]) -> tuple[str, ...]:
    """Fetch the release tags that the remote has and this clone lacks.

    Returns:
        Tags that are other objects here than there, each with the remote's commit elsewhere:
        somebody has moved them.

    Raises:
        SourceError: the remote does not answer.
    """
    here = {event.tag: event for event in have}
    there = remote_tags(repository)
    moved = tuple(tag for tag, one in there.items() if _differs(here, tag, one))
    fetch = [
        tag
        for tag, one in there.items()
        if tag not in here or (not here[tag].annotated and one.annotated and tag not in moved)
    ]
    if fetch:
        fetch_tags(repository, fetch)
    return moved


def _differs(here: Mapping[str, Event], tag: str, there: RemoteTag) -> bool:
    return tag in here and here[tag].commit != there.commit
