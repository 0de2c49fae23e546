"""Evidence of the commits before the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlgate.cli.evidence import base_evidence, read_commit, wanted
from mlgate.cli.identity import named_models
from mlgate.documents.comparison import Baseline
from mlgate.documents.history import Point
from mlgate.errors import ConfigError, SourceError
from mlgate.policy.config import Config
from mlgate.sources.commit_tree import CommitTree
from mlgate.sources.config_file import read_config
from mlgate.sources.git import GitError
from mlgate.sources.stored import fetch_stored, read_stored
from mlgate.sources.worktree import WorkTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgate.cli.evidence import BaseEvidence
    from mlgate.cli.session import Session
    from mlgate.documents.evidence import ModelEvidence
    from mlgate.sources.collect import Wanted
    from mlgate.sources.git import Repository

WALKED = 4
"""First-parent commits that are looked at for each one with a measurement that is wanted."""


@dataclass(frozen=True, slots=True)
class History:
    """Models at commits before the baseline, newest first.

    Attributes:
        commits: Each measured commit with its models by name.
        problem: Why there may be more that we cannot see; empty when this is all.
    """

    commits: tuple[tuple[str, Mapping[str, ModelEvidence]], ...] = ()
    problem: str = ""

    def of(self, model: str) -> list[tuple[str, ModelEvidence]]:
        """Return what is known of one model; the one model of a commit may have another name."""
        found = []
        for commit, models in self.commits:
            one = models.get(model)
            if one is None and len(models) == 1:
                one = next(iter(models.values()))
            if one is not None:
                found.append((commit, one))
        return found


def read_points(session: Session, revision: str, model: str, most: int) -> tuple[list[Point], str]:
    """Return the metrics of at most ``most`` measured commits up to a revision, oldest first.

    Returns:
        The values, and why there may be more.

    Raises:
        ConfigError: there is no repository, no such revision, or no such model.
        SourceError: git cannot tell.
    """
    repository = session.repository
    commit = repository.resolve(revision) if repository else None
    if repository is None or commit is None:
        raise ConfigError(
            f"{revision[:200]!r} is no revision here",
            hint="run this in a git repository, with a branch, a tag or a commit",
        )
    file = read_config(WorkTree(session.workspace, repository), session.config)
    config = file.config if file else Config()
    wanteds = [wanted(config, name) for name in named_models(config, model or None)]
    session.progress("reading the history")
    fetch_stored(repository, repository.first_parents(commit, most * WALKED + 1))
    tip = base_evidence(session, wanteds, Baseline(commit=commit))
    history = read_history(session, wanteds, tip, most)
    found = [*reversed(history.commits[: most - 1]), (tip.baseline.commit, tip.models)]
    points = []
    for name, models in found:
        day = datetime.fromtimestamp(repository.committed_at(name) or 0, tz=UTC).isoformat()
        for one in models.values():
            if model and one.model != model and len(models) > 1:
                continue
            points += [
                Point(
                    commit=name,
                    date=day,
                    model=one.model,
                    metric=m.name,
                    slice=m.slice,
                    source=m.source,
                    value=m.value,
                    problem=m.problem,
                )
                for m in one.metrics
                if m.numeric
            ]
    return points, history.problem


def read_history(
    session: Session, wanteds: Sequence[Wanted], base: BaseEvidence, most: int
) -> History:
    """Return the evidence of at most ``most`` first-parent commits before the baseline.

    Stored evidence comes first; where there is none, the metric files that git tracks are read at
    the commits that changed them; that which measured the baseline itself is no past of it. A
    shallow clone fetches the history it lacks.
    """
    repository, start = session.repository, base.baseline.commit
    if repository is None or not start:
        return History(problem=base.baseline.problem or "there is no baseline")
    session.progress("reading the history")
    try:
        commits, problem = _walk(repository, start, most * WALKED)
        if session.github is not None:
            fetch_stored(repository, commits)
        changed = repository.changing(start, len(commits) + 1, _paths(wanteds, base))
    except GitError as exc:
        return History(problem=f"git cannot tell the history: {exc}")
    if start not in changed:
        measured = next((commit for commit in commits if commit in changed), "")
        commits = tuple(commit for commit in commits if commit != measured)
    found = []
    try:
        for commit, models in _measured(session, repository, wanteds, commits, changed):
            found.append((commit, models))
            if len(found) == most:
                break
    except SourceError as exc:
        problem = exc.what
    return History(tuple(found), problem)


def _measured(
    session: Session,
    repository: Repository,
    wanteds: Sequence[Wanted],
    commits: Sequence[str],
    changed: frozenset[str],
) -> Iterator[tuple[str, dict[str, ModelEvidence]]]:
    for commit in commits:
        stored = read_stored(repository, commit, fetch=False)
        if stored is not None:
            yield commit, {model.model: model for model in stored.models}
        elif commit in changed:
            session.detail(f"reading files of {commit[:7]}")
            tree = CommitTree(repository, commit)
            models = {one.model: read_commit(session, tree, one, dvc=False) for one in wanteds}
            yield commit, models


def _walk(repository: Repository, start: str, most: int) -> tuple[tuple[str, ...], str]:
    """Return the commits before ``start``, and why there are fewer than there might be."""
    commits = repository.first_parents(start, most + 1)
    if not repository.shallow or len(commits) > most:
        return commits[1:], ""
    try:
        repository.fetch_history(start, most + 1)
    except GitError as exc:
        return commits[1:], f"this clone is shallow, and more cannot be fetched ({exc})"
    return repository.first_parents(start, most + 1)[1:], ""


def _paths(wanteds: Sequence[Wanted], base: BaseEvidence) -> list[str]:
    """Return the files of metrics and predictions, as paths or patterns."""
    sources = [m.source for model in base.models.values() for m in model.metrics]
    return list(dict.fromkeys([*sources, *(one.predictions for one in wanteds)]))
