"""Any other place, by commands of the user's: SkyPilot, SageMaker, Slurm, `kubectl`.

Each is run by a shell in the workspace, with `MLGATE_SUBMISSION` (the name of the submission, the
same when it is asked again), `MLGATE_COMMAND` (what to train) and, once it is known, `MLGATE_JOB`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mlgate.errors import SourceError
from mlgate.sources.shell import run_shell
from mlgate.train.remote.executor import State, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlgate.train.remote.executor import RemoteJob

_PATIENCE: Final = 900.0
_LONGEST: Final = 400
_STATES: Final[Mapping[str, State]] = {
    **dict.fromkeys(("pending", "queued", "starting", "init", "submitted", "waiting"), "pending"),
    **dict.fromkeys(("running", "inprogress", "in_progress", "active", "completing"), "running"),
    **dict.fromkeys(("succeeded", "completed", "complete", "success", "done"), "succeeded"),
    **dict.fromkeys(("failed", "error", "timeout", "out_of_memory", "node_fail"), "failed"),
    **dict.fromkeys(("stopped", "cancelled", "canceled", "killed", "preempted"), "stopped"),
}


@dataclass(kw_only=True)
class UserCommands:
    """A place that commands know.

    Attributes:
        folder: The workspace.
        environ: Environment of the commands.
        memory: File that remembers what the place calls a submission.
        submit_by: Starts; the last line it prints names the job.
        status_by: Prints how it is; the last line begins with a word such as ``RUNNING``.
        fetch_by: Brings the outputs into the workspace.
        logs_by: Prints the log so far; empty for none.
        cancel_by: Stops it; empty for no way.
    """

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    memory: Path
    submit_by: str
    status_by: str
    fetch_by: str
    logs_by: str = ""
    cancel_by: str = ""
    name: str = "command"

    def submit(self, job: RemoteJob) -> str:
        """Start it, or go on with what was started under that name and did not fail."""
        place = self.memory / job.name
        self._named = {"MLGATE_SUBMISSION": job.name, "MLGATE_COMMAND": job.command}
        self._named |= dict(job.variables)
        if place.is_file():
            handle = place.read_text("utf-8", "replace").strip()
            if self.status(handle).state not in {"failed", "stopped"}:
                return handle
        handle = self._last_line("submit", self.submit_by, "")
        if not handle:
            raise SourceError(
                "train: remote: submit: printed no name of the job",
                hint="its last line has to name it, as `sbatch --parsable` does",
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{handle}\n", encoding="utf-8")
        return handle

    def status(self, handle: str) -> Status:
        """Return how it is."""
        line = self._last_line("status", self.status_by, handle)
        word, _, rest = line.partition(" ")
        state = _STATES.get(word.rstrip("+:").lower().replace("-", "_"))
        if state is None:
            known = ", ".join(sorted(_STATES))
            raise SourceError(
                f"train: remote: status: {line[:60]!r} is no state",
                hint=f"its last line has to begin with one of: {known}",
            )
        code = rest.strip()
        return Status(state, rest, int(code) if code.isdecimal() and len(code) < 4 else None)  # noqa: PLR2004

    def logs(self, handle: str, offset: int) -> bytes:
        """Return what it has printed beyond ``offset``."""
        return self._run("logs", self.logs_by, handle)[offset:] if self.logs_by else b""

    def cancel(self, handle: str) -> bool:
        """Stop it, where a command does."""
        if not self.cancel_by:
            return False
        self._run("cancel", self.cancel_by, handle)
        return True

    def fetch(self, handle: str, job: RemoteJob) -> None:  # noqa: ARG002 - a verb of all places
        """Bring its outputs."""
        self._run("fetch", self.fetch_by, handle)

    def _last_line(self, verb: str, command: str, handle: str) -> str:
        lines = self._run(verb, command, handle).decode("utf-8", "replace").split("\n")
        named = [line.strip() for line in lines if line.strip()]
        return named[-1][:_LONGEST] if named else ""

    def _run(self, verb: str, command: str, handle: str) -> bytes:
        environ = {**self.environ, **self._named, **({"MLGATE_JOB": handle} if handle else {})}
        done = run_shell(command, self.folder, environ, _PATIENCE)
        if done.timed_out:
            raise SourceError(f"train: remote: {verb}: took longer than {_PATIENCE:g} s")
        if done.code:
            why = done.complaint[:300] if done.err else "it said nothing"
            raise SourceError(
                f"train: remote: {verb}: ended with exit {done.code}: {why}",
                hint=f"try it by hand: {command[:200]}",
            )
        return done.out
