"""``mlgate train``: run the training command, bounded and measured; exits as the command does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlgate.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgate.cli.session import Session
    from mlgate.documents.evidence import Training
    from mlgate.policy.training import Train

EXAMPLES = """
\b
Examples:
  mlgate train                                 what mlgate.yml names under train:
  mlgate train --timeout 45min -- python train.py --epochs 3
  mlgate train -- 'dvc pull && dvc repro'      one text is for a shell
"""


class Command(click.ParamType[str]):
    """A command; from the environment it is one text, however many blanks it has."""

    name = "text"

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Return the whole text, or nothing of empty text."""
        return [rv] if rv.strip() else []


class Duration(click.ParamType[float]):
    """A time span, in seconds."""

    name = "duration"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds; text that is no time span is a usage error."""
        from mlgate.policy.training import duration  # noqa: PLC0415

        try:
            return duration(value)
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


@click.command(epilog=EXAMPLES)
@click.argument("command", nargs=-1, type=Command(), envvar="MLGATE_TRAIN_COMMAND")
@click.option("--model", default="", metavar="NAME", help="Train this model only.")
@click.option(
    "--timeout",
    type=Duration(),
    metavar="DURATION",
    help="Stop it after this time, as in `45min` or `2h`.  [default: never]",
)
@click.option(
    "--grace",
    type=Duration(),
    metavar="DURATION",
    help="Time between being asked to stop and being killed.  [default: 30s]",
)
@click.option("--output", default=".mlgate", metavar="DIR", help="Folder for the evidence.")
@click.pass_context
def train(
    ctx: click.Context,
    *,
    command: tuple[str, ...],
    model: str,
    timeout: float | None,
    grace: float | None,
    output: str,
) -> None:
    """Run the training command with a limit, and keep what it took as evidence.

    Its output appears as it comes. It is asked to stop at its limit, or when this job is stopped,
    and killed with all that it started when it does not. Time, CPU time and peak memory become
    metrics that rules may limit: `{metric: training.seconds, max-rise: "20 %"}`. A training that
    failed is missing evidence for `mlgate report`. The evidence goes to
    evidence/MODEL/training.json in --output.

    The exit code is that of the command: 127 when it is not there, 128 + n after signal n, 124 at
    its limit, 130 or 143 when the job is stopped.
    """
    import msgspec  # noqa: PLC0415  # `--help` needs none of it

    from mlgate.cli.report import output_folder  # noqa: PLC0415
    from mlgate.documents.evidence import Training  # noqa: PLC0415

    session: Session = ctx.obj
    folder = output_folder(session, output)
    code = 0
    for name, wanted in _wanted(session, model, command).items():
        begun = Training(command="" if command else wanted.command, ended="unseen")
        _keep(session, folder, name, begun)
        done = _train(session, command or (wanted.command,), wanted, timeout, grace)
        _keep(session, folder, name, msgspec.structs.replace(done, command=begun.command))
        code = code or done.exit_code
        if code:
            break
    _hand_over(session, folder)
    ctx.exit(code)


def _wanted(session: Session, model: str, command: tuple[str, ...]) -> dict[str, Train]:
    """Return what to train, by model.

    Raises:
        ConfigError: no command is known, or it is not known for which model.
    """
    from mlgate.cli.evidence import named_models  # noqa: PLC0415
    from mlgate.policy.config import Config  # noqa: PLC0415
    from mlgate.policy.judge import rules_of  # noqa: PLC0415
    from mlgate.policy.training import Train  # noqa: PLC0415
    from mlgate.sources.config_file import read_config  # noqa: PLC0415
    from mlgate.sources.worktree import WorkTree  # noqa: PLC0415

    file = read_config(WorkTree(session.workspace, session.repository), session.config)
    config = file.config if file else Config()
    names = tuple(named_models(config, model or None))
    if command and len(names) > 1:
        raise ConfigError(
            "a command trains one model, and mlgate.yml has several",
            hint=f"choose it with --model: {', '.join(names)}",
        )
    if command:
        return {names[0]: rules_of(config, names[0]).train or Train(command=command[0][:400])}
    found = {name: rules_of(config, name).train for name in names}
    known = {name: one for name, one in found.items() if one is not None}
    if not known or (model and model not in known):
        raise ConfigError(
            "no training command",
            hint="name it as in `mlgate train -- python train.py`, or under `train:` in mlgate.yml",
        )
    return known


def _train(
    session: Session,
    command: tuple[str, ...],
    wanted: Train,
    timeout: float | None,
    grace: float | None,
) -> Training:
    from mlgate.ci.commands import END_GROUP, workflow_command  # noqa: PLC0415
    from mlgate.policy.training import duration  # noqa: PLC0415
    from mlgate.train.run import Job, run_training  # noqa: PLC0415

    configured = duration(wanted.timeout) if wanted.timeout is not None else None
    job = Job(
        command=command,
        folder=session.workspace,
        environ={k: v for k, v in session.environ.items() if k != "MLGATE_TOKEN"},
        timeout=timeout or configured,
        grace=grace or duration(wanted.grace),
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


def _sentence(done: Training) -> str:
    from mlgate.render.numbers import size  # noqa: PLC0415

    took = (
        f"{done.seconds:.1f} s, CPU {done.cpu_seconds:.1f} s, peak memory {size(done.peak_memory)}"
    )
    if done.ended == "finished":
        return f"trained in {took}"
    by = f", {done.signal}" if done.signal else ""
    return f"training {done.ended} with exit {done.exit_code}{by} after {took}"


def _keep(session: Session, folder: Path, name: str, done: Training) -> None:
    from mlgate.cli.evidence import evidence_of  # noqa: PLC0415
    from mlgate.cli.output import make_folder  # noqa: PLC0415
    from mlgate.cli.trained import training_evidence, training_path  # noqa: PLC0415
    from mlgate.documents.codec import encode  # noqa: PLC0415
    from mlgate.publish.files import write_atomically  # noqa: PLC0415

    make_folder(folder)
    found = evidence_of(session, (training_evidence(name, done),))
    write_atomically(training_path(folder, name), encode(found))


def _hand_over(session: Session, folder: Path) -> None:
    """Tell later steps of the job where the evidence is."""
    from mlgate.publish.files import append_outputs  # noqa: PLC0415

    if session.github is not None and session.github.output:
        append_outputs(Path(session.github.output), {"evidence": str(folder / "evidence")})
