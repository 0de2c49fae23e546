"""Create a ref on the remote that must not exist yet, and say why a remote refuses one."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.sources.git import GitError

if TYPE_CHECKING:
    from mlgate.sources.git import Repository

_TRIES: Final = 4
_PUSH_SECONDS: Final = 120
_DENIED: Final = re.compile(r"\b403\b|denied|not granted|read-only|could not read User")
_RULES: Final = re.compile(r"GH006|GH013|protected|declined|hook|rule violation", re.IGNORECASE)


class Created(NamedTuple):
    """What a ref of the remote names now, and whether we created it."""

    oid: str
    ours: bool


def create_ref(repository: Repository, made: str, ref: str) -> Created:
    """Create ``ref`` on the remote, again where the way to it fails; never replace one.

    Args:
        repository: The clone that holds the object.
        made: The object that the ref is to name.
        ref: Its full name.

    Raises:
        GitError: the remote refuses it, or does not answer.
    """
    signed = repository.signed_in()
    options = ("--quiet", "--no-verify", "--porcelain", f"--force-with-lease={ref}:")
    for attempt in range(1, _TRIES + 1):
        try:
            signed.git("push", *options, repository.remote, f"{made}:{ref}", seconds=_PUSH_SECONDS)
        except GitError as exc:
            if found := _there(signed, ref):
                return Created(found, ours=False)
            if attempt == _TRIES or _DENIED.search(exc.said) or _RULES.search(exc.said):
                raise
            time.sleep(0.25 * 2**attempt)
        else:
            return Created(made, ours=True)
    raise AssertionError("unreachable")  # pragma: no cover - the last attempt raises


def told(exc: GitError) -> str:
    """Return what the remote says, which is worth more than that a push failed."""
    lines = [line.removeprefix("remote:").strip() for line in exc.said.splitlines()
             if line.startswith("remote:")]  # fmt: skip
    heard = " ".join(line for line in lines if line)
    return f"{exc}{f': {heard[:300]}' if heard else ''}"


def is_denied(exc: GitError) -> bool:
    """Tell whether the token, or the person, may not write."""
    return bool(_DENIED.search(exc.said)) and not is_ruled_out(exc)


def is_ruled_out(exc: GitError) -> bool:
    """Tell whether a rule of the repository, or a hook, forbids the ref."""
    return bool(_RULES.search(exc.said))


def _there(repository: Repository, ref: str) -> str:
    """Return what a ref of the remote names: an earlier attempt may have got through."""
    try:
        listed = repository.git("ls-remote", repository.remote, ref).decode("utf-8", "replace")
    except GitError:
        return ""
    return listed.partition("\t")[0].strip()
