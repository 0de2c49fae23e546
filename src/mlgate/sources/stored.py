"""Evidence that earlier runs stored in the repository, under refs of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from mlgate.documents.codec import MAX_BYTES, decode
from mlgate.documents.evidence import Evidence
from mlgate.sources.git import GitError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mlgate.sources.git import Repository

STORED: Final = "refs/mlgate/evidence"
"""Every run stores one ref ``<commit>/<run>`` here; the tree behind it holds the files."""
FILE_NAME: Final = "evidence.json"
MAX_RUNS: Final = 100
_LISTED_SECONDS: Final = 60
_DIGITS: Final = re.compile(r"[0-9]{1,18}")


def stored_refs(repository: Repository, commit: str, *, fetch: bool) -> tuple[str, ...]:
    """Return the refs that runs stored for ``commit``, the oldest run first.

    Args:
        repository: Where to look.
        commit: The measured commit.
        fetch: Ask the remote where there is none here.
    """
    found = _local(repository, commit)
    if not found and fetch and _fetched(repository, [commit]):
        found = _local(repository, commit)
    return found


def read_stored(repository: Repository, commit: str, *, fetch: bool) -> Evidence | None:
    """Return the evidence that earlier runs stored for ``commit``, ``None`` when there is none.

    Runs may have measured different models; of one that several have measured the last counts.

    Raises:
        SourceError: it is there and not valid.
    """
    parts = []
    for ref in stored_refs(repository, commit, fetch=fetch):
        name = f"{ref}:{FILE_NAME}"
        raw = read_object(repository, name)
        if raw is not None:
            parts.append(decode(raw, Evidence, origin=name))
    if not parts:
        return None
    models = {model.model: model for part in parts for model in part.models}
    return msgspec.structs.replace(parts[-1], models=tuple(models.values()))


def fetch_stored(repository: Repository, commits: Collection[str]) -> None:
    """Bring what is stored for ``commits`` in two questions to the remote; silent without one."""
    try:
        listed = repository.ask(
            "ls-remote", "--refs", repository.remote, f"{STORED}/*", seconds=_LISTED_SECONDS
        )
    except GitError:
        return
    refs = [line.partition("\t")[2] for line in listed.decode("utf-8", "replace").splitlines()]
    known = {ref.removeprefix(f"{STORED}/").partition("/")[0] for ref in refs}
    wanted = [c for c in commits if c in known and not _local(repository, c)]
    if wanted:
        _fetched(repository, wanted)


def read_object(repository: Repository, name: str, most: int = MAX_BYTES) -> bytes | None:
    """Return the bytes of a stored file, ``None`` where there is none of at most ``most``."""
    try:
        if int(repository.git("cat-file", "-s", name, seconds=600)) > most:
            return None
        return repository.git("cat-file", "blob", name, seconds=600)
    except GitError:
        return None


def _local(repository: Repository, commit: str) -> tuple[str, ...]:
    try:
        listed = repository.git("for-each-ref", "--format=%(refname)", f"{STORED}/{commit}/")
    except GitError:
        return ()
    return tuple(sorted(listed.decode("utf-8", "replace").split(), key=_age)[-MAX_RUNS:])


def _fetched(repository: Repository, commits: Sequence[str]) -> bool:
    specs = [f"+{STORED}/{commit}/*:{STORED}/{commit}/*" for commit in commits]
    options = ("--quiet", "--no-tags", "--no-write-fetch-head")
    try:
        repository.ask("fetch", *options, repository.remote, *specs)
    except GitError:
        return False
    return True


def _age(ref: str) -> tuple[tuple[int, ...], str]:
    """Return a key that sorts run 10 after run 9."""
    name = ref.rpartition("/")[2]
    return tuple(int(part) for part in _DIGITS.findall(name)), name
