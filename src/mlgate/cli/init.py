"""``mlgate init``: look at the repository, write a configuration and a workflow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mlgate import __version__
from mlgate.errors import ConfigError

if TYPE_CHECKING:
    from mlgate.cli.session import Session
    from mlgate.documents.evidence import ModelEvidence
    from mlgate.sources.worktree import WorkTree

CONFIG: Final = "mlgate.yml"
WORKFLOW: Final = ".github/workflows/mlgate.yml"
_ACTION: Final = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+(/[A-Za-z0-9_./-]+)?@[A-Za-z0-9_./-]+")
_BRANCH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./=-]*")
"""Names that mean themselves in YAML and in GitHub's patterns for branches."""

_PYTHON_SCRIPTS: Final = ("train.py", "src/train.py", "scripts/train.py", "training/train.py")


@dataclass(frozen=True, slots=True)
class Findings:
    """What the repository looks like."""

    branch: str
    install: str
    train: str
    certain: bool
    evidence: ModelEvidence


@click.command(
    epilog="Example: mlgate init --train 'make train'  (then commit both files on a branch)"
)
@click.option("--train", help="Command that trains and writes the metrics.  [default: looked for]")
@click.option("--branch", help="Default branch.  [default: asked of git]")
@click.option(
    "--action",
    help="Our action with its revision, as in mlgate/mlgate@v0.1.0.  [default: this version]",
)
@click.option("--print", "show", is_flag=True, help="Print the files instead of writing them.")
@click.pass_obj
def init(
    session: Session, train: str | None, branch: str | None, action: str | None, *, show: bool
) -> None:
    """Write mlgate.yml and a pull-request workflow that fit this repository.

    Metric files that are there become rules; nothing that exists is overwritten.
    """
    from mlgate.render.workflow import WorkflowOptions, render_workflow  # noqa: PLC0415

    if action and not _ACTION.fullmatch(action):
        raise ConfigError(f"--action {action!r} is no action", hint="write owner/name@revision")
    found = look(session)
    options = WorkflowOptions(
        branch=_plain_branch(branch or found.branch),
        install=found.install,
        train=train or found.train,
        action=action or default_action(),
    )
    texts = {CONFIG: _config_text(found.evidence), WORKFLOW: render_workflow(options)}
    for path, text in texts.items():
        if show:
            click.echo(f"# {path}\n{text}")
        else:
            _write(session, path, text)
    if not show:
        _next_steps(found, options.train, given=train is not None)


def look(session: Session) -> Findings:
    """Return what the repository tells about itself."""
    from mlgate.sources.collect import Wanted, collect  # noqa: PLC0415
    from mlgate.sources.worktree import WorkTree  # noqa: PLC0415

    tree = WorkTree(session.workspace)
    evidence = collect(tree, Wanted(model="model"))
    command = _train_command(tree)
    return Findings(
        branch=_default_branch(session),
        install=_install_command(tree),
        train=command or "python train.py",
        certain=command is not None,
        evidence=evidence,
    )


def default_action() -> str:
    """Return our action at the tag of the installed version."""
    return f"mlgate/mlgate@v{__version__}"


def _train_command(tree: WorkTree) -> str | None:
    paths = set(tree.paths())
    if "dvc.yaml" in paths:
        return "dvc repro"
    if "Makefile" in paths:
        text = tree.read(["Makefile"])["Makefile"].decode("utf-8", "replace")
        if re.search(r"^train\s*:", text, flags=re.MULTILINE):
            return "make train"
    return next((f"python {path}" for path in _PYTHON_SCRIPTS if path in paths), None)


def _install_command(tree: WorkTree) -> str:
    paths = set(tree.paths())
    if "uv.lock" in paths:
        return "pip install uv && uv export --frozen | pip install --requirement /dev/stdin"
    if "requirements.txt" in paths:
        return "python -m pip install --requirement requirements.txt"
    if "pyproject.toml" in paths or "setup.py" in paths:
        return "python -m pip install ."
    return "python -m pip install scikit-learn"


def _default_branch(session: Session) -> str:
    from mlgate.sources.baseline import default_branch  # noqa: PLC0415

    return (default_branch(session.repository) if session.repository else "") or "main"


def _plain_branch(name: str) -> str:
    if not _BRANCH.fullmatch(name):
        raise ConfigError(
            f"the branch {name!r} would be read as a pattern in a workflow",
            hint="give a plain one with --branch, and write the pattern into the workflow yourself",
        )
    return name


def _config_text(evidence: ModelEvidence) -> str:
    from mlgate.compare.direction import known_direction  # noqa: PLC0415
    from mlgate.policy.proposal import propose_config  # noqa: PLC0415

    metrics = [
        (m.name, m.value, m.direction or known_direction(m.name))
        for m in evidence.metrics
        if m.numeric and not m.slice
    ]
    return propose_config(metrics, sorted({m.source for m in evidence.metrics}))


def _write(session: Session, path: str, text: str) -> None:
    from mlgate.publish.files import write_atomically  # noqa: PLC0415

    place = session.workspace / path
    if place.exists():
        click.echo(f"kept     {path} (it exists; `mlgate init --print` shows the proposal)")
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(Path(place), text.encode())
    click.echo(f"wrote    {path}")


def _next_steps(found: Findings, train: str, *, given: bool) -> None:
    if not given and not found.certain:
        click.echo(f"check    the training command in {WORKFLOW}: `{train}` is a guess")
    if not found.evidence.metrics:
        click.echo("missing  no metrics file was found: let training write metrics.json, as in")
        click.echo('         {"accuracy": 0.93}')
    click.echo(f"next     mlgate report, then commit {CONFIG} and {WORKFLOW} on a branch")
