"""One model's training: known already, resumed, or run; and the evidence of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import click
import msgspec

from mlgate.ci.commands import END_GROUP, workflow_command
from mlgate.documents.evidence import Training
from mlgate.errors import ConfigError, SourceError
from mlgate.policy.training import Train, duration
from mlgate.train.run import Job, run_training

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mlgate.cli.session import Session
    from mlgate.policy.config import Model
    from mlgate.sources.worktree import WorkTree
    from mlgate.train.inputs import Inputs
    from mlgate.train.store import Store

INCOMPLETE: Final = 3
"""Exit code of a training whose command ended well and whose output is not there."""
RESUME: Final = "MLGATE_RESUME"
"""Set to 1 for a command that goes on from the checkpoint of one that was stopped."""
_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where things are kept, and what the command line says of every model.

    Attributes:
        output: Folder for the evidence.
        cache: Folder of known trainings.
        keep: How many to keep beside those of this run.
        force: Whether to train though it is known.
        timeout: Seconds until training is stopped; ``None`` for what is configured.
        grace: Seconds between being asked to stop and being killed; likewise.
    """

    output: Path
    cache: Path
    keep: int = 20
    force: bool = False
    timeout: float | None = None
    grace: float | None = None


class Trainer:
    """The training of one model.

    ``used`` are the entries of the cache that this run has added or restored, and ``added``
    whether there is a new one.
    """

    def __init__(
        self, session: Session, place: Place, name: str, model: Model, command: tuple[str, ...]
    ) -> None:
        self.name = name
        self.used: set[str] = set()
        self.added = False
        self._known_by: Inputs | None = None
        self._session = session
        self._place = place
        self._model = model
        self._wanted = model.train or Train(command="true")
        self._command = command or (self._wanted.command,)
        self._named = "" if command else self._wanted.command
        self._notes: list[str] = []

    def key(self) -> str:
        """Return what this training is known by; nothing without inputs.

        Raises:
            ConfigError: an input is missing.
        """
        if not self._wanted.inputs:
            return ""
        return (self._known_by or self._inputs(self._tree())).key

    def train(self) -> int:
        """Train, or restore what is known; return the exit code.

        Raises:
            ConfigError: an input is missing.
        """
        self._keep(Training(command=self._named, ended="unseen"))
        done = self._known_or_run() if self._wanted.inputs else self._run({})
        self._keep(msgspec.structs.replace(done, command=self._named))
        return done.exit_code or (INCOMPLETE if done.problem else 0)

    def prune(self, used: int) -> None:
        """Drop the known trainings that were not used for long."""
        if self._wanted.inputs:
            self._store.prune(self._place.keep + used)

    def _known_or_run(self) -> Training:
        tree = self._tree()
        inputs = self._known_by = self._inputs(tree)
        found = None if self._place.force else self._restored(tree, inputs.key)
        if found is not None:
            return found
        changed = self._why(inputs)
        earlier = None if self._place.force else self._resumed(tree, inputs.key)
        before = {path: tree.stamp(path) for path in tree.paths()}
        done = self._run({RESUME: "1"} if earlier else {})
        if earlier:
            done = _together(earlier, done)
        done = msgspec.structs.replace(done, key=inputs.key, changed=changed)
        if done.ended in {"stopped", "timed out"}:
            self._save_checkpoint(inputs, done)
        return self._remembered(inputs, before, done) if done.ended == "finished" else done

    def _remembered(
        self, inputs: Inputs, before: Mapping[str, tuple[int, ...]], done: Training
    ) -> Training:
        """Keep what a training has made, unless it is not what its inputs make."""
        tree = self._tree()
        try:
            files = self._written(tree)
        except (ConfigError, SourceError) as exc:
            return msgspec.structs.replace(done, ended="failed", problem=exc.what[:4000])
        old = [path for path in files if tree.stamp(path) == before.get(path)]
        if old:
            self._note(f"training did not write {_listed(old)}, which was there before")
        moved = inputs.changed(tree)
        if moved:
            self._note(
                f"{_listed(moved)} changed while training ran: what it read is not known, and "
                "this training is not remembered"
            )
        elif self._add(inputs.key, inputs, files, done):
            self._store.drop(_checkpoint(inputs.key))
        return done

    def _add(self, key: str, inputs: Inputs, files: Sequence[str], done: Training) -> bool:
        from mlgate.documents.trained import Known  # noqa: PLC0415

        known = Known(model=self.name, parts=dict(inputs.parts), training=done)
        kept = self._store.keep(key, known, files, self._tree())
        self.added = self.added or kept
        self.used.add(key)
        return kept

    @cached_property
    def _store(self) -> Store:
        from mlgate.train.store import Store  # noqa: PLC0415  # only where inputs are named

        return Store(self._place.cache, self._session.say)

    def _tree(self) -> WorkTree:
        from mlgate.sources.worktree import WorkTree  # noqa: PLC0415

        return WorkTree(self._session.workspace, self._session.repository)

    def _inputs(self, tree: WorkTree) -> Inputs:
        from mlgate.sources.find import find_metric_files, find_parameter_files  # noqa: PLC0415
        from mlgate.train.inputs import read_inputs  # noqa: PLC0415

        params = self._model.params
        if params is None:
            found = find_parameter_files(tree.paths(), find_metric_files(tree.paths()))
            params = tuple(path for path in found if not find_metric_files([path]))
        return read_inputs(
            tree,
            inputs=self._wanted.inputs,
            also=params,
            outputs=(*self._patterns, *self._wanted.checkpoint),
            command=self._command,
            variables=self._wanted.variables,
            environ=self._session.environ,
        )

    @property
    def _patterns(self) -> tuple[str, ...]:
        """Everything that training writes, as far as the configuration says."""
        model = self._model
        predictions = (model.predictions.file,) if model.predictions else ()
        repeats = model.repeats.files if model.repeats else ()
        more = (*(model.metrics or ()), *predictions, *repeats, *model.artifacts)
        return (*self._wanted.outputs, *more)

    def _is_output(self) -> Callable[[str], bool]:
        from mlgate.sources.find import find_metric_files  # noqa: PLC0415
        from mlgate.train.inputs import covers  # noqa: PLC0415

        found = self._model.metrics is None

        def is_output(path: str) -> bool:
            return covers(self._patterns, path) or (found and bool(find_metric_files([path])))

        return is_output

    def _written(self, tree: WorkTree) -> list[str]:
        """Return all outputs.

        Raises:
            ConfigError: one that is named is not there.
            SourceError: one leads out of the workspace.
        """
        from mlgate.sources.find import find_metric_files  # noqa: PLC0415
        from mlgate.train.inputs import selected  # noqa: PLC0415

        for pattern in self._patterns:
            tree.place(pattern.removeprefix("!"))
        files = dict.fromkeys(selected(tree, self._patterns, "outputs"))
        if self._model.metrics is None:
            files |= dict.fromkeys(find_metric_files(tree.paths()))
        for path in files:
            tree.place(path)
        return sorted(files)

    def _restored(self, tree: WorkTree, key: str) -> Training | None:
        known = self._store.find(key)
        if known is None or not self._store.restore(key, known, tree, self._is_output()):
            return None
        self.used.add(key)
        took = f"{known.training.seconds:.1f} s"
        count = len(known.outputs)
        self._session.say(
            f"known training {key[:12]}: restored {count} output{'s' if count != 1 else ''} "
            f"that took {took}; --force trains again"
        )
        return msgspec.structs.replace(known.training, cached=True)

    def _why(self, inputs: Inputs) -> tuple[str, ...]:
        """Say why there is something to train; return what differs from what is known."""
        from mlgate.train.inputs import shown  # noqa: PLC0415

        near = self._store.nearest(self.name, inputs.parts)
        if near is None or not near.changes:
            self._session.detail(f"no training like {inputs.key[:12]} is known")
            return ()
        self._session.say(f"training: {_listed(near.changes)}")
        return shown(near.changes)

    def _resumed(self, tree: WorkTree, key: str) -> Training | None:
        """Restore the checkpoint of a training that was stopped; return what that took."""
        from mlgate.train.inputs import covers  # noqa: PLC0415

        if not self._wanted.checkpoint:
            return None
        known = self._store.find(_checkpoint(key))
        if known is None:
            return None

        def allowed(path: str) -> bool:
            return covers(self._wanted.checkpoint, path)

        if not self._store.restore(_checkpoint(key), known, tree, allowed):
            return None
        self._session.say(
            f"resuming from the checkpoint of a training that {known.training.ended} after "
            f"{known.training.seconds:.0f} s"
        )
        return known.training

    def _save_checkpoint(self, inputs: Inputs, done: Training) -> None:
        from mlgate.train.inputs import covers  # noqa: PLC0415

        if not self._wanted.checkpoint:
            return
        files = [path for path in self._tree().paths() if covers(self._wanted.checkpoint, path)]
        if not files:
            self._session.say("training left no checkpoint; the next run starts anew")
            return
        if self._add(_checkpoint(inputs.key), inputs, files, done):
            self._session.say(f"kept the checkpoint ({_listed(files)}) for the next run")

    def _run(self, more: dict[str, str]) -> Training:
        session, wanted = self._session, self._wanted
        configured = duration(wanted.timeout) if wanted.timeout is not None else None
        environ = {k: v for k, v in session.environ.items() if k != "MLGATE_TOKEN"}
        job = Job(
            command=self._command,
            folder=session.workspace,
            environ={**environ, **more},
            timeout=self._place.timeout or configured,
            grace=self._place.grace or duration(wanted.grace),
        )
        grouped = session.github is not None
        if grouped:
            click.echo(workflow_command("group", job.text))
        try:
            done = run_training(job, sys.stdout.buffer, sys.stderr.buffer, session.say)
        finally:
            if grouped:
                click.echo(f"\n{END_GROUP}")  # it counts at the start of a line only
        if done.ended == "finished":
            session.say(_sentence(done))
        else:
            click.echo(_sentence(done), err=True)
        return done

    def _note(self, text: str) -> None:
        self._session.warn(text)
        self._notes.append(f"{text[0].upper()}{text[1:]}."[:4000])

    def _keep(self, done: Training) -> None:
        from mlgate.cli.evidence import evidence_of  # noqa: PLC0415
        from mlgate.cli.trained import training_evidence, training_path  # noqa: PLC0415
        from mlgate.documents.codec import encode  # noqa: PLC0415
        from mlgate.publish.files import write_atomically  # noqa: PLC0415

        if done.problem:
            click.echo(f"training failed: {done.problem}", err=True)
        model = training_evidence(self.name, done)
        model = msgspec.structs.replace(model, notes=tuple(self._notes))
        found = evidence_of(self._session, (model,))
        write_atomically(training_path(self._place.output, self.name), encode(found))


def _checkpoint(key: str) -> str:
    from mlgate.train.store import CHECKPOINT  # noqa: PLC0415

    return key + CHECKPOINT


def _together(earlier: Training, later: Training) -> Training:
    """Return what a training took that was stopped and went on."""
    return msgspec.structs.replace(
        later,
        seconds=round(earlier.seconds + later.seconds, 3),
        cpu_seconds=round(earlier.cpu_seconds + later.cpu_seconds, 3),
        peak_memory=max(earlier.peak_memory, later.peak_memory),
        resumed=True,
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _sentence(done: Training) -> str:
    from mlgate.render.numbers import size  # noqa: PLC0415

    took = (
        f"{done.seconds:.1f} s, CPU {done.cpu_seconds:.1f} s, peak memory {size(done.peak_memory)}"
    )
    if done.ended == "finished":
        return f"trained in {took}"
    by = f", {done.signal}" if done.signal else ""
    return f"training {done.ended} with exit {done.exit_code}{by} after {took}"
