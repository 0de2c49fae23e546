"""GitHub releases against the stand-in: whole or not at all, and never other bytes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fakes.github import TOKEN, faults
from fakes.github.state import Asset, Release
from mlgate.errors import PublishError
from mlgate.publish.github_release import GitHubRelease
from mlgate.publish.http import GitHubApi
from mlgate.publish.registry import Bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fakes.clock import Moments
    from fakes.github import GitHubStandIn

FILES = {"model.onnx": b"ONNX" * 5000, "MODEL_CARD.md": b"# iris\n", "release.json": b"{}\n"}


def sha256(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return bundled(tmp_path / "release", FILES)


def bundled(folder: Path, files: dict[str, bytes]) -> Bundle:
    folder.mkdir()
    for name, raw in files.items():
        (folder / name).write_bytes(raw)
    return Bundle(
        tag="iris@v1.2.0",
        name="iris",
        version="v1.2.0",
        commit="c" * 40,
        notes="## iris v1.2.0",
        folder=folder,
        digests={name: sha256(raw) for name, raw in files.items()},
        models={"model.onnx": sha256(files["model.onnx"])},
        digest=sha256(files["model.onnx"]),
    )


@pytest.fixture
def api(github: GitHubStandIn, moments: Moments) -> Iterator[GitHubApi]:
    github.world.tokens[TOKEN].permissions["contents"] = "write"
    with GitHubApi(base_url=github.url, token=TOKEN, clock=moments.clock, budget_s=300) as made:
        yield made


@pytest.fixture
def publisher(api: GitHubApi) -> GitHubRelease:
    return GitHubRelease(api=api, repository="octo/ml")


def held(github: GitHubStandIn) -> dict[str, bytes]:
    (release,) = github.repo.releases
    return {asset.name: bytes.fromhex(asset.content) for asset in release.assets}


def test_a_release_is_public_once_all_is_there(
    publisher: GitHubRelease, github: GitHubStandIn, bundle: Bundle
) -> None:
    receipt = publisher.publish(bundle)
    (release,) = github.repo.releases
    assert (receipt.outcome, receipt.url) == (
        "published",
        "https://github.com/octo/ml/releases/tag/iris%40v1.2.0",
    )
    assert (release.draft, release.name, release.make_latest) == (False, "iris v1.2.0", "true")
    assert held(github) == FILES
    order = [line.method for line in github.requests if line.method in {"POST", "PATCH"}]
    assert order == ["POST", "POST", "POST", "POST", "PATCH"]
    states = [line.body.get("draft") for line in github.requests if isinstance(line.body, dict)]
    assert states == [True, False]


def test_again_changes_nothing(
    publisher: GitHubRelease, github: GitHubStandIn, bundle: Bundle
) -> None:
    publisher.publish(bundle)
    before = len(github.requests)
    assert publisher.publish(bundle).outcome == "there"
    assert {line.method for line in github.requests[before:]} == {"GET"}


def test_other_bytes_are_refused(
    publisher: GitHubRelease, github: GitHubStandIn, bundle: Bundle, tmp_path: Path
) -> None:
    publisher.publish(bundle)
    other = bundled(tmp_path / "other", {**FILES, "model.onnx": b"other"})
    with pytest.raises(PublishError, match=r"iris@v1.2.0 is published with other bytes"):
        publisher.publish(other)
    assert held(github) == FILES
    documents = bundled(tmp_path / "third", {**FILES, "release.json": b'{"at": 2}'})
    assert publisher.publish(documents).outcome == "there"


@pytest.mark.parametrize("after", range(1, 6))
def test_a_run_that_died_is_gone_on_with(
    publisher: GitHubRelease, github: GitHubStandIn, bundle: Bundle, after: int
) -> None:
    """Killed after each write in turn: the next run makes the same release."""
    writes = [0]
    real = publisher.api.request, publisher.api.upload

    class KilledError(Exception):
        pass

    def counted(call: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*args: object, **kwargs: object) -> object:
            done = call(*args, **kwargs)
            if call == real[1] or args[0] != "GET":
                writes[0] += 1
                if writes[0] == after:
                    raise KilledError
            return done

        return wrapped

    dying = _Dying(publisher.api, counted(real[0]), counted(real[1]))
    with pytest.raises(KilledError):
        GitHubRelease(api=dying, repository="octo/ml").publish(bundle)  # type: ignore[arg-type]
    receipt = publisher.publish(bundle)
    assert receipt.outcome == ("there" if after == 5 else "published")
    assert held(github) == FILES
    assert github.repo.releases[0].draft is False


class _Dying:
    """An API that dies after a write."""

    def __init__(
        self, api: GitHubApi, request: Callable[..., object], upload: Callable[..., object]
    ) -> None:
        self.request = request
        self.upload = upload
        self.get, self.items = api.get, api.items
        self.wait, self.download = api.wait, api.download


def test_what_was_cut_midway_is_replaced(
    publisher: GitHubRelease, github: GitHubStandIn, bundle: Bundle
) -> None:
    mark = f"<!-- mlgate-release: {'c' * 40} -->"
    half = Asset(
        id=1, name="model.onnx", size=10, digest="", uploader="ada", state="open",
        created_at=github.world.now(),
    )  # fmt: skip
    stale = Asset(
        id=2, name="old.txt", size=1, digest=sha256(b"x"), content=b"x".hex(), uploader="ada",
        created_at=github.world.now(),
    )  # fmt: skip
    draft = Release(
        id=3, tag_name="iris@v1.2.0", author="ada", created_at=github.world.now(), draft=True,
        body=mark, assets=[half, stale],
    )  # fmt: skip
    github.repo.releases.append(draft)
    assert publisher.look(bundle).state == "begun"
    assert publisher.publish(bundle).outcome == "published"
    assert held(github) == FILES


LOST = (
    faults.drop_after(),
    faults.error_after(502),
    faults.drop_before(),
    faults.error_before(503),
)


@pytest.mark.parametrize("what", LOST)
@pytest.mark.parametrize("path", [r"/releases$", r"/assets$"])
def test_a_lost_answer_makes_nothing_twice(
    publisher: GitHubRelease,
    github: GitHubStandIn,
    bundle: Bundle,
    what: faults.Fault,
    path: str,
) -> None:
    github.faults.add("POST", path, what)
    publisher.publish(bundle)
    assert github.faults.unused == 0
    assert held(github) == FILES


def test_bytes_that_differ_on_the_server_are_never_public(
    publisher: GitHubRelease, github: GitHubStandIn, bundle: Bundle
) -> None:
    (bundle.folder / "model.onnx").write_bytes(b"changed while it was uploaded")
    with pytest.raises(PublishError, match=r"does not hold what was uploaded: model\.onnx"):
        publisher.publish(bundle)
    assert github.repo.releases[0].draft


def test_a_server_that_tells_no_digests(
    publisher: GitHubRelease, github: GitHubStandIn, bundle: Bundle, tmp_path: Path
) -> None:
    github.world.tells_digests = False
    assert publisher.publish(bundle).outcome == "published"
    assert publisher.publish(bundle).outcome == "there"
    assert publisher.look(bundle).digests == bundle.digests
    (tmp_path / "other").mkdir()
    other = bundled(tmp_path / "other" / "x", {**FILES, "model.onnx": b"x"})
    with pytest.raises(PublishError, match="other bytes"):
        publisher.publish(other)


def test_the_draft_of_somebody_else_is_left_alone(
    publisher: GitHubRelease, github: GitHubStandIn, bundle: Bundle
) -> None:
    draft = Release(
        id=3, tag_name="iris@v1.2.0", author="ada", created_at=github.world.now(), draft=True,
        body="by hand",
    )  # fmt: skip
    github.repo.releases.append(draft)
    with pytest.raises(PublishError, match="somebody else has begun"):
        publisher.publish(bundle)
    assert draft.assets == []


def test_what_must_not_be_public_stays_a_draft(
    api: GitHubApi, github: GitHubStandIn, bundle: Bundle
) -> None:
    def confirm() -> None:
        raise PublishError("the tag was moved")

    with pytest.raises(PublishError, match="moved"):
        GitHubRelease(api=api, repository="octo/ml", confirm=confirm).publish(bundle)
    assert github.repo.releases[0].draft


def test_immutable_releases(
    publisher: GitHubRelease, github: GitHubStandIn, bundle: Bundle
) -> None:
    github.repo.immutable_releases = True
    publisher.publish(bundle)
    assert github.repo.releases[0].immutable
    assert publisher.publish(bundle).outcome == "there"


def test_an_older_or_a_pre_release_is_not_the_latest(
    publisher: GitHubRelease, github: GitHubStandIn, bundle: Bundle
) -> None:
    publisher.publish(replace(bundle, newest=False))
    publisher.publish(replace(bundle, tag="iris@v2.0.0-rc.1", version="v2.0.0-rc.1"))
    assert [(r.make_latest, r.prerelease) for r in github.repo.releases] == [
        ("false", False),
        ("false", True),
    ]


def test_a_token_without_the_right(
    publisher: GitHubRelease, github: GitHubStandIn, bundle: Bundle
) -> None:
    github.world.tokens[TOKEN].permissions["contents"] = "read"
    with pytest.raises(PublishError) as caught:
        publisher.publish(bundle)
    assert "contents: write" in caught.value.hint


def test_an_empty_file_and_a_folder(publisher: GitHubRelease, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="has 0 bytes"):
        publisher.publish(bundled(tmp_path / "a", {**FILES, "release.json": b""}))
    made = bundled(tmp_path / "b", FILES)
    with pytest.raises(PublishError, match="weights is a folder"):
        publisher.publish(replace(made, models={"weights": sha256(b"")}))


def test_an_enterprise_server_takes_uploads_itself(
    github: GitHubStandIn, moments: Moments, bundle: Bundle
) -> None:
    github.world.tokens[TOKEN].permissions["contents"] = "write"
    with GitHubApi(base_url=github.ghes_url, token=TOKEN, clock=moments.clock) as api:
        GitHubRelease(api=api, repository="octo/ml").publish(bundle)
    assert held(github) == FILES


def test_uploads_go_to_no_other_server(
    github: GitHubStandIn, moments: Moments, bundle: Bundle
) -> None:
    with GitHubApi(base_url=github.url, token=TOKEN, clock=moments.clock) as api:
        for url in ("https://evil.example/upload", github.url.replace("127.0.0.1", "localhost")):
            with pytest.raises(PublishError, match="another server"):
                api.upload(url, bundle.folder / "model.onnx")
    assert github.requests == []
