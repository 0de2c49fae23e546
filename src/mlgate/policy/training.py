"""How a model is trained, as the configuration says it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

import msgspec

from mlgate.policy.section import PathPattern, Pattern, Section

Command = Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
_PART: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(d|h|min|ms|m|s)")
_SECONDS: Final = {"d": 86_400.0, "h": 3600.0, "min": 60.0, "m": 60.0, "s": 1.0, "ms": 0.001}


class Ray(Section, frozen=True, kw_only=True):
    """A Ray cluster that trains, by its job server.

    Attributes:
        address: Of its dashboard, as in `https://ray.example.com`; left out, the environment
            variable `MLGATE_RAY_ADDRESS`.
        token: Name of the environment variable that holds the token for its header
            `Authorization`.
        python: What runs our program there, beside the command: Python 3.6 or later.
        runtime_env: The runtime environment of the job, as Ray reads it: `{pip: [scikit-learn]}`.
        resources: What the entry point reserves: `num_cpus`, `num_gpus`, `memory` in bytes.
    """

    address: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    token: Annotated[str, msgspec.Meta(pattern="^[A-Za-z_][A-Za-z0-9_]{0,200}$")] | None = None
    python: Pattern = "python"
    runtime_env: dict[str, Any] = msgspec.field(default_factory=dict)
    resources: dict[Literal["num_cpus", "num_gpus", "memory"], float] = msgspec.field(
        default_factory=dict
    )


class Remote(Section, frozen=True, kw_only=True):
    """Any other place that trains, by commands of your own.

    Each is for a shell in the workspace, and finds `MLGATE_SUBMISSION`, `MLGATE_COMMAND` and, once
    it is known, `MLGATE_JOB` in its environment.

    Attributes:
        submit: Starts the training; the last line it prints names the job.
        status: Prints how the job is; its last line begins with a word like `RUNNING` or `FAILED`,
            and may go on with the exit code.
        fetch: Brings the outputs into the workspace.
        logs: Prints the log so far.
        cancel: Stops the job.
    """

    submit: Command
    status: Command
    fetch: Command
    logs: Command | None = None
    cancel: Command | None = None


class Train(Section, frozen=True, kw_only=True):
    """How `mlgate train` makes the model.

    Attributes:
        command: What trains and writes the metrics; several lines stop at the first that fails.
            Left out in a project with dvc.yaml, `dvc repro --pull`.
        timeout: How long it may take, as in `90 min` or `2h 30m`; left out, as long as the job.
        grace: How long it has to save what it needs once it is asked to stop.
        inputs: Files that decide what comes out: paths, folders or globs, `!` before what does
            not count. With them, a training of the same inputs, command, environment and
            parameters is restored instead of run again.
        outputs: Files that it writes, beside metrics, predictions and artifacts named above.
        variables: Names of environment variables that decide what comes out, as in `[SEED]`.
        checkpoint: Files that it saves when it is asked to stop, and goes on from.
        undeclared: What files outside `inputs`, and hosts that are asked over the network, come to
            when a Python reads them: the checks `training.inputs` and `training.network` warn,
            fail (`error`), or are not made (`off`).
        reproduce: Whether to train twice and compare, the check `training.reproducible`: on every
            training, or weekly, on runs of a schedule and where the last time is a week ago.
        tolerance: How far metrics of the two may be apart, relative to the first.
        stop_on_nan: Whether to end training as soon as its log tells of a loss that is NaN or
            infinite.
        executor: Where it runs: `local`, on a `ray` cluster, or by a `command` of your own.
        ray: The cluster.
        remote: The commands.
        poll: How often another machine is asked.
    """

    command: Command | None = None
    timeout: str | float | None = None
    grace: str | float = "30 s"
    inputs: tuple[PathPattern, ...] = ()
    outputs: tuple[PathPattern, ...] = ()
    variables: tuple[Pattern, ...] = ()
    checkpoint: tuple[PathPattern, ...] = ()
    undeclared: Literal["error", "warn", "off"] = "warn"
    reproduce: bool | Literal["weekly"] = False
    tolerance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1e-6
    stop_on_nan: bool = False
    executor: Literal["local", "ray", "command"] = "local"
    ray: Ray | None = None
    remote: Remote | None = None
    poll: str | float = "1 s"

    def __post_init__(self) -> None:
        for given in (self.timeout, self.grace, self.poll):
            if given is not None:
                duration(given)
        if self.executor == "command" and self.remote is None:
            raise ValueError("`executor: command` needs `remote: {submit: …, status: …, fetch: …}`")
        if self.executor != "local" and not self.inputs:
            raise ValueError(
                f"`executor: {self.executor}` needs `inputs`: they are what it is sent"
            )
        if self.executor != "local" and self.checkpoint:
            raise ValueError("`checkpoint` is of `executor: local`: other places keep their own")
        named = {
            "outputs": self.outputs,
            "variables": self.variables,
            "checkpoint": self.checkpoint,
            "reproduce": self.reproduce,
        }
        for key, value in named.items():
            if value and not self.inputs:
                raise ValueError(f"`{key}` needs `inputs`: they are what a training is known by")


def duration(given: str | float) -> float:
    """Return seconds.

    >>> duration("2h 30m"), duration("90 s"), duration(1.5)
    (9000.0, 90.0, 1.5)

    Raises:
        ValueError: it is no duration above zero.
    """
    found: float | None = None
    if not isinstance(given, str):
        found = float(given)
    else:
        parts = _PART.findall(given)
        if parts and not _PART.sub("", given).strip():
            found = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if found is None or not 0 < found < 10**9:
        raise ValueError(f"{given!r} is no duration, as in `90 s`, `45 min` or `2h 30m`")
    return found
