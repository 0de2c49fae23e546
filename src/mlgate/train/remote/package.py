"""The working folder of a job as one ZIP file; the same files give the same bytes."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgate.sources.worktree import WorkTree

MOST_BYTES: Final = 500 * 2**20
"""What Ray takes as a working folder."""
PROGRAM: Final = ".mlgate-job.py"
_DAY: Final = (1980, 1, 1, 0, 0, 0)


class Package(NamedTuple):
    """The bytes, and a name that tells what is in them."""

    name: str
    content: bytes


def pack(tree: WorkTree, files: Sequence[str]) -> Package:
    """Return ``files`` and our program.

    Raises:
        SourceError: a file is gone, leads out of the workspace, or all are too large.
    """
    made = io.BytesIO()
    total = 0
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(files):
            try:
                raw = Path(tree.place(path)).read_bytes()
                executable = os.access(tree.place(path), os.X_OK)
            except OSError as exc:
                raise SourceError(f"{path}: cannot be sent to the cluster: {exc.strerror}") from exc
            total += len(raw)
            if total > MOST_BYTES:
                raise SourceError(
                    f"the inputs are larger than {MOST_BYTES >> 20} MiB, which Ray does not take",
                    hint="let the command read large data from storage, and name what is code",
                )
            archive.writestr(_entry(path, executable=executable), raw)
        program = Path(__file__).with_name("program.py").read_bytes()
        archive.writestr(_entry(PROGRAM, executable=False), program)
    content = made.getvalue()
    # Ray strips the one folder at the top if there is but one entry; ours is always a file.
    return Package(f"_ray_pkg_{hashlib.sha256(content).hexdigest()[:16]}.zip", content)


def _entry(path: str, *, executable: bool) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _DAY)
    entry.external_attr = (0o100755 if executable else 0o100644) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
