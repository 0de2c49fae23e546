"""A detached signature of a folder by a local key, made by OpenSSF's model-signing.

It runs as a program of its own (github.com/sigstore/model-transparency), whose bundle names every
file with its SHA-256.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlgate.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS: Final = 3600
_HOW: Final = "pip install 'mlgate[sign]', or put `model_signing` on the PATH"


def sign_folder(folder: Path, key: Path, target: Path, environ: Mapping[str, str]) -> None:
    """Sign all files of ``folder``.

    Args:
        folder: What is signed; a link in it is an error.
        key: Private key in PEM: an elliptic curve, P-256 to P-521.
        target: Where the signature goes.
        environ: The environment of the program.

    Raises:
        ConfigError: the program is not installed, or there is no key.
        SourceError: it fails, and what it says.
    """
    if not key.is_file():
        raise ConfigError(
            f"{key}: no such key",
            hint="make one: `openssl ecparam -name prime256v1 -genkey -noout -out release.pem`",
        )
    command = ["sign", "key", str(folder), "--no-ignore-git-paths"]
    command += ["--private_key", str(key), "--signature", str(target)]
    _run(command, environ, "the release was not signed")


def check_signature(folder: Path, key: Path, signature: Path, environ: Mapping[str, str]) -> None:
    """Check that ``signature`` is of exactly the files of ``folder``.

    Args:
        folder: What was signed.
        key: Public key in PEM.
        signature: The signature.
        environ: The environment of the program.

    Raises:
        ConfigError: the program is not installed.
        SourceError: it is not.
    """
    command = ["verify", "key", str(folder), "--no-ignore-git-paths"]
    command += ["--public_key", str(key), "--signature", str(signature)]
    _run(command, environ, "the signature does not hold")


def _program(environ: Mapping[str, str]) -> tuple[list[str], Mapping[str, str]]:
    """Return the program and its environment; ours need not be where Python looks by itself."""
    spec = importlib.util.find_spec("model_signing")
    if spec is not None and spec.origin:
        place = str(Path(spec.origin).parents[1])
        return [sys.executable, "-m", "model_signing"], {**environ, "PYTHONPATH": place}
    found = shutil.which("model_signing")
    if found is None:
        raise ConfigError("model-signing is not installed", hint=_HOW)
    return [found], environ


def _run(command: list[str], environ: Mapping[str, str], what: str) -> None:
    program, variables = _program(environ)
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, arguments as a list
            [*program, *command],
            env=dict(variables),
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise SourceError(f"{what}: {exc}") from exc
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no word"]
        raise SourceError(f"{what}: {said[-1][:500]}", hint="is it the key that belongs to it?")
