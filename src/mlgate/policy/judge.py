"""Everything that can be judged, worst first, and what it adds up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from mlgate.documents.verdict import Judgement, PolicySource, Verdict
from mlgate.policy.bounds import ORDER
from mlgate.policy.checks import judge_checks
from mlgate.policy.config import Config, Model
from mlgate.policy.metrics import Judged, judge_metrics

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgate.documents.comparison import Baseline, Comparison
    from mlgate.documents.evidence import ModelEvidence
    from mlgate.documents.verdict import Effect, Overall
    from mlgate.policy.config import Policy

EFFECTS: tuple[Effect, ...] = ("fail", "warn", "pass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the gate is asked to judge.

    Attributes:
        config: Rules and policy, already from the revision that may decide.
        policy_source: Where they were read.
        baseline: What the head is compared with.
        evidence: Models at the head.
        comparisons: One per model of ``evidence``.
        expected: Models that must have reported, each with what to do when it did not.
        policy_changes: Judgements about a policy that the head changes.
    """

    config: Config
    policy_source: PolicySource = field(default_factory=PolicySource)
    baseline: Baseline
    evidence: Sequence[ModelEvidence]
    comparisons: Sequence[Comparison]
    expected: Mapping[str, str] = field(default_factory=dict)
    policy_changes: Sequence[Judgement] = ()


def judge(case: Case) -> Verdict:
    """Return the verdict: one judgement per rule and metric, check, source, model, baseline."""
    policy = case.config.policy
    judged = _holm([*_metric_judgements(case)], policy)
    tested = sum(_counts_for_holm(j) for j in judged)
    judgements = sorted(
        [
            *_gaps(case),
            *case.policy_changes,
            *_check_judgements(case),
            *(j.judgement for j in judged),
        ],
        key=_rank,
    )
    overall = overall_of(judgements)
    return Verdict(
        overall=overall,
        observe=policy.mode == "observe",
        headline=headline(overall, judgements),
        confidence=policy.confidence,
        tested=tested,
        policy=case.policy_source,
        judgements=tuple(judgements),
    )


def rules_of(config: Config, model: str) -> Model:
    """Return the rules of ``model``; a configuration with one model serves any name."""
    if model in config.models:
        return config.models[model]
    return next(iter(config.models.values())) if len(config.models) == 1 else Model()


def overall_of(judgements: Sequence[Judgement]) -> Overall:
    """Return the worst of all judgements as one word."""
    failing = {j.outcome for j in judgements if j.effect == "fail"}
    if failing - {"missing", "incomparable", "inconclusive"}:
        return "fail"
    if failing & {"missing", "incomparable"}:
        return "missing"
    outcomes = {j.outcome for j in judgements}
    if failing or "inconclusive" in outcomes:
        return "inconclusive"
    if "overridden" in outcomes:
        return "overridden"
    if any(j.effect == "warn" for j in judgements):
        return "warn"
    return "improved" if "improved" in outcomes else "pass"


def headline(overall: Overall, judgements: Sequence[Judgement]) -> str:
    """Return the sentence of the worst judgement, or one that says that all is well."""
    counted = [j for j in judgements if j.rule or j.kind != "metric"]
    match overall:
        case "pass" | "improved":
            better = sum(j.outcome == "improved" for j in judgements)
            held = f"{len(counted)} of {len(counted)} rules hold" if counted else "no rule broken"
            metrics = "metric" if better == 1 else "metrics"
            return f"{held}; {better} {metrics} better." if better else f"{held}."
        case _:
            return _told(judgements[0]) if judgements else ""


def _told(judgement: Judgement) -> str:
    """Return the sentence, a check's with its name, which elsewhere stands beside it."""
    if judgement.kind == "check" and judgement.subject not in judgement.sentence:
        return f"{judgement.subject}: {judgement.sentence}"[:4000]
    return judgement.sentence


def _rank(judgement: Judgement) -> tuple[int, int, float]:
    metric = judgement.metric
    size = abs(metric.relative or 0.0) if metric else 0.0
    return EFFECTS.index(judgement.effect), ORDER.index(judgement.outcome), -size


def _metric_judgements(case: Case) -> Iterator[Judged]:
    baseline = bool(case.baseline.commit)
    for comparison in case.comparisons:
        model = rules_of(case.config, comparison.model)
        yield from judge_metrics(comparison, model, case.config.policy, baseline=baseline)


