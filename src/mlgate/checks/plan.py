"""From the configuration of one model to what its checks need: files, roles, wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.checks.contract import Limit
from mlgate.checks.run import Plan, Wish
from mlgate.checks.subject import Roles

if TYPE_CHECKING:
    from mlgate.policy.config import Condition, Data, Engine


def roles_of(data: Data) -> Roles:
    """Return what the columns are for."""
    return Roles(
        label=data.label or "",
        prediction=data.prediction or "",
        id=data.id or "",
        datetime=data.datetime or "",
        categorical=frozenset(data.categorical),
        ignore=frozenset(data.ignore),
    )


def plan_of(engine: Engine, *, now: float, lenient: bool = False) -> Plan:
    """Return which checks run, and how; ``lenient`` as in :class:`Plan`."""
    return Plan(
        only=engine.checks,
        wishes=tuple(_wish(condition) for condition in engine.conditions),
        samples=engine.samples,
        now=now,
        lenient=lenient,
    )


def _wish(condition: Condition) -> Wish:
    return Wish(
        check=condition.check,
        limit=Limit(max=condition.max, min=condition.min, max_rise=condition.max_rise),
        outcome=condition.outcome,
        columns=condition.columns,
        ignore=condition.ignore,
        method=condition.method or "",
    )
