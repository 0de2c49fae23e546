"""How a repository is trained, as its files tell: what is installed, pulled and run.

Every answer is a shell command for a step of a workflow, and says whether it is a guess.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.documents.strict_yaml import parse_yaml
from mlgate.errors import SourceError
from mlgate.sources.dvc_project import MAX_DVC_BYTES, PIPELINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgate.sources.tree import Tree

UV_INSTALL: Final = """\
python -m pip install uv
uv sync --locked
echo "$PWD/.venv/bin" >> "$GITHUB_PATH" # the later steps run in this environment
"""
"""``--locked`` stops where ``pyproject.toml`` says more than the lock; ``--frozen`` would not."""

# The environment that uv makes has no pip, and its Python is the first on PATH.
UV_PIP: Final = "uv pip install {}"
UV_TOOL: Final = """\
uv tool install {}
uv tool dir --bin >> "$GITHUB_PATH"
"""
PYTHON_VERSION: Final = ".python-version"
REMOTES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "azure": ("azure", ("AZURE_STORAGE_CONNECTION_STRING",)),
    "gdrive": ("gdrive", ("GDRIVE_CREDENTIALS_DATA",)),
    "gs": ("gs", ()),
    "hdfs": ("hdfs", ()),
    "http": ("", ()),
    "https": ("", ()),
    "oss": ("oss", ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET")),
    "s3": ("s3", ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
    "ssh": ("ssh", ()),
    "webdav": ("webdav", ()),
    "webdavs": ("webdav", ()),
    "webhdfs": ("webhdfs", ()),
}
"""Scheme of a remote: the extra of DVC that reads it, and the variables it takes a sign-in from.

https://doc.dvc.org/user-guide/data-management/remote-storage
"""

_SCRIPTS: Final = ("train.py", "src/train.py", "scripts/train.py", "training/train.py")
_DVC_CONFIG: Final = ".dvc/config"
_VERSION: Final = re.compile(rb"\s*3(\.\d+){1,2}\s*")
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?")
_SCHEME: Final = re.compile(r"([a-z0-9]+)://")
_SECTION: Final = re.compile(r"""'?remote "(.+)"'?""")


@dataclass(frozen=True, slots=True)
class Command:
    """A shell command, and whether the repository says so or we guess."""

    text: str
    guess: bool = False


@dataclass(frozen=True, slots=True)
class DvcUse:
    """What a workflow needs to work with a DVC project.

    Attributes:
        install: Command that installs DVC; empty when the project brings it.
        scheme: Of the default remote, as in ``s3``; ``local`` for a folder, empty without one.
    """

    install: str = ""
    scheme: str = ""

    @property
    def pulls(self) -> bool:
        """Whether a runner can reach the remote."""
        return self.scheme in REMOTES

    @property
    def extra(self) -> str:
        """The extra of DVC that reads the remote; empty when DVC alone does."""
        return REMOTES.get(self.scheme, ("", ()))[0]

    @property
    def secrets(self) -> tuple[str, ...]:
        """Variables that sign in to the remote."""
        return REMOTES.get(self.scheme, ("", ()))[1]


def training_command(tree: Tree) -> Command:
    """Return what trains the model and writes its metrics."""
    paths = frozenset(tree.paths())
    if PIPELINE in paths and _has_stages(tree):
        return Command("dvc repro")
    if "Makefile" in paths:
        text = tree.read(["Makefile"])["Makefile"].decode("utf-8", "replace")
        if re.search(r"^train\s*:(?!=)", text, flags=re.MULTILINE):
            return Command("make train")
    found = next((path for path in _SCRIPTS if path in paths), None)
    return Command(f"python {found or 'train.py'}", guess=found is None)


def install_command(tree: Tree) -> Command:
    """Return what installs the packages that training needs."""
    paths = frozenset(tree.paths())
    if "uv.lock" in paths:
        return Command(UV_INSTALL)
    if "requirements.txt" in paths:
        return Command("python -m pip install --requirement requirements.txt")
    if "setup.py" in paths or {"project", "build-system"} & _toml(tree, "pyproject.toml").keys():
        return Command("python -m pip install .")
    return Command("python -m pip install scikit-learn", guess=True)


def python_version_file(tree: Tree) -> str:
    """Return the file that pins one version of Python, empty when there is none."""
    pinned = tree.read([PYTHON_VERSION]).get(PYTHON_VERSION, b"")
    return PYTHON_VERSION if _VERSION.fullmatch(pinned) else ""


def dvc_use(tree: Tree) -> DvcUse | None:
    """Return what DVC needs, ``None`` where it is not used."""
    config = tree.read([_DVC_CONFIG]).get(_DVC_CONFIG)
    if config is None and not (PIPELINE in tree.paths() and _has_stages(tree)):
        return None
    use = DvcUse(scheme=_remote_scheme((config or b"").decode("utf-8", "replace")))
    wanted = {"dvc", f"dvc-{use.extra}"} if use.extra else {"dvc"}
    brought = _packages(tree)
    if wanted <= brought:
        return use
    package = f"'dvc[{use.extra}]'" if use.extra else "dvc"
    if "uv.lock" not in tree.paths():
        return DvcUse(f"python -m pip install {package}", use.scheme)
    # DVC of the locked environment comes first on PATH, so what it lacks has to go there.
    into = UV_PIP if "dvc" in brought else UV_TOOL
    return DvcUse(into.format(package), use.scheme)


def _has_stages(tree: Tree) -> bool:
    """Tell whether there is something to reproduce; DVCLive writes a file that only has plots."""
    raw = tree.read([PIPELINE])[PIPELINE]
    try:
        content = parse_yaml(raw, origin=PIPELINE, max_bytes=MAX_DVC_BYTES).value
    except SourceError:
        return True
    return isinstance(content, dict) and bool(content.get("stages"))


def _remote_scheme(text: str) -> str:
    config = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        config.read_string(text)
    except configparser.Error:
        return ""
    urls = {
        match[1]: config[name].get("url", "")
        for name in config.sections()
        if (match := _SECTION.fullmatch(name))
    }
    url = urls.get(config.get("core", "remote", fallback=""), "")
    for _ in urls:  # `remote://NAME/folder` is a folder of another remote
        if not url.startswith("remote://"):
            break
        url = urls.get(url.removeprefix("remote://").split("/")[0], "")
    match = _SCHEME.match(url)
    return match[1] if match else "local" if url else ""


def _packages(tree: Tree) -> frozenset[str]:
    """Return the packages that the install command brings; ``dvc-s3`` for ``dvc[s3]``."""
    paths = frozenset(tree.paths())
    if "uv.lock" in paths:
        locked = _toml(tree, "uv.lock").get("package")
        entries = locked if isinstance(locked, list) else []
        return frozenset(str(entry.get("name")) for entry in entries if isinstance(entry, dict))
    if "requirements.txt" in paths:
        text = tree.read(["requirements.txt"])["requirements.txt"].decode("utf-8", "replace")
        return _named(text.splitlines())
    project = _toml(tree, "pyproject.toml").get("project")
    wanted = project.get("dependencies") if isinstance(project, dict) else None
    return _named(str(line) for line in wanted) if isinstance(wanted, list) else frozenset()


def _named(requirements: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for line in requirements:
        if match := _REQUIREMENT.match(line.strip()):
            name = match[1].lower()
            found |= {name, *(f"{name}-{extra.strip()}" for extra in (match[2] or "").split(","))}
    return frozenset(found)


def _toml(tree: Tree, path: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(tree.read([path]).get(path, b"").decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}
