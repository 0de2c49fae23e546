"""Questions to git. Nothing here moves the work tree, the index or a branch."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from mlgate.errors import SourceError
from mlgate.sources.sign_in import STRANGER, SignIn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SAFE: Final = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "core.quotePath=false",
    "-c", "protocol.ext.allow=never",
)  # fmt: skip
_DIFF: Final = ("-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--relative")
FETCH_SECONDS: Final = 300
DEEPEN: Final = (20, 200, 2000)
_UNKNOWN: Final = re.compile(
    r"could not read Username|Authentication failed|terminal prompts disabled|\b40[134]\b|not found"
)
"""What git says where a remote wants to know who asks."""


class GitError(Exception):
    """A git command failed; the text is what git complains about, ``said`` all that it printed."""

    def __init__(self, text: str, said: str = "") -> None:
        super().__init__(text)
        self.said = said or text


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of a commit.

    Attributes:
        oid: Its object id.
        size: Its bytes; unknown in a partial clone, where asking would fetch every file.
        link: Whether its mode says symbolic link.
    """

    oid: str
    size: int | None = None
    link: bool = False


@dataclass(frozen=True)
class Repository:
    """A git repository seen from ``workspace``, which may be a folder inside it.

    Attributes:
        workspace: Folder that all paths are relative to.
        prefix: The workspace's place in the repository, empty or ending in ``/``.
        environ: Environment that git runs in.
        shallow: Whether history is cut off.
        partial: Whether blobs are fetched on demand.
        sign_in: What the remote is asked with, where it does not answer strangers.
    """

    workspace: Path
    prefix: str
    environ: Mapping[str, str] = field(repr=False)
    shallow: bool = False
    partial: bool = False
    sign_in: SignIn = STRANGER

    @classmethod
    def discover(
        cls, workspace: Path, environ: Mapping[str, str], sign_in: SignIn = STRANGER
    ) -> Repository | None:
        """Return the repository that holds ``workspace``, ``None`` outside of any.

        Raises:
            SourceError: git is not installed, or refuses the folder's owner.
        """
        quiet = {**environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        asked = ("rev-parse", "--show-prefix", "--is-shallow-repository", "--git-dir")
        try:
            done = _run(workspace, quiet, asked)
        except GitError as exc:
            if "dubious ownership" in str(exc):
                raise SourceError(
                    f"git refuses {workspace}: it belongs to another user",
                    hint=f"run `git config --global --add safe.directory {workspace}` before",
                ) from exc
            return None
        prefix, shallow, git_dir = done.decode().split("\n")[:3]
        config = workspace / git_dir / "config"
        partial = config.is_file() and b"promisor" in config.read_bytes()
        return cls(workspace, prefix, quiet, shallow == "true", partial, sign_in)

    def git(self, *args: str, stdin: bytes = b"", seconds: float = 60) -> bytes:
        """Run git and return what it prints.

        Raises:
            GitError: git failed or took longer than ``seconds``.
        """
        return _run(self.workspace, self.environ, args, stdin=stdin, seconds=seconds)

    def signed_in(self) -> Repository:
        """Return this repository for questions that have to be signed in."""
        return replace(self, environ={**self.environ, **self.sign_in.variables(self.environ)})

    def ask(self, *args: str, stdin: bytes = b"", seconds: float = FETCH_SECONDS) -> bytes:
        """Run a git command that asks the remote, signed in where a stranger gets no answer.

        What a checkout has left in the configuration comes first, for it may open more.

        Raises:
            GitError: git failed or took longer than ``seconds``.
        """
        try:
            return self.git(*args, stdin=stdin, seconds=seconds)
        except GitError as exc:
            if not (self.sign_in.token and _UNKNOWN.search(exc.said)):
                raise
            return self.signed_in().git(*args, stdin=stdin, seconds=seconds)

    def resolve(self, revision: str) -> str | None:
        """Return the commit that a name stands for, ``None`` when there is none."""
        if not revision or revision.startswith("-"):
            return None
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        try:
            return self.git(*asked).decode().strip() or None
        except GitError:
            return None

    def parents(self, commit: str) -> tuple[str, ...]:
        """Return the parents that the commit itself names, also where history is cut off."""
        header = self._header(commit)
        return tuple(line[7:] for line in header.split("\n") if line.startswith("parent "))

    def committed_at(self, commit: str) -> int | None:
        """Return the commit time in seconds since the epoch."""
        header = self._header(commit)
        found = re.search(r"^committer .*> (\d+) [-+]\d{4}$", header, flags=re.MULTILINE)
        return int(found[1]) if found else None

    def _header(self, commit: str) -> str:
        raw = self.git("cat-file", "commit", commit)
        return raw.split(b"\n\n", 1)[0].decode("utf-8", "replace")

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor, ``None`` when the known histories share none."""
        try:
            return self.git("merge-base", one, other).decode().strip() or None
        except GitError:
            return None

    def first_parents(self, commit: str, most: int) -> tuple[str, ...]:
        """Return ``commit`` and its first-parent ancestors, newest first."""
        listed = self.git("rev-list", "--first-parent", f"--max-count={most}", commit)
        return tuple(listed.decode().split())

    def changing(self, commit: str, most: int, paths: Sequence[str]) -> frozenset[str]:
        """Return those of the last ``most`` first-parent commits that changed one of ``paths``.

        A path with ``*`` is a pattern.
        """
        if not paths:
            return frozenset()
        specs = [f":({'glob' if '*' in path else 'literal'}){path}" for path in paths if path]
        listed = self.git(
            "rev-list", "--first-parent", f"--max-count={most}", commit, "--", *specs, seconds=300
        )
        return frozenset(listed.decode().split())

    def has(self, commit: str) -> bool:
        """Tell whether the commit is here, without fetching it."""
        return self.resolve(commit) is not None

    @cached_property
    def dirty(self) -> bool:
        """Whether tracked files differ from the checked-out commit."""
        try:
            return bool(self.git("status", "--porcelain", "--untracked-files=no", "-z"))
        except GitError:
            return False

    def tracked(self) -> frozenset[str]:
        """Return the paths in the index, relative to the workspace; none when git cannot tell."""
        try:
            listed = self.git("ls-files", "-z")
        except GitError:
            return frozenset()
        return frozenset(listed.decode("utf-8", "replace").split("\0")[:-1])

    def untracked(self) -> tuple[str, ...]:
        """Return the files that git neither tracks nor ignores, relative to the workspace."""
        try:
            listed = self.git("ls-files", "--others", "--exclude-standard", "-z")
        except GitError:
            return ()
        return tuple(listed.decode("utf-8", "replace").split("\0")[:-1])

    @cached_property
    def remote(self) -> str:
        """Name of the remote to fetch from, ``origin`` by preference."""
        names = self.git("remote").decode().split()
        return "origin" if "origin" in names or not names else names[0]

    def fetch_commit(self, commit: str) -> None:
        """Fetch exactly one commit; a full clone stays full, a shallow one stays shallow.

        Raises:
            GitError: the remote does not answer or does not have it.
        """
        depth = ("--depth=1",) if self.shallow else ()
        self._fetch(*depth, self.remote, commit)

    def fetch_history(self, commit: str, depth: int) -> None:
        """Fetch ``depth`` commits of history up to ``commit`` into a shallow clone.

        Raises:
            GitError: the remote does not answer.
        """
        self._fetch(f"--depth={depth}", self.remote, commit)

    def fetch_refs(self, *specs: str) -> None:
        """Fetch refs by refspecs.

        Raises:
            GitError: the remote does not answer or lacks one of them.
        """
        self._fetch(self.remote, *specs)

    def deepen(self, *revisions: str) -> Iterator[int]:
        """Fetch more history in steps; yields after each, so that the caller can look.

        Raises:
            GitError: the remote does not answer.
        """
        for depth in DEEPEN:
            self._fetch(f"--depth={depth}", self.remote, *revisions)
            yield depth
        self._fetch("--unshallow", self.remote, *revisions)
        yield 0

    def _fetch(self, *args: str) -> None:
        options = ("--no-tags", "--quiet", "--no-recurse-submodules", "--no-write-fetch-head")
        self.ask("fetch", *options, *args)

    def tree(self, commit: str) -> dict[str, Blob]:
        """Return the files of a commit below the workspace, by path relative to it."""
        sized = () if self.partial else ("--long",)
        listed = self.git("ls-tree", "-r", "-z", *sized, commit, "--", ".")
        blobs = {}
        for entry in listed.split(b"\0")[:-1]:
            head, _, path = entry.partition(b"\t")
            mode, kind, oid, *size = head.decode().split()
            if kind == "blob":
                known = int(size[0]) if size else None
                blobs[path.decode("utf-8", "replace")] = Blob(oid, known, link=mode == "120000")
        return blobs

    def read_blobs(self, blobs: Sequence[Blob], most: int) -> dict[str, bytes | int]:
        """Return contents by object id; one larger than ``most`` gives its size instead."""
        oids = list(dict.fromkeys(blob.oid for blob in blobs))
        if self.partial and oids:
            self._prefetch(oids)
            sizes = self._sizes(oids)
        else:
            sizes = {blob.oid: blob.size or 0 for blob in blobs}
        wanted = [oid for oid in oids if sizes.get(oid, 0) <= most]
        small = dict(self._contents(wanted)) if wanted else {}
        return {oid: small[oid] if oid in small else sizes.get(oid, 0) for oid in oids}

    def changed(self, base: str) -> list[str]:
        """Return the tracked files that differ from ``base``, without looking at lines."""
        listed = self.git("diff", "--name-only", *_DIFF, base, "--")
        return listed.decode("utf-8", "replace").split("\0")[:-1]

    def numstat(self, base: str, paths: Sequence[str]) -> Iterator[tuple[str, int, int]]:
        """Yield (path, lines added, lines removed) of ``paths`` since ``base``.

        Binary files count no lines.
        """
        asked = ("--literal-pathspecs", "diff", "--numstat", *_DIFF, base, "--", *paths)
        for entry in self.git(*asked).split(b"\0")[:-1]:
            added, removed, path = entry.decode("utf-8", "replace").split("\t", 2)
            yield path, int(added) if added != "-" else 0, int(removed) if removed != "-" else 0

    def _prefetch(self, oids: Sequence[str]) -> None:
        """Bring the blobs of a partial clone in one request instead of one each."""
        options = ("--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--quiet")
        quick = ("-c", "fetch.negotiationAlgorithm=noop")
        asked = "".join(f"{oid}\n" for oid in oids).encode()
        command = (*quick, "fetch", self.remote, *options, "--filter=blob:none", "--stdin")
        try:
            self.ask(*command, stdin=asked)
        except GitError as exc:
            raise SourceError(
                f"the files of the baseline are not in this partial clone: {exc}",
                hint="allow the job to fetch, or check out without `filter:`",
            ) from exc

    def _sizes(self, oids: Sequence[str]) -> dict[str, int]:
        asked = "".join(f"{oid}\n" for oid in oids).encode()
        answer = self.git(
            "cat-file", "--batch-check=%(objectname) %(objectsize)", "--buffer", stdin=asked
        )
        pairs = (line.split(" ") for line in answer.decode().splitlines())
        return {pair[0]: int(pair[1]) for pair in pairs if pair[-1].isdigit()}

    def _contents(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        asked = "".join(f"{oid}\n" for oid in oids).encode()
        answer, at = self.git("cat-file", "--batch", "--buffer", stdin=asked), 0
        while at < len(answer):
            end = answer.index(b"\n", at)
            oid, kind, *size = answer[at:end].decode().split()
            at = end + 1
            if size:
                yield oid, answer[at : at + int(size[0])]
                at += int(size[0]) + 1
            elif kind != "missing":
                break


def _run(
    folder: Path,
    environ: Mapping[str, str],
    args: Sequence[str],
    *,
    stdin: bytes = b"",
    seconds: float = 60,
) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, arguments as a list
            ["git", *_SAFE, *args],  # noqa: S607 - git comes from the user's PATH
            cwd=folder,
            env=dict(environ),
            input=stdin,
            capture_output=True,
            check=False,
            timeout=seconds,
        )
    except (FileNotFoundError, NotADirectoryError) as exc:  # the latter: a file on PATH
        raise SourceError("git is not installed", hint="install git 2.30 or newer") from exc
    except subprocess.TimeoutExpired as exc:
        raise GitError(f"no answer within {seconds:.0f} s") from exc
    if done.returncode:
        printed = (done.stderr + b"\n" + done.stdout[-10_000:]).decode("utf-8", "replace")
        said = _complaint(done.stderr.decode("utf-8", "replace"))
        text = _without_credentials(said) or f"exit {done.returncode}"
        raise GitError(text, _without_credentials(printed))
    return done.stdout


def _complaint(stderr: str) -> str:
    """Return the line that says what is wrong; git may add advice after it."""
    lines = stderr.strip().splitlines()
    told = (line for line in lines if line.startswith(("fatal: ", "error: ")))
    return next(told, lines[-1] if lines else "").removeprefix("fatal: ").removeprefix("error: ")


def _without_credentials(text: str) -> str:
    return re.sub(r"://[^/@\s]+@", "://", text)
