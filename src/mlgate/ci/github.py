"""The GitHub runner's environment and event as one typed value."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from mlgate.ci.payload import Payload
from mlgate.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}/[A-Za-z0-9_.-]{1,100}")
_SHA: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]*")
_LOOPBACK: Final = re.compile(r"localhost|::1|127(\.[0-9]{1,3}){3}")
_INSIDE: Final = "this command runs inside GitHub Actions"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubRun:
    """Where we run, for which event and for which commits.

    An empty string or ``None`` means that GitHub did not say. ``head_ref`` and other names come
    from whoever opened the pull request: they are bounded and printable, and no more than that.
    """

    repository: str
    repository_id: int | None
    repository_owner_id: int | None
    default_branch: str | None
    api_url: str
    server_url: str
    graphql_url: str
    event: str
    workflow: str
    job: str
    run_id: int
    run_number: int
    attempt: int
    subject: Subject
    tag: str | None
    workspace: str
    step_summary: str
    output: str
    token: str = field(repr=False)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], event_text: str) -> GitHubRun | None:
        """Build from ``environ`` and the event payload; ``None`` when GitHub does not run us."""
        if environ.get("GITHUB_ACTIONS") != "true":
            return None
        payload = Payload.parse(event_text)
        event = _required(environ, "GITHUB_EVENT_NAME")
        return cls(
            repository=_repository(_required(environ, "GITHUB_REPOSITORY"), "GITHUB_REPOSITORY"),
            repository_id=_number(environ, "GITHUB_REPOSITORY_ID"),
            repository_owner_id=_number(environ, "GITHUB_REPOSITORY_OWNER_ID"),
            default_branch=payload.text("repository.default_branch"),
            api_url=_url(environ, "GITHUB_API_URL", "https://api.github.com"),
            server_url=_url(environ, "GITHUB_SERVER_URL", "https://github.com"),
            graphql_url=_url(environ, "GITHUB_GRAPHQL_URL", "https://api.github.com/graphql"),
            event=event,
            workflow=environ.get("GITHUB_WORKFLOW", ""),
            job=environ.get("GITHUB_JOB", ""),
            run_id=_number(environ, "GITHUB_RUN_ID") or _missing("GITHUB_RUN_ID"),
            run_number=_number(environ, "GITHUB_RUN_NUMBER") or 1,
            attempt=_number(environ, "GITHUB_RUN_ATTEMPT") or 1,
            subject=Subject.of(event, payload, environ.get("GITHUB_SHA", "")),
            tag=_tag(environ),
            workspace=environ.get("GITHUB_WORKSPACE", ""),
            step_summary=environ.get("GITHUB_STEP_SUMMARY", ""),
            output=environ.get("GITHUB_OUTPUT", ""),
            token=_token(environ),
        )

    @property
    def run_url(self) -> str:
        """The page of this attempt."""
        run = f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}"
        return run if self.attempt == 1 else f"{run}/attempts/{self.attempt}"

    @property
    def order(self) -> tuple[int, int]:
        """What says which of two runs is newer: run id and attempt of the run that measured.

        Not the run number: that starts at 1 again when a workflow file is renamed.
        """
        source = self.subject.source_run
        return (source.run_id, source.attempt) if source else (self.run_id, self.attempt)

    @property
    def is_pull_request_target(self) -> bool:
        """Whether we hold the base's secrets while the event speaks of somebody's head."""
        return self.event == "pull_request_target"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRun:
    """The run that started this one by ``workflow_run``; everything is from the payload."""

    run_id: int
    attempt: int
    event: str
    head_repository: str | None
    head_repository_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The commits and the pull request that the event is about.

    ``before`` is the branch's commit before a push; ``None`` for a new branch. For
    ``workflow_run`` the pull request is unknown here: it has to be found through the API.
    """

    head_sha: str
    head_ref: str | None = None
    base_sha: str | None = None
    base_ref: str | None = None
    before: str | None = None
    pull_request: int | None = None
    is_fork: bool = False
    locked: bool = False
    closed: bool = False
    source_run: SourceRun | None = None

    @classmethod
    def of(cls, event: str, payload: Payload, github_sha: str) -> Subject:
        """Read the part of ``payload`` that belongs to ``event``."""
        match event:
            case "merge_group":
                return cls(
                    head_sha=_commit(payload, "merge_group.head_sha"),
                    head_ref=_branch(payload, "merge_group.head_ref"),
                    base_sha=_commit(payload, "merge_group.base_sha"),
                    base_ref=_branch(payload, "merge_group.base_ref"),
                )
            case "workflow_run":
                return _source_run(payload)
            case _ if event.startswith("pull_request"):
                return _pull_request(payload)
            case _:
                before = payload.text("before")
                return cls(
                    head_sha=_sha(github_sha, "GITHUB_SHA"),
                    head_ref=_branch(payload, "ref") if event == "push" else None,
                    before=_before(before) if event == "push" else None,
                )