def _check_judgements(case: Case) -> Iterator[Judgement]:
    for model in case.evidence:
        rules = rules_of(case.config, model.model).gate
        yield from judge_checks(model, rules, case.config.policy)


def _counts_for_holm(judged: Judged) -> bool:
    judgement = judged.judgement
    return judged.p is not None and bool(judgement.rule) and judgement.level == "error"


def _holm(judged: list[Judged], policy: Policy) -> list[Judged]:
    """Weaken failures that Holm's step-down correction does not uphold (Holm 1979, SJS 6).

    Only rules at level error share the error budget of ``(1 − confidence) / 2``; a failure
    without an interval is no test and stays.
    """
    tests = sorted((j for j in judged if _counts_for_holm(j)), key=lambda j: j.p or 0.0)
    budget, upheld = (1 - policy.confidence) / 2, True
    weakened: dict[int, Judged] = {}
    for rank, test in enumerate(tests):
        upheld = upheld and (test.p or 0.0) <= budget / (len(tests) - rank)
        if not upheld and test.judgement.outcome == "fail":
            weakened[id(test)] = Judged(_not_proven(test.judgement, len(tests), policy), test.p)
    return [weakened.get(id(j), j) for j in judged]


def _not_proven(judgement: Judgement, tests: int, policy: Policy) -> Judgement:
    return msgspec.structs.replace(
        judgement,
        outcome="unproven",
        effect=policy.on_unproven,
        sentence=f"{judgement.sentence[:-1]}; not proven once {tests} rules are tested together.",
    )


def _gaps(case: Case) -> Iterator[Judgement]:
    """Judge what is not there: baseline, models, files, metrics."""
    policy = case.config.policy
    yield from _baseline_gap(case.baseline, policy)
    reported = {m.model for m in case.evidence}
    for name, advice in case.expected.items():
        if name not in reported:
            texts = (f"The model {name} did not report.", advice)
            yield _gap(name, name, "model", policy.on_missing, texts)
    if not case.evidence and not case.expected:
        yield _gap("", "evidence", "model", "fail", ("No evidence was found.", ""))
    for model in case.evidence:
        yield from _unread(model, policy)
        yield from _unchecked(model, case.config)
    for comparison in case.comparisons:
        for source in comparison.unread:
            texts = (f"At the baseline: {source.problem.rstrip('.')}.", source.hint)
            kept = policy.on_missing_baseline
            yield _gap(comparison.model, source.path, "source", kept, texts)


def judge_sources(model: ModelEvidence, policy: Policy) -> Iterator[Judgement]:
    """Yield a judgement for every file that could not be read."""
    for source in model.sources:
        if source.problem:
            texts = (f"{source.problem.rstrip('.')}.", source.hint)
            yield _gap(model.model, source.path, "source", policy.on_missing, texts)


def _unread(model: ModelEvidence, policy: Policy) -> Iterator[Judgement]:
    yield from judge_sources(model, policy)
    broken = any(source.problem for source in model.sources)
    if not broken and not model.checks and not any(m.numeric for m in model.metrics):
        texts = ("No metric was found.", "Name the metric files under `metrics:`.")
        yield _gap(model.model, model.model, "model", policy.on_missing, texts)


def _unchecked(model: ModelEvidence, config: Config) -> Iterator[Judgement]:
    """Judge engines that are configured and have no result: a check that never ran is no pass."""
    reported = {check.engine for check in model.checks}
    for name in dict.fromkeys(e.engine for e in rules_of(config, model.model).checks):
        if name not in reported and not any(source.problem for source in model.sources):
            said = f"No result of the checks by {name}, which the configuration asks for."
            advice = (
                "Run `mlgate check` in this job, or hand its `checks.json` over with --evidence."
            )
            yield _gap(model.model, "checks", "check", config.policy.on_missing, (said, advice))


def _baseline_gap(baseline: Baseline, policy: Policy) -> Iterator[Judgement]:
    if baseline.commit and baseline.origin != "none":
        return
    why = baseline.problem or "there is nothing to compare with"
    sentence = f"No baseline: {why.rstrip('.')}; floors only."
    yield _gap("", "baseline", "baseline", policy.on_missing_baseline, (sentence, ""))


def _gap(model: str, subject: str, kind: str, effect: Effect, texts: tuple[str, str]) -> Judgement:
    return Judgement(
        model=model,
        subject=subject[:400],
        kind=kind,  # type: ignore[arg-type]
        outcome="missing",
        effect=effect,
        sentence=texts[0],
        advice=texts[1],
    )
