"""Files that DVC tracks and git does not, read at a revision through DVC itself."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from mlgate.documents.strict_json import too_large
from mlgate.errors import SourceError
from mlgate.sources.tree import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def read_through_dvc(root: Path, revision: str, paths: Sequence[str]) -> Mapping[str, bytes]:
    """Return the content of ``paths`` at ``revision`` from DVC's cache or its remote.

    Files that DVC does not know at that revision are left out.

    Raises:
        SourceError: DVC is not installed, or the content is neither in its cache nor on its remote.
    """
    if find_spec("dvc") is None:
        raise SourceError(
            f"{paths[0]}: DVC keeps it outside git, and DVC is not installed",
            hint="install `mlgate[dvc]` (`extras: dvc` in the action), or let git keep the file: "
            "`cache: false` in dvc.yaml",
        )
    from dvc.api import DVCFileSystem  # noqa: PLC0415  # an extra, and slow to import
    from dvc.exceptions import DvcException  # noqa: PLC0415

    found: dict[str, bytes] = {}
    try:
        files = DVCFileSystem(str(root), rev=revision)
        for path in paths:
            size = files.info(path)["size"] if files.isfile(path) else None
            if size is not None and size > MAX_FILE_BYTES:
                raise too_large(path, size, MAX_FILE_BYTES)
            if files.isfile(path):
                found[path] = files.read_bytes(path)
    except (DvcException, OSError) as exc:
        raise SourceError(
            f"{paths[0]}: DVC cannot read it at {revision[:7]}: {_first_line(exc)}",
            hint="was it pushed (`dvc push`), and may this job read the remote?",
        ) from exc
    return found


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0][:300]
