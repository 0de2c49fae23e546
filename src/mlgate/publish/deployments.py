"""Deployments on GitHub, and how they go."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

from mlgate.errors import PublishError
from mlgate.publish.refusal import UncertainError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.publish.http import GitHubApi

PERMISSION: Final = "deployments: write"
MAX_DESCRIPTION: Final = 140
State = Literal["in_progress", "success", "failure", "error", "inactive"]
_TRIES: Final = 3
_LOOKS: Final = (1.0, 2.0, 4.0)


@dataclass(slots=True, kw_only=True)
class GitHubDeployment:
    """One deployment.

    Attributes:
        api: The connection.
        repository: ``owner/name``.
        environment: The environment, as in ``production``.
        protected: Whether users see it.
        log_url: The page of the run.
        page: Address of the environment.
    """

    api: GitHubApi
    repository: str
    environment: str
    protected: bool
    log_url: str = ""
    page: str = ""
    _id: int = field(default=0, init=False)

    def begin(self, ref: str, task: str, payload: Mapping[str, Any], said: str) -> None:
        """Say that ``ref`` is being deployed.

        Args:
            ref: The tag.
            task: What is done, as in ``deploy:iris``.
            payload: What programs should know; its ``run`` tells a lost answer apart.
            said: What people should know.

        Raises:
            PublishError: GitHub refuses.
        """
        wanted = {
            "ref": ref,
            "task": task,
            "environment": self.environment,
            "auto_merge": False,
            "required_contexts": [],
            "payload": dict(payload),
            "description": _short(said),
            "production_environment": self.protected,
        }
        self._id = self._created(wanted)
        self.tell("in_progress", said)

    def tell(self, state: State, said: str) -> None:
        """Say how it goes.

        Raises:
            PublishError: GitHub refuses.
        """
        status: dict[str, Any] = {"state": state, "description": _short(said)}
        if self.log_url:
            status["log_url"] = self.log_url
        if self.page:
            status["environment_url"] = self.page
        path = f"{self._root}/{self._id}/statuses"
        for _ in range(_TRIES):
            try:
                self.api.request("POST", path, status, permission=PERMISSION)
            except UncertainError:
                self.api.wait(_LOOKS[0], "the status of the deployment")
                if self._last_state() == state:
                    return
            else:
                return
        raise PublishError(f"the status of the deployment was not taken, {_TRIES} times")

    def _created(self, wanted: Mapping[str, Any]) -> int:
        for _ in range(_TRIES):
            try:
                made = self.api.request("POST", self._root, wanted, permission=PERMISSION)
            except UncertainError:
                for pause in _LOOKS:
                    self.api.wait(pause, "looking for the deployment")
                    if (found := self._found(wanted)) is not None:
                        return found
            else:
                return _id_of(made.object())
        raise PublishError(f"the deployment: {_TRIES} times the answer was lost")

    def _found(self, wanted: Mapping[str, Any]) -> int | None:
        path = f"{self._root}?environment={quote(self.environment)}&per_page=20"
        for item in islice(self.api.items(path), 100):
            if item.get("payload") == wanted["payload"] and item.get("task") == wanted["task"]:
                return _id_of(item)
        return None

    def _last_state(self) -> str:
        found = next(self.api.items(f"{self._root}/{self._id}/statuses?per_page=1"), {})
        return str(found.get("state") or "")

    @property
    def _root(self) -> str:
        return f"/repos/{self.repository}/deployments"


def _id_of(item: Mapping[str, Any]) -> int:
    match item:
        case {"id": int(number)} if number > 0:
            return number
        case _:
            raise PublishError("the answer is no deployment")


def _short(said: str) -> str:
    line = " ".join(said.split())
    return line if len(line) <= MAX_DESCRIPTION else f"{line[: MAX_DESCRIPTION - 1]}…"
