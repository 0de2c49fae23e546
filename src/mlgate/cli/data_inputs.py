"""Which files hold the tables of a model, where its reference and its schema are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlgate.checks.data_schema import parse_schema
from mlgate.checks.subject import REFERENCE, TEST, TRAIN
from mlgate.documents.codec import MAX_BYTES, decode
from mlgate.documents.profile import TableProfile
from mlgate.errors import ConfigError, SourceError
from mlgate.policy.config import At
from mlgate.sources.at_commit import copy_at
from mlgate.sources.commit_tree import CommitTree
from mlgate.sources.globs import inside, is_pattern, matching
from mlgate.tables.table import TableFiles, files_of

if TYPE_CHECKING:
    from mlgate.checks.data_schema import DataSchema
    from mlgate.cli.session import Session
    from mlgate.documents.comparison import Baseline
    from mlgate.policy.config import Data
    from mlgate.sources.git import Repository
    from mlgate.sources.tree import Tree
    from mlgate.sources.worktree import WorkTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the checks of one model read.

    Attributes:
        tables: Files of each table, train before test before reference.
        stored: The profile that stands for the reference.
        notes: Where something comes from that no path says.
    """

    tables: tuple[TableFiles, ...]
    stored: TableProfile | None = None
    notes: tuple[str, ...] = ()


def inputs_of(
    session: Session, tree: WorkTree, data: Data, baseline: Baseline, folder: Path
) -> Inputs:
    """Return the files that ``data`` names.

    Args:
        session: The run.
        tree: The work tree.
        data: The configured data.
        baseline: Where ``rev: base`` is.
        folder: For what must be copied out of a commit.

    Raises:
        SourceError: a file is missing, or no table.
        ConfigError: no table is named, or a revision does not exist.
    """
    tables = [
        files_of(role, name, paths_of(tree, name))
        for role, name in ((TRAIN, data.train), (TEST, data.test))
        if name
    ]
    stored: TableProfile | None = None
    notes: tuple[str, ...] = ()
    match data.reference:
        case str() as name if name.endswith(".json"):
            stored = read_profile(_one(tree, name), name)
        case str() as name:
            tables.append(files_of(REFERENCE, name, paths_of(tree, name)))
        case At() as at:
            commit = _commit(session, baseline, at)
            found = copy_at(_repository(session), commit, at.path, folder)
            tables.append(files_of(REFERENCE, f"{at.path} at {commit[:7]}", [found]))
            notes = (f"The reference is {at.path} at {commit[:7]}.",)
        case None:
            pass
    if not tables:
        raise ConfigError(
            "no data to check",
            hint="name it under `data:` in mlgate.yml, as in `data: {train: data/train.parquet}`, "
            "or with --train and --test",
        )
    return Inputs(tables=tuple(tables), stored=stored, notes=notes)


def paths_of(tree: WorkTree, name: str) -> list[Path]:
    """Return the files that a path, a folder or a pattern stands for.

    Raises:
        SourceError: there are none, or they lie outside the workspace.
    """
    if os.path.isabs(name):  # noqa: PTH117 - of the command line; configurations have none
        return _absolute(name)
    path = inside("", name)
    if path is None:
        raise SourceError(
            f"{name[:300]} leads outside the workspace", hint="write paths relative to it"
        )
    if tree.size(path) is not None:
        return [_one(tree, path)]
    below = f"{path}/**" if not is_pattern(path) else path
    found = [p for p in matching(below, tree.paths()) if tree.size(p) is not None]
    if not found:
        raise SourceError(f"{name[:300]}: no such file", hint=_missing(tree, path))
    return [_one(tree, p) for p in found]


def read_profile(path: Path, origin: str) -> TableProfile:
    """Return the profile at ``path``.

    Raises:
        SourceError: it is missing, or none that mlgate wrote.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise SourceError(f"{origin}: {exc.strerror}") from exc
    found = decode(raw, TableProfile, origin=origin)
    if not found.columns or not found.rows:
        raise SourceError(f"{origin}: a profile of nothing", hint="`mlgate profile` writes one")
    return found


def schema_at(tree: Tree, name: str | None) -> DataSchema | None:
    """Return the schema file ``name`` in ``tree``.

    Raises:
        ConfigError: it is missing, or not valid.
    """
    if not name:
        return None
    path = inside("", name)
    found = tree.read([path]) if path else {}
    if path is None or path not in found:
        raise ConfigError(
            f"{name[:300]}: no schema file {f'at {tree.label}' if tree.label else 'here'}",
            hint=f"`mlgate check --write-schema {name[:200]}` writes it; review and commit it",
        )
    return parse_schema(found[path], origin=f"{tree.label}:{path}" if tree.label else path)


def schema_of(session: Session, tree: WorkTree, name: str | None, commit: str) -> DataSchema | None:
    """Return the schema that decides: the one of the baseline, where it has one.

    A pull request that changes the schema file changes its own bar; the new one counts from the
    next change on.
    """
    if name and commit and session.repository is not None:
        base = CommitTree(session.repository, commit)
        if inside("", name) in set(base.paths()):
            return schema_at(base, name)
    return schema_at(tree, name)


def _absolute(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file())
    if is_pattern(name) and not path.exists():
        return sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    if not path.is_file():
        raise SourceError(f"{name}: no such file")
    return [path.resolve()]


def _one(tree: WorkTree, path: str) -> Path:
    place = (Path(tree.root) / path).resolve()
    if not place.is_file() or not place.is_relative_to(tree.root):
        raise SourceError(
            f"{path[:300]}: no such file in the workspace", hint="links must not leave it"
        )
    return place


def _missing(tree: WorkTree, path: str) -> str:
    if any(p == f"{path}.dvc" for p in tree.paths()):
        return "DVC tracks it: run `dvc pull` before"
    base = path.rsplit("/", 1)[-1]
    elsewhere = [p for p in tree.paths() if p.rsplit("/", 1)[-1] == base][:3]
    return f"there is {' and '.join(elsewhere)}" if elsewhere else "does an earlier step write it?"


def _repository(session: Session) -> Repository:
    if session.repository is None:
        raise ConfigError("`reference` names a revision, and this is no git repository")
    return session.repository


def _commit(session: Session, baseline: Baseline, at: At) -> str:
    repository = _repository(session)
    if at.rev == "base":
        if not baseline.commit:
            raise SourceError(
                f"`reference` is {at.path} at the baseline, and there is none",
                hint=baseline.problem or "give --base, or another `rev`",
            )
        return baseline.commit
    commit = repository.resolve(at.rev)
    if commit is None:
        raise ConfigError(
            f"`reference`: the revision {at.rev[:100]!r} is not known here",
            hint="does the checkout fetch it? `fetch-depth: 0`, `fetch-tags: true`",
        )
    return commit
