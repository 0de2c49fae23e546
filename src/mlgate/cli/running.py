"""Run a model's training command once, with all that is to be seen of it."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from mlgate.ci.commands import END_GROUP, workflow_command
from mlgate.policy.training import Train, duration
from mlgate.render.numbers import size
from mlgate.sources.worktree import WorkTree
from mlgate.train.environment import Recorder
from mlgate.train.inputs import covers
from mlgate.train.meter import Meter
from mlgate.train.run import Job, run_training
from mlgate.train.signals import Signals, spoken
from mlgate.train.stages import Stages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from mlgate.cli.session import Session
    from mlgate.documents.evidence import Training
    from mlgate.policy.config import Model
    from mlgate.train.inputs import Inputs
    from mlgate.train.signals import Heard
    from mlgate.train.watch import Watch


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


class Sent(NamedTuple):
    """What goes to another machine, and what comes back.

    Attributes:
        model: Name of the model.
        inputs: Files, and what the training is known by.
        outputs: Paths and globs of what comes back.
        allowed: Tells of a path whether it may.
    """

    model: str
    inputs: Inputs
    outputs: tuple[str, ...]
    allowed: Callable[[str], bool]


class Ran(NamedTuple):
    """What one run took, and what a reader must be told of it."""

    training: Training
    notes: tuple[str, ...]


class Announcer:
    """Tells how training goes on as annotations of the run, which shows the first ten of a step.

    So it tells of the first, second, fourth, eighth … step.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._count = 0

    def hear(self, heard: Heard) -> None:
        """Take one step."""
        self._count += 1
        if self._session.github is not None and self._count & (self._count - 1) == 0:
            # The command's own output may have left a line open.
            click.echo(f"\n{workflow_command('notice', spoken(heard), title='training')}")


class Runner:
    """Runs the training command of one model, as often as it is asked to."""

    def __init__(
        self, session: Session, place: Place, model: Model, command: tuple[str, ...]
    ) -> None:
        self._session = session
        self._place = place
        self._model = model
        self._wanted = model.train or Train()
        self._command = command
        self._runs = 0

    def run(self, more: Mapping[str, str], watch: Watch | None = None) -> Ran:
        """Run the command; what the log, the machine and the environment tell comes with it.

        Args:
            more: Variables of its environment, beside those of this process.
            watch: Is told what it reads and asks.
        """
        session = self._session
        environ = {k: v for k, v in session.environ.items() if k != "MLGATE_TOKEN"}
        watched = watch.variables(environ) if watch else {}
        job = self._job({**environ, **more, **watched})
        listener = _Listener(session, stop=self._wanted.stop_on_nan)
        recorder = Recorder(environ)
        with _grouped(session, job.text), Meter(environ) as meter:
            done = run_training(
                job, sys.stdout.buffer, sys.stderr.buffer, session.say, listener.hear
            )
        measured = meter.measured
        tree = WorkTree(session.workspace, session.repository)
        done = msgspec.structs.replace(
            done,
            gpu_memory=measured.gpu_memory,
            gpu_utilisation=measured.gpu_utilisation,
            energy=measured.energy,
            environment=recorder.environment(tree, params_in(tree, self._model), measured),
        )
        return self._ran(listener, done)

    def run_elsewhere(self, more: Mapping[str, str], sent: Sent) -> Ran:
        """Run the command on the place that is configured.

        Args:
            more: Variables of its environment, beside those that the configuration names.
            sent: What goes there, and what comes back.
        """
        from mlgate.cli.elsewhere import train_elsewhere  # noqa: PLC0415  # seldom

        session, wanted = self._session, self._wanted
        job = self._job({})
        listener = _Listener(session, stop=wanted.stop_on_nan)
        named = {n: session.environ[n] for n in wanted.variables if n in session.environ}
        anew = "force" if self._place.force else str(self._runs) if self._runs else ""
        self._runs += 1
        with _grouped(session, job.text):
            done = train_elsewhere(
                session,
                wanted,
                job,
                name=sent.model,
                inputs=sent.inputs,
                tree=WorkTree(session.workspace, session.repository),
                outputs=sent.outputs,
                allowed=sent.allowed,
                cache=self._place.cache,
                variables={**named, **more},
                anew=anew,
                hear=listener.hear,
            )
        return self._ran(listener, done)

    def _job(self, environ: Mapping[str, str]) -> Job:
        wanted = self._wanted
        configured = duration(wanted.timeout) if wanted.timeout is not None else None
        return Job(
            command=self._command,
            folder=self._session.workspace,
            environ=environ,
            timeout=self._place.timeout or configured,
            grace=self._place.grace or duration(wanted.grace),
        )

    def _ran(self, listener: _Listener, done: Training) -> Ran:
        """Put what the log told to what the run took, and say how it went."""
        curves = listener.signals.close()
        told = listener.signals.broken if not done.problem else ""
        done = msgspec.structs.replace(done, curves=curves, stages=listener.stages.found)
        if done.ended == "finished":
            self._session.say(_sentence(done))
        else:
            click.echo(_sentence(done), err=True)
        return Ran(done, (f"the log of training told that {told}",) if told else ())


class _Listener:
    """Hears the log for metrics, and for stages of DVC."""

    def __init__(self, session: Session, *, stop: bool) -> None:
        self.signals = Signals(Announcer(session).hear)
        self.stages = Stages()
        self._stop = stop

    def hear(self, data: bytes, stream: int) -> str:
        self.stages.feed(data, stream)
        lost = self.signals.feed(data, stream)
        return lost if self._stop else ""


@contextlib.contextmanager
def _grouped(session: Session, title: str) -> Iterator[None]:
    grouped = session.github is not None
    if grouped:
        click.echo(workflow_command("group", title))
    try:
        yield
    finally:
        if grouped:
            click.echo(f"\n{END_GROUP}")  # it counts at the start of a line only


def params_in(tree: WorkTree, model: Model) -> list[str]:
    """Return the files of parameters; patterns that find nothing are for the report to tell."""
    from mlgate.sources.find import find_parameter_files  # noqa: PLC0415  # training has ended

    if model.params is not None:
        return [path for path in tree.paths() if covers(model.params, path)]
    return find_parameter_files(tree.top(), ())


def _sentence(done: Training) -> str:
    took = (
        f"{done.seconds:.1f} s, CPU {done.cpu_seconds:.1f} s, peak memory {size(done.peak_memory)}"
    )
    if done.ended == "finished":
        return f"trained in {took}"
    by = f", {done.signal}" if done.signal else ""
    return f"training {done.ended} with exit {done.exit_code}{by} after {took}"
