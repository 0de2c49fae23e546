"""What goes over the wire, free of sockets: requests, answers, refusals in GitHub's shape."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = dict[str, Any]
DOCS = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; ``path`` is decoded and without the ``/api/v3`` prefix, ``body`` is JSON.

    ``raw`` is a body that is none.
    """

    method: str
    path: str
    base_url: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: object = None
    raw: bytes = field(default=b"", repr=False)

    @property
    def secret(self) -> str:
        """The token, or an empty string when nobody is logged in."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if scheme.lower() in {"bearer", "token"} else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer; ``raw`` replaces the JSON body where GitHub does not speak JSON."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    def content(self) -> bytes:
        """Return the bytes of the body; no body at all for 204 and 304."""
        if self.raw is not None:
            return self.raw
        return b"" if self.body is None else json.dumps(self.body).encode()


class RefusalError(Exception):
    """GitHub says no: carries the answer that says so."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


def refuse(
    status: int,
    message: str,
    *,
    errors: list[Json] | None = None,
    headers: Mapping[str, str] | None = None,
) -> RefusalError:
    """Return the refusal GitHub would send."""
    body: Json = {"message": message, "documentation_url": DOCS, "status": str(status)}
    if errors:
        body["errors"] = errors
    return RefusalError(Answer(status=status, body=body, headers=headers or {}))


def not_found() -> RefusalError:
    """Return the 404 that also hides what the token may not see."""
    return refuse(404, "Not Found")


def unprocessable(resource: str, field_name: str, message: str) -> RefusalError:
    """Return a 422 "Validation Failed" with one error."""
    error = {
        "resource": resource,
        "code": "unprocessable",
        "field": field_name,
        "message": message,
    }
    return refuse(422, "Validation Failed", errors=[error])