def _pull_request(payload: Payload) -> Subject:
    # Never GITHUB_SHA here: that is the merge commit, which no status is shown for.
    head_repository = payload.number("pull_request.head.repo.id")
    return Subject(
        head_sha=_commit(payload, "pull_request.head.sha"),
        head_ref=payload.text("pull_request.head.ref"),
        base_sha=_commit(payload, "pull_request.base.sha"),
        base_ref=payload.text("pull_request.base.ref"),
        pull_request=payload.number("pull_request.number") or _absent("pull_request.number"),
        # The head's repository is null once a fork is deleted: still a fork.
        is_fork=head_repository is None
        or head_repository != payload.number("pull_request.base.repo.id"),
        locked=payload.flag("pull_request.locked") or False,
        closed=payload.text("pull_request.state") == "closed",
    )


def _source_run(payload: Payload) -> Subject:
    head_repository_id = payload.number("workflow_run.head_repository.id")
    source = SourceRun(
        run_id=payload.number("workflow_run.id") or _absent("workflow_run.id"),
        attempt=payload.number("workflow_run.run_attempt") or 1,
        event=payload.text("workflow_run.event") or "",
        head_repository=payload.text("workflow_run.head_repository.full_name"),
        head_repository_id=head_repository_id,
    )
    return Subject(
        head_sha=_commit(payload, "workflow_run.head_sha"),
        head_ref=payload.text("workflow_run.head_branch"),
        is_fork=head_repository_id is None or head_repository_id != payload.number("repository.id"),
        source_run=source,
    )


def _commit(payload: Payload, path: str) -> str:
    return _sha(payload.text(path) or "", f"event payload: {path}")


def _sha(text: str, where: str) -> str:
    if not _SHA.fullmatch(text):
        raise ConfigError(f"{where} is not a full commit id", hint=_INSIDE)
    return text


def _before(sha: str | None) -> str | None:
    return _sha(sha, "event payload: before") if sha and set(sha) != {"0"} else None


def _branch(payload: Payload, path: str) -> str | None:
    ref = payload.text(path)
    return ref.removeprefix("refs/heads/") if ref and not ref.startswith("refs/tags/") else None


def _absent(path: str) -> int:
    raise ConfigError(f"event payload: {path} is missing", hint="see GITHUB_EVENT_PATH")


def _missing(name: str) -> int:
    raise ConfigError(f"{name} is not set", hint=_INSIDE)


def _required(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or str(_missing(name))


def _number(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text) or not int(text):
        raise ConfigError(f"{name} is not a positive whole number", hint=_INSIDE)
    return int(text)


def _repository(name: str, where: str) -> str:
    if not _REPOSITORY.fullmatch(name) or name.endswith(("/.", "/..")):
        raise ConfigError(f"{where} is not owner/name", hint=_INSIDE)
    return name


def _url(environ: Mapping[str, str], name: str, default: str) -> str:
    text = environ.get(name) or default
    try:
        url = urlsplit(text)
        host = url.hostname or ""
    except ValueError:
        raise ConfigError(f"{name} is not the address of a server", hint=_INSIDE) from None
    if not host or not text.isprintable() or any(c in text for c in "@?#\\ "):
        raise ConfigError(f"{name} is not the address of a server", hint=_INSIDE)
    if url.scheme != "https" and not (url.scheme == "http" and _LOOPBACK.fullmatch(host)):
        raise ConfigError(f"{name} must start with https://", hint="a token would go unencrypted")
    return text.rstrip("/")


def _tag(environ: Mapping[str, str]) -> str | None:
    ref = environ.get("GITHUB_REF", "")
    return ref.removeprefix("refs/tags/") if ref.startswith("refs/tags/") else None


def _token(environ: Mapping[str, str]) -> str:
    token = (environ.get("MLGATE_TOKEN") or environ.get("GITHUB_TOKEN") or "").strip()
    if not _TOKEN.fullmatch(token):
        raise ConfigError("the token holds a blank or a character outside ASCII")
    return token
