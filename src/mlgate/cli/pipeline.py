"""The one flow: evidence of head and baseline, compared, judged, as one report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from mlgate import __version__
from mlgate.cli.evidence import base_evidence, head_evidence, wanted
from mlgate.cli.identity import ci_run, head_commit
from mlgate.cli.trained import with_base_training, with_training
from mlgate.compare.evidence import compare_models
from mlgate.documents.comparison import Baseline, Comparison
from mlgate.documents.report import Links, Report
from mlgate.documents.verdict import Judgement, PolicySource
from mlgate.errors import ConfigError
from mlgate.policy.changes import broken_policy, policy_change
from mlgate.policy.config import Config
from mlgate.policy.judge import Case, judge, rules_of
from mlgate.sources.baseline import Situation, find_baseline
from mlgate.sources.changes import read_code_change
from mlgate.sources.commit_tree import CommitTree
from mlgate.sources.config_file import ConfigFile, read_config
from mlgate.sources.worktree import WorkTree

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from mlgate.ci.github import GitHubRun
    from mlgate.cli.evidence import BaseEvidence
    from mlgate.cli.scored import Scored
    from mlgate.cli.session import Session
    from mlgate.documents.comparison import CodeChange
    from mlgate.documents.evidence import Evidence
    from mlgate.sources.collect import Wanted
    from mlgate.sources.kept import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asks of one report.

    Attributes:
        base: Revision to compare with; empty to find it.
        evidence: Evidence files of other jobs.
        model: The one model to report; ``None`` for all of the configuration.
        against: File with the predictions of the baseline, of one model.
        expected: Models that must have reported, beyond those of the configuration.
        key: Names the comment.
        output: Folder of our files, where results of checks of this very run may be.
        ask_merge_base: Asks the forge on shallow clones.
        ask_artifact: Asks the forge for what a run on a commit uploaded.
    """

    base: str = ""
    evidence: Sequence[Path] = ()
    model: str | None = None
    against: str = ""
    expected: Sequence[str] = ()
    key: str = "mlgate"
    output: Path | None = None
    ask_merge_base: Callable[[str, str], str | None] = lambda _base, _head: None
    ask_artifact: Callable[[str], Kept | None] = lambda _commit: None


