"""``mlgate init``: look at the repository, write a configuration and a workflow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from mlgate import __version__
from mlgate.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.cli.session import Session
    from mlgate.documents.evidence import ModelEvidence
    from mlgate.render.workflow import DvcSteps, WorkflowOptions
    from mlgate.sources.git import Repository
    from mlgate.sources.training import Command, DvcUse

CONFIG: Final = "mlgate.yml"
WORKFLOW: Final = ".github/workflows/mlgate.yml"
_ACTION: Final = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+(/[A-Za-z0-9_./-]+)?@[A-Za-z0-9_./-]+")
_BRANCH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./=-]*")
"""Names that mean themselves in YAML and in GitHub's patterns for branches."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the repository looks like.

    Attributes:
        branch: Default branch.
        install: Installs what training needs.
        train: Trains and writes the metrics.
        python_version_file: File that pins the version of Python, if any.
        dvc: What DVC needs, where it is used.
        evidence: What the metric files say.
        outside: Metric files that DVC keeps outside git.
        untracked: Metric files that nobody keeps.
    """

    branch: Command
    install: Command
    train: Command
    python_version_file: str
    dvc: DvcUse | None
    evidence: ModelEvidence
    outside: tuple[str, ...]
    untracked: tuple[str, ...]


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

    Metric files that are there become rules; nothing that exists is overwritten. GitHub reads
    workflows at the root of a repository only, so that in a folder of one there is only --print.
    """
    from mlgate.cli.new_files import write_new  # noqa: PLC0415
    from mlgate.render.workflow import render_workflow  # noqa: PLC0415

    if action and not _ACTION.fullmatch(action):
        raise ConfigError(f"--action {action!r} is no action", hint="write owner/name@revision")
    folder = session.repository.prefix.rstrip("/") if session.repository else ""
    if folder and not show:
        raise _not_the_root(session.repository)
    found = look(session, train=train, branch=branch)
    workflow = render_workflow(_options(found, action or default_action(), folder))
    texts = {CONFIG: _config_text(found.evidence), WORKFLOW: workflow}
    if show:
        places = {CONFIG: f"{folder}/{CONFIG}" if folder else CONFIG, WORKFLOW: WORKFLOW}
        for path, text in texts.items():
            click.echo(f"# {places[path]}\n{text}")
        for line in (*_guesses(found), *_dvc_advice(found)):
            click.echo(line, err=True)
        return
    kept = write_new(session.workspace, texts)
    for path in texts:
        is_kept = f"kept     {path} (it exists; `mlgate init --print` shows the proposal)"
        click.echo(is_kept if path in kept else f"wrote    {path}")
    for line in _advice(found, kept):
        click.echo(line)


def look(session: Session, *, train: str | None = None, branch: str | None = None) -> Findings:
    """Return what the repository tells about itself, and what the user says instead."""
    from mlgate.sources.collect import Wanted, collect  # noqa: PLC0415
    from mlgate.sources.dvc_project import read_dvc_project  # noqa: PLC0415
    from mlgate.sources.training import (  # noqa: PLC0415
        Command,
        dvc_use,
        install_command,
        python_version_file,
        training_command,
    )
    from mlgate.sources.worktree import WorkTree  # noqa: PLC0415

    tree = WorkTree(session.workspace, session.repository)
    evidence = collect(tree, Wanted(model="model"))
    use = dvc_use(tree)
    outside = read_dvc_project(tree).metrics.keys() - tree.tracked() if use else set()
    lost = {s.path for s in evidence.sources if s.path and not s.problem} - tree.tracked() - outside
    return Findings(
        branch=_plain_branch(Command(branch) if branch else _default_branch(session)),
        install=install_command(tree),
        train=Command(train) if train else training_command(tree),
        python_version_file=python_version_file(tree),
        dvc=use,
        evidence=evidence,
        outside=tuple(sorted(outside)),
        untracked=tuple(sorted(lost)) if session.repository else (),
    )


def default_action() -> str:
    """Return our action at the tag of the installed version."""
    return f"mlgate/mlgate@v{__version__}"


def _not_the_root(repository: Repository | None) -> ConfigError:
    root = repository.git("rev-parse", "--show-toplevel").decode().strip() if repository else ""
    return ConfigError(
        "GitHub runs no workflow of a folder inside a repository",
        hint=f"run it in {root}; or put there what `mlgate init --print` shows for this folder",
    )


