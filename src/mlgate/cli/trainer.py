"""One model's training: known already, resumed, or run; and the evidence of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from mlgate.ci.commands import log_safe
from mlgate.cli.running import Place, Runner, Sent, params_in
from mlgate.documents.evidence import Training
from mlgate.errors import ConfigError, MlgateError, SourceError
from mlgate.policy.training import Train
from mlgate.train.inputs import locks_in
from mlgate.train.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mlgate.cli.session import Session
    from mlgate.documents.evidence import CheckResult
    from mlgate.documents.trained import Known
    from mlgate.policy.config import Model
    from mlgate.sources.worktree import WorkTree
    from mlgate.train.inputs import Inputs
    from mlgate.train.store import Store
    from mlgate.train.watch import Watched

INCOMPLETE: Final = 3
"""Exit code of a training whose command ended well and whose output is not there."""
RESUME: Final = "MLGATE_RESUME"
"""Set to 1 for a command that goes on from the checkpoint of one that was stopped."""
_NAMED: Final = 5
_TESTED: Final = "Tested weekly"
_WEEK: Final = timedelta(days=7)


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
        self._near: Known | None = None
        self._reproduced = ""
        self._session = session
        self._place = place
        self._model = model
        self._wanted = model.train or Train()
        self._command = command or (self._wanted.command or "",)
        self._named = "" if command else self._wanted.command or ""
        self._notes: list[str] = []
        self._runner = Runner(session, place, model, self._command)

    def key(self) -> str:
        """Return what this training is known by; nothing without inputs.

        Raises:
            ConfigError: an input is missing.
        """
        if not self._wanted.inputs:
            return self._locked()
        with self._told():
            return (self._known_by or self._inputs(self._tree())).key

    def train(self) -> int:
        """Train, or restore what is known; return the exit code.

        Raises:
            ConfigError: an input is missing.
        """
        self._keep(Training(command=self._named, ended="unseen"))
        with self._told():
            done = self._known_or_run() if self._wanted.inputs else self._pipeline(self._run({}))
        self._keep(msgspec.structs.replace(done, command=self._named))
        return done.exit_code or (INCOMPLETE if done.problem else 0)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Leave evidence of a training that could not begin: a later report must not pass it."""
        try:
            yield
        except MlgateError as exc:
            failed = Training(command=self._named, ended="failed", problem=exc.what[:4000])
            self._keep(failed, say=False)
            raise

    def prune(self, used: int) -> None:
        """Drop the known trainings that were not used for long."""
        if self._wanted.inputs or self.used:
            self._store.prune(self._place.keep + used)

    def _locked(self) -> str:
        """Return what the training of a DVC pipeline is known by; nothing without one."""
        from mlgate.train.inputs import digest_of  # noqa: PLC0415

        tree = self._tree()
        parts = {path: tree.sha256(path) for path in ("dvc.yaml", "dvc.lock")}
        return digest_of(parts) if all(parts.values()) else ""

    def _pipeline(self, done: Training) -> Training:
        """Return what the pipeline has cost when it ran, where DVC had all of its stages."""
        from mlgate.documents.trained import Known  # noqa: PLC0415

        key = self._locked()
        if done.ended != "finished" or not done.stages or not key:
            return done
        if "ran" in done.stages.values():
            known = Known(model=self.name, parts={"dvc.lock": key}, training=done)
            self.added = self._store.keep(key, known, (), self._tree())
            self.used.add(key)
            return done
        known_before = self._store.find(key)
        self._session.say("DVC had all stages; nothing was trained")
        if known_before is None:
            self._notes.append("What training once took is not known: DVC had all of its stages.")
            return msgspec.structs.replace(done, cached=True)
        self.used.add(key)
        return msgspec.structs.replace(
            known_before.training, cached=True, key=key, stages=done.stages
        )

    def _known_or_run(self) -> Training:
        tree = self._tree()
        inputs = self._known_by = self._inputs(tree)
        found = None if self._place.force else self._restored(tree, inputs.key)
        if found is not None:
            return self._proven_again(inputs, found)
        changed = self._why(inputs)
        earlier = None if self._place.force else self._resumed(tree, inputs.key)
        before = {path: tree.stamp(path) for path in tree.paths()}
        watching = self._wanted.undeclared != "off" and self._wanted.executor == "local"
        watch = Watch() if watching else None
        done = self._run({RESUME: "1"} if earlier else {}, watch)
        checks = self._undeclared(inputs, watch.close()) if watch else ()
        if earlier:
            done = _together(earlier, done)
        done = msgspec.structs.replace(done, key=inputs.key, changed=changed, checks=checks)
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
            return done
        done = self._proven(files, done)
        if done.ended == "finished" and self._add(inputs.key, inputs, files, done):
            self._store.drop(_checkpoint(inputs.key))
        return done

    def _proven(self, files: Sequence[str], done: Training) -> Training:
        """Train again where that is due, and say whether the same comes out."""
        if not self._wanted.reproduce:
            return done
        today = datetime.now(tz=UTC).date()
        recent = self._recent(today) if self._wanted.reproduce == "weekly" else None
        if recent is not None:
            return msgspec.structs.replace(done, checks=(*done.checks, recent))
        self._reproduced = today.isoformat()
        return self._again(files, done)

    def _proven_again(self, inputs: Inputs, found: Training) -> Training:
        """Train what is known once more, where its weekly test is due."""
        from mlgate.cli.reproduction import REPRODUCIBLE  # noqa: PLC0415

        today = datetime.now(tz=UTC).date()
        if self._wanted.reproduce != "weekly" or self._recent(today) is not None:
            return found
        self._reproduced = today.isoformat()
        checks = tuple(check for check in found.checks if check.id != REPRODUCIBLE)
        files = self._written(self._tree())
        done = self._again(files, msgspec.structs.replace(found, checks=checks))
        if done.ended == "finished":
            self._add(inputs.key, inputs, files, msgspec.structs.replace(done, cached=False))
        return done

    def _recent(self, today: date) -> CheckResult | None:
        """Return what came of training twice within the last week, where that is known."""
        from mlgate.cli.reproduction import REPRODUCIBLE  # noqa: PLC0415

        near = self._near
        scheduled = self._session.github is not None and self._session.github.event == "schedule"
        if scheduled or near is None or not near.reproduced:
            return None
        try:
            day = date.fromisoformat(near.reproduced)
        except ValueError:  # as of the 31st of a short month
            return None
        if today - day >= _WEEK:
            return None
        self._reproduced = near.reproduced
        found = next((c for c in near.training.checks if c.id == REPRODUCIBLE), None)
        if found is None or _TESTED in found.message:
            return found
        message = f"{found.message[:3900]} Tested weekly, last on {near.reproduced}."
        return msgspec.structs.replace(found, message=message)

    def _again(self, files: Sequence[str], done: Training) -> Training:
        from mlgate.cli.reproduction import Reproduction, failed_again  # noqa: PLC0415
        from mlgate.train.inputs import covers  # noqa: PLC0415

        self._session.say("training again, to see whether the same comes out")
        checkpoint = [p for p in self._tree().paths() if covers(self._wanted.checkpoint, p)]
        with tempfile.TemporaryDirectory(prefix="mlgate-") as aside:
            first = Reproduction(
                self._session, self.name, self._model, [*files, *checkpoint], Path(aside)
            )
            try:
                again = self._run({})
                if again.ended == "stopped":
                    return msgspec.structs.replace(again, checks=done.checks)
                if again.ended == "finished":
                    check = first.check(files, self._wanted.tolerance)
                else:
                    check = failed_again(f"{again.ended} with exit {again.exit_code}")
            finally:
                first.put_back()
        self._session.say(f"{check.id}: {check.outcome}: {check.message}")
        return msgspec.structs.replace(done, checks=(*done.checks, check))

    def _add(self, key: str, inputs: Inputs, files: Sequence[str], done: Training) -> bool:
        from mlgate.documents.trained import Known  # noqa: PLC0415

        known = Known(
            model=self.name,
            parts=dict(inputs.parts),
            training=done,
            reproduced=self._reproduced,
        )
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
        from mlgate.train.inputs import read_inputs  # noqa: PLC0415

        self._session.progress("looking at the inputs")
        return read_inputs(
            tree,
            inputs=self._wanted.inputs,
            also=params_in(tree, self._model),
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

    def _sent_back(self) -> tuple[str, ...]:
        """Return what another machine sends back: all outputs, and metric files by their names."""
        from mlgate.sources.find import CERTAIN  # noqa: PLC0415

        found = (
            tuple(f"**/{name}" for name in sorted(CERTAIN)) if self._model.metrics is None else ()
        )
        return (*self._patterns, *found)

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
        if known is None:
            return None
        if not self._is_of(known, key):
            self._session.say(f"ignored the known training {key[:12]}: it is another's")
            return None
        if not self._store.restore(key, known, tree, self._is_output()):
            return None
        self.used.add(key)
        self._near = known
        took = f"{known.training.seconds:.1f} s"
        count = len(known.outputs)
        self._session.say(
            f"known training {key[:12]}: restored {count} output{'s' if count != 1 else ''} "
            f"that took {took}; --force trains again"
        )
        return msgspec.structs.replace(known.training, cached=True)

    def _is_of(self, known: Known, key: str) -> bool:
        """Tell whether an entry is what its key says, ended well, and has all that is named."""
        from mlgate.train.inputs import covers, digest_of  # noqa: PLC0415

        paths = [output.path for output in known.outputs]
        named = [pattern for pattern in self._patterns if not pattern.startswith("!")]
        return (
            digest_of(known.parts) == key
            and known.training.ended == "finished"
            and all(any(covers((pattern,), path) for path in paths) for pattern in named)
        )

    def _why(self, inputs: Inputs) -> tuple[str, ...]:
        """Say why there is something to train; return what differs from what is known."""
        from mlgate.train.inputs import shown  # noqa: PLC0415

        near = self._store.nearest(self.name, inputs.parts)
        self._near = near.known if near else None
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

    def _undeclared(self, inputs: Inputs, watched: Watched) -> tuple[CheckResult, ...]:
        """Return what was read and asked beyond what is declared."""
        from mlgate.train.inputs import covers  # noqa: PLC0415
        from mlgate.train.watch import checks_of  # noqa: PLC0415

        is_output = self._is_output()
        known = (self._place.output, self._place.cache)
        ours = tuple(f"{os.path.relpath(path, self._session.workspace)}/" for path in known)
        own = {self._session.config or "mlgate.yml", *locks_in(self._tree())}

        def declared(path: str) -> bool:
            return (
                path in inputs.stamps
                or path in own
                or path.startswith((*ours, ".git/"))
                or is_output(path)
                or covers(self._wanted.checkpoint, path)
            )

        level = self._wanted.undeclared
        root = os.path.realpath(self._session.workspace)
        return checks_of(watched, root, declared, "error" if level == "error" else "warn")

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

    def _run(self, more: Mapping[str, str], watch: Watch | None = None) -> Training:
        if self._wanted.executor == "local" or self._known_by is None:
            ran = self._runner.run(more, watch)
        else:
            sent = Sent(self.name, self._known_by, self._sent_back(), self._is_output())
            ran = self._runner.run_elsewhere(more, sent)
        for text in ran.notes:
            self._note(text)
        return ran.training

    def _note(self, text: str) -> None:
        self._session.warn(text)
        self._notes.append(f"{text[0].upper()}{text[1:]}."[:4000])

    def _keep(self, done: Training, *, say: bool = True) -> None:
        from mlgate.cli.identity import evidence_of  # noqa: PLC0415
        from mlgate.cli.output import make_folder  # noqa: PLC0415
        from mlgate.cli.trained import training_evidence, training_path  # noqa: PLC0415
        from mlgate.documents.codec import encode  # noqa: PLC0415
        from mlgate.publish.files import write_atomically  # noqa: PLC0415

        if done.problem and say:
            click.echo(log_safe(f"training failed: {done.problem}"), err=True)
        model = training_evidence(self.name, done)
        model = msgspec.structs.replace(model, notes=tuple(self._notes))
        found = evidence_of(self._session, (model,))
        make_folder(self._place.output)
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
