"""What the gate said of a version, and what it says against the version that is deployed now."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from mlgate import __version__
from mlgate.cli.evidence import base_evidence, wanted
from mlgate.cli.identity import ci_run
from mlgate.cli.pipeline import Rules, config_at, links_of, policy_source, with_history_of
from mlgate.cli.release.trail import Taken
from mlgate.compare.evidence import compare_models
from mlgate.documents.comparison import Baseline
from mlgate.documents.report import Report
from mlgate.errors import ConfigError, SourceError
from mlgate.policy.changes import policy_change
from mlgate.policy.judge import Case, judge, rules_of
from mlgate.policy.release import ReleaseNotes
from mlgate.sources.git import GitError
from mlgate.sources.stored import stored_refs

if TYPE_CHECKING:
    from mlgate.cli.evidence import BaseEvidence
    from mlgate.cli.release.measured import Found
    from mlgate.cli.release.registry import Registry
    from mlgate.cli.release.subject import Subject
    from mlgate.cli.scored import Scored
    from mlgate.cli.session import Session
    from mlgate.documents.comparison import Comparison
    from mlgate.documents.evidence import ModelEvidence
    from mlgate.documents.verdict import Overall
    from mlgate.policy.config import Config
    from mlgate.release.registry import Model


_NOTHING: Final = ReleaseNotes()


@dataclass(frozen=True, slots=True)
class Deployed:
    """The version to beat, where it stands, and why it is that one."""

    version: str
    commit: str
    why: str


def deployed_now(registry: Registry, subject: Subject, stage: str) -> Deployed | None:
    """Return the version that holds the stage, else the newest one before this version."""
    model = registry.models.get(subject.name)
    if model is None:
        return None
    wanted = stage or subject.stage
    held = _holder_before(model, wanted, subject.tag) if wanted else None
    if held is not None:
        commit = model.versions[held].commit
        return Deployed(held, commit, f"{held} holds {wanted}")
    from mlgate.release.versions import newest, order  # noqa: PLC0415

    named = [
        v.name
        for v in model.versions.values()
        if v.events and v.active and v.name != subject.version
    ]
    if subject.version:
        named = [name for name in named if order(name) < order(subject.version)]
    before = newest(named)
    if not before:
        return None
    return Deployed(before, model.versions[before].commit, f"{before} is the version before")


def _holder_before(model: Model, stage: str, tag: str) -> str | None:
    """Return who holds the stage, or held it before ``tag`` gave it away."""
    now = model.holder(stage)
    if now is not None and now.event.tag == tag:
        now = model.before(stage)
    return now.version if now else None


def older_rules(session: Session, subject: Subject) -> Taken[Rules]:
    """Return the rules of the commit before: those that are older than what they judge.

    Raises:
        SourceError: there are none, or the commit changes them.
    """
    repository = session.repository
    if repository is None:  # pragma: no cover - a registry needs one
        raise ConfigError("this folder is no git repository")
    parents = repository.parents(subject.commit)
    if not parents:
        raise SourceError(
            "there is no commit before it, so no rule is older than the results",
            hint="commit mlgate.yml first, and release what is measured after it",
        )
    try:
        if not repository.has(parents[0]):
            repository.fetch_commit(parents[0])
    except GitError as exc:
        raise SourceError(
            f"the commit before cannot be fetched: {exc}",
            hint="let the job reach the remote, or check out with `fetch-depth: 0`",
        ) from exc
    before, own = config_at(session, parents[0]), config_at(session, subject.commit)
    if before is None or not any(m.gate for m in before.config.models.values()):
        raise SourceError(
            f"no rule is older than the results: {parents[0][:12]}, the commit before, has none",
            hint="merge the rules first (`mlgate init` writes some); later commits are released",
        )
    rules_now = _rules_of(own.config) if own else None
    changed = policy_change(_rules_of(before.config), rules_now, before.path)
    if changed is not None:
        raise SourceError(
            f"the commit changes the rules that it was measured under: {changed.sentence}"[:3000],
            hint="release a later commit, measured under rules that were there before",
        )
    rules = Rules(before.config, before.config, policy_source(before, parents[0]))
    return Taken(rules, f"{before.path} of {parents[0][:12]}, older than the results")


def _rules_of(config: Config) -> Config:
    """Return a configuration without what judges nothing: how a release is told and deployed."""
    models = {n: msgspec.structs.replace(m, release=_NOTHING) for n, m in config.models.items()}
    return msgspec.structs.replace(config, models=models)


def recorded(subject: Subject, found: Found) -> Taken[Overall]:
    """Return what the gate said when the commit was measured.

    Raises:
        SourceError: it said nothing.
    """
    report = found.report
    if report is None:
        raise SourceError(
            f"{found.kept.where}: no verdict is recorded",
            hint="measure the commit again with this version of mlgate",
        )
    if report.commit != subject.commit:
        raise SourceError(f"{found.kept.where}: its report is of {report.commit[:12]}")
    overall, code = report.verdict.overall, report.verdict.exit_code
    if code:
        said = f"the gate said {overall} when it was measured: {report.verdict.headline}"
        return Taken(overall, said, "fail", "release a commit that passes", code)
    return Taken(overall, f"{overall} when it was measured")


def judged(
    session: Session, rules: Rules, subject: Subject, found: Found, now: Deployed | None
) -> Taken[Report]:
    """Compare with what is deployed, by the rules that are older than the results.

    Raises:
        SourceError: what is deployed cannot be read.
    """
    baseline = Baseline(problem="no version was released before")
    if now is not None and session.repository is not None:
        stored_refs(session.repository, now.commit, fetch=True)  # at home, too
        baseline = Baseline(
            commit=now.commit,
            found="release",
            explanation=now.why,
            committed_at=_committed_at(session, now.commit),
        )
    source = rules.decides
    wanteds = [wanted(source, found.model.model)]
    base = base_evidence(session, wanteds, baseline)
    after, compared = _compared(session, rules, found, base)
    head = msgspec.structs.replace(found.kept.evidence, models=(after,))
    comparisons = with_history_of(session, rules, base, wanteds, head, (compared,))
    verdict = judge(
        Case(
            config=source,
            policy_source=rules.source,
            baseline=base.baseline,
            evidence=(after,),
            comparisons=comparisons,
        )
    )
    report = Report(
        key=f"release {subject.name}"[:400],
        version=__version__,
        commit=subject.commit,
        head_name=subject.version or subject.commit[:7],
        base_name=now.version if now else "none",
        run=ci_run(session),
        links=links_of(session),
        baseline=base.baseline,
        comparisons=comparisons,
        verdict=verdict,
    )
    against = f"{now.version} ({now.why})" if now else "nothing: this is the first release"
    said = f"{verdict.overall} against {against}: {verdict.headline}"
    if not verdict.exit_code:
        return Taken(report, said)
    fix = "release a better commit; what is deployed stays as it is"
    return Taken(report, said, "fail", fix, verdict.exit_code)


def _compared(
    session: Session, rules: Rules, found: Found, base: BaseEvidence
) -> tuple[ModelEvidence, Comparison]:
    """Return the model and its comparison, by rows where both runs kept their predictions."""
    after = msgspec.structs.replace(found.model, predictions=None)
    before = base.of(after.model, [after.model])
    scored = _scored(session, rules, found, base)
    if scored is not None:
        path = scored.source.path
        others = tuple(m for m in after.metrics if m.source != path)
        sources = tuple(s for s in after.sources if s.path != path)
        after = scored.with_head(msgspec.structs.replace(after, metrics=others, sources=sources))
        before = scored.with_base(before)
    confidence = rules.decides.policy.confidence
    paired = scored.paired if scored else None
    return after, compare_models(before, after, confidence=confidence, paired=paired)


def _scored(session: Session, rules: Rules, found: Found, base: BaseEvidence) -> Scored | None:
    """Return what the kept predictions of both sides say together, where both are kept."""
    wanted_ = rules_of(rules.decides, found.model.model).predictions
    if wanted_ is None or found.model.predictions is None or base.kept is None:
        return None
    from mlgate.cli.predictions import Evaluation  # noqa: PLC0415  # heavy
    from mlgate.sources.worktree import WorkTree  # noqa: PLC0415

    evaluation = Evaluation(
        session=session,
        tree=WorkTree(session.workspace, session.repository),
        rules=rules,
        baseline=base.baseline,
    )
    name = found.model.model
    with (
        tempfile.TemporaryDirectory(prefix="mlgate-") as head,
        tempfile.TemporaryDirectory(prefix="mlgate-") as other,
    ):
        after = found.kept.predictions(name, Path(head))
        before = base.kept.predictions(name, Path(other))
        if after is None or before is None:
            return None
        return evaluation.of_files(wanted_, [after], before, model=name)


def _committed_at(session: Session, commit: str) -> int | None:
    repository = session.repository
    if repository is None:  # pragma: no cover - a registry needs one
        return None
    try:
        if not repository.has(commit):
            repository.fetch_commit(commit)
        return repository.committed_at(commit)
    except GitError as exc:
        raise SourceError(
            f"what is deployed, {commit[:12]}, is not in this clone and cannot be fetched: {exc}",
            hint="let the job reach the remote, or check out with `fetch-depth: 0`",
        ) from exc