def _options(found: Findings, action: str, folder: str) -> WorkflowOptions:
    from mlgate.render.workflow import WorkflowOptions  # noqa: PLC0415

    if "${{" in folder:
        raise ConfigError(
            f"the folder {folder!r} would be read as an expression in a workflow",
            hint="give it another name",
        )
    return WorkflowOptions(
        branch=found.branch.text,
        install=found.install.text,
        train=found.train.text,
        action=action,
        folder=folder,
        python_version_file=found.python_version_file,
        dvc=_dvc_steps(found),
    )


def _dvc_steps(found: Findings) -> DvcSteps:
    from mlgate.render.workflow import DvcSteps  # noqa: PLC0415

    if found.dvc is None:
        return DvcSteps()
    use = found.dvc
    return DvcSteps(
        install=use.install, pull=use.pulls, secrets=use.secrets, metrics=bool(found.outside)
    )


def _default_branch(session: Session) -> Command:
    from mlgate.sources.baseline import default_branch  # noqa: PLC0415
    from mlgate.sources.training import Command  # noqa: PLC0415

    known = default_branch(session.repository) if session.repository else ""
    return Command(known) if known else Command(_only_branch(session.repository), guess=True)


def _only_branch(repository: Repository | None) -> str:
    """Return the one branch of a repository, which may be without a commit; else ``main``."""
    from mlgate.sources.git import GitError  # noqa: PLC0415

    if repository is None:
        return "main"
    listed = repository.git("for-each-ref", "--format=%(refname:short)", "refs/heads")
    branches = listed.decode("utf-8", "replace").splitlines()
    try:
        if not branches:
            branches = [
                repository.git("symbolic-ref", "--short", "HEAD").decode("utf-8", "replace").strip()
            ]
    except GitError:
        pass
    return branches[0] if len(branches) == 1 else "main"


def _plain_branch(branch: Command) -> Command:
    if not _BRANCH.fullmatch(branch.text):
        raise ConfigError(
            f"the branch {branch.text!r} would be read as a pattern in a workflow",
            hint="give a plain one with --branch, and write the pattern into the workflow yourself",
        )
    return branch


def _config_text(evidence: ModelEvidence) -> str:
    from mlgate.compare.direction import known_direction  # noqa: PLC0415
    from mlgate.policy.proposal import propose_config  # noqa: PLC0415

    metrics = [
        (m.name, m.value, m.direction or known_direction(m.name))
        for m in evidence.metrics
        if m.numeric and not m.slice
    ]
    return propose_config(metrics, sorted({m.source for m in evidence.metrics}))


def _advice(found: Findings, kept: frozenset[str]) -> Iterator[str]:
    if WORKFLOW not in kept:
        yield from _guesses(found)
        yield from _dvc_advice(found)
    if not found.evidence.metrics:
        yield "missing  no metrics file was found: let training write metrics.json, as in"
        yield '         {"accuracy": 0.93}'
    for path in found.untracked:
        yield f"missing  {path} is not in git: commit it, for a baseline is read from its commit"
    yield f"next     mlgate report, then commit {CONFIG} and {WORKFLOW} on a branch"


def _guesses(found: Findings) -> Iterator[str]:
    guessed = {
        "training command": found.train,
        "install command": found.install,
        "default branch": found.branch,
    }
    for what, command in guessed.items():
        if command.guess:
            yield f"check    the {what} in {WORKFLOW}: `{command.text}` is a guess"


def _dvc_advice(found: Findings) -> Iterator[str]:
    use = found.dvc
    if use is None:
        return
    if use.scheme == "local":
        yield "check    DVC's remote is a folder of this machine: a runner cannot pull from it"
    elif use.scheme and not use.pulls:
        yield f"check    add a step that pulls from DVC's remote ({use.scheme})"
    elif use.secrets:
        yield f"check    `dvc pull` takes these secrets of the repository: {', '.join(use.secrets)}"
    elif use.extra:
        yield f"check    add a step before `dvc pull` that signs in to DVC's remote ({use.extra})"
    if use.extra:
        for path in found.outside:
            yield (
                f"check    {path}: our action reads no baseline from {use.extra}; let git keep the "
                "file: `cache: false` in dvc.yaml"
            )
