"""Collect what was measured at the head and at the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from mlgate.cli.identity import ci_run, head_commit, named_models
from mlgate.documents.evidence import Evidence, ModelEvidence, SourceFile
from mlgate.errors import SourceError
from mlgate.policy.judge import rules_of
from mlgate.sources.baseline import MAX_BEHIND
from mlgate.sources.collect import Wanted, collect
from mlgate.sources.commit_tree import CommitTree
from mlgate.sources.dvc_project import read_dvc_project
from mlgate.sources.evidence_files import merge_evidence, read_evidence
from mlgate.sources.git import GitError
from mlgate.sources.kept import Kept, kept_in_refs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from mlgate.cli.session import Session
    from mlgate.documents.comparison import Baseline
    from mlgate.policy.config import Config
    from mlgate.sources.tree import Tree


Origin = Literal["stored evidence", "artifact", "tracked files"]


@dataclass(frozen=True, slots=True)
class BaseEvidence:
    """Models at the baseline, by name, and the baseline as it was in the end.

    ``kept`` is what an earlier run kept of that commit.
    """

    baseline: Baseline
    models: Mapping[str, ModelEvidence]
    kept: Kept | None = None

    def of(self, model: str, reported: Collection[str]) -> ModelEvidence | None:
        """Return the baseline of ``model``; the one model of both sides may have a new name."""
        if model not in self.models and len(self.models) == len(reported) == 1:
            return next(iter(self.models.values()))
        return self.models.get(model)


def head_evidence(
    session: Session, config: Config, tree: Tree, *, files: Sequence[Path], model: str | None
) -> Evidence:
    """Return the evidence of the head: from ``files`` of other jobs, else from the work tree.

    Raises:
        ConfigError: ``model`` is none of the configured ones.
        SourceError: an evidence file is missing, not valid, or of another commit.
    """
    if files:
        session.progress(f"reading {len(files)} evidence files")
        evidence = merge_evidence(read_evidence(files))
        require_this_commit(session, evidence.commit, "evidence")
        named = (m for m in evidence.models if model in {None, m.model})
        here = tuple(msgspec.structs.replace(m, predictions=None) for m in named)
        return msgspec.structs.replace(evidence, models=here)
    models = [collect(tree, wanted(config, name)) for name in named_models(config, model)]
    prefix = session.repository.prefix if session.repository else ""
    if prefix and not any(m.metrics for m in models):
        models = [_told_where(m, prefix) for m in models]
    return Evidence(
        commit=head_commit(session),
        dirty=session.repository.dirty if session.repository else False,
        run=ci_run(session),
        models=tuple(models),
    )


def _told_where(model: ModelEvidence, prefix: str) -> ModelEvidence:
    """Add to the hint of what is not there that we look in a folder of the repository only."""
    here = f"; mlgate looked in {prefix[:400]} only: is the root of the repository meant?"
    sources = (
        msgspec.structs.replace(s, hint=f"{s.hint}{here}") if s.absent else s for s in model.sources
    )
    return msgspec.structs.replace(model, sources=tuple(sources))


def require_this_commit(session: Session, commit: str, what: str) -> None:
    """Refuse what was measured at another commit: in CI it would let a change pass unseen.

    Raises:
        SourceError: this is a CI run, and it is about another commit than ``commit``.
    """
    github = session.github
    if github is None or not commit or commit in {github.subject.head_sha, head_commit(session)}:
        return
    raise SourceError(
        f"the {what} is of commit {commit[:12]}, and this run is about "
        f"{github.subject.head_sha[:12]}",
        hint="measure this commit; is an artifact of another run, or a cache, in the way?",
    )


def base_evidence(
    session: Session,
    wanteds: Sequence[Wanted],
    baseline: Baseline,
    ask_artifact: Callable[[str], Kept | None] = lambda _commit: None,
) -> BaseEvidence:
    """Return the evidence of the baseline commit, or of its nearest ancestor that has any.

    What runs stored comes first, then files that git tracks, then the artifact of a run.
    """
    repository = session.repository
    if repository is None or not baseline.commit:
        return BaseEvidence(baseline, {})
    fetch = session.github is not None
    try:
        commits = repository.first_parents(baseline.commit, MAX_BEHIND + 1)
    except GitError:
        commits = (baseline.commit,)
    unread: dict[str, ModelEvidence] = {}
    for behind, commit in enumerate(commits):
        kept = kept_in_refs(repository, commit, fetch=fetch and behind == 0)
        if kept is not None:
            return _kept(kept, _reached(baseline, commit, behind, "stored evidence"))
        session.detail(f"reading files of {commit[:7]}")
        tree = CommitTree(repository, commit)
        models = {one.model: read_commit(session, tree, one, dvc=behind == 0) for one in wanteds}
        if any(m.metrics for m in models.values()) or _has_predictions(tree, wanteds):
            found = {name: _with_unread(model, unread.get(name)) for name, model in models.items()}
            return BaseEvidence(_reached(baseline, commit, behind, "tracked files"), found)
        unread = unread or models
        kept = ask_artifact(commit) if behind == 0 else None
        if kept is not None:
            return _kept(kept, _reached(baseline, commit, behind, "artifact"))
    searched = f"no metrics that can be read in {baseline.commit[:12]}"
    if len(commits) > 1:
        searched += f" and the {len(commits) - 1} commits before it"
    return BaseEvidence(msgspec.structs.replace(baseline, problem=searched), unread)


def _kept(kept: Kept, baseline: Baseline) -> BaseEvidence:
    return BaseEvidence(baseline, {m.model: m for m in kept.evidence.models}, kept)


def _has_predictions(tree: CommitTree, wanteds: Sequence[Wanted]) -> bool:
    """Tell whether git or DVC keeps predictions of this commit, or a command can make them."""
    if any(one.predicts for one in wanteds):
        return True
    files = {one.predictions for one in wanteds} - {""}
    return bool(files) and not files.isdisjoint({*tree.paths(), *read_dvc_project(tree).outputs})


def wanted(config: Config, name: str) -> Wanted:
    """Return what to collect for the model ``name``."""
    model = rules_of(config, name)
    return Wanted(
        model=name,
        metrics=model.metrics,
        params=model.params,
        artifacts=model.artifacts,
        data=model.data.paths,
        best_by=model.best_by or "",
        repeats=model.repeats,
        predictions=model.predictions.file if model.predictions else "",
        predicts=bool(model.predictions and model.predict),
    )


def read_commit(session: Session, tree: CommitTree, wanted: Wanted, *, dvc: bool) -> ModelEvidence:
    """Return what the files of a commit say about one model, with those of DVC if wanted."""

    def through_dvc(paths: Sequence[str]) -> dict[str, bytes]:
        from mlgate.sources.dvc_cache import read_through_dvc  # noqa: PLC0415  # heavy

        return dict(read_through_dvc(session.workspace, tree.commit, paths))

    try:
        return collect(tree, wanted, through_dvc=through_dvc if dvc else None)
    except SourceError as exc:
        broken = SourceFile(path="", problem=exc.what[:4000], hint=exc.hint[:4000])
        return ModelEvidence(model=wanted.model, sources=(broken,))


def _with_unread(model: ModelEvidence, nearer: ModelEvidence | None) -> ModelEvidence:
    """Add what could not be read at the commit that was meant, when ``model`` is of an older."""
    if nearer is None:
        return model
    problems = tuple(source for source in nearer.sources if source.problem)
    return msgspec.structs.replace(model, sources=(*model.sources, *problems))


def _reached(baseline: Baseline, commit: str, behind: int, origin: Origin) -> Baseline:
    return msgspec.structs.replace(
        baseline,
        commit=commit,
        behind=behind,
        origin=origin,
        explanation=baseline.explanation
        + (f", {behind} commits before it, the nearest with metrics" if behind else ""),
    )
