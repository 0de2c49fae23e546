"""Show how the head changes its own rules; they are judged by the baseline's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mlgate.documents.verdict import Judgement
from mlgate.policy.config import Config, Model
from mlgate.policy.phrases import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 200


def policy_change(base: Config, head: Config | None, path: str) -> Judgement | None:
    """Return a row for the report, ``None`` when the head keeps the rules of the baseline."""
    if head is None:
        lines = ["the file is removed"]
    else:
        lines = [*_rule_changes(base, head), *_setting_changes(base, head)]
    if not lines:
        return None
    return Judgement(
        subject=path[:400],
        kind="policy",
        outcome="unjudged",
        effect="warn",
        sentence=f"{path} is changed here ({listing([_short(line) for line in lines], 6)}). "
        "This pull request is judged by the rules of its baseline.",
        advice="The changed rules count from the next pull request on, once this one is merged.",
    )


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def broken_policy(path: str, problem: str, hint: str) -> Judgement:
    """Return the row for a head whose configuration cannot be read."""
    return Judgement(
        subject=path[:400],
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
        changes = _model_changes(base.models.get(name, Model()), head.models[name])
        yield from (f"{label}{change}" for change in changes)


def _model_changes(base: Model, head: Model) -> Iterator[str]:
    yield from (f"− {rule.text}" for rule in base.gate if rule not in head.gate)
    yield from (f"+ {rule.text}" for rule in head.gate if rule not in base.gate)
    kept = (
        [rule for rule in one.gate if rule.check and rule in other.gate]
        for one, other in ((base, head), (head, base))
    )
    if next(kept) != next(kept):
        yield "rules of checks in another order, and the last one counts"
    for field in msgspec.structs.fields(Model):
        before, after = (getattr(model, field.name) for model in (base, head))
        if field.name != "gate" and before != after:
            yield f"{field.encode_name}: {_flow(before)} → {_flow(after)}"


def _flow(value: object) -> str:
    """Return a value of the configuration on one line."""
    plain = _given(msgspec.to_builtins(value))
    return msgspec.json.encode(plain).decode() if plain else "not set"


def _given(plain: object) -> object:
    """Return what somebody wrote: without keys that hold nothing."""
    match plain:
        case dict():
            given = {key: _given(item) for key, item in plain.items()}
            return {key: item for key, item in given.items() if item not in (None, [], {}, False)}
        case list() | tuple():
            return [_given(item) for item in plain]
        case _:
            return plain


def _setting_changes(base: Config, head: Config) -> Iterator[str]:
    before, after = (msgspec.to_builtins(c.policy, order="sorted") for c in (base, head))
    for key in sorted(before):
        if before[key] != after[key]:
            yield f"policy.{key} {before[key]} → {after[key]}"
