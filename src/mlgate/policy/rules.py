"""Which metrics and checks a rule is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlgate.documents.comparison import MetricChange
    from mlgate.documents.evidence import CheckResult
    from mlgate.policy.config import Rule


_SLICED: Final = re.compile(r"(.*?)\[([^\[\]=]+=.*)\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Selection:
    """Metrics of one model sorted by the rules that judge them.

    Attributes:
        ruled: Every rule at level error or warn with the metrics it judges, in rule order.
        excluded: Metrics that a rule at level off leaves out.
        free: Metrics that no rule names.
    """

    ruled: tuple[tuple[Rule, tuple[MetricChange, ...]], ...]
    excluded: tuple[MetricChange, ...]
    free: tuple[MetricChange, ...]


def select_metrics(rules: Sequence[Rule], metrics: Sequence[MetricChange]) -> Selection:
    """Return which rule judges which metric; level ``off`` wins over every other rule."""
    metric_rules = [rule for rule in rules if rule.metric is not None]
    off = {id(m) for rule in metric_rules if rule.level == "off" for m in _matching(rule, metrics)}
    left = [m for m in metrics if id(m) not in off]
    ruled = tuple((r, tuple(_matching(r, left))) for r in metric_rules if r.level != "off")
    named = {id(m) for _, matched in ruled for m in matched}
    return Selection(
        ruled=ruled,
        excluded=tuple(m for m in metrics if id(m) in off),
        free=tuple(m for m in left if id(m) not in named),
    )


def select_checks(
    rules: Sequence[Rule], checks: Iterable[CheckResult]
) -> Iterator[tuple[CheckResult, Rule | None]]:
    """Yield every check with the last rule that names it."""
    check_rules = [rule for rule in rules if rule.check is not None]
    for check in checks:
        found = [rule for rule in check_rules if fnmatchcase(check.id, rule.check or "")]
        yield check, found[-1] if found else None


def unanswered(rules: Sequence[Rule], checks: Sequence[CheckResult]) -> Iterator[Rule]:
    """Yield the rules, but for those at level off, that name no check of ``checks``."""
    for rule in rules:
        pattern = rule.check if rule.level != "off" else None
        if pattern is not None and not any(fnmatchcase(check.id, pattern) for check in checks):
            yield rule


def _matching(rule: Rule, metrics: Iterable[MetricChange]) -> Iterator[MetricChange]:
    pattern, slice_pattern = _split(rule.metric or "")
    for metric in metrics:
        if not _named(pattern, metric):
            continue
        if slice_pattern is not None:
            wanted = bool(metric.slice) and fnmatchcase(metric.slice, slice_pattern)
        else:
            wanted = not metric.slice or rule.slices
        if wanted or f"{metric.source}:{metric.title}" == rule.metric:
            yield metric


def _named(pattern: str, metric: MetricChange) -> bool:
    return fnmatchcase(metric.name, pattern) or fnmatchcase(
        f"{metric.source}:{metric.name}", pattern
    )


def _split(pattern: str) -> tuple[str, str | None]:
    """Split ``name[column=value]``; brackets of any other form belong to the glob."""
    found = _SLICED.fullmatch(pattern)
    return (found[1], found[2]) if found else (pattern, None)
