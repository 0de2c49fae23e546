"""The folder of a release: model files under names that every place takes, and documents."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from typing import TYPE_CHECKING, Final

from mlgate.errors import SourceError
from mlgate.release.files import inside
from mlgate.sources.stored import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from mlgate.documents.evidence import DataFile
    from mlgate.documents.release import ReleasedFile

CARD, BOM, CHANGES = "MODEL_CARD.md", "bom.cdx.json", "CHANGES.md"
STATEMENT, PREDICATE, STATE = "statement.intoto.json", "test-result.json", "release.json"
REPORT, SIGNATURE = "report.html", "model.sig"
DOCUMENTS: Final = (
    CARD,
    BOM,
    CHANGES,
    STATEMENT,
    PREDICATE,
    STATE,
    REPORT,
    SIGNATURE,
    FILE_NAME,
)
"""What lies beside the model files of a release."""
_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST: Final = 200


def names_of(files: Iterable[ReleasedFile | DataFile]) -> dict[str, str]:
    """Return a name for each file that is unlike all others and all documents, by its path.

    >>> from mlgate.documents.release import ReleasedFile
    >>> names_of([ReleasedFile(path="a/model.onnx"), ReleasedFile(path="b/model.onnx")])
    {'a/model.onnx': 'a-model.onnx', 'b/model.onnx': 'b-model.onnx'}
    """
    paths = [file.path for file in files]
    short = [_fit(path.rpartition("/")[2]) for path in paths]
    used = {name.lower() for name in DOCUMENTS}
    found: dict[str, str] = {}
    for path, name in zip(paths, short, strict=True):
        alone = [one.lower() for one in short].count(name.lower()) == 1
        wanted = name if alone and name.lower() not in used else _fit(path.replace("/", "-"))
        number = 1
        while wanted.lower() in used:
            number += 1
            wanted = f"{number}-{name}"
        used.add(wanted.lower())
        found[path] = wanted
    return found


def digest_of(files: Iterable[ReleasedFile]) -> str:
    """Return one digest for all model files of a release, ``sha256:<hex>``.

    That of several is the digest of what ``sha256sum`` prints of them in the order of their names.
    """
    given = list(files)
    if len(given) == 1:
        return given[0].sha256
    names = names_of(given)
    lines = sorted((names[f.path], f.sha256.removeprefix("sha256:")) for f in given)
    listed = "".join(f"{digest}  {name}\n" for name, digest in lines)
    return f"sha256:{hashlib.sha256(listed.encode()).hexdigest()}"


def _fit(name: str) -> str:
    """Return a name that a forge does not change: no blank, no dot in front."""
    return _UNFIT.sub("-", name).strip("-.")[-_LONGEST:] or "model"


def own_folder(workspace: Path, name: str) -> Path:
    """Return a folder of ours, ``.mlgate/NAME``.

    Raises:
        SourceError: a link in the repository would lead it elsewhere.
    """
    return inside(workspace, f".mlgate/{name}")


def fill_folder(folder: Path, models: Mapping[str, Path], documents: Mapping[str, bytes]) -> None:
    """Make ``folder`` hold exactly these model files and documents.

    Model files are linked where the disk can, so that nothing large is written twice.

    Args:
        folder: Where they go.
        models: Where each model file is, by its name in the release.
        documents: What lies beside them, by name.

    Raises:
        SourceError: a file cannot be read or written.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, path in models.items():
            _place(path, folder / name)
        for name, raw in documents.items():
            (folder / name).write_bytes(raw)
    except OSError as exc:
        raise SourceError(f"{exc.filename or folder}: {exc.strerror}") from exc


def _place(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_linked)
    else:
        _linked(str(source), str(target))


def _linked(source: str, target: str) -> str:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copyfile(source, target)
    return target
