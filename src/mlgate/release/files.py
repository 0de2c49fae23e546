"""The model files of a version: found, and the very bytes that were measured."""

from __future__ import annotations

import hashlib
import json
import os
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.documents.release import ReleasedFile
from mlgate.errors import SourceError
from mlgate.release.magic import format_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgate.documents.evidence import DataFile

_CHUNK: Final = 1 << 20
_HOW: Final = {
    "dvc": "`dvc pull {path}`",
    "dvc.lock": "`dvc pull {path}`",
    "lfs": "`git lfs pull`",
    "git": "check out the tag",
    "none": "download the artifact of the run that measured it to {path}",
}


class Place(NamedTuple):
    """A model file, and where it is."""

    file: ReleasedFile
    path: Path


def find_released(file: DataFile, folders: Sequence[Path], name: str) -> Place:
    """Return a model file with what its bytes say.

    Args:
        file: The file as the evidence names it.
        folders: Where it may be: the workspace, or a copy of its model files. Artifacts and
            releases keep files without their folders, so that its mere name counts as well; its
            digest decides.
        name: Its name in a release.

    Raises:
        SourceError: it is nowhere there, or is another one.
    """
    names = dict.fromkeys((file.path, name, file.path.rpartition("/")[2]))
    known = [inside(folder, one) for folder in folders for one in names]
    found = [place for place in known if place.exists()]
    how = _HOW[file.tracked].format(path=file.path)
    if not found:
        raise SourceError(f"{file.path}: the model file is not here", hint=f"{how}, then again")
    return Place(_released(file, found[0], how), found[0])


def _released(file: DataFile, place: Path, how: str) -> ReleasedFile:
    if place.is_dir():
        return _folder(file, place, how)
    if not place.is_file():
        raise SourceError(f"{file.path}: no regular file")
    with place.open("rb") as opened:
        size = os.fstat(opened.fileno()).st_size
        kind, _, wanted = file.digest.partition(":")
        found, sha256 = _digests(opened, kind, size)
        opened.seek(0)
        what = format_of(opened)
    if found != wanted:
        raise _changed(file, f"{kind}:{found}", how)
    return ReleasedFile(
        path=file.path,
        digest=file.digest,
        sha256=f"sha256:{sha256}",
        size=size,
        format=what.name,
        executes=what.executes,
    )


def inside(folder: Path, path: str) -> Path:
    """Return the place of ``path``, which must not lead out of ``folder``.

    Raises:
        SourceError: it does.
    """
    place = Path(os.path.realpath(folder / path))
    if not place.is_relative_to(os.path.realpath(folder)):
        raise SourceError(f"{path}: leads outside {folder}")
    return place


def _changed(file: DataFile, found: str, how: str) -> SourceError:
    return SourceError(
        f"{file.path}: not the file that was measured: {found[:20]}…, "
        f"and the evidence says {file.digest[:20]}…",
        hint=f"get the measured one ({how}), or measure this one: run the workflow on its commit",
    )


def _digests(file: object, kind: str, size: int) -> tuple[str, str]:
    """Return the digest that evidence has, and SHA-256, in one pass."""
    sha256 = hashlib.sha256()
    other = _hash(kind, size)
    while chunk := file.read(_CHUNK):  # type: ignore[attr-defined]
        sha256.update(chunk)
        if other is not None:
            other.update(chunk)
    return (other or sha256).hexdigest(), sha256.hexdigest()


def _hash(kind: str, size: int) -> hashlib._Hash | None:
    match kind:
        case "git":
            return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        case "md5":
            return hashlib.md5(usedforsecurity=False)
        case "sha256":
            return None
        case _:
            raise SourceError(
                f"a digest of the kind {kind[:20]!r} cannot be checked",
                hint="name the model file under `artifacts:`, so that the evidence has its digest",
            )


def _folder(file: DataFile, place: Path, how: str) -> ReleasedFile:
    """Check a folder that DVC tracks: MD5 of the JSON list of its files, as DVC writes it."""
    if not file.digest.endswith(".dir"):
        raise SourceError(f"{file.path}: a folder, and the evidence names a file", hint=how)
    entries, total, runs = [], 0, False
    sha256 = hashlib.sha256()
    for one in sorted(_files(place)):
        size = one.stat().st_size
        with one.open("rb") as opened:
            md5, strong = _digests(opened, "md5", size)
            opened.seek(0)
            runs = format_of(opened).executes or runs
        name = one.relative_to(place).as_posix()
        entries.append({"md5": md5, "relpath": name})
        sha256.update(f"{strong}  {name}\n".encode())
        total += size
    listed = json.dumps(sorted(entries, key=itemgetter("relpath")))
    found = hashlib.md5(listed.encode(), usedforsecurity=False).hexdigest()
    if f"md5:{found}.dir" != file.digest:
        raise _changed(file, f"md5:{found}.dir", how)
    return ReleasedFile(
        path=file.path,
        digest=file.digest,
        sha256=f"sha256:{sha256.hexdigest()}",
        size=total,
        format=f"folder of {len(entries)} files",
        executes=runs,
    )


def _files(place: Path) -> Iterable[Path]:
    for one in place.rglob("*"):
        if one.is_symlink():
            raise SourceError(f"{one}: a link inside a model folder")
        if one.is_file():
            yield one
