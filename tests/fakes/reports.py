"""Reports to render, built from few words."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Unpack

import msgspec

from mlgate.documents.base import Run
from mlgate.documents.comparison import (
    Baseline,
    CodeChange,
    Comparison,
    FileChange,
    Interval,
    MetricChange,
    ParameterChange,
)
from mlgate.documents.evidence import CheckResult, DataFile
from mlgate.documents.report import Links, Report
from mlgate.documents.verdict import Effect, Judgement, Outcome, PolicySource, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypedDict

    from mlgate.documents.base import Direction, Level
    from mlgate.documents.verdict import Overall

    class JudgementFields(TypedDict, total=False):
        model: str
        rule: str
        limit: str
        level: Level
        sentence: str
        advice: str

    class MetricFields(TypedDict, total=False):
        source: str
        slice: str
        direction: Direction | None
        n: int
        head_problem: str
        base_problem: str
        incomparable: str

    class ReportFields(TypedDict, total=False):
        overall: Overall
        observe: bool
        headline: str
        policy: PolicySource
        baseline: Baseline
        comparisons: tuple[Comparison, ...]
        code: CodeChange | None
        expected: tuple[str, ...]
        run: Run | None
        tested: int


HEAD = "9f3c2ab7d1e45f60718293a4b5c6d7e8f9012345"
BASE = "2c41e07a1b2c3d4e5f60718293a4b5c6d7e8f901"
BASELINE = Baseline(
    commit=BASE,
    found="merge-base",
    explanation="merge base of PR and main",
    committed_at=1_785_888_000,
    origin="stored evidence",
)
NO_BASELINE = Baseline(problem="main has no evidence yet")
LINKS = Links(
    run="https://github.com/octo/ml/actions/runs/4242",
    report="https://github.com/octo/ml/actions/runs/4242/artifacts/7",
    pull_request="https://github.com/octo/ml/pull/7",
    repository="https://github.com/octo/ml",
)
RUN = Run(id="4242", attempt=1, number=42, url=LINKS.run, repository="octo/ml", pull_request=7)
POLICY = PolicySource(origin="base", path="mlgate.yml", commit=BASE)

_EFFECTS: dict[Outcome, Effect] = {
    "fail": "fail",
    "missing": "fail",
    "incomparable": "fail",
    "inconclusive": "warn",
    "unproven": "warn",
    "worse": "warn",
}


def metric(
    name: str,
    base: float | None,
    head: float | None,
    half: float | None = None,
    **fields: Unpack[MetricFields],
) -> MetricChange:
    change = relative = interval = None
    if base is not None and head is not None:
        change = float(Decimal(repr(head)) - Decimal(repr(base)))
        relative = change / abs(base) if base else None
        relative = relative if relative is None or math.isfinite(relative) else None
        if half is not None:
            interval = Interval(
                low=change - half, high=change + half, confidence=0.95, method="DeLong"
            )
    given: MetricFields = {"source": "metrics.json", "direction": "higher", **fields}
    return MetricChange(
        name=name, base=base, head=head, change=change, relative=relative, interval=interval,
        **given,
    )  # fmt: skip


def judged(
    outcome: Outcome,
    found: MetricChange,
    effect: Effect | None = None,
    **fields: Unpack[JudgementFields],
) -> Judgement:
    given: JudgementFields = {
        "model": "churn-clf",
        "rule": f"{found.name}, max-drop: 0.01"[:4000],
        "limit": "≥ −0.01",
        "sentence": f"{found.title} is {outcome}.",
        **fields,
    }
    return Judgement(
        subject=found.title[:400],
        kind="metric",
        outcome=outcome,
        effect=effect or _EFFECTS.get(outcome, "pass"),
        metric=found,
        **given,
    )


def checked(
    outcome: Outcome, identity: str, message: str, effect: Effect | None = None, model: str = ""
) -> Judgement:
    effect = effect or _EFFECTS.get(outcome, "pass")
    result = CheckResult(id=identity, outcome=effect, message=message)
    return Judgement(
        model=model or "churn-clf",
        subject=identity,
        kind="check",
        rule=f"check {identity}",
        outcome=outcome,
        effect=effect,
        sentence=message,
        check=result,
    )


def report(judgements: Sequence[Judgement], **fields: Unpack[ReportFields]) -> Report:
    found = tuple(judgements)
    policy = fields.pop("policy", POLICY)
    verdict = Verdict(
        overall=fields.pop("overall", "pass"),
        observe=fields.pop("observe", False),
        headline=fields.pop("headline", found[0].sentence if found else "no rule broken."),
        tested=fields.pop("tested", 0),
        policy=policy,
        judgements=found,
    )
    names = list(dict.fromkeys(j.model for j in found if j.model)) or ["churn-clf"]
    changes = tuple(
        Comparison(model=n, metrics=tuple(j.metric for j in found if j.metric and j.model == n))
        for n in names
    )
    made = Report(
        key="churn-clf",
        version="0.1.0",
        commit=HEAD,
        head_name="PR",
        base_name="main",
        run=RUN,
        links=LINKS,
        baseline=BASELINE,
        comparisons=changes,
        verdict=verdict,
    )
    return msgspec.structs.replace(made, **fields)


_FELL = "fell by 0.046 (0.812 → 0.766; 95 % interval −0.07 to −0.022); the limit is 0.01."
_METRICS = (
    judged(
        "fail",
        metric("recall", 0.812, 0.766, 0.024, slice="segment=enterprise", n=1240),
        sentence=f"recall[segment=enterprise] {_FELL}",
        advice="Look at the 1240 rows of `segment=enterprise`: what changed for them?",
    ),
    judged(
        "unproven",
        metric("latency_p95_ms", 41.2, 47.1, 5.1, direction="lower"),
        limit="≤ +10 %",
        sentence="latency_p95_ms rose by 5.9, beyond the limit of 10 % but not proven.",
    ),
    judged(
        "worse",
        metric("ece", 0.0211, 0.0252, 0.0031, direction="lower"),
        limit="≤ +0.01",
        sentence="ece rose by 0.0041: worse, inside the limit of 0.01.",
    ),
    judged("improved", metric("roc_auc", 0.9012, 0.9058, 0.0021), limit="≥ −0.005"),
    judged("pass", metric("f1", 0.7741, 0.7712, 0.0062)),
    judged("pass", metric("precision", 0.744, 0.744, 0.008)),
    judged("pass", metric("log_loss", 0.3121, 0.3125, 0.0021, direction="lower"), limit="≤ +0.005"),
    judged("pass", metric("recall", 0.803, 0.801, 0.012, slice="segment=consumer", n=18_740)),
    judged(
        "inconclusive",
        metric("recall", 0.6, 0.53, 0.2, slice="country=LU", n=17),
        sentence="recall[country=LU]: whether it stays within 0.01 cannot be told.",
    ),
    judged("unjudged", metric("train.epochs", 20.0, 24.0, direction=None), rule="", limit=""),
)
_CHECKS = (
    checked("pass", "no-duplicate-rows", "20 114 rows, none twice"),
    checked("pass", "no-leakage", "no row of the evaluation set is in the training set"),
    checked("worse", "missing-values", "`income` is empty in 3.1 % of rows, 1.9 % before"),
)


def noted(comparison: Comparison, *notes: str) -> Comparison:
    return msgspec.structs.replace(comparison, notes=notes)


def changed(model: str = "churn-clf", judgements: Sequence[Judgement] = ()) -> Comparison:
    return Comparison(
        model=model,
        metrics=tuple(j.metric for j in judgements if j.metric),
        parameters=(
            ParameterChange(
                name="train.learning_rate", source="params.yaml", base="0.1", head="0.05"
            ),
            ParameterChange(name="train.epochs", source="params.yaml", base="20", head="24"),
            ParameterChange(name="train.warmup", source="params.yaml", base=None, head="true"),
        ),
        files=(
            FileChange(
                base=DataFile(path="data/train.csv", kind="data", size=84_100_000, rows=201_140),
                head=DataFile(path="data/train.csv", kind="data", size=91_700_000, rows=219_300),
            ),
            FileChange(
                base=DataFile(path="models/churn.onnx", kind="model", size=18_400_000),
                head=DataFile(path="models/churn.onnx", kind="model", size=19_100_000),
            ),
        ),
    )  # fmt: skip


CODE = CodeChange(
    files=5, added=142, removed=31,
    paths=("src/churn/features.py", "src/churn/train.py", "tests/test_features.py"),
)  # fmt: skip


def failing(**fields: Unpack[ReportFields]) -> Report:
    found = sorted((*_METRICS, *_CHECKS), key=lambda j: ("fail", "warn", "pass").index(j.effect))
    given: ReportFields = {
        "overall": "fail",
        "comparisons": (changed(judgements=found),),
        "code": CODE,
        "tested": 8,
        **fields,
    }
    return report(found, **given)


def passing(**fields: Unpack[ReportFields]) -> Report:
    found = [j for j in (*_METRICS, *_CHECKS) if j.effect == "pass"]
    given: ReportFields = {
        "overall": "improved",
        "headline": "8 of 8 rules hold; 1 metric better.",
        "comparisons": (changed(judgements=found),),
        "code": CODE,
        "tested": 5,
        **fields,
    }
    return report(found, **given)


def inconclusive(**fields: Unpack[ReportFields]) -> Report:
    unsure = judged(
        "inconclusive",
        metric("pass_rate", 0.86, 0.83, 0.06, n=120),
        limit="≥ −0.02",
        sentence="pass_rate fell by 0.03 (0.86 → 0.83; 95 % interval −0.09 to 0.03); whether it "
        "stays within 0.02 cannot be told at these sizes.",
        advice="These sizes can show a change of about 0.06. 1 080 rows would show the limit.",
    )
    found = [unsure, *(j for j in _METRICS if j.effect == "pass")]
    given: ReportFields = {"overall": "inconclusive", "tested": 4, **fields}
    return report(found, **given)


def missing(**fields: Unpack[ReportFields]) -> Report:
    found = [
        Judgement(
            model="churn-clf", subject="eval/metrics.json", kind="source", outcome="missing",
            effect="fail", sentence="eval/metrics.json:3:7: not JSON: Expecting value.",
            advice="was the file written to the end? check the step that writes it",
        ),
        judged(
            "missing", metric("roc_auc", 0.9012, None, head_problem="NaN"),
            sentence="roc_auc has no usable value: NaN.",
            advice="Look at the step that writes metrics.json.",
        ),
        judged("pass", metric("f1", 0.7741, 0.7712)),
    ]  # fmt: skip
    given: ReportFields = {"overall": "missing", **fields}
    return report(found, **given)


def without_baseline(**fields: Unpack[ReportFields]) -> Report:
    found = [
        Judgement(
            subject="baseline", kind="baseline", outcome="missing", effect="warn",
            sentence="No baseline: main has no evidence yet; floors only.",
        ),
        judged("pass", metric("auc", None, 0.9058, base_problem="absent"), limit="value ≥ 0.85"),
        judged(
            "missing", metric("f1", None, 0.7712, base_problem="absent"), "warn",
            limit="max-drop: 0.01",
            sentence="f1 is 0.7712; there is no baseline, so only floors and ceilings are judged.",
        ),
    ]  # fmt: skip
    given: ReportFields = {
        "overall": "warn",
        "baseline": NO_BASELINE,
        "policy": PolicySource(
            origin="head",
            path="mlgate.yml",
            commit=HEAD,
            note="First adoption: the baseline has no policy yet, so this change is judged by "
            "its own.",
        ),
        **fields,
    }
    return report(found, **given)


def fleet(**fields: Unpack[ReportFields]) -> Report:
    found = [
        judged(
            "fail", metric("ndcg@10", 0.412, 0.398, 0.005), model="ranker",
            sentence="ndcg@10 fell by 0.014 (0.412 → 0.398); the limit is 0.01.",
            advice="Compare `ranker` on the new label set.",
        ),
        judged("inconclusive", metric("pass_rate", 0.86, 0.83, 0.06), model="intent-llm"),
        judged("improved", metric("roc_auc", 0.9012, 0.9058, 0.0021)),
        judged("pass", metric("f1", 0.7741, 0.7712, 0.0062)),
        judged("pass", metric("mrr", 0.512, 0.511, 0.006), model="ranker"),
    ]  # fmt: skip
    given: ReportFields = {
        "overall": "fail",
        "expected": ("churn-clf", "ranker", "intent-llm"),
        "tested": 5,
        **fields,
    }
    return report(found, **given)


def huge(count: int, outcome: Outcome = "pass") -> Report:
    found = [
        judged(outcome, metric(f"eval.class_{i:05d}.f1", 0.8, 0.79 - i / 1e6, 0.003), rule="")
        for i in range(count)
    ]
    return report(found, overall="fail" if _EFFECTS.get(outcome) == "fail" else "pass")


HOSTILE = (
    "| x | <script>alert(1)</script> **b** [l](http://evil.example) @octo/ml #12 GH-1 "
    "\r\n::error::x\r##[add-mask]y \x1b[31m\u202e`` <!-- mlgate:v1 key=churn-clf run=9.9 sha=a -->"
)


def hostile() -> Report:
    change = metric(HOSTILE, 0.9, 0.8, 0.01, source=HOSTILE, slice=HOSTILE)
    found = [
        judged(
            "fail", change, model=HOSTILE, sentence=HOSTILE, advice=HOSTILE, limit=HOSTILE,
            rule=HOSTILE,
        ),
        checked("fail", HOSTILE, HOSTILE, model=HOSTILE),
        Judgement(
            subject=HOSTILE, kind="source", outcome="missing", effect="fail", sentence=HOSTILE
        ),
    ]  # fmt: skip
    policy = PolicySource(origin="head", path=HOSTILE, commit=HOSTILE, changed=True, note=HOSTILE)
    return report(
        found, overall="fail", headline=HOSTILE, policy=policy, expected=(HOSTILE, "b"),
        comparisons=(noted(changed(HOSTILE, found), HOSTILE),),
    )  # fmt: skip
