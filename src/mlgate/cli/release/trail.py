"""The steps of a verification, each with what was found and the way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeVar

from mlgate.documents.release import Step
from mlgate.errors import MlgateError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
Outcome = Literal["pass", "warn", "fail"]


class Taken(NamedTuple, Generic[T]):
    """What a step gives, and what is to be said of it."""

    value: T
    said: str
    outcome: Outcome = "pass"
    fix: str = ""
    code: int = 0


@dataclass(slots=True)
class Trail:
    """The steps that were taken."""

    steps: list[Step] = field(default_factory=list)

    def take(self, name: str, action: Callable[[], Taken[T]]) -> T | None:
        """Take a step; it gives a value and what to say of it, or fails."""
        try:
            taken = action()
        except MlgateError as exc:
            self.add(name, "fail", exc.what, exc.hint, exc.exit_code)
            return None
        self.add(name, taken.outcome, taken.said, taken.fix, taken.code)
        return taken.value

    def add(self, name: str, outcome: Outcome, said: str, fix: str = "", code: int = 0) -> None:
        """Add a step."""
        step = Step(name=name, outcome=outcome, said=said[:4000], fix=fix[:4000], code=code)
        self.steps.append(step)
