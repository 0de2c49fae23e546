"""From a verdict to an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlgate.documents.verdict import Verdict

FAIL_ON: Final = ("fail", "warn", "never")
GATE_SAID_NO: Final = 1


def exit_code(verdict: Verdict, fail_on: str) -> int:
    """Return 0 for yes, 1 for no, 3 for no evidence; ``fail_on`` moves the line."""
    if fail_on == "never":
        return 0
    warned = any(j.effect == "warn" for j in verdict.judgements)
    if fail_on == "warn" and warned and verdict.exit_code == 0 and not verdict.observe:
        return GATE_SAID_NO
    return verdict.exit_code
