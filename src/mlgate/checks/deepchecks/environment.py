"""The locked environment of deepchecks: built once, found again by what it is made of."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlgate.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PINS: Final = Path(__file__).with_name("pins.txt")
PYTHONS: Final = ("3.11", "3.12", "3.10")
"""Versions that the pins install on, the best tested first."""

_DONE: Final = "complete"
_TAIL: Final = 8


def environment(
    cache: Path,
    environ: Mapping[str, str],
    progress: Callable[[str], None] = lambda _said: None,
    *,
    pins: Path = PINS,
) -> Path:
    """Return the interpreter of the environment that ``pins`` describe, building it if needed.

    The folder is named by a digest of the pins and of the interpreter. It is built in place under
    a lock, since environments cannot be moved, and counts only once its last file is written.

    Raises:
        SourceError: no Python that fits is installed, or the packages cannot be installed.
    """
    base = _find_python(environ)
    key = hashlib.sha256(pins.read_bytes() + str(base).encode()).hexdigest()[:16]
    home = cache / f"deepchecks-{key}"
    found = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (home / _DONE).is_file():
        return found
    with _locked(cache / f"deepchecks-{key}.lock"):
        if (home / _DONE).is_file():
            return found
        progress("installing deepchecks into its own environment, once")
        shutil.rmtree(home, ignore_errors=True)
        _build(home, base, pins, environ)
        (home / _DONE).write_text("", encoding="utf-8")
    return found


def _find_python(environ: Mapping[str, str]) -> Path:
    """Return an interpreter of one of the versions that deepchecks runs on."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    if ours in PYTHONS:
        return Path(sys._base_executable)  # type: ignore[attr-defined]  # noqa: SLF001 - ours may be a venv's
    for version in PYTHONS:
        path = shutil.which(f"python{version}", path=environ.get("PATH"))
        if path and _runs(path, version):
            return Path(path)
    raise SourceError(
        "deepchecks runs on Python 3.10 to 3.12, and none of them is on PATH",
        hint="add `actions/setup-python` with `python-version: '3.11'`, or take engine: builtin",
    )


def _runs(path: str, version: str) -> bool:
    asked = [path, "-I", "-S", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
    return done.returncode == 0 and done.stdout.strip() == version


def _build(home: Path, base: Path, pins: Path, environ: Mapping[str, str]) -> None:
    uv = shutil.which("uv", path=environ.get("PATH"))
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if uv:
        make = [uv, "venv", "--quiet", "--no-config", "--python", str(base), str(home)]
        install = [uv, "pip", "install", "--quiet", "--no-config", "--python", str(python)]
    else:
        make = [str(base), "-I", "-m", "venv", str(home)]
        install = [str(python), "-I", "-m", "pip", "install", "--quiet"]
        install += ["--disable-pip-version-check"]
    for command in (make, [*install, "--no-deps", "-r", str(pins)]):
        _run(command, home.parent, environ)


def _run(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own commands, as lists
        command,
        cwd=folder,
        env=dict(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = " | ".join(done.stdout.strip().splitlines()[-_TAIL:])
        raise SourceError(
            f"deepchecks cannot be installed: {said[-1500:] or f'exit {done.returncode}'}",
            hint="can this job reach a package index? the packages are in its pins.txt",
        )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with the process, so that two jobs do not build at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if os.name == "nt":
            import msvcrt  # noqa: PLC0415

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl  # noqa: PLC0415

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
