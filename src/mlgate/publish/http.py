"""A thin layer over ``requests`` that asks GitHub politely and never twice for one comment.

Reads and idempotent writes are repeated when the connection or the server fails. A POST is
repeated only when it provably did not happen; otherwise ``UncertainError`` asks the caller to look.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from io import BufferedReader
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

import requests
from requests.utils import parse_header_links
from urllib3.exceptions import NewConnectionError

from mlgate.errors import PublishError
from mlgate.publish.addresses import joined, origin_of, path_of, uploads_of
from mlgate.publish.patience import TRIES, Clock, backoff_s, limit_s, utc
from mlgate.publish.refusal import UncertainError, message_of, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

API_VERSION: Final = "2022-11-28"
TIMEOUT_S: Final = (10.0, 30.0)
UPLOAD_TIMEOUT_S: Final = (10.0, 600.0)
"""For what a server does with a large file before it answers."""
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
MAX_PAGES: Final = 400

_MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_SERVER_ERROR, _CLIENT_ERROR = 500, 400
_CHUNK: Final = 65_536
_FREE_WRITES: Final = 10
_WRITE_PAUSE_S: Final = 1.0
_HEADERS: Final = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": API_VERSION,
    "User-Agent": "mlgate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; header names are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> object:
        """Return the decoded body."""
        try:
            decoded: object = json.loads(self.body)
        except (ValueError, RecursionError):
            raise PublishError(f"{self.url}: the answer is not JSON") from None
        return decoded

    def object(self) -> dict[str, object]:
        """Return the decoded body, which has to be a JSON object."""
        match self.json():
            case dict() as found:
                return found
            case _:
                raise PublishError(f"{self.url}: the answer is not a JSON object")


@dataclass(frozen=True, slots=True)
class _Lost:
    """No answer; ``sent`` is false when the request provably never left."""

    why: str
    sent: bool


class PlainSession(requests.Session):
    """A session that leaves redirects, and addresses it could not even parse, to us."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Never see one; ``requests`` would look even when told not to follow."""
        return None


