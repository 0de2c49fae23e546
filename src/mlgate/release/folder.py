"""The folder of a release: model files under names that every place takes, and documents."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, Final

from mlgate.errors import SourceError
from mlgate.release.files import inside

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from mlgate.documents.release import ReleasedFile

_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST: Final = 200


def names_of(files: Iterable[ReleasedFile], taken: Iterable[str] = ()) -> dict[str, str]:
    """Return a name for each file that is unlike all others, by its path.

    >>> from mlgate.documents.release import ReleasedFile
    >>> names_of([ReleasedFile(path="a/model.onnx"), ReleasedFile(path="b/model.onnx")])
    {'a/model.onnx': 'a-model.onnx', 'b/model.onnx': 'b-model.onnx'}
    """
    paths = [file.path for file in files]
    short = [_fit(path.rpartition("/")[2]) for path in paths]
    used = {name.lower() for name in taken}
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


def _fit(name: str) -> str:
    """Return a name that a forge does not change: no blank, no dot in front."""
    return _UNFIT.sub("-", name).strip("-.")[-_LONGEST:] or "model"


def fill_folder(
    folder: Path, source: Path, names: Mapping[str, str], documents: Mapping[str, bytes]
) -> None:
    """Make ``folder`` hold exactly these model files and documents.

    Model files are linked where the disk can, so that nothing large is written twice.

    Raises:
        SourceError: a file cannot be read or written.
    """
    try:
        if folder.is_symlink():
            folder.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for path, name in names.items():
            _place(inside(source, path), folder / name)
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
