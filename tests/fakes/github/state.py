"""Everything the stand-in remembers. Plain data: tests read it and change it at will."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable  # noqa: TC003 - ``persist`` resolves the annotations
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fakes.github.rates import Rates
from fakes.github.wire import Json  # noqa: TC001

GITHUB_ACTIONS = "github-actions[bot]"


@dataclass(slots=True, kw_only=True)
class Token:
    """Who a secret speaks for and what it may do; ``fork`` caps every permission at read.

    ``installation`` is true for ``GITHUB_TOKEN`` and false for a person's token, which may ask
    ``GET /user`` but may not create check runs.
    """

    login: str = GITHUB_ACTIONS
    permissions: dict[str, str] = field(default_factory=dict)
    fork: bool = False
    installation: bool = True

    def level(self, permission: str) -> str:
        """Return ``none``, ``read`` or ``write``."""
        same = {name.replace("-", "_"): level for name, level in self.permissions.items()}
        level = same.get(permission, "read" if permission == "metadata" else "none")
        return "read" if self.fork and level == "write" else level


@dataclass(slots=True, kw_only=True)
class Comment:
    """A comment on an issue or pull request."""

    id: int
    number: int
    author: str
    body: str
    created_at: str
    updated_at: str


@dataclass(slots=True, kw_only=True)
class CheckRun:
    """A check run; ``output`` holds title, summary and text."""

    id: int
    name: str
    head_sha: str
    app: str = "github-actions"
    status: str = "queued"
    conclusion: str | None = None
    started_at: str | None = None
    completed_at: str | None = None
    details_url: str | None = None
    external_id: str = ""
    output: Json = field(default_factory=dict)
    annotations: list[Json] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Status:
    """A commit status, the older sibling of a check run."""

    id: int
    sha: str
    state: str
    context: str
    creator: str
    created_at: str
    description: str | None = None
    target_url: str | None = None


@dataclass(slots=True, kw_only=True)
class Commit:
    """A commit known to the state alone; an attached git repository knows its own."""

    sha: str
    parents: list[str] = field(default_factory=list)
    message: str = "a commit"
    date: str = "2026-01-01T00:00:00Z"


@dataclass(slots=True, kw_only=True)
class Issue:
    """An issue, or the issue side of a pull request."""

    number: int
    title: str = "An issue"
    author: str = "ada"
    state: str = "open"
    locked: bool = False


@dataclass(slots=True, kw_only=True)
class Pull(Issue):
    """A pull request; an empty ``head_sha`` or ``base_sha`` follows its branch."""

    title: str = "Better model"
    head_ref: str = "better"
    head_sha: str = ""
    base_ref: str = "main"
    base_sha: str = ""
    merge_commit_sha: str | None = None
    merged_at: str | None = None
    labels: list[str] = field(default_factory=list)
    fork_owner: str = ""
    """Owner of the fork the head lives in; empty when it lives in the repository itself."""


@dataclass(slots=True, kw_only=True)
class Artifact:
    """A workflow artifact; ``content`` is the zip as hex so that state stays JSON."""

    id: int
    run_id: int
    name: str
    content: str = field(default="", repr=False)
    expired: bool = False
    created_at: str = "2026-01-01T00:00:00Z"


@dataclass(slots=True, kw_only=True)
class Run:
    """A workflow run."""

    id: int
    head_sha: str
    event: str = "pull_request"
    name: str = "model"
    head_branch: str = "better"
    status: str = "completed"
    conclusion: str | None = "success"
    fork_owner: str = ""


@dataclass(slots=True, kw_only=True)
class Asset:
    """A file of a release; ``content`` is its bytes as hex, empty for a large one."""

    id: int
    name: str
    size: int
    digest: str
    uploader: str
    created_at: str
    content: str = field(default="", repr=False)
    content_type: str = "application/octet-stream"
    state: str = "uploaded"


@dataclass(slots=True, kw_only=True)
class Release:
    """A release, which is a draft until it is published."""

    id: int
    tag_name: str
    author: str
    created_at: str
    name: str | None = None
    body: str | None = None
    draft: bool = False
    prerelease: bool = False
    immutable: bool = False
    make_latest: str = "true"
    published_at: str | None = None
    assets: list[Asset] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class DeploymentStatus:
    """How a deployment was at one time."""

    id: int
    state: str
    creator: str
    created_at: str
    environment: str = ""
    description: str = ""
    environment_url: str = ""
    log_url: str = ""


@dataclass(slots=True, kw_only=True)
class Deployment:
    """That somebody means to deploy a ref; ``payload`` is any JSON."""

    id: int
    sha: str
    ref: str
    creator: str
    created_at: str
    updated_at: str
    task: str = "deploy"
    environment: str = "production"
    payload: Json | str = ""
    description: str | None = None
    production_environment: bool | None = None
    statuses: list[DeploymentStatus] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Repository:
    """One repository with everything in it; ``git`` is the path of a real one, if attached."""

    owner: str
    name: str
    id: int
    private: bool = False
    default_branch: str = "main"
    git: str = ""
    required_checks: list[str] = field(default_factory=list)
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    check_runs: list[CheckRun] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    immutable_releases: bool = False
    """Whether a release that is published can no longer be changed."""

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner}/{self.name}"

    def numbered(self, number: int) -> Issue | None:
        """Return the issue or pull request with this number."""
        return self.pulls.get(number) or self.issues.get(number)


@dataclass(slots=True, kw_only=True)
class World:
    """The whole of this GitHub."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    server_url: str = "https://github.com"
    commit_pulls_sees_forks: bool = True
    """Whether ``commits/{sha}/pulls`` finds pull requests whose head is in a fork."""
    tells_digests: bool = True
    """Whether assets tell their digest, as older servers do not."""
    last_id: int = 1000
    rates: Rates = field(default_factory=Rates)
    clock: Callable[[], float] = time.time
    hidden: dict[int, int] = field(default_factory=dict)
    """For how many more lists a fresh object stays out of sight, by its id."""

    def new_id(self) -> int:
        """Return an id nobody has."""
        self.last_id += 1
        return self.last_id

    def now(self) -> str:
        """Return the time as GitHub writes it."""
        return datetime.fromtimestamp(self.clock(), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def repository(self, full_name: str) -> Repository | None:
        """Return a repository; upper and lower case are the same to GitHub."""
        return self.repositories.get(full_name.lower())

    def add_repository(self, owner: str, name: str, *, private: bool = False) -> Repository:
        """Create an empty repository."""
        made = Repository(owner=owner, name=name, id=self.new_id(), private=private)
        self.repositories[made.full_name.lower()] = made
        return made

    def listed(self, objects: list[Comment] | list[CheckRun] | list[Release]) -> set[int]:
        """Return the ids a list shows now, and let lagging ones come one list closer."""
        shown = {each.id for each in objects if not self.hidden.get(each.id)}
        for each in objects:
            if self.hidden.get(each.id):
                self.hidden[each.id] -= 1
        return shown


def sha_of(text: str) -> str:
    """Return 40 hex digits that stand for ``text``."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