@dataclass(slots=True, kw_only=True, eq=False)
class GitHubApi:
    """One server and one token; a context manager that closes its connections.

    ``budget_s`` is what all waiting together may take. ``token`` may be empty.
    """

    base_url: str
    token: str = field(repr=False)
    clock: Clock = field(default_factory=Clock, repr=False)
    budget_s: float = 120.0
    new_session: Callable[[], requests.Session] = field(default=PlainSession, repr=False)
    _session: requests.Session | None = field(default=None, init=False, repr=False)
    _waited_s: float = field(default=0.0, init=False, repr=False)
    _writes: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        # An unfit header value would be quoted in somebody else's exception.
        if not re.fullmatch(r"[\x21-\x7e]*", self.token):
            raise PublishError("the token holds a blank or a character outside ASCII")
        self.base_url = self.base_url.rstrip("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def get(self, path: str) -> Answer:
        """Read; ``path`` starts at the API's root, or is an address the same server gave us."""
        return self.request("GET", path)

    def items(self, path: str, key: str = "") -> Iterator[dict[str, object]]:
        """Yield the objects of all pages; ``key`` is the list's name when it is wrapped."""
        url, seen = path, set[str]()
        while url:
            if url in seen or len(seen) >= MAX_PAGES:
                raise PublishError(f"{self._name(path)}: the pages never end")
            seen.add(url)
            page = self.get(url)
            content = page.object().get(key) if key else page.json()
            if not isinstance(content, list) or not all(isinstance(x, dict) for x in content):
                raise PublishError(f"{self._name(path)}: the answer is not a list of objects")
            yield from content
            url = _next_page(page)

    def request(
        self, method: str, path: str, payload: object = None, *, permission: str = ""
    ) -> Answer:
        """Send until there is a final answer; refusals are ``RefusedError``.

        ``permission`` is the line of YAML that lets a job do this, such as ``checks: write``.
        """
        url, what = self._absolute(path), f"{method} {self._name(path)}"
        failures = refusals = 0
        while True:
            self._pace(method)
            answer = self._follow(method, url, payload)
            if isinstance(answer, _Lost) or answer.status >= _SERVER_ERROR:
                failures += 1
                self.wait(_retry_s(method, what, answer, failures, self.clock.chance()), what)
                continue
            if answer.status < _CLIENT_ERROR:
                return answer
            pause = limit_s(
                answer.status,
                answer.headers,
                message_of(answer.body),
                refusals=refusals,
                now=self.clock.now(),
            )
            if pause is None:
                raise refused(
                    what, answer.status, answer.headers, answer.body, permission=permission
                )
            refusals += 1
            self.wait(pause, f"{what}: rate limit")

    def upload(self, url: str, file: Path, *, permission: str = "") -> Answer:
        """Send a file to the server's host for uploads; never twice by itself.

        Args:
            url: Where to, with a query; it must be on the API's own server, or the host that
                belongs to it.
            file: What to send; it is streamed.
            permission: The line of YAML that lets a job do this.

        Raises:
            PublishError: the address is elsewhere, or the file cannot be read.
            UncertainError: there was no answer; look before trying again.
        """
        what = f"POST {path_of(url)}"
        if origin_of(url) not in {origin_of(self.base_url), uploads_of(self.base_url)}:
            raise PublishError(f"{what}: the address is on another server")
        self._pace("POST")
        try:
            with file.open("rb") as opened:
                answer = self._once("POST", url, opened, timeout=UPLOAD_TIMEOUT_S)
        except OSError as exc:
            raise PublishError(f"{file}: {exc.strerror}") from exc
        if isinstance(answer, _Lost) or answer.status >= _SERVER_ERROR:
            raise UncertainError(f"{what}: it may have been done")
        if answer.status >= _CLIENT_ERROR or answer.status in _REDIRECTS:
            raise refused(what, answer.status, answer.headers, answer.body, permission=permission)
        return answer

    def download(self, path: str) -> Iterator[bytes]:
        """Yield the bytes that an address of the API leads to, in pieces.

        Raises:
            PublishError: there is no such thing, or the way to it leads astray or is cut.
        """
        try:
            yield from self._downloaded(self._absolute(path))
        except requests.RequestException as exc:
            failure = type(exc).__name__  # its text may quote a password
            raise PublishError(f"GET {self._name(path)}: {failure}") from None

    def _downloaded(self, url: str) -> Iterator[bytes]:
        headers = {**_HEADERS, "Accept": "application/octet-stream"}
        for _ in range(_MAX_REDIRECTS + 1):
            with self._session_now().request(
                "GET",
                url,
                headers=headers,
                auth=self._authorise,
                timeout=TIMEOUT_S,
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code not in _REDIRECTS:
                    if response.status_code >= _CLIENT_ERROR:
                        raise PublishError(f"GET {path_of(url)}: {response.status_code}")
                    yield from response.iter_content(_CHUNK)
                    return
                target = joined(url, response.headers.get("location", ""))
            if origin_of(target)[0] not in {"https", origin_of(url)[0]}:
                raise PublishError(f"GET {path_of(url)}: sent on without encryption")
            url = target
        raise PublishError(f"GET {path_of(url)}: sent on too often")

    def wait(self, seconds: float, why: str) -> None:
        """Sleep, as long as the budget lasts."""
        if self._waited_s + seconds > self.budget_s:
            until = utc(self.clock.now() + seconds)
            raise PublishError(
                f"{why}: not before {until}, and we wait {self.budget_s:g} s at most",
                hint="run the job again after that",
            )
        self._waited_s += seconds
        self.clock.sleep(seconds)

    def _pace(self, method: str) -> None:
        if method == "GET":
            return
        self._writes += 1
        if self._writes > _FREE_WRITES:
            self.clock.sleep(_WRITE_PAUSE_S)

    def _follow(self, method: str, url: str, payload: object) -> Answer | _Lost:
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self._once(method, url, payload)
            if isinstance(answer, _Lost) or answer.status not in _REDIRECTS:
                return answer
            target = joined(url, answer.headers.get("location", ""))
            if method != "GET" and origin_of(target) != origin_of(url):
                raise PublishError(f"{method} {path_of(url)}: sent on to another server")
            if origin_of(target)[0] != "https" and origin_of(target)[0] != origin_of(url)[0]:
                raise PublishError(f"{method} {path_of(url)}: sent on without encryption")
            url = target
        raise PublishError(f"{method} {path_of(url)}: sent on too often")

    def _once(
        self, method: str, url: str, payload: object, timeout: tuple[float, float] = TIMEOUT_S
    ) -> Answer | _Lost:
        data, kind = _body(payload)
        headers = _HEADERS if kind is None else {**_HEADERS, "Content-Type": kind}
        try:
            with self._session_now().request(
                method,
                url,
                data=data,
                headers=headers,
                auth=self._authorise,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                lowered = {name.lower(): value for name, value in response.headers.items()}
                body = _bounded(response, path_of(url))
                return Answer(
                    url=path_of(url), status=response.status_code, headers=lowered, body=body
                )
        except requests.RequestException as exc:
            # Its text may quote a proxy's password and its request holds the token: keep neither.
            failure, sent, passing = type(exc).__name__, not _never_left(exc), _may_pass(exc)
        if not passing:
            raise PublishError(f"{method} {path_of(url)}: {failure}")
        return _Lost(failure, sent)

    def _session_now(self) -> requests.Session:
        if self._session is None:
            self._session = self.new_session()
        return self._session

    def _authorise(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token for our own server only; being there at all keeps ``.netrc`` out."""
        request.headers.pop("Authorization", None)
        ours = {origin_of(self.base_url), uploads_of(self.base_url)}
        if self.token and origin_of(request.url or "") in ours:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def _absolute(self, path: str) -> str:
        if path.startswith("/"):
            return self.base_url + path
        if origin_of(path) != origin_of(self.base_url):
            raise PublishError(f"{path_of(path)}: the address is on another server")
        return path

    def _name(self, path: str) -> str:
        return path_of(self._absolute(path)).removeprefix(urlsplit(self.base_url).path)


def _body(payload: object) -> tuple[bytes | BinaryIO | None, str | None]:
    """Return what is sent, and its media type."""
    if payload is None:
        return None, None
    if isinstance(payload, BufferedReader):
        return payload, "application/octet-stream"
    return json.dumps(payload).encode(), "application/json"


def _retry_s(method: str, what: str, answer: Answer | _Lost, failures: int, chance: float) -> float:
    """Return the pause before the next try of something that failed on the way or inside."""
    if isinstance(answer, _Lost):
        why, happened, asked = answer.why, answer.sent, ""
    else:
        why, happened, asked = str(answer.status), True, answer.headers.get("retry-after", "")
    if method == "POST" and happened:
        raise UncertainError(f"{what}: {why}; it may have been done")
    if failures >= TRIES:
        raise PublishError(f"{what}: {why}, {failures} times", hint="see githubstatus.com")
    pause = backoff_s(failures, chance)
    return max(pause, float(asked)) if re.fullmatch(r"[0-9]{1,6}", asked) else pause


def _bounded(response: requests.Response, where: str) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_content(_CHUNK):
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise PublishError(f"{where}: the answer is longer than {MAX_ANSWER_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _next_page(page: Answer) -> str:
    for link in parse_header_links(page.headers.get("link", "")):
        if link.get("rel") == "next":
            return str(link.get("url", ""))
    return ""


def _never_left(exc: requests.RequestException) -> bool:
    if isinstance(exc, requests.ConnectTimeout):
        return True
    reason = getattr(exc.args[0], "reason", None) if exc.args else None
    return isinstance(reason, NewConnectionError)


def _may_pass(exc: requests.RequestException) -> bool:
    passing = (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    )
    return isinstance(exc, passing) and not isinstance(exc, requests.exceptions.SSLError)
