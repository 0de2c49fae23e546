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
from mlgate.sources.find import find_parameter_files
from mlgate.sources.worktree import WorkTree
from mlgate.train.environment import Recorder
from mlgate.train.inputs import covers
from mlgate.train.meter import Meter
from mlgate.train.run import Job, run_training
from mlgate.train.signals import Signals, spoken
from mlgate.train.stages import Stages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mlgate.cli.session import Session
    from mlgate.documents.evidence import Training
    from mlgate.policy.config import Model
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
        self._wanted = model.train or Train(command="true")
        self._command = command

    def run(self, more: Mapping[str, str], watch: Watch | None = None) -> Ran:
        """Run the command; what the log, the machine and the environment tell comes with it.

        Args:
            more: Variables of its environment, beside those of this process.
            watch: Is told what it reads and asks.
        """
        session, wanted = self._session, self._wanted
        configured = duration(wanted.timeout) if wanted.timeout is not None else None
        environ = {k: v for k, v in session.environ.items() if k != "MLGATE_TOKEN"}
        watched = watch.variables(environ) if watch else {}
        job = Job(
            command=self._command,
            folder=session.workspace,
            environ={**environ, **more, **watched},
            timeout=self._place.timeout or configured,
            grace=self._place.grace or duration(wanted.grace),
        )
        signals, stages = Signals(Announcer(session).hear), Stages()

        def hear(data: bytes, stream: int) -> str:
            stages.feed(data, stream)
            lost = signals.feed(data, stream)
            return lost if wanted.stop_on_nan else ""

        recorder = Recorder(environ)
        with _grouped(session, job.text), Meter(environ) as meter:
            done = run_training(job, sys.stdout.buffer, sys.stderr.buffer, session.say, hear)
        curves = signals.close()
        told = signals.broken if signals.broken and not done.problem else ""
        measured = meter.measured
        tree = WorkTree(session.workspace, session.repository)
        done = msgspec.structs.replace(
            done,
            curves=curves,
            stages=stages.found,
            gpu_memory=measured.gpu_memory,
            gpu_utilisation=measured.gpu_utilisation,
            energy=measured.energy,
            environment=recorder.environment(tree, params_in(tree, self._model), measured),
        )
        if done.ended == "finished":
            session.say(_sentence(done))
        else:
            click.echo(_sentence(done), err=True)
        return Ran(done, (f"the log of training told that {told}",) if told else ())


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
