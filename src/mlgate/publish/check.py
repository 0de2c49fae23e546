"""A check run on the head commit: opened before the work, always closed after it.

It is the face of the job, never the gate: its conclusion is success or failure, for GitHub lets
``neutral`` and ``skipped`` satisfy a required check.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Self

from mlgate.errors import ConfigError, MlgateError, PublishError
from mlgate.publish.base import Action, Published
from mlgate.publish.refusal import UncertainError

if TYPE_CHECKING:
    from types import TracebackType

    from mlgate.publish.http import GitHubApi

MAX_NAME_BYTES: Final = 255
MAX_TEXT_CHARS: Final = 65_535
CHUNK: Final = 50
PERMISSION: Final = "checks: write"

_MAX_TITLE: Final = 255
_MAX_ANNOTATION: Final = 16_000
_CUT: Final = "\n\n… cut here; the full report is in the job summary."
_POSTS: Final = 3
_LOOK_AGAIN_S: Final = (1.0, 2.0, 4.0)
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff\ud800-\udfff\0]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A remark on lines of a file in the repository."""

    path: str
    start_line: int
    end_line: int
    level: Literal["notice", "warning", "failure"]
    message: str
    title: str = ""

    def to_json(self) -> dict[str, object]:
        """Return what the API takes; it refuses characters above U+FFFF in annotations."""
        first = max(1, self.start_line)
        shown = {
            "path": _plane_0(self.path),
            "start_line": first,
            "end_line": max(first, self.end_line),
            "annotation_level": self.level,
            "message": _plane_0(self.message)[:_MAX_ANNOTATION] or "(no message)",
        }
        return shown | ({"title": _plane_0(self.title)[:_MAX_TITLE]} if self.title else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """How the work ended; texts that are too long are cut, for a check must be closed."""

    conclusion: Literal["success", "failure"]
    title: str
    summary: str
    text: str = ""
    annotations: tuple[Annotation, ...] = ()

    def output(self) -> dict[str, object]:
        """Return the API's ``output`` without annotations."""
        shown: dict[str, object] = {
            "title": _sendable(self.title)[:_MAX_TITLE] or self.conclusion,
            "summary": _cut(_sendable(self.summary)),
        }
        return shown | ({"text": _cut(_sendable(self.text))} if self.text else {})


@dataclass(slots=True, kw_only=True, eq=False)
class CheckRun:
    """One check run; as a context manager it is completed however the block ends.

    ``name`` is what branch protection shows and must not change from run to run; ``external_id``
    names this run and attempt, so that a lost answer does not open a second check.
    """

    api: GitHubApi
    repository: str
    name: str
    head_sha: str
    external_id: str
    details_url: str = ""
    _id: int = field(default=0, init=False)
    _url: str = field(default="", init=False)
    _completed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        size = len(self.name.encode("utf-8", "replace"))
        if not 0 < size <= MAX_NAME_BYTES or not self.name.isprintable():
            raise ConfigError(
                f"check name: 1 to {MAX_NAME_BYTES} printable bytes, not {size}",
                hint="choose a short name that stays the same",
            )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._completed or not self._id:
            return
        with suppress(PublishError):  # what went wrong before matters more
            self.complete(_crash(error))

    def start(self) -> Published:
        """Open the check as in progress."""
        payload: dict[str, object] = {
            "name": self.name,
            "head_sha": self.head_sha,
            "status": "in_progress",
            "external_id": self.external_id,
        }
        if self.details_url:
            payload["details_url"] = self.details_url
        self._adopt(self._create(payload))
        return Published(action=Action.CREATED, url=self._url)

    def complete(self, report: CheckReport) -> Published:
        """Close the check with its verdict first, then add the annotations that did not fit."""
        if not self._id:
            self.start()
        starts = range(0, max(1, len(report.annotations)), CHUNK)
        payload: dict[str, object] = {"status": "completed", "conclusion": report.conclusion}
        for start in starts:
            chunk = report.annotations[start : start + CHUNK]
            annotations = [each.to_json() for each in chunk]
            output = report.output() | ({"annotations": annotations} if annotations else {})
            self.api.request(
                "PATCH", self._place(), payload | {"output": output}, permission=PERMISSION
            )
            self._completed = True
            payload = {}
        return Published(action=Action.UPDATED, url=self._url)

    def _create(self, payload: dict[str, object]) -> dict[str, object]:
        path = f"/repos/{self.repository}/check-runs"
        for _ in range(_POSTS):
            with suppress(UncertainError):
                return self.api.request("POST", path, payload, permission=PERMISSION).object()
            for pause in _LOOK_AGAIN_S:
                self.api.wait(pause, f"looking for check {self.name}")
                if (found := self._find()) is not None:
                    return found
        raise PublishError(f"check {self.name}: {_POSTS} times the answer was lost")

    def _find(self) -> dict[str, object] | None:
        path = (
            f"/repos/{self.repository}/commits/{self.head_sha}/check-runs?per_page=100&filter=all"
        )
        for item in self.api.items(path, key="check_runs"):
            if item.get("external_id") == self.external_id and item.get("name") == self.name:
                return item
        return None

    def _adopt(self, item: dict[str, object]) -> None:
        match item:
            case {"id": int(number)} if number > 0:
                self._id, self._url = number, str(item.get("html_url") or "")
            case _:
                raise PublishError(f"check {self.name}: the answer has no id")

    def _place(self) -> str:
        return f"/repos/{self.repository}/check-runs/{self._id}"


def _crash(error: BaseException | None) -> CheckReport:
    # Never the text of an unforeseen exception: it may quote anything.
    what = error.what if isinstance(error, MlgateError) else type(error).__name__
    reason = "mlgate ended without a verdict." if error is None else f"mlgate stopped: {what}"
    summary = f"{_inert(reason)}\n\nNo verdict was reached; that is not a yes. See the job's log."
    return CheckReport(conclusion="failure", title="no verdict", summary=summary)


def _inert(text: str) -> str:
    return "`" + " ".join(text.replace("`", "'").split())[:1000] + "`"


def _cut(text: str) -> str:
    if len(text) <= MAX_TEXT_CHARS:
        return text or " "
    return text[: MAX_TEXT_CHARS - len(_CUT)] + _CUT


def _sendable(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _plane_0(text: str) -> str:
    return _ASTRAL.sub("\ufffd", text)
