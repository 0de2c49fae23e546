"""The gate on a few numbers: real configuration text, real comparison, real verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlgate.compare.evidence import compare_models
from mlgate.documents.comparison import Baseline
from mlgate.documents.evidence import Metric, ModelEvidence
from mlgate.policy.judge import Case, judge
from mlgate.policy.parse import parse_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.documents.verdict import Judgement, Verdict

BASE = Baseline(commit="b" * 40, found="merge-base", origin="tracked files")
NO_BASE = Baseline(problem="this is the first commit of the repository")
Values = "Mapping[str, float | str | None | Metric]"


def metric(name: str, value: float | None, **more: Any) -> Metric:  # noqa: ANN401
    return Metric(name=name, source="metrics.json", value=value, **more)


def evidence(values: Mapping[str, float | str | Metric | None], model: str = "m") -> ModelEvidence:
    """Numbers are values, text is a problem; ``name[slice]`` is a slice."""
    return ModelEvidence(model=model, metrics=tuple(_metric(k, v) for k, v in values.items()))


def _metric(title: str, value: float | str | Metric | None) -> Metric:
    name, _, part = title.rstrip("]").partition("[")
    match value:
        case Metric():
            return value
        case str():
            return metric(name, None, problem=value, slice=part)
        case _:
            return metric(name, value, slice=part)


def verdict(
    config: str,
    base: Mapping[str, float | str | Metric | None] | None,
    head: Mapping[str, float | str | Metric | None],
    *,
    baseline: Baseline = BASE,
) -> Verdict:
    """Judge ``head`` against ``base``; ``None`` means that there is no baseline."""
    parsed = parse_config(f"model: m\n{config}".encode(), origin="mlgate.yml")
    after = evidence(head)
    before = None if base is None else evidence(base)
    return judge(
        Case(
            config=parsed,
            baseline=NO_BASE if base is None else baseline,
            evidence=[after],
            comparisons=[compare_models(before, after, confidence=parsed.policy.confidence)],
        )
    )


def ruling(found: Verdict, subject: str) -> Judgement:
    """Return the one judgement about ``subject``."""
    [judgement] = [j for j in found.judgements if j.subject == subject]
    return judgement
