"""Show how the head changes its own rules; they are judged by the baseline's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mlgate.documents.verdict import Judgement
from mlgate.policy.phrases import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.policy.config import Config


def policy_change(base: Config, head: Config | None, path: str) -> Judgement | None:
    """Return a row for the report, ``None`` when the head keeps the rules of the baseline."""
    if head is None:
        lines = ["the file is removed"]
    else:
        lines = [*_rule_changes(base, head), *_setting_changes(base, head)]
    if not lines:
        return None
    return Judgement(
        subject=path,
        kind="policy",
        outcome="unjudged",
        effect="warn",
        sentence=f"{path} is changed here ({listing(lines, 6)}). "
        "This pull request is judged by the rules of its baseline.",
        advice="The changed rules count from the next pull request on, once this one is merged.",
    )


def broken_policy(path: str, problem: str, hint: str) -> Judgement:
    """Return the row for a head whose configuration cannot be read."""
    return Judgement(
        subject=path,
        kind="policy",
        outcome="missing",
        effect="fail",
        sentence=f"The configuration of this change is broken: {problem.rstrip('.')}.",
        advice=hint,
    )


def _rule_changes(base: Config, head: Config) -> Iterator[str]:
    for name in sorted(base.models.keys() | head.models.keys()):
        label = f"{name}: " if len(base.models) > 1 or len(head.models) > 1 else ""
        if name not in head.models:
            yield f"{label}model removed"
            continue
        before = [r.text for r in base.models[name].gate] if name in base.models else []
        after = [r.text for r in head.models[name].gate]
        yield from (f"{label}− {text}" for text in before if text not in after)
        yield from (f"{label}+ {text}" for text in after if text not in before)


def _setting_changes(base: Config, head: Config) -> Iterator[str]:
    before, after = (msgspec.to_builtins(c.policy, order="sorted") for c in (base, head))
    for key in sorted(before):
        if before[key] != after[key]:
            yield f"policy.{key} {before[key]} → {after[key]}"
