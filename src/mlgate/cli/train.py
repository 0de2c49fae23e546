"""``mlgate train``: run the training command, bounded and measured; exits as the command does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlgate.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgate.cli.session import Session
    from mlgate.cli.trainer import Trainer
    from mlgate.policy.config import Model

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
@click.option("--force", is_flag=True, help="Train though the same training is known.")
@click.option(
    "--cache",
    default="",
    metavar="DIR",
    show_default="trained in --output",
    help="Folder of known trainings.",
)
@click.option(
    "--keep",
    type=click.IntRange(0, 10_000),
    default=20,
    metavar="N",
    help="Known trainings to keep beside those of this run.",
)
@click.option("--show-key", is_flag=True, help="Print what it would be known by, and stop.")
@click.option("--output", default=".mlgate", metavar="DIR", help="Folder for the evidence.")
@click.pass_context
def train(
    ctx: click.Context,
    *,
    command: tuple[str, ...],
    model: str,
    timeout: float | None,
    grace: float | None,
    force: bool,
    cache: str,
    keep: int,
    show_key: bool,
    output: str,
) -> None:
    """Run the training command with a limit, and keep what it took as evidence.

    Its output appears as it comes. It is asked to stop at its limit, or when this job is stopped,
    and killed with all that it started when it does not. Time, CPU time and peak memory become
    metrics that rules may limit: `{metric: training.seconds, max-rise: "20 %"}`. A training that
    failed is missing evidence for `mlgate report`. The evidence goes to
    evidence/MODEL/training.json in --output.

    With `train: inputs:` in mlgate.yml, a training of the same inputs, command, environment and
    parameters is not run again: its outputs and costs are restored. `checkpoint:` is kept when it
    is stopped, and the next run goes on from there.

    The exit code is that of the command: 127 when it is not there, 128 + n after signal n, 124 at
    its limit, 130 or 143 when the job is stopped; 3 when an output is missing.
    """
    from mlgate.ci.commands import log_safe  # noqa: PLC0415  # `--help` needs none of it
    from mlgate.cli.report import output_folder  # noqa: PLC0415
    from mlgate.cli.running import Place  # noqa: PLC0415
    from mlgate.cli.trainer import Trainer  # noqa: PLC0415

    session: Session = ctx.obj
    folder = output_folder(session, output)
    place = Place(
        output=folder,
        cache=output_folder(session, cache) if cache else folder / "trained",
        keep=keep,
        force=force,
        timeout=timeout,
        grace=grace,
    )
    trainers = [
        Trainer(session, place, name, model_rules, command)
        for name, model_rules in _wanted(session, model, command).items()
    ]
    if show_key:
        for one in trainers:
            click.echo(log_safe(f"{one.name} {one.key()}") if len(trainers) > 1 else one.key())
        _hand_over(session, {"key": _joint_key(trainers), "cache": str(place.cache)})
        return
    code = 0
    for one in trainers:
        code = one.train()
        if code:
            break
    trainers[0].prune(sum(len(one.used) for one in trainers))
    outputs = {"evidence": str(folder / "evidence")}
    if any(one.added for one in trainers):
        outputs["key"] = _joint_key(trainers)
        if code and session.github is not None:  # caches are never written twice
            outputs["key"] += f"-{session.github.run_id}-{session.github.attempt}"
    _hand_over(session, outputs)
    ctx.exit(code)


def _joint_key(trainers: Sequence[Trainer]) -> str:
    """Return one key of all trainings for the cache of the CI system; empty without inputs."""
    import hashlib  # noqa: PLC0415

    keys = [one.key() for one in trainers]
    if not all(keys):
        return ""
    return f"mlgate-train-{hashlib.sha256(' '.join(keys).encode()).hexdigest()}"


def _wanted(session: Session, model: str, command: tuple[str, ...]) -> dict[str, Model]:
    """Return what to train, by its name.

    Raises:
        ConfigError: no command is known, or it is not known for which model.
    """
    import msgspec  # noqa: PLC0415

    from mlgate.cli.identity import named_models  # noqa: PLC0415
    from mlgate.policy.config import Config  # noqa: PLC0415
    from mlgate.policy.judge import rules_of  # noqa: PLC0415
    from mlgate.policy.training import Train  # noqa: PLC0415
    from mlgate.sources.config_file import read_config  # noqa: PLC0415
    from mlgate.sources.worktree import WorkTree  # noqa: PLC0415

    tree = WorkTree(session.workspace, session.repository)
    file = read_config(tree, session.config)
    config = file.config if file else Config()
    names = tuple(named_models(config, model or None))
    if command and len(names) > 1:
        raise ConfigError(
            "a command trains one model, and mlgate.yml has several",
            hint=f"choose it with --model: {', '.join(names)}",
        )
    found = {name: rules_of(config, name) for name in names}
    if command:
        one = found[names[0]]
        given = one.train or Train(command=command[0][:400])
        return {names[0]: msgspec.structs.replace(one, train=given)}
    if tree.stamp("dvc.yaml"):
        found = {name: _with_pipeline(one, alone=len(names) == 1) for name, one in found.items()}
    known = {name: one for name, one in found.items() if one.train and one.train.command}
    if not known or (model and model not in known):
        raise ConfigError(
            "no training command",
            hint="name it as in `mlgate train -- python train.py`, or under `train: command:` in "
            "mlgate.yml",
        )
    return known


def _with_pipeline(model: Model, *, alone: bool) -> Model:
    """Return the model with DVC's command, where it has none of its own and may have one."""
    import msgspec  # noqa: PLC0415

    from mlgate.policy.training import Train  # noqa: PLC0415

    if model.train is None and not alone:
        return model
    wanted = model.train or Train()
    kept = wanted.command or "dvc repro --pull"
    return msgspec.structs.replace(model, train=msgspec.structs.replace(wanted, command=kept))


def _hand_over(session: Session, outputs: dict[str, str]) -> None:
    """Hand outputs to later steps of the job."""
    from mlgate.publish.files import append_outputs  # noqa: PLC0415

    if session.github is not None and session.github.output:
        append_outputs(Path(session.github.output), outputs)
