"""Where a model is trained when that is not here: the place, and the job it is given."""

from __future__ import annotations

import shlex
import sys
import time
from typing import TYPE_CHECKING

from mlgate.errors import ConfigError
from mlgate.policy.training import duration
from mlgate.train.remote.commands import UserCommands
from mlgate.train.remote.drive import run_remote
from mlgate.train.remote.executor import RemoteJob, submission_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mlgate.cli.session import Session
    from mlgate.documents.evidence import Training
    from mlgate.policy.training import Train
    from mlgate.sources.worktree import WorkTree
    from mlgate.train.inputs import Inputs
    from mlgate.train.remote.executor import Executor
    from mlgate.train.run import Job

ADDRESS = "MLGATE_RAY_ADDRESS"


def train_elsewhere(
    session: Session,
    wanted: Train,
    job: Job,
    *,
    name: str,
    inputs: Inputs,
    tree: WorkTree,
    outputs: Sequence[str],
    allowed: Callable[[str], bool],
    cache: Path,
    variables: Mapping[str, str],
    anew: str,
    hear: Callable[[bytes, int], str],
) -> Training:
    """Train on the place that is configured, or go on with the training of the same name there.

    Args:
        session: The run of the command line.
        wanted: The configuration of the training.
        job: Command and limits.
        name: The model.
        inputs: What is sent.
        tree: The work tree.
        outputs: Paths and globs of what comes back.
        allowed: Tells of a path whether it may come back.
        cache: Folder that remembers what places call a submission.
        variables: Of the environment there.
        anew: Tells apart what is trained again on purpose; empty for the first time.
        hear: Listens to the log.

    Raises:
        ConfigError: the place is not fully named.
    """
    executor = _executor(session, wanted, tree, cache)
    command = job.command[0] if len(job.command) == 1 else shlex.join(job.command)
    github = session.github
    run = (
        [github.repository, str(github.run_id), str(github.attempt), github.job]
        if github
        else ["local"]
    )
    if anew == "force":
        anew = str(time.time_ns())
    remote = RemoteJob(
        name=submission_name([*run, name], f"{inputs.key} {command} {anew}"),
        command=command,
        folder=session.workspace,
        files=[path for path, stamp in inputs.stamps.items() if stamp],
        outputs=outputs,
        variables=variables,
        timeout=job.timeout,
        grace=job.grace,
        poll=duration(wanted.poll),
    )
    return run_remote(
        executor, remote, tree, sys.stdout.buffer, say=session.say, hear=hear, allowed=allowed
    )


def _executor(session: Session, wanted: Train, tree: WorkTree, cache: Path) -> Executor:
    environ = {k: v for k, v in session.environ.items() if k != "MLGATE_TOKEN"}
    if wanted.executor == "command":
        given = wanted.remote
        if given is None:  # pragma: no cover - the configuration was checked
            raise ConfigError("train: remote: is missing")
        return UserCommands(
            folder=session.workspace,
            environ=environ,
            memory=cache / "submissions",
            submit_by=given.submit,
            status_by=given.status,
            fetch_by=given.fetch,
            logs_by=given.logs or "",
            cancel_by=given.cancel or "",
        )
    from mlgate.policy.training import Ray  # noqa: PLC0415
    from mlgate.train.remote.ray import RayJobs  # noqa: PLC0415  # with requests

    ray = wanted.ray or Ray()
    address = ray.address or environ.get(ADDRESS, "")
    if not address:
        raise ConfigError(
            "train: ray: no address of a cluster",
            hint=f"name it as `train: {{ray: {{address: https://…}}}}`, or in {ADDRESS}",
        )
    token = environ.get(ray.token, "") if ray.token else ""
    if ray.token and not token:
        raise ConfigError(
            f"train: ray: token: the environment variable {ray.token} is empty",
            hint=f"give it to the step: `env: {{{ray.token}: ${{{{ secrets.{ray.token} }}}}}}`",
        )
    return RayJobs(
        address=address,
        tree=tree,
        token=token,
        python=ray.python,
        runtime_env=ray.runtime_env,
        resources={str(key): value for key, value in ray.resources.items()},
    )
