"""One way in for people and for CI: ``python3 dev.py demo`` and ``python3 dev.py test``.

Needs git, Python 3.11 or newer and pip; brings uv into ``.cache/tools`` when it is not installed,
and lets uv build the project's own environment from the lock file. Nothing else is touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".cache" / "tools"
UV = "uv==0.13.9"
OLDEST = (3, 11)


def main(arguments: list[str]) -> int:
    """Run ``demo`` or ``test`` with further arguments; returns the exit code."""
    match arguments:
        case ["demo", *rest]:
            return _uv(
                "run", "--frozen", "--extra", "demo", "--extra", "plots", "mlgate", "demo", *rest
            )
        case ["test", *rest]:
            return _uv("run", "--frozen", "--only-group", "nox", "nox", *rest)
        case _:
            sys.stderr.write(f"{__doc__}\nusage: python3 dev.py demo|test [ARGUMENTS]\n")
            return 2


def _uv(*arguments: str) -> int:
    environ = dict(os.environ)
    environ["PATH"] = os.pathsep.join([str(TOOLS / "bin"), environ.get("PATH", "")])
    environ.setdefault("UV_PYTHON", sys.executable)
    command = [_find_uv(), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


def _find_uv() -> str:
    found = shutil.which("uv") or shutil.which("uv", path=str(TOOLS / "bin"))
    if found:
        return found
    sys.stderr.write("· bringing uv into .cache/tools\n")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", str(TOOLS), UV], check=True)
    return str(TOOLS / "bin" / "uv")


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        sys.exit(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {sys.version.split()[0]}"
        )
    sys.exit(main(sys.argv[1:]))
