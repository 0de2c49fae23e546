"""Everything that decides what a training makes, each part by a digest or a version."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from mlgate.errors import ConfigError
from mlgate.sources.globs import inside, is_pattern, matching
from mlgate.sources.user_process import finished

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgate.sources.worktree import WorkTree

LOCKS: Final = (
    "uv.lock poetry.lock pdm.lock pixi.lock Pipfile.lock conda-lock.yml environment.yml "
    "environment.yaml requirements.lock renv.lock pylock.toml"
).split()
"""Files that name the packages of an environment; `requirements*.txt` count as well."""

INPUT, LOCK, VARIABLE = "input ", "lock ", "variable "
_SHOWN: Final = 100
PYTHON: Final = (
    "import platform, sys; "
    "print(sys.implementation.name, platform.python_version(), sys.platform, platform.machine())"
)
PACKAGES: Final = (
    "from importlib import metadata\n"
    "for line in sorted({f'{d.name}=={d.version}' for d in metadata.distributions()}): print(line)"
)
_PATIENCE: Final = 60


class Inputs(NamedTuple):
    """What a training is known by, and what the input files looked like.

    Attributes:
        parts: By name, as in ``input src/train.py`` or ``command``; digests or versions.
        stamps: Of each input file, to see whether one changes while it is read.
    """

    parts: Mapping[str, str]
    stamps: Mapping[str, tuple[int, ...]]

    @property
    def key(self) -> str:
        """Return the digest of all parts."""
        return digest_of(self.parts)

    def changed(self, tree: WorkTree) -> list[str]:
        """Return the input files that are not what they were."""
        moved = [path for path, stamp in self.stamps.items() if tree.stamp(path) != stamp]
        return [path for path in moved if _digest(tree, path) != self.parts[INPUT + path]]


def digest_of(parts: Mapping[str, str]) -> str:
    """Return the SHA-256 of named parts, whatever their order."""
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


def selected(tree: WorkTree, patterns: Sequence[str], key: str) -> list[str]:
    """Return the files that paths, folders and globs name, without those after a ``!``.

    Raises:
        ConfigError: a pattern leads out of the workspace, or finds nothing.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        name = inside("", pattern.removeprefix("!"))
        if name is None:
            raise ConfigError(
                f"train: {key}: {pattern!r} leads outside the workspace",
                hint="name files inside the repository",
            )
        files = _matching(tree, name)
        if pattern.startswith("!"):
            found = {path: None for path in found if path not in files}
        elif files:
            found |= dict.fromkeys(files)
        else:
            raise ConfigError(
                f"train: {key}: no file is named {pattern!r}",
                hint="is it spelled right, and was it fetched before (`dvc pull`, `git lfs pull`)?",
            )
    return sorted(found)


def covers(patterns: Iterable[str], path: str) -> bool:
    """Tell whether paths, folders and globs name ``path``.

    >>> covers(["models"], "models/a.onnx"), covers(["*.json"], "eval/a.json")
    (True, False)
    """
    kept = False
    for pattern in patterns:
        name = inside("", pattern.removeprefix("!")) or ""
        if path == name or path.startswith(f"{name}/") or matching(name, (path,)):
            kept = not pattern.startswith("!")
    return kept


def read_inputs(  # noqa: PLR0913 - each is a part of the key
    tree: WorkTree,
    *,
    inputs: Sequence[str],
    also: Iterable[str],
    outputs: Sequence[str],
    command: Sequence[str],
    variables: Sequence[str],
    environ: Mapping[str, str],
) -> Inputs:
    """Return what the training is known by.

    Args:
        tree: The work tree.
        inputs: Paths, folders and globs of input files.
        also: More input files, as those of parameters; absent ones are left out.
        outputs: Paths and globs of what it writes: no inputs, though a glob may name them.
        command: The command, which is known by its digest, for it may hold a secret.
        variables: Names of environment variables that count.
        environ: The environment of the command.

    Raises:
        ConfigError: an input is not there, or leads out of the workspace.
    """
    named = dict.fromkeys([*selected(tree, inputs, "inputs"), *also])
    files = [path for path in named if not covers(outputs, path)]
    stamps = {path: tree.stamp(path) for path in files}
    parts = {
        "command": hashlib.sha256("\0".join(command).encode("utf-8", "replace")).hexdigest(),
        "outputs": hashlib.sha256("\0".join(outputs).encode("utf-8", "replace")).hexdigest(),
        "python": asked_python(environ, "-S", PYTHON).strip()[:300],
    }
    for path in files:
        if stamps[path]:
            parts[INPUT + path] = _digest(tree, path)
    locks = locks_in(tree)
    parts |= {LOCK + path: _digest(tree, path) for path in locks}
    if not locks:
        packages = asked_python(environ, "-P", PACKAGES)
        parts["packages"] = hashlib.sha256(packages.encode()).hexdigest()
    for name in variables:
        text = environ.get(name)
        shown = "" if text is None else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        parts[VARIABLE + name] = shown
    return Inputs(parts, stamps)


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return what is not as it was, in words.

    >>> differences({"input a": "1", "command": "1"}, {"input b": "1", "command": "2"})
    ['the command changed', 'a is gone', 'b is new']
    """
    found = []
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) == now.get(name):
            continue
        kind = "is gone" if name not in now else "is new" if name not in before else "changed"
        found.append(f"{_named(name)} {kind}"[:400])
    return found


def shown(changes: Sequence[str]) -> tuple[str, ...]:
    """Return as many differences as evidence holds."""
    more = len(changes) - _SHOWN
    cut = (*changes[: _SHOWN - 1], f"and {more + 1} more") if more > 0 else tuple(changes)
    return tuple(text[:400] for text in cut)


def _named(part: str) -> str:
    kind, _, name = part.partition(" ")
    match kind:
        case "input" | "lock":
            return name
        case "variable":
            return f"the variable {name}"
        case "packages":
            return "the list of installed packages"
        case "outputs":
            return "the list of outputs"
        case "python":
            return "Python"
        case _:
            return f"the {part}"


def _matching(tree: WorkTree, name: str) -> list[str]:
    if is_pattern(name) and not tree.stamp(name):
        return matching(name, tree.paths())
    if tree.size(name) is not None:
        return [name]
    return [path for path in tree.paths() if path.startswith(f"{name}/")]


def locks_in(tree: WorkTree) -> list[str]:
    """Return the files at the top that name the packages of an environment."""
    return [p for p in tree.top() if p in LOCKS or matching("requirements*.txt", (p,))]


def _digest(tree: WorkTree, path: str) -> str:
    return tree.sha256(path).removeprefix("sha256:") or "absent"


def asked_python(environ: Mapping[str, str], flag: str, code: str) -> str:
    """Return what a small program prints in the Python that trains; nothing where it fails."""
    process = start_python(environ, flag, code)
    return answer(process) if process is not None else ""


def start_python(
    environ: Mapping[str, str], flag: str, code: str
) -> subprocess.Popen[bytes] | None:
    """Start a small program in the Python that trains, if there is one; see ``answer``."""
    path = environ.get("PATH")
    python = shutil.which("python", path=path) or shutil.which("python3", path=path)
    if python is None:
        return None
    try:
        return subprocess.Popen(  # noqa: S603 - the interpreter that trains
            [python, flag, "-c", code],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return None


def answer(process: subprocess.Popen[bytes]) -> str:
    """Return what the program printed; nothing where it failed or took too long."""
    try:
        printed = finished(process, _PATIENCE)
    except subprocess.TimeoutExpired:
        return ""
    return printed.decode("utf-8", "replace") if process.returncode == 0 else ""