@dataclass(frozen=True, slots=True)
class Rules:
    """The configuration that decides, where it came from, and what the head changes in it."""

    decides: Config
    measures: Config
    source: PolicySource
    changes: tuple[Judgement, ...] = ()

    def measuring_base(self, model: str, reported: Collection[str]) -> Config:
        """Return which files of the baseline count; the head does not choose them either.

        A model that only the head knows has no other files than the head's, unless the one model
        of the baseline is gone: then its files are what every new name is compared with.
        """
        decides = self.decides.models
        renamed = len(decides) == 1 and not decides.keys() & set(reported)
        return self.decides if renamed or model in decides else self.measures

    def expected(self, request: Request) -> dict[str, str]:
        """Return the models that must report, each with what to do when it does not."""
        again = "Did its job fail, or its evidence get lost? Run that job again."
        if request.model:
            return {request.model: again}
        named = self.decides.models
        kept = named if len(named) > 1 or (not request.evidence and self._split) else ()
        gone = "The head's configuration lost it: keep this name for one of its models."
        configured = {name: again if name in self.measures.models else gone for name in kept}
        return configured | dict.fromkeys(request.expected, again)

    @property
    def _split(self) -> bool:
        """Tell whether the head makes several models of the baseline's one."""
        return len(self.decides.models) == 1 < len(self.measures.models)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run produces."""

    evidence: Evidence
    report: Report


def run(session: Session, request: Request) -> Outcome:
    """Return evidence and report for the workspace.

    Raises:
        ConfigError: the configuration or the request is not valid.
        SourceError: evidence of another job is missing or not valid.
    """
    tree = WorkTree(session.workspace, session.repository)
    session.progress("looking for the baseline")
    baseline = baseline_of(session, request)
    rules = rules_for(session, tree, baseline)
    session.progress("reading the evidence of the head")
    head = head_evidence(session, rules.measures, tree, files=request.evidence, model=request.model)
    if not request.evidence:
        folder = request.output or session.workspace / ".mlgate"
        head = with_training(session, head, folder)
        head = _checked(session, tree, rules, baseline, head, request)
    session.progress("reading the evidence of the baseline")
    reported = [m.model for m in head.models]
    wanteds = [wanted(rules.measuring_base(name, reported), name) for name in reported]
    if request.against:
        wanteds = [replace(one, predicts=True) for one in wanteds]
    base = base_evidence(session, wanteds, baseline, request.ask_artifact)
    base = with_base_training(base, head, request.ask_artifact)
    head, comparisons = _compared(session, tree, rules, base, head, request)
    comparisons = with_history_of(session, rules, base, wanteds, head, comparisons)
    expected = rules.expected(request)
    verdict = judge(
        Case(
            config=rules.decides,
            policy_source=rules.source,
            baseline=base.baseline,
            evidence=head.models,
            comparisons=comparisons,
            expected=expected,
            policy_changes=rules.changes,
        )
    )
    report = Report(
        key=request.key,
        version=__version__,
        commit=head.commit or head_commit(session),
        dirty=head.dirty,
        head_name=_head_name(session),
        base_name=_base_name(session, base.baseline),
        run=ci_run(session),
        links=links_of(session),
        baseline=base.baseline,
        comparisons=comparisons,
        code=_code_change(session, base.baseline, comparisons, head),
        verdict=verdict,
        expected=tuple(expected),
    )
    return Outcome(head, report)


def _checked(
    session: Session,
    tree: WorkTree,
    rules: Rules,
    baseline: Baseline,
    head: Evidence,
    request: Request,
) -> Evidence:
    """Return the evidence with the results of the checks that the configuration asks for."""
    names = [m.model for m in head.models]
    if not any(
        model.checks or model.results
        for config in (rules.decides, rules.measures)
        for model in (rules_of(config, name) for name in names)
    ):
        return head
    from mlgate.cli.data_checks import Checking, with_checks  # noqa: PLC0415  # heavy
    from mlgate.cli.progress import Progress  # noqa: PLC0415

    progress = Progress(session)
    checking = Checking(
        session=session, tree=tree, rules=rules, baseline=baseline, progress=progress.say
    )
    folder = request.output or session.workspace / ".mlgate"
    with progress:
        models = tuple(with_checks(m, checking.found(m.model, folder)) for m in head.models)
    return msgspec.structs.replace(head, models=models)


def _compared(
    session: Session,
    tree: WorkTree,
    rules: Rules,
    base: BaseEvidence,
    head: Evidence,
    request: Request,
) -> tuple[Evidence, tuple[Comparison, ...]]:
    """Return the evidence with the metrics of predictions, and every model against its baseline."""
    names = [m.model for m in head.models]
    confidence = rules.decides.policy.confidence
    configs = (rules.decides, rules.measures)
    scores: dict[str, Scored | None] = {}
    measured = any(rules_of(c, name).predictions for c in configs for name in names)
    if request.against and (len(names) > 1 or request.evidence or not measured):
        raise ConfigError(
            "--against is for one model with `predictions:` that are measured here",
            hint="choose it with --model, leave --evidence out, and name its columns in mlgate.yml",
        )
    if measured and not request.evidence:
        from mlgate.cli.predictions import Evaluation  # noqa: PLC0415  # heavy
        from mlgate.cli.progress import Progress  # noqa: PLC0415

        with Progress(session) as progress:
            evaluation = Evaluation(
                session=session,
                tree=tree,
                rules=rules,
                baseline=base.baseline,
                against=request.against,
                progress=progress.say,
                kept=base.kept,
                ask_artifact=request.ask_artifact,
                output=request.output,
            )
            scores = {name: evaluation.scored(name) for name in names}
    models = []
    comparisons = []
    for model in head.models:
        scored, before = scores.get(model.model), base.of(model.model, names)
        after = scored.with_head(model) if scored else model
        before = scored.with_base(before) if scored else before
        paired = scored.paired if scored else None
        models.append(after)
        found = compare_models(before, after, confidence=confidence, paired=paired)
        rows = scored.rows if scored else None
        comparisons.append(msgspec.structs.replace(found, rows=rows))
    return msgspec.structs.replace(head, models=tuple(models)), tuple(comparisons)


def with_history_of(
    session: Session,
    rules: Rules,
    base: BaseEvidence,
    wanteds: Sequence[Wanted],
    head: Evidence,
    comparisons: tuple[Comparison, ...],
) -> tuple[Comparison, ...]:
    """Return the comparisons with what is known of the past, where a rule or the policy asks."""
    policy = rules.decides.policy
    ruled = [rule for model in rules.decides.models.values() for rule in model.gate]
    if not policy.history_intervals and all(rule.compare == "base" for rule in ruled):
        return comparisons
    from mlgate.cli.past import read_history  # noqa: PLC0415  # seldom asked for
    from mlgate.compare.history import with_history  # noqa: PLC0415

    history = read_history(session, wanteds, base, policy.history)
    found = (
        with_history(
            comparison,
            model,
            history.of(model.model),
            confidence=policy.confidence,
            intervals=policy.history_intervals,
        )
        for comparison, model in zip(comparisons, head.models, strict=True)
    )
    return tuple(msgspec.structs.replace(c, past_problem=history.problem[:4000]) for c in found)


def baseline_of(session: Session, request: Request) -> Baseline:
    """Return the baseline of this run, before it is known whether it has evidence."""
    if session.repository is None:
        if request.base:
            raise ConfigError(
                f"--base {request.base!r}: this is no git repository",
                hint="run inside the repository, or leave --base out",
            )
        return Baseline(problem="this folder is no git repository")
    return find_baseline(session.repository, _situation(session, request), request.ask_merge_base)


def rules_for(session: Session, tree: WorkTree, baseline: Baseline) -> Rules:
    """Return the rules: the baseline's on pull requests and in the merge queue, else the head's.

    Raises:
        ConfigError: the configuration that decides is not valid, or the named file is absent.
    """
    proposed = session.github is not None and _proposed(session.github)
    commit = _policy_commit(session, baseline) if proposed else ""
    base = config_at(session, commit) if commit else None
    try:
        head = read_config(tree, session.config)
    except ConfigError as exc:
        if base is None:
            raise
        changes = (broken_policy(base.path, exc.what, exc.hint),)
        return Rules(base.config, base.config, policy_source(base, commit), changes)
    if base is None:
        return _head_rules(session, head, _own_policy(commit) if proposed else "")
    changed = policy_change(base.config, head.config if head else None, base.path)
    source = msgspec.structs.replace(policy_source(base, commit), changed=changed is not None)
    measures = head.config if head else base.config
    return Rules(base.config, measures, source, (changed,) if changed else ())


def _proposed(github: GitHubRun) -> bool:
    """Tell whether this is a change that does not get to set its own rules."""
    return github.subject.pull_request is not None or github.event == "merge_group"


def _own_policy(commit: str) -> str:
    """Say why a proposed change is judged by its own policy."""
    if not commit:
        return "No baseline was found to read the policy from, so this change is judged by its own."
    return "First adoption: the baseline has no policy yet, so this change is judged by its own."


def _head_rules(session: Session, head: ConfigFile | None, note: str) -> Rules:
    if head is None:
        if session.config:
            raise ConfigError(
                f"{session.config}: no such configuration",
                hint="`mlgate init` writes one; without --config, mlgate.yml is looked for",
            )
        return Rules(Config(), Config(), PolicySource())
    source = PolicySource(origin="head", path=head.path, note=note)
    return Rules(head.config, head.config, source)


def _policy_commit(session: Session, baseline: Baseline) -> str:
    """Return the commit whose rules decide: the baseline, else the tip of the target branch."""
    if baseline.commit or session.github is None or session.repository is None:
        return baseline.commit
    tip = session.github.subject.base_sha or ""
    return tip if session.repository.has(tip) else ""


def config_at(session: Session, commit: str) -> ConfigFile | None:
    """Return the configuration as it was at a commit."""
    if session.repository is None:
        return None
    return read_config(CommitTree(session.repository, commit), session.config)


def policy_source(file: ConfigFile, commit: str) -> PolicySource:
    """Say where rules that are not the head's come from."""
    return PolicySource(origin="base", path=file.path, commit=commit)


