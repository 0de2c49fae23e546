"""What a forge's no means, in words that say what to change."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from mlgate.ci.commands import log_safe
from mlgate.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_MESSAGE: Final = 300
_ACCEPTED: Final = re.compile(r"([a-z_]{1,40})=(read|write|admin)")
_READ_ONLY_FORK: Final = (
    "on a pull request from a fork the token can only read: report from a workflow_run workflow"
)
_UNAUTHENTICATED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404


class RefusedError(PublishError):
    """The forge understood and said no; asking again would not help."""

    def __init__(self, what: str, *, status: int, message: str, hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.status = status
        self.message = message

    @property
    def locked(self) -> bool:
        """Whether the conversation is locked."""
        return self.status in {403, 410, 422} and "locked" in self.message.lower()


class UncertainError(PublishError):
    """It may have happened or not: look before asking again."""


def refused(
    request: str, status: int, headers: Mapping[str, str], body: bytes, *, permission: str
) -> RefusedError:
    """Return the error for an answer; ``request`` names it, ``permission`` is what it needs."""
    message = message_of(body)
    hint = ""
    match status:
        case 401:
            hint = "the token is wrong or has expired; GITHUB_TOKEN lives as long as its job"
        case 403 if "not accessible" in message.lower() or "must have" in message.lower():
            hint = f"{permission_lines(permission, _accepted(headers))}\n{_READ_ONLY_FORK}"
        case 404 if permission:
            hint = (
                f"it does not exist or the token may not see it; give the job\n{_yaml(permission)}"
            )
        case _:
            pass
    what = f"{request}: {status} {message}".rstrip()
    return RefusedError(what, status=status, message=message, hint=hint)


def message_of(body: bytes) -> str:
    """Return the forge's own words, short and safe to print; empty when there are none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    match answer:
        case {"message": str(message), "errors": [{"message": str(detail)}, *_]}:
            return log_safe(f"{message}: {detail}"[:_MAX_MESSAGE])
        case {"message": str(message)}:
            return log_safe(message[:_MAX_MESSAGE])
        case _:
            return ""


def permission_lines(permission: str, accepted: str) -> str:
    """Return the lines to add to the job, from what we know and what the forge told us.

    >>> print(permission_lines("", "issues=write; pull_requests=write"))
    give the job
        permissions:
          issues: write
    """
    sets = [_ACCEPTED.findall(each) for each in accepted.split(";")]
    told = [
        [f"{scope.replace('_', '-')}: {level}" for scope, level in each] for each in sets if each
    ]
    scope = permission.partition(":")[0]
    ours = [each for each in told if any(line.startswith(f"{scope}:") for line in each)]
    lines = ours[0] if ours else [permission] if permission else told[0] if told else []
    if not lines:
        return "the token may not do this"
    return "give the job\n" + _yaml(*lines)


def _yaml(*lines: str) -> str:
    return "\n".join(["    permissions:", *(f"      {line}" for line in lines)])


def _accepted(headers: Mapping[str, str]) -> str:
    return headers.get("x-accepted-github-permissions", "")[:1000]
