"""Predictions of the baseline's model, made again by its own code in a work tree of its own."""

from __future__ import annotations

import contextlib
import posixpath
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlgate.errors import SourceError
from mlgate.sources.git import GitError
from mlgate.sources.user_process import finished, without_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlgate.sources.git import Repository

SECONDS: Final = 3600
"""How long a command may take."""

INPUT, OUTPUT = "{input}", "{output}"
_SAID: Final = 300


def predict_at(
    repository: Repository, commit: str, command: str, places: Mapping[str, Path | str]
) -> Path:
    """Return the file of predictions that ``command`` writes with the code of ``commit``.

    The command runs in a shell, in a temporary work tree, without the tokens of this job.

    Args:
        repository: The repository; its own work tree, index and HEAD stay as they are.
        commit: The baseline.
        command: ``{input}`` and ``{output}`` in it are replaced.
        places: ``folder`` for all that is temporary; ``input`` for ``{input}``; ``file``, the
            path of the predictions in a work tree, which the command writes when it names no
            ``{output}``.

    Raises:
        SourceError: the command fails, takes too long, or writes nothing.
    """
    folder, file = Path(places["folder"]), str(places["file"])
    output = folder / "predicted" / posixpath.basename(file)
    output.parent.mkdir(exist_ok=True)
    filled = command.replace(INPUT, shlex.quote(str(places.get("input", ""))))
    filled = filled.replace(OUTPUT, shlex.quote(str(output)))
    with work_tree(repository, commit, folder / "baseline") as place:
        root = place / repository.prefix
        _run(filled, root, repository.environ, commit)
        if OUTPUT not in command:
            written = root / file
            if written.is_file() and not written.is_symlink():
                written.replace(output)
    if not output.is_file() or output.is_symlink():
        raise SourceError(
            f"`predict` at {commit[:7]} wrote no {file}",
            hint="does the command write to `{output}`?",
        )
    return output


@contextlib.contextmanager
def work_tree(repository: Repository, commit: str, place: Path) -> Iterator[Path]:
    """Give a temporary work tree of ``commit`` at ``place``.

    Raises:
        SourceError: git cannot make it.
    """
    try:
        repository.git("worktree", "add", "--quiet", "--detach", str(place), commit, seconds=600)
    except GitError as exc:
        raise SourceError(f"git cannot check {commit[:7]} out for `predict`: {exc}") from exc
    try:
        yield place
    finally:
        with contextlib.suppress(GitError):
            repository.git("worktree", "remove", "--force", str(place), seconds=600)


def _run(command: str, folder: Path, environ: Mapping[str, str], commit: str) -> None:
    process = subprocess.Popen(  # noqa: S602 - the user's own command, of the rules that decide
        command,
        shell=True,
        cwd=folder,
        env=without_tokens(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said = finished(process, SECONDS)
    except subprocess.TimeoutExpired as exc:
        raise SourceError(
            f"`predict` at {commit[:7]} took longer than {SECONDS} s",
            hint="predict fewer rows, or let git or DVC keep the predictions",
        ) from exc
    if process.returncode:
        last = (said.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
        raise SourceError(
            f"`predict` at {commit[:7]} failed with exit {process.returncode}: {last[:_SAID]}",
            hint="it runs with the code of the baseline and what this job has installed",
        )
