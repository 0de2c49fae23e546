"""Store evidence in the repository, under a ref of its own for each commit and run.

Objects are made by git's plumbing (``hash-object``, ``mktree``, ``commit-tree``) and pushed to a
ref that must not exist yet, so that any number of runs may write at once and none replaces
another's.
Work tree, index, HEAD and branches are not touched. The same files of the same run make the same
commit: a run that died halfway is simply run again.
"""

from __future__ import annotations

import base64
import dataclasses
import re
import time
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from mlgate.errors import SourceError
from mlgate.sources.git import GitError
from mlgate.sources.stored import STORED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.sources.git import Repository

MAX_STORED: Final = 50 * 2**20
"""Bytes of one run; GitHub warns of larger files."""
_WHO: Final = "mlgate <mlgate@users.noreply.github.com>"
_RUN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_TRIES: Final = 4
_PUSH_SECONDS: Final = 120
_DENIED: Final = re.compile(r"\b403\b|denied|not granted|read-only|could not read User")
_RULES: Final = re.compile(r"GH006|GH013|protected|declined|hook|rule violation", re.IGNORECASE)


class Stored(NamedTuple):
    """Where evidence is, and whether it was there before."""

    ref: str
    outcome: Literal["stored", "there"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What a push is signed in with; nothing for remotes that need none.

    Attributes:
        server: Address of the forge, as in ``https://github.com``.
        token: A token that may write contents.
    """

    server: str = ""
    token: str = dataclasses.field(default="", repr=False)

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of git that signs in by a header, and leaves no trace of it.

        An empty value first forgets the header that a checkout may have left in the configuration.
        """
        if not (self.server and self.token):
            return {}
        basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        key = f"http.{self.server.rstrip('/')}/.extraheader"
        before = environ.get("GIT_CONFIG_COUNT", "0")
        count = int(before) if before.isdecimal() else 0
        values = ("", f"AUTHORIZATION: basic {basic}")
        found = {"GIT_CONFIG_COUNT": str(count + len(values))}
        for number, value in enumerate(values, start=count):
            found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return found


def store_evidence(
    repository: Repository,
    commit: str,
    run: str,
    files: Mapping[str, bytes],
    sign_in: SignIn = SignIn(),
) -> Stored:
    """Store ``files`` of one run for ``commit`` on the remote.

    Args:
        repository: The clone; its remote gets the ref.
        commit: The commit that was measured.
        run: Names the run, as in ``501.1``; the same run stores once.
        files: By path, with at most one folder.
        sign_in: What the push is signed in with.

    Raises:
        SourceError: it was not stored, and why.
    """
    if not _RUN.fullmatch(run):
        raise SourceError(f"{run[:100]!r} is no name of a run")
    total = sum(len(raw) for raw in files.values())
    if total > MAX_STORED:
        raise SourceError(
            f"evidence of {total} bytes is not stored; {MAX_STORED} may be",
            hint="keep fewer predictions (`predictions: store: false`)",
        )
    ref = f"{STORED}/{commit}/{run}"
    try:
        made = _commit(repository, commit, files)
        return Stored(ref, _push(repository, made, ref, sign_in))
    except GitError as exc:
        raise SourceError(f"evidence was not stored: {_told(exc)}", hint=_hint(exc.said)) from exc


def _commit(repository: Repository, commit: str, files: Mapping[str, bytes]) -> str:
    """Return a commit without parents that holds the files; the same files give the same one."""
    folders: dict[str, dict[str, str]] = {}
    for path, raw in sorted(files.items()):
        folder, _, name = path.rpartition("/")
        blob = repository.git("hash-object", "-w", "--stdin", stdin=raw).decode().strip()
        folders.setdefault(folder, {})[name] = f"100644 blob {blob}\t{name}"
    top = folders.pop("", {})
    for folder, entries in folders.items():
        top[folder] = f"040000 tree {_tree(repository, entries)}\t{folder}"
    tree = _tree(repository, top)
    when = f"@{repository.committed_at(commit) or 0} +0000"
    name, _, address = _WHO.partition(" <")
    who = {
        f"GIT_{role}_{field}": value
        for role in ("AUTHOR", "COMMITTER")
        for field, value in (("NAME", name), ("EMAIL", address.rstrip(">")), ("DATE", when))
    }
    writer = dataclasses.replace(repository, environ={**repository.environ, **who})
    said = f"Evidence of {commit}"
    return writer.git("commit-tree", "--no-gpg-sign", "-m", said, tree).decode().strip()


def _tree(repository: Repository, entries: Mapping[str, str]) -> str:
    lines = "".join(f"{entries[name]}\n" for name in sorted(entries))
    return repository.git("mktree", stdin=lines.encode()).decode().strip()


def _push(
    repository: Repository, made: str, ref: str, sign_in: SignIn
) -> Literal["stored", "there"]:
    """Create the ref on the remote, again where the way to it fails; never replace one."""
    environ = {**repository.environ, **sign_in.variables(repository.environ)}
    signed = dataclasses.replace(repository, environ=environ)
    options = ("--quiet", "--no-verify", "--porcelain", f"--force-with-lease={ref}:")
    for attempt in range(1, _TRIES + 1):
        try:
            signed.git("push", *options, repository.remote, f"{made}:{ref}", seconds=_PUSH_SECONDS)
        except GitError as exc:
            if _is_there(signed, ref):
                return "there"
            if attempt == _TRIES or _DENIED.search(exc.said) or _RULES.search(exc.said):
                raise
            time.sleep(0.25 * 2**attempt)
        else:
            return "stored"
    raise AssertionError("unreachable")  # pragma: no cover - the last attempt raises


def _is_there(repository: Repository, ref: str) -> bool:
    """Tell whether an earlier attempt of this run got through, whose answer was lost."""
    try:
        return bool(repository.git("ls-remote", repository.remote, ref).strip())
    except GitError:
        return False


def _told(exc: GitError) -> str:
    """Return what the remote says, which is worth more than that a push failed."""
    lines = [line.removeprefix("remote:").strip() for line in exc.said.splitlines()
             if line.startswith("remote:")]  # fmt: skip
    told = " ".join(line for line in lines if line)
    return f"{exc}{f': {told[:300]}' if told else ''}"


def _hint(said: str) -> str:
    if _RULES.search(said):
        return f"a rule of the repository refuses it: allow this workflow to create {STORED}/**"
    if _DENIED.search(said):
        return "give the job `contents: write` on pushes to the default branch"
    return "is the remote up? the next run stores its own evidence"
