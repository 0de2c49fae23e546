"""Where a report comes from, in words: commits, baseline, policy, tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.render.numbers import date
from mlgate.render.words import plural

if TYPE_CHECKING:
    from mlgate.documents.report import Report

SHORT = 7


def commits(report: Report) -> str:
    """Return ``9f3c2ab vs 2c41e07``, with a mark on a work tree that has uncommitted changes."""
    head = report.commit[:SHORT] or report.head_name
    dirty = " (uncommitted changes)" if report.dirty else ""
    base = report.baseline.commit[:SHORT]
    return f"{head}{dirty} vs {base}" if base else f"{head}{dirty}"


def baseline(report: Report) -> str:
    """Return how the baseline was found and how old it is."""
    found = report.baseline
    if not found.commit:
        return f"no baseline: {found.problem or 'floors only'}"
    parts = [found.explanation or found.found.replace("-", " ")]
    if found.committed_at is not None:
        parts.append(f"of {date(found.committed_at)}")
    if found.behind:
        parts.append(f"({plural(found.behind, 'commit')} behind the wanted one)")
    if found.origin != "none":
        parts.append(f"from {found.origin}")
    return " ".join(parts)


def policy(report: Report) -> str:
    """Return which rules judged, and from where."""
    source = report.verdict.policy
    if source.origin == "none":
        return "no policy file: default rules"
    commit = f"@{source.commit[:SHORT]}" if source.commit else ""
    return f"policy {source.path or 'mlgate.yml'}{commit} of the {source.origin}"


def uncertainty(report: Report) -> str:
    """Return what is known about chance."""
    verdict = report.verdict
    if verdict.tested:
        return f"Holm over {plural(verdict.tested, 'rule')}"
    if any(j.metric and j.metric.interval for j in verdict.judgements):
        return "no rule with known uncertainty"
    return "no uncertainty known"
