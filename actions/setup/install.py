# ruff: noqa: INP001  # a program, not a module
"""Install mlgate of this very commit into a folder of its own (run by ``install.sh``).

``RUNNER_TEMP/mlgate/envs/KEY`` holds the locked dependencies and the package, and is run with
``python -I -S``: neither the packages nor the variables of the user's Python get in, and nothing
of ours gets into theirs. KEY is a digest of all that goes in, so that a second call finds its work
done, and two versions in one job stay apart. Only the standard library is at hand here.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGE = ROOT / "src" / "mlgate"
REQUIREMENTS = HERE / "requirements"
EXTRAS = ("arrow", "data", "dvc", "plots", "sign", "stats")
NO_WHEEL = "antlr4-python3-runtime"  # the one locked package (of dvc) published as source only
MAIN = """\
import sys

from mlgate.cli import main

sys.argv[0] = "mlgate"
main()
"""


def main() -> None:
    """Make ``bin/mlgate`` run this commit, installing it first where needed."""
    temp, extras = sys.argv[1:]
    home = Path(temp, "mlgate")
    locks = [REQUIREMENTS / f"{name}.txt" for name in parse_extras(extras)]
    env = home / "envs" / key_of(locks)
    if not env.is_dir():
        install(env, locks)
    for name, text in launchers(env).items():
        write_once(home / "bin" / name, text)
    write_once(home / "python", sys.executable)


def parse_extras(text: str) -> list[str]:
    """Names of the requirement files: each extra's file holds the base as well."""
    names = sorted(set(text.replace(",", " ").split()))
    unknown = [name for name in names if name not in EXTRAS]
    if unknown:
        stop(2, f"unknown extras {unknown}: choose from {', '.join(EXTRAS)}")
    return names or ["base"]


def key_of(locks: list[Path]) -> str:
    """Digest of the interpreter, the locks, the package and this file."""
    digest = hashlib.sha256(f"{sys.executable} {sys.version}".encode())
    ours = [ROOT / "pyproject.toml", HERE / "install.py", *locks]
    for path in [*ours, *sorted(PACKAGE.rglob("*"))]:
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            digest.update(f"\0{path.relative_to(ROOT)}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:16]


def install(env: Path, locks: list[Path]) -> None:
    """Fill a folder beside ``env`` and move it there in one step; whoever comes second yields."""
    env.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=env.parent, ignore_cleanup_errors=True) as staged:
        new = Path(staged, "env")
        install_locked(new, locks)
        install_package(new)
        try:
            new.rename(env)
        except OSError:
            if not env.is_dir():
                raise


def install_package(target: Path) -> None:
    """Copy the package: no build, so no build backend to fetch and trust.

    Byte code is left to the first run, which compiles what it imports in half the time.
    """
    shutil.copytree(PACKAGE, target / "mlgate", ignore=shutil.ignore_patterns("__pycache__"))
    (target / "__main__.py").write_text(MAIN, encoding="utf-8")


def install_locked(target: Path, locks: list[Path]) -> None:
    """Install what the locks name, each file checked against its hash; uv is the faster."""
    log = ""
    common = ["--quiet", "--target", str(target), "--require-hashes", "--no-deps"]
    common += ["--only-binary", ":all:", "--no-binary", NO_WHEEL]
    for lock in locks:
        common += ["-r", str(lock)]
    for installer in installers():
        # Not in the work tree: its pyproject.toml or uv.toml must not configure our installation.
        done = subprocess.run(  # noqa: S603
            [*installer, *common],
            cwd=target.parent,
            env={k: v for k, v in os.environ.items() if k not in REDIRECTIONS},  # noqa: TID251
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode == 0:
            return
        log += done.stdout
    sys.stderr.write(f"{log}\n")
    stop(3, "mlgate could not install its locked dependencies with uv or pip; see the log above")


REDIRECTIONS = frozenset(
    {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_NO_BINARY", "PIP_REQUIREMENT"}
    | {"PIP_CONSTRAINT", "PIP_REQUIRE_VIRTUALENV", "PIP_DRY_RUN", "PYTHONPATH", "PYTHONHOME"}
    | {"UV_CONSTRAINT", "UV_OVERRIDE", "UV_NO_BINARY", "UV_PROJECT", "UV_WORKING_DIRECTORY"}
)


def installers() -> list[list[str]]:
    """The commands that can install, the best first."""
    uv = shutil.which("uv")
    pip = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check"]
    found = [[uv, "pip", "install", "--python", sys.executable]] if uv else []
    return [*found, [*pip, "install", "--no-user", "--no-compile"]]


def launchers(env: Path) -> dict[str, str]:
    """The commands ``mlgate`` for bash and, on Windows, for the other shells."""
    python = Path(sys.executable)
    quoted = [shlex.quote(path.as_posix()) for path in (python, env)]
    bash = '#!/usr/bin/env bash\nexec {} -I -S {} "$@"\n'.format(*quoted)
    if os.name != "nt":
        return {"mlgate": bash}
    return {"mlgate": bash, "mlgate.cmd": f'@"{python}" -I -S "{env}" %*\r\n'}


def write_once(path: Path, text: str) -> None:
    """Write an executable file in one step, and only when it would change."""
    content = text.encode()
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    staged = Path(file.name)
    staged.chmod(0o755)
    staged.replace(path)


def stop(code: int, text: str) -> None:
    """Leave with an error the workflow shows."""
    one_line = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    sys.stdout.write(f"::error title=mlgate::{one_line}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
