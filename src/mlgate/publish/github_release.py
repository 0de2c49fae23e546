"""A GitHub release: a draft first, then all files, then their digests, and published once.

People and webhooks see a release the moment it stops being a draft; with immutable releases nothing
can be added after that. A run that died leaves a draft, which the next one goes on with.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from mlgate.errors import PublishError
from mlgate.publish.refusal import RefusedError, UncertainError
from mlgate.publish.registry import Receipt, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlgate.publish.http import GitHubApi
    from mlgate.publish.registry import Bundle

PERMISSION: Final = "contents: write"
MAX_ASSET: Final = 2 * 2**30 - 1
"""Bytes; GitHub wants every asset to be smaller than 2 GiB."""
MAX_ASSETS: Final = 1000
_TRIES: Final = 4
_LOOKS: Final = (1.0, 2.0, 4.0)
_NOT_FOUND, _UNPROCESSABLE = 404, 422
_MARK: Final = re.compile(r"<!-- mlgate-release: ([0-9a-f]{40,64}) -->")


@dataclass(frozen=True, slots=True)
class _Asset:
    """A file that GitHub has; ``digest`` is empty where it does not tell one."""

    id: int
    name: str
    size: int
    digest: str
    whole: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """A release that GitHub has."""

    id: int
    draft: bool
    url: str
    upload_url: str
    ours: bool


@dataclass(slots=True, kw_only=True)
class GitHubRelease:
    """Publisher of releases on GitHub.

    Attributes:
        api: The connection.
        repository: ``owner/name``.
        confirm: Is called right before the release is made public; raises where it must not be.
    """

    api: GitHubApi
    repository: str
    confirm: Callable[[], None] = lambda: None
    where: str = field(default="GitHub release", init=False)

    def look(self, bundle: Bundle) -> Standing:
        """Say what is there now; changes nothing."""
        found = self._find(bundle.tag)
        if found is None:
            return Standing(state="absent", digests={})
        digests = {asset.name: self._digest(asset) for asset in self._assets(found)}
        return Standing(state="begun" if found.draft else "there", digests=digests, url=found.url)

    def publish(self, bundle: Bundle) -> Receipt:
        """Publish; the same release twice is no error, other bytes are."""
        _refuse_unfit(bundle)
        found = self._find(bundle.tag)
        if found is not None and not found.draft:
            self._refuse_other(bundle, found)
            return Receipt(where=self.where, outcome="there", url=found.url)
        if found is not None and not found.ours:
            raise PublishError(
                f"there is a draft for {bundle.tag} that somebody else has begun",
                hint="delete it on the page of releases; its text can be added afterwards",
            )
        draft = self._begin(bundle) if found is None else found
        self._fill(bundle, draft)
        self._read_back(bundle, draft)
        self.confirm()
        done = self._release(self._show(bundle, draft))
        return Receipt(where=self.where, outcome="published", url=done.url)

    def _find(self, tag: str) -> _Found | None:
        """Return the release of a tag: the public one, else our draft, else any draft."""
        try:
            path = f"{self._root}/releases/tags/{quote(tag, safe='')}"
            return self._release(self.api.get(path).object())
        except RefusedError as exc:
            if exc.status != _NOT_FOUND:
                raise
        drafts = [
            self._release(item)
            for item in self.api.items(f"{self._root}/releases?per_page=100")
            if item.get("tag_name") == tag and item.get("draft") is True
        ]
        return next((one for one in drafts if one.ours), drafts[0] if drafts else None)

    def _begin(self, bundle: Bundle) -> _Found:
        payload = {
            "tag_name": bundle.tag,
            "name": f"{bundle.name} {bundle.version}",
            "body": _body(bundle),
            "draft": True,
            "prerelease": bundle.prerelease,
        }
        for _ in range(_TRIES):
            try:
                made = self.api.request(
                    "POST", f"{self._root}/releases", payload, permission=PERMISSION
                )
                return self._release(made.object())
            except UncertainError:
                for pause in _LOOKS:
                    self.api.wait(pause, f"looking for the draft of {bundle.tag}")
                    if (found := self._find(bundle.tag)) is not None:
                        return found
        raise PublishError(f"the release of {bundle.tag}: {_TRIES} times the answer was lost")

    def _fill(self, bundle: Bundle, draft: _Found) -> None:
        """Upload what is not there; what is there and other, or half, is replaced."""
        there = {asset.name: asset for asset in self._assets(draft)}
        for name, asset in list(there.items()):
            if not asset.whole or self._digest(asset) != bundle.digests.get(name):
                self._delete(asset)
                del there[name]
        for name in sorted(bundle.digests.keys() - there.keys()):
            self._upload(bundle, draft, name)

    def _upload(self, bundle: Bundle, draft: _Found, name: str) -> None:
        url = f"{draft.upload_url}?name={quote(name, safe='')}"
        for _ in range(_TRIES):
            try:
                self.api.upload(url, bundle.folder / name, permission=PERMISSION)
            except UncertainError:
                self.api.wait(_LOOKS[0], f"uploading {name}")
            except RefusedError as exc:
                if exc.status != _UNPROCESSABLE:
                    raise
            else:
                return
            here = [asset for asset in self._assets(draft) if asset.name == name]
            if here and here[0].whole and self._digest(here[0]) == bundle.digests[name]:
                return
            for asset in here:
                self._delete(asset)
        raise PublishError(
            f"{name} was not uploaded, {_TRIES} times", hint="run it again: it goes on from here"
        )

    def _read_back(self, bundle: Bundle, draft: _Found) -> None:
        """Make sure that GitHub holds exactly these bytes under these names."""
        there = {asset.name: self._digest(asset) for asset in self._assets(draft)}
        if there != dict(bundle.digests):
            wrong = sorted(
                name
                for name in there.keys() | bundle.digests.keys()
                if there.get(name) != bundle.digests.get(name)
            )
            raise PublishError(
                f"GitHub does not hold what was uploaded: {', '.join(wrong)[:500]}",
                hint="run it again; the release is still a draft",
            )

    def _show(self, bundle: Bundle, draft: _Found) -> dict[str, Any]:
        latest = bundle.newest and not bundle.prerelease
        payload = {
            "draft": False,
            "make_latest": "true" if latest else "false",
            "body": _body(bundle),  # that of a draft may be of an earlier run
        }
        path = f"{self._root}/releases/{draft.id}"
        return self.api.request("PATCH", path, payload, permission=PERMISSION).object()

    def _refuse_other(self, bundle: Bundle, found: _Found) -> None:
        there = {asset.name: self._digest(asset) for asset in self._assets(found)}
        for name, digest in bundle.models.items():
            if there.get(name) != digest:
                held = there.get(name, "nothing")
                raise PublishError(
                    f"{bundle.tag} is published with other bytes: {name} is {held[:26]} there, and "
                    f"{digest[:26]} here",
                    hint="a version does not change: register a new one",
                )

    def _assets(self, found: _Found) -> list[_Asset]:
        path = f"{self._root}/releases/{found.id}/assets?per_page=100"
        return [_asset(item) for item in self.api.items(path)]

    def _digest(self, asset: _Asset) -> str:
        """Return the digest of an asset; it is downloaded where GitHub does not tell it."""
        if asset.digest or not asset.whole:
            return asset.digest
        sha256 = hashlib.sha256()
        for chunk in self.api.download(f"{self._root}/releases/assets/{asset.id}"):
            sha256.update(chunk)
        return f"sha256:{sha256.hexdigest()}"

    def _delete(self, asset: _Asset) -> None:
        path = f"{self._root}/releases/assets/{asset.id}"
        try:
            self.api.request("DELETE", path, permission=PERMISSION)
        except RefusedError as exc:
            if exc.status != _NOT_FOUND:
                raise

    def _release(self, item: Mapping[str, Any]) -> _Found:
        match item:
            case {"id": int(number), "draft": bool(draft), "upload_url": str(upload)}:
                body, url = str(item.get("body") or ""), str(item.get("html_url") or "")
                ours = _MARK.search(body) is not None
                return _Found(number, draft, url, upload.partition("{")[0], ours)
            case _:
                raise PublishError("the answer is no release")

    @property
    def _root(self) -> str:
        return f"/repos/{self.repository}"


def _asset(item: Mapping[str, Any]) -> _Asset:
    match item:
        case {"id": int(number), "name": str(name), "size": int(size), "state": str(state)}:
            digest = item.get("digest")
            told = digest if isinstance(digest, str) else ""
            return _Asset(number, name, size, told, state == "uploaded")
        case _:
            raise PublishError("the answer is no asset of a release")


def _body(bundle: Bundle) -> str:
    return f"{bundle.notes.rstrip()}\n\n<!-- mlgate-release: {bundle.commit} -->\n"


def _refuse_unfit(bundle: Bundle) -> None:
    folders = sorted(bundle.models.keys() - bundle.digests.keys())
    if folders:
        raise PublishError(
            f"{folders[0]} is a folder, and a release on GitHub has files only",
            hint="name its files under `artifacts:`, or publish it by commands of your own",
        )
    if len(bundle.digests) > MAX_ASSETS:
        raise PublishError(f"a release on GitHub has at most {MAX_ASSETS} files")
    for name in bundle.digests:
        size = (bundle.folder / name).stat().st_size
        if not 0 < size <= MAX_ASSET:
            raise PublishError(
                f"{name} has {size} bytes: GitHub takes 1 to {MAX_ASSET} in a release",
                hint="keep large models elsewhere: `release: {github: false, publish: […]}`",
            )


def asset_of(api: GitHubApi, repository: str, tag: str, name: str) -> Iterator[bytes] | None:
    """Return the bytes of a file of a published release, ``None`` where there is none.

    Raises:
        PublishError: GitHub does not answer.
    """
    root = f"/repos/{repository}/releases"
    try:
        found = api.get(f"{root}/tags/{quote(tag, safe='')}").object()
    except RefusedError as exc:
        if exc.status == _NOT_FOUND:
            return None
        raise
    for item in api.items(f"{root}/{found.get('id')}/assets?per_page=100"):
        asset = _asset(item)
        if asset.name == name and asset.whole:
            return api.download(f"{root}/assets/{asset.id}")
    return None
