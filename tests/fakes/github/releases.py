"""Releases and their assets; what is uploaded is kept by its digest and, when small, whole."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from fakes.github import shapes
from fakes.github.state import Asset, Release
from fakes.github.wire import Answer, Json, not_found, refuse

if TYPE_CHECKING:
    from fakes.github.call import Call

MAX_BODY = 125_000
MAX_ASSET = 2 * 2**30
_UNFIT = re.compile(r"[^A-Za-z0-9._@+-]+")


def list_releases(call: Call) -> Answer:
    call.may_read("contents")
    drafts = call.token is not None and call.token.level("contents") == "write"
    shown = [each for each in reversed(call.repo.releases) if drafts or not each.draft]
    visible = call.world.listed(shown)
    return call.paged([_release(call, each) for each in shown if each.id in visible])


def by_tag(call: Call) -> Answer:
    call.may_read("contents")
    for each in call.repo.releases:
        if each.tag_name == call.params["tag"] and not each.draft:
            return Answer(body=_release(call, each))
    raise not_found()


def get_release(call: Call) -> Answer:
    call.may_read("contents")
    found = _find(call)
    if found.draft:
        call.may_write("contents")
    return Answer(body=_release(call, found))


def create_release(call: Call) -> Answer:
    token = call.may_write("contents")
    made = Release(
        id=call.world.new_id(), tag_name="", author=token.login, created_at=call.world.now()
    )
    _change(call, made)
    call.repo.releases.append(made)
    return Answer(status=201, body=_release(call, made))


def update_release(call: Call) -> Answer:
    call.may_write("contents")
    found = _find(call)
    _change(call, found)
    return Answer(body=_release(call, found))


def delete_release(call: Call) -> Answer:
    call.may_write("contents")
    call.repo.releases.remove(_find(call))
    return Answer(status=204)


def list_assets(call: Call) -> Answer:
    call.may_read("contents")
    return call.paged([_asset(call, each) for each in _find(call).assets])


def upload(call: Call) -> Answer:
    """Take the bytes; a name that is there already is refused, as is an empty or large file."""
    token = call.may_write("contents")
    release = _find(call)
    if release.immutable and not release.draft:
        raise refuse(422, "Cannot upload assets to an immutable release.")
    raw = call.request.raw
    name = _UNFIT.sub(".", call.request.query.get("name", ""))
    errors: list[Json] = []
    if not name:
        errors = [{"resource": "ReleaseAsset", "code": "missing_field", "field": "name"}]
    elif any(each.name == name for each in release.assets):
        errors = [{"resource": "ReleaseAsset", "code": "already_exists", "field": "name"}]
    elif not raw or len(raw) > MAX_ASSET:
        errors = [{"resource": "ReleaseAsset", "code": "custom", "field": "size"}]
    if errors:
        raise refuse(422, "Validation Failed", errors=errors)
    made = Asset(
        id=call.world.new_id(),
        name=name,
        size=len(raw),
        digest=f"sha256:{hashlib.sha256(raw).hexdigest()}",
        content=raw.hex() if len(raw) < 2**20 else "",
        uploader=token.login,
        created_at=call.world.now(),
        content_type=call.request.headers.get("content-type", "application/octet-stream"),
    )
    release.assets.append(made)
    return Answer(status=201, body=_asset(call, made))


def get_asset(call: Call) -> Answer:
    """Describe an asset, or send on to its bytes where they are accepted."""
    call.may_read("contents")
    _, found = _find_asset(call)
    if "octet-stream" not in call.request.headers.get("accept", ""):
        return Answer(body=_asset(call, found))
    elsewhere = call.base_url.replace("127.0.0.1", "localhost")  # a client must drop its token
    return Answer(status=302, headers={"location": f"{elsewhere}/_asset/{found.id}"})


def blob(call: Call) -> Answer:
    """Serve the bytes, as the storage host does, which refuses a GitHub token."""
    if call.request.secret:
        return Answer(status=400, raw=b"<Error><Code>InvalidAuthenticationInfo</Code></Error>")
    wanted = call.number("asset_id")
    for repo in call.world.repositories.values():
        for release in repo.releases:
            for each in release.assets:
                if each.id == wanted:
                    return Answer(
                        raw=bytes.fromhex(each.content),
                        headers={"content-type": "application/octet-stream"},
                    )
    raise not_found()


def delete_asset(call: Call) -> Answer:
    call.may_write("contents")
    release, found = _find_asset(call)
    if release.immutable and not release.draft:
        raise refuse(422, "Cannot delete assets of an immutable release.")
    release.assets.remove(found)
    return Answer(status=204)


def _find(call: Call) -> Release:
    wanted = call.number("release_id")
    for each in call.repo.releases:
        if each.id == wanted:
            return each
    raise not_found()


def _find_asset(call: Call) -> tuple[Release, Asset]:
    wanted = call.number("asset_id")
    for release in call.repo.releases:
        for each in release.assets:
            if each.id == wanted:
                return release, each
    raise not_found()


def _change(call: Call, release: Release) -> None:
    given = call.fields
    tag = given.get("tag_name", release.tag_name)
    if not tag:
        raise refuse(422, 'Invalid request.\n\n"tag_name" wasn\'t supplied.')
    body = given.get("body", release.body)
    if len(body or "") > MAX_BODY:
        errors: list[Json] = [{"resource": "Release", "code": "custom", "field": "body",
                   "message": "body is too long (maximum is 125000 characters)"}]  # fmt: skip
        raise refuse(422, "Validation Failed", errors=errors)
    draft = given.get("draft", release.draft)
    others = [r for r in call.repo.releases if r is not release and r.tag_name == tag]
    if not draft and any(not r.draft for r in others):
        errors = [{"resource": "Release", "code": "already_exists", "field": "tag_name"}]
        raise refuse(422, "Validation Failed", errors=errors)
    if release.immutable and not release.draft and given.keys() - {"body", "name"}:
        raise refuse(422, "Release is immutable.")
    release.tag_name, release.body, release.draft = tag, body, draft
    release.name = given.get("name", release.name)
    release.prerelease = given.get("prerelease", release.prerelease)
    release.make_latest = given.get("make_latest", release.make_latest)
    if not draft and release.published_at is None:
        release.published_at = call.world.now()
        release.immutable = call.repo.immutable_releases


def _release(call: Call, release: Release) -> Json:
    url = f"{call.repo_url}/releases/{release.id}"
    uploads = call.base_url.replace("/api/v3", "/api/uploads")
    name = f"untagged-{release.id}" if release.draft else release.tag_name
    pages = f"{call.page_url}/releases/tag/{quote(name, safe='')}"
    return {
        "id": release.id,
        "node_id": shapes.node_id("RE", release.id),
        "url": url,
        "html_url": pages,
        "assets_url": f"{url}/assets",
        "upload_url": f"{uploads}/repos/{call.repo.full_name}/releases/{release.id}"
        "/assets{?name,label}",
        "tarball_url": None if release.draft else f"{call.repo_url}/tarball/x",
        "zipball_url": None if release.draft else f"{call.repo_url}/zipball/x",
        "tag_name": release.tag_name,
        "target_commitish": "main",
        "name": release.name,
        "body": release.body,
        "draft": release.draft,
        "prerelease": release.prerelease,
        "immutable": release.immutable,
        "created_at": release.created_at,
        "published_at": release.published_at,
        "author": shapes.user(call.base_url, release.author),
        "assets": [_asset(call, each) for each in release.assets],
    }


def _asset(call: Call, asset: Asset) -> Json:
    return {
        "id": asset.id,
        "node_id": shapes.node_id("RA", asset.id),
        "url": f"{call.repo_url}/releases/assets/{asset.id}",
        "browser_download_url": f"{call.page_url}/releases/download/x/{asset.name}",
        "name": asset.name,
        "label": "",
        "state": asset.state,
        "content_type": asset.content_type,
        "size": asset.size,
        "digest": asset.digest if call.world.tells_digests else None,
        "download_count": 0,
        "created_at": asset.created_at,
        "updated_at": asset.created_at,
        "uploader": shapes.user(call.base_url, asset.uploader),
    }