def _situation(session: Session, request: Request) -> Situation:
    github = session.github
    if github is None:
        return Situation(given=request.base)
    subject = github.subject
    default = github.default_branch or ""
    pushed = subject.head_ref if github.event == "push" else subject.base_ref
    return Situation(
        event=github.event,
        base_ref=pushed or "",
        base_sha=subject.base_sha or "",
        head_sha=subject.head_sha,
        before=subject.before or "",
        default_branch=default,
        tag=github.tag or "",
        given=request.base,
    )


def _head_name(session: Session) -> str:
    if session.github is None:
        return "work tree"
    if session.github.subject.pull_request:
        return "PR"
    return session.github.tag or session.github.subject.head_ref or "head"


def _base_name(session: Session, baseline: Baseline) -> str:
    if session.github is not None and session.github.subject.base_ref:
        return session.github.subject.base_ref
    match baseline.explanation.split(" "):
        case [*_, "and", name]:
            return name
        case _:
            return baseline.commit[:7] or "base"


def links_of(session: Session) -> Links:
    """Return the pages of the CI run that a report points to."""
    github = session.github
    if github is None:
        return Links()
    repository = f"{github.server_url}/{github.repository}"
    number = github.subject.pull_request
    return Links(
        run=github.run_url,
        repository=repository,
        pull_request=f"{repository}/pull/{number}" if number else "",
    )


def _code_change(
    session: Session, baseline: Baseline, comparisons: Sequence[Comparison], head: Evidence
) -> CodeChange | None:
    if session.repository is None or not baseline.commit:
        return None
    known = {source.path for model in head.models for source in model.sources}
    known |= {p.source for model in head.models for p in model.parameters}
    known |= {file.path for model in head.models for file in model.files}
    known |= {change.path for comparison in comparisons for change in comparison.files}
    return read_code_change(session.repository, baseline.commit, known)
