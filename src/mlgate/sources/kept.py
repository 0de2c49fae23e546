"""What an earlier run kept of a commit: evidence, and the predictions that it names by digest."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.documents.codec import MAX_BYTES, decode
from mlgate.documents.evidence import Evidence
from mlgate.errors import SourceError
from mlgate.sources.stored import FILE_NAME, read_object, read_stored, stored_refs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mlgate.documents.evidence import ModelEvidence
    from mlgate.sources.git import Repository

MAX_PREDICTIONS: Final = 50 * 2**20
"""Bytes of predictions that are kept of one model; GitHub warns of files that are larger."""
_MAX_MEMBERS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Kept:
    """Evidence of a commit, and what lies beside it.

    Attributes:
        evidence: The evidence.
        where: Where it was kept, for messages.
        files: Gives every file that lies at a path beside it; several runs may have kept one each.
    """

    evidence: Evidence
    where: str
    files: Callable[[str], Iterator[bytes]]

    def model(self, name: str) -> ModelEvidence | None:
        """Return what is known of a model; one alone may have another name."""
        models = self.evidence.models
        found = [model for model in models if model.model == name or len(models) == 1]
        return found[0] if found else None

    def predictions(self, name: str, folder: Path) -> Path | None:
        """Return a copy in ``folder`` of the predictions of a model, ``None`` if none are named.

        Raises:
            SourceError: those that lie there are not those that were measured.
        """
        model = self.model(name)
        if model is None or model.predictions is None:
            return None
        for raw in self.files(model.predictions.path):
            if digest_of(raw) == model.predictions.digest:
                path = folder / "kept.parquet"
                path.write_bytes(raw)
                return path
        raise SourceError(
            f"{self.where}: the predictions of {name} are gone, or not those that were measured",
            hint="measure the baseline again: run its workflow once more",
        )


def digest_of(raw: bytes) -> str:
    """Return ``sha256:<hex>``."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def kept_in_refs(repository: Repository, commit: str, *, fetch: bool) -> Kept | None:
    """Return what runs stored in the repository for ``commit``.

    Raises:
        SourceError: its evidence is not valid.
    """
    evidence = read_stored(repository, commit, fetch=fetch)
    if evidence is None:
        return None

    def files(path: str) -> Iterator[bytes]:
        for ref in reversed(stored_refs(repository, commit, fetch=False)):
            raw = read_object(repository, f"{ref}:{path}", MAX_PREDICTIONS)
            if raw is not None:
                yield raw

    return Kept(evidence, f"stored evidence of {commit[:7]}", files)


def kept_by_run(repository: Repository, ref: str) -> Kept | None:
    """Return what one run stored under ``ref``, ``None`` where that holds no evidence.

    Raises:
        SourceError: its evidence is not valid.
    """
    name = f"{ref}:{FILE_NAME}"
    raw = read_object(repository, name)
    if raw is None:
        return None

    def files(path: str) -> Iterator[bytes]:
        found = read_object(repository, f"{ref}:{path}", MAX_PREDICTIONS)
        if found is not None:
            yield found

    return Kept(decode(raw, Evidence, origin=name), ref, files)


def kept_in_folder(folder: Path) -> Kept:
    """Return what `mlgate report` wrote to a folder.

    Raises:
        SourceError: there is no evidence, or it is not valid.
    """
    path = folder / FILE_NAME
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise SourceError(
            f"{path}: no evidence: {exc.strerror}",
            hint="name the folder that `mlgate report` wrote",
        ) from exc

    def files(name: str) -> Iterator[bytes]:
        place = (folder / name).resolve()
        if place.is_relative_to(folder.resolve()) and place.is_file():
            with place.open("rb") as file:
                found = file.read(MAX_PREDICTIONS + 1)
            if len(found) <= MAX_PREDICTIONS:
                yield found

    return Kept(decode(raw, Evidence, origin=str(path)), str(folder), files)


def kept_in_archive(raw: bytes, commit: str, where: str) -> Kept | None:
    """Return what an artifact holds, ``None`` where it is of another commit.

    Args:
        raw: A zip with ``evidence.json`` at its top, and what that names beside it.
        commit: The commit that it must be of.
        where: What to call it in messages.

    Raises:
        SourceError: it is no such zip.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except (zipfile.BadZipFile, ValueError, OSError) as exc:
        raise SourceError(f"{where}: no zip archive", hint="was its upload cut off?") from exc
    if len(archive.infolist()) > _MAX_MEMBERS:
        raise SourceError(f"{where}: more than {_MAX_MEMBERS} files")
    text = _member(archive, FILE_NAME, MAX_BYTES, where)
    if text is None:
        raise SourceError(f"{where}: no {FILE_NAME} in it", hint="upload the folder `.mlgate`")
    evidence = decode(text, Evidence, origin=f"{where}: {FILE_NAME}")
    if evidence.commit != commit or evidence.dirty:
        return None

    def files(path: str) -> Iterator[bytes]:
        found = _member(archive, path, MAX_PREDICTIONS, where)
        if found is not None:
            yield found

    return Kept(evidence, where, files)


def _member(archive: zipfile.ZipFile, path: str, most: int, where: str) -> bytes | None:
    """Return a file of the archive, which may say less of its size than it unpacks to."""
    try:
        with archive.open(path) as file:
            raw = file.read(most + 1)
    except KeyError:
        return None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as exc:
        raise SourceError(f"{where}: {path[:200]} cannot be unpacked") from exc
    if len(raw) > most:
        raise SourceError(f"{where}: {path[:200]} has more than {most} bytes")
    return raw
