"""Ray Jobs over HTTP: no Ray on this side.

https://docs.ray.io/en/latest/cluster/running-applications/job-submission/rest.html
"""

from __future__ import annotations

import json
import re
import shlex
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import requests

from mlgate.errors import ConfigError, SourceError
from mlgate.train.remote.drive import mark_of
from mlgate.train.remote.executor import OVER, State, Status
from mlgate.train.remote.package import PROGRAM, pack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.sources.worktree import WorkTree
    from mlgate.train.remote.executor import RemoteJob

_TIMEOUT: Final = (10.0, 120.0)
_TRIES: Final = 5
_MOST_BYTES: Final = 1 << 30
_MOST_AGAIN: Final = 50
_NOT_FOUND, _REFUSED, _SERVER = 404, 400, 500
_LOOPBACK: Final = re.compile(r"localhost|::1|127(\.[0-9]{1,3}){3}")
_STATES: Final[Mapping[str, State]] = {
    "PENDING": "pending",
    "RUNNING": "running",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "STOPPED": "stopped",
}


@dataclass(kw_only=True)
class RayJobs:
    """A Ray cluster's job server.

    Attributes:
        address: Of the dashboard, as in ``https://ray.example.com``.
        tree: The work tree, whose files are sent.
        token: For the header ``Authorization``; empty for none.
        python: What runs our program on the cluster.
        runtime_env: Of the job, beside the working folder: ``pip``, ``env_vars`` and the like.
        resources: What the entry point reserves: ``num_cpus``, ``num_gpus``, ``memory``.
    """

    address: str
    tree: WorkTree
    token: str = field(default="", repr=False)
    python: str = "python"
    runtime_env: Mapping[str, Any] = field(default_factory=dict)
    resources: Mapping[str, float] = field(default_factory=dict)
    name: str = "ray"

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(
                f"train: ray: address: {self.address[:200]!r} is no address of a dashboard",
                hint="it begins with https:// or http://, as in http://127.0.0.1:8265",
            )
        if self.token and parts.scheme == "http" and not _LOOPBACK.fullmatch(parts.hostname):
            raise ConfigError(
                f"train: ray: the token would travel in the open to {parts.hostname}",
                hint="use an https:// address, or a tunnel to 127.0.0.1",
            )
        if not re.fullmatch(r"[\x21-\x7e]*", self.token):
            raise ConfigError("train: ray: the token holds a blank or a character outside ASCII")
        self.address = self.address.rstrip("/")
        self._session = requests.Session()

    def submit(self, job: RemoteJob) -> str:
        """Send the working folder, unless the cluster has it, and start the job or find it.

        A job of that name that goes on or went well is this one. Where it failed or was stopped,
        somebody wants it anew: it gets a number.
        """
        package = pack(self.tree, job.files)
        place = f"/api/packages/gcs/{package.name}"
        if self._ask("GET", place, missing=True) is None:
            self._ask("PUT", place, data=package.content)
        outputs = [o.removeprefix("./") for o in job.outputs if not o.startswith("!")]
        program = [self.python, PROGRAM, mark_of(job.name), job.command, *outputs]
        given = self.runtime_env.get("env_vars")
        variables = {**(given if isinstance(given, dict) else {}), **job.variables}
        wanted = {
            "entrypoint": shlex.join(program),
            "runtime_env": {
                **self.runtime_env,
                "working_dir": f"gcs://{package.name}",
                "env_vars": {str(k): str(v) for k, v in variables.items()},
            },
            "metadata": {"mlgate": job.name},
            **{f"entrypoint_{key}": value for key, value in self.resources.items()},
        }
        for number in range(1, _MOST_AGAIN):
            name = job.name if number == 1 else f"{job.name}-{number}"
            if self._start({**wanted, "submission_id": name}):
                return name
            status = self.status(name)
            if status.state not in OVER or status.state == "succeeded":
                return name
        raise SourceError(f"ray: {job.name} failed {_MOST_AGAIN} times and is not tried again")

    def status(self, handle: str) -> Status:
        """Return how it is."""
        answer = self._ask("GET", f"/api/jobs/{quote(handle)}", missing=True)
        if answer is None:
            raise SourceError(
                f"ray: the cluster does not know the job {handle}",
                hint="was its head started anew, so that it forgot?",
            )
        found = _object(answer)
        state = _STATES.get(str(found.get("status")))
        if state is None:
            raise SourceError(
                f"ray: the job is {str(found.get('status'))[:60]!r}, which is unknown"
            )
        code = found.get("driver_exit_code")
        return Status(
            state, str(found.get("message") or "")[:2000], code if isinstance(code, int) else None
        )

    def logs(self, handle: str, offset: int) -> bytes:
        """Return what it has printed beyond ``offset``; the server always sends all of it."""
        answer = self._ask("GET", f"/api/jobs/{quote(handle)}/logs")
        text = _object(answer or b"{}").get("logs")
        return text.encode("utf-8", "surrogatepass")[offset:] if isinstance(text, str) else b""

    def cancel(self, handle: str) -> bool:
        """Ask it to stop."""
        self._ask("POST", f"/api/jobs/{quote(handle)}/stop", missing=True)
        return True

    def fetch(self, handle: str, job: RemoteJob) -> None:
        """Do nothing: outputs have come with the log."""

    def _start(self, request: Mapping[str, Any]) -> bool:
        """Return whether it was started; false when there is one of that name.

        The server answers 500, not 409, where the name is taken.
        """
        status, body = self._once("POST", "/api/jobs/", json=request, tries=_TRIES)
        if status < _REFUSED:
            return True
        text = body.decode("utf-8", "replace")
        if "already exists" in text:
            return False
        raise SourceError(f"ray: the job was refused with {status}: {_last_line(text)}")

    def _ask(self, method: str, path: str, *, missing: bool = False, **more: Any) -> bytes | None:  # noqa: ANN401
        """Return the body; ``None`` for what does not exist, where that may be."""
        status, body = self._once(method, path, tries=_TRIES, **more)
        if status == _NOT_FOUND and missing:
            return None
        if status >= _REFUSED:
            text = _last_line(body.decode("utf-8", "replace"))
            hint = "is the token right?" if status in {401, 403} else ""
            raise SourceError(f"ray: {path} answered {status}: {text}", hint=hint)
        return body

    def _once(self, method: str, path: str, *, tries: int, **more: Any) -> tuple[int, bytes]:  # noqa: ANN401
        """Send one request, again where the server or the way to it fails.

        All of them may be sent twice: a second submission finds the first.
        """
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        lost = ""
        for attempt in range(tries):
            if attempt:
                time.sleep(min(0.25 * 2**attempt, 4.0))
            try:
                with self._session.request(
                    method,
                    f"{self.address}{path}",
                    headers=headers,
                    timeout=_TIMEOUT,
                    allow_redirects=False,  # the token is for this address
                    stream=True,
                    **more,
                ) as answer:
                    body = answer.raw.read(_MOST_BYTES + 1, decode_content=True)
                    status = answer.status_code
            except (requests.RequestException, OSError) as exc:
                lost = type(exc).__name__
                continue
            if len(body) > _MOST_BYTES:
                raise SourceError(f"ray: {path} answered more than {_MOST_BYTES >> 20} MiB")
            if status < _SERVER or b"already exists" in body:
                return status, body
            lost = f"{status}: {_last_line(body.decode('utf-8', 'replace'))}"
        raise SourceError(
            f"ray: {self.address} does not answer: {lost}",
            hint="is the head up, and may this runner reach it?",
        )


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SourceError(f"ray: the answer is no JSON object: {body[:60]!r}")
    return found


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip(" .")]
    return lines[-1].strip()[:300] if lines else "nothing"
