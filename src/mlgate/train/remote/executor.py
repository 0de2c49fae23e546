"""The five verbs of a place that trains for us."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

State = Literal["pending", "running", "succeeded", "failed", "stopped"]
OVER: Final[frozenset[State]] = frozenset({"succeeded", "failed", "stopped"})
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]+")


class Status(NamedTuple):
    """How a job is.

    Attributes:
        state: Where it stands.
        message: What the place says of it.
        exit_code: Of its command, where the place knows.
    """

    state: State
    message: str = ""
    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteJob:
    """What is to be trained elsewhere.

    Attributes:
        name: Names the submission; the same name is the same job.
        command: One text for a shell.
        folder: The workspace.
        files: What the command needs, relative to the workspace.
        outputs: Paths and globs of what it writes and we want.
        variables: Of its environment.
        timeout: Seconds until it is cancelled; ``None`` for no limit.
        grace: Seconds between being cancelled and being given up.
        poll: Seconds between two questions.
    """

    name: str
    command: str
    folder: Path
    files: Sequence[str]
    outputs: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float | None = None
    grace: float = 30.0
    poll: float = 1.0


class Executor(Protocol):
    """A place that trains; each verb may be asked again after this process has died.

    Every verb raises ``SourceError`` where the place cannot be reached or refuses.
    """

    name: str

    def submit(self, job: RemoteJob) -> str:
        """Start the job, or find the one of the same name; return what the place calls it."""

    def status(self, handle: str) -> Status:
        """Return how it is."""

    def logs(self, handle: str, offset: int) -> bytes:
        """Return what it has printed beyond ``offset`` bytes."""

    def cancel(self, handle: str) -> bool:
        """Ask it to stop; return whether the place can be asked."""

    def fetch(self, handle: str, job: RemoteJob) -> None:
        """Bring its outputs into the workspace, where they are not in its log."""


def submission_name(parts: Sequence[str], content: str) -> str:
    """Return the name of a submission: readable, and one for each content.

    Args:
        parts: Repository, run, attempt, job and model.
        content: Everything that decides what is trained.

    >>> submission_name(["o/r", "501", "1", "train"], "x")
    'mlgate-o-r-501-1-train-14c93fd4afea'
    """
    readable = _UNFIT.sub("-", "-".join(part for part in parts if part)).strip("-")[:80]
    digest = hashlib.sha256("\0".join([*parts, content]).encode("utf-8", "replace")).hexdigest()
    return f"mlgate-{readable}-{digest[:12]}"
