"""The model files of an earlier version, brought back and held against its digests."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Final

from mlgate.errors import SourceError
from mlgate.release.folder import names_of
from mlgate.sources.git import COMMIT, GitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from mlgate.documents.release import ReleasedFile, TagRecord
    from mlgate.sources.git import Repository

    Download = Callable[[str, str], Iterator[bytes] | None]
    """Gives the bytes of a file of a published release, by tag and name."""

_GIT_SECONDS: Final = 600.0


def bring_back(
    repository: Repository,
    record: TagRecord,
    tag: str,
    folder: Path,
    download: Download = lambda _tag, _name: None,
) -> dict[str, Path]:
    """Fill ``folder`` with the model files of a version, and return them by path.

    Files that git keeps come from its objects, all others from the published release of the tag.

    Args:
        repository: The clone.
        record: What the tag of the version says.
        tag: That tag.
        folder: Where they go; what was there is gone.
        download: Asks the forge.

    Raises:
        SourceError: a file is nowhere to be found, or is not what the tag says.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = names_of(record.models)
    found = {}
    for file in record.models:
        place = folder / names[file.path]
        _write(place, file, _pieces(repository, file, tag, names[file.path], download))
        found[file.path] = place
    return found


def _pieces(
    repository: Repository, file: ReleasedFile, tag: str, name: str, download: Download
) -> Iterable[bytes]:
    kind, _, digest = file.digest.partition(":")
    if kind == "git" and COMMIT.fullmatch(digest):  # a tag's message may say anything
        try:
            return [repository.git("cat-file", "blob", digest, seconds=_GIT_SECONDS)]
        except GitError:
            pass
    pieces = download(tag, name)
    if pieces is None:
        raise SourceError(
            f"{file.path} of {tag} is not in this clone, and no release holds it",
            hint="publish versions (`mlgate release publish`), so that they can be brought back; "
            "or let `deploy` fetch by MLGATE_VERSION and MLGATE_DIGEST",
        )
    return pieces


def _write(place: Path, file: ReleasedFile, pieces: Iterable[bytes]) -> None:
    sha256 = hashlib.sha256()
    with place.open("wb") as target:
        for piece in pieces:
            sha256.update(piece)
            target.write(piece)
    if f"sha256:{sha256.hexdigest()}" != file.sha256:
        place.unlink()
        raise SourceError(
            f"{file.path}: what was brought back is not what the tag says",
            hint="somebody has replaced it: compare the release with the digests in its tag",
        )
