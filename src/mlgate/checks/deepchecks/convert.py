"""What the program in deepchecks' environment wrote, as results of checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from mlgate.checks.result import cut
from mlgate.documents.evidence import CheckResult
from mlgate.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES: Final = 64 * 2**20
_OUTCOMES: Final[Mapping[str, Literal["pass", "warn", "fail", "error"]]] = {
    "PASS": "pass",
    "WARN": "warn",
    "FAIL": "fail",
}
_SHORT: Final = 40
_WORST: Final = ("error", "fail", "warn", "pass")


class _Condition(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    category: str
    details: str = ""


class _Result(msgspec.Struct, forbid_unknown_fields=True):
    check: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,100}$")]
    name: str = ""
    value: float | None = None
    conditions: list[_Condition] = []
    exception: str = ""
    lacking: bool = False
    applies: bool = True


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    results: list[_Result] = []
    refused: str = ""


def convert(raw: bytes, *, samples: bool = False) -> tuple[CheckResult, ...]:
    """Return the results in ``raw``; a check that crashed is an error, whatever the others say.

    Args:
        raw: What the program wrote.
        samples: Whether messages may hold what deepchecks says in detail: it quotes values.

    Raises:
        ConfigError: deepchecks has no suite, check or condition of that name.
        SourceError: this is not what the program writes, or nothing was checked.
    """
    if len(raw) > MAX_BYTES:
        raise SourceError(f"the results of deepchecks are larger than {MAX_BYTES >> 20} MiB")
    try:
        answer = msgspec.json.decode(raw, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise SourceError(f"the results of deepchecks are not whole: {exc}") from exc
    if answer.refused:
        raise ConfigError(f"deepchecks: {cut(answer.refused, 1500)}")
    if not answer.results:
        raise SourceError("deepchecks checked nothing", hint="name a suite or a check")
    return tuple(_numbered(answer.results, samples=samples))


def _numbered(results: list[_Result], *, samples: bool) -> Iterator[CheckResult]:
    """Yield results with ids that differ: one check may run for train and for test."""
    seen: dict[str, int] = {}
    for result in results:
        seen[result.check] = seen.get(result.check, 0) + 1
        number = seen[result.check]
        suffix = f".{number}" if number > 1 else ""
        yield _converted(result, f"deepchecks.{result.check}{suffix}", samples=samples)


def _converted(result: _Result, name: str, *, samples: bool) -> CheckResult:
    if result.exception:
        kind, _, told = result.exception.partition(": ")
        said = told if result.lacking or samples else kind
        if result.lacking and not result.applies:
            why = f"Does not apply: {cut(told.rstrip('.'), 600)}."
            return CheckResult(id=name, engine="deepchecks", outcome="pass", message=why)
        met = "Not measured" if result.lacking else "Crashed"
        return CheckResult(
            id=name,
            engine="deepchecks",
            outcome="skipped" if result.lacking else "error",
            message=f"{met}: {cut(said.rstrip('.'), 600)}.",
        )
    outcomes = [_OUTCOMES.get(c.category, "error") for c in result.conditions]
    outcome = min(outcomes, key=_WORST.index, default="pass")
    threshold = "; ".join(condition.name for condition in result.conditions)
    return CheckResult(
        id=name,
        engine="deepchecks",
        outcome=outcome,  # type: ignore[arg-type]
        message=_message(result, outcome, samples=samples),
        value=result.value,
        threshold=threshold if len(threshold) <= _SHORT else "",
    )


def _message(result: _Result, outcome: str, *, samples: bool) -> str:
    if not result.conditions:
        return f"{cut(result.name, 200)}: no condition, only shown."
    bad = [c for c in result.conditions if _OUTCOMES.get(c.category, "error") == outcome]
    told = [c.details if samples and c.details else c.name for c in bad]
    holds = {"pass": "holds", "error": "could not be judged"}.get(outcome, "does not hold")
    return f"{cut('; '.join(told), 1200)}: {holds}."
