"""The configuration that ``mlgate init`` writes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from mlgate.policy.suggest import suggest_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlgate.documents.base import Direction
    from mlgate.policy.config import Rule

MAX_RULES: Final = 12
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")


def propose_config(
    metrics: Iterable[tuple[str, float | None, Direction | None]], files: Sequence[str]
) -> str:
    """Return ``mlgate.yml`` for the metrics that were found: (name, value, direction).

    One rule for each metric whose direction is known, at most ``MAX_RULES``; evaluation metrics
    come before training metrics.
    """
    known = [(name, suggest_rule(name, value, way)) for name, value, way in metrics]
    ordered = sorted(known, key=lambda found: _is_training(found[0]))
    rules = list(dict.fromkeys(rule for _, rule in ordered if rule))[:MAX_RULES]
    lines = [
        "# What a change must satisfy: https://github.com/mlgate/mlgate/blob/main/docs/configuration.md",
        "version: 1",
    ]
    if files:
        lines += ["metrics:", *(f"  - {_quoted(path)}" for path in files)]
    if rules:
        lines += ["gate:", *(f"  - {_flow(rule)}" for rule in rules)]
    else:
        lines += [
            "# No metric with a known direction was found yet. Once training writes one:",
            "# gate:",
            "#   - {metric: accuracy, min: 0.80, max-drop: 0.01}",
        ]
    lines += [
        "policy:",
        "  mode: enforce               # `observe` shows verdicts and never fails a job",
        "  on-missing-baseline: warn   # `fail` once the default branch has metrics",
    ]
    return "\n".join(lines) + "\n"


def _is_training(name: str) -> bool:
    return name.lower().split(".")[0] in {"train", "training"} or name.lower().startswith("train_")


def _flow(rule: Rule) -> str:
    parts = [f"metric: {_quoted(_literal(rule.metric or ''))}"]
    if rule.max_drop is not None:
        parts.append(f"max-drop: {_quoted(rule.max_drop)}")
    if rule.max_rise is not None:
        parts.append(f"max-rise: {_quoted(rule.max_rise)}")
    return f"{{{', '.join(parts)}}}"


def _literal(name: str) -> str:
    """Return ``name`` as a pattern that matches nothing else."""
    return re.sub(r"[*?\[]", r"[\g<0>]", name)


def _quoted(value: float | str) -> str:
    match value:
        case str() if _PLAIN.fullmatch(value) and value.lower() not in _YAML_WORDS:
            return value
        case str():
            return f'"{"".join(map(_escaped, value))}"'
        case _:
            return json.dumps(value)


def _escaped(character: str) -> str:
    if character in {'"', "\\"}:
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= LAST_OF_PLANE_0 else f"\\U{code:08x}"


LAST_OF_PLANE_0: Final = 0xFFFF
_YAML_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
