"""From measured values and a condition to the result of a check, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlgate.documents.evidence import CheckResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgate.checks.contract import Check, Finding, Limit, Settings, Unit

MAX_ROWS: Final = 40
MAX_PICTURES: Final = 12
_NAMED: Final = 3
_CUT: Final = 120


def judged(check: Check, settings: Settings, findings: Sequence[Finding]) -> CheckResult:
    """Return the result of a check that measured ``findings``, of which there is at least one."""
    limit = settings.limit
    broken = [finding for finding in findings if limit.broken_by(finding)]
    ranked = _ranked(broken or findings, limit)
    worst = ranked[0].value if check.unit != "breaches" else float(len(broken))
    return CheckResult(
        id=check.id,
        outcome=settings.outcome if broken else "pass",
        message=_message(check, settings, ranked, broken),
        value=_rounded(worst),
        threshold=limit_text(limit, check.unit),
        columns=tuple(
            dict.fromkeys(cut(f.column, 400) for f in _ranked(broken, limit) if f.column)
        )[:1000],
        table=_table(check, _ranked(findings, limit), limit),
        distributions=tuple(f.distribution for f in ranked if f.distribution and broken)[
            :MAX_PICTURES
        ],
    )


def skipped(check: Check, settings: Settings, why: str, *, applies: bool = True) -> CheckResult:
    """Return the result of a check that measured nothing.

    Nothing to look at is a pass of a check that does not apply to this data; a check that was
    asked for and cannot run is ``skipped``, which a gate does not take for a pass.
    """
    return CheckResult(
        id=check.id,
        outcome="skipped" if applies else "pass",
        message=f"{'Not measured' if applies else 'Nothing to check'}: {cut(why, 500)}.",
        threshold=limit_text(settings.limit, check.unit),
    )


def failed_to_run(check: Check, settings: Settings, why: str) -> CheckResult:
    """Return the result of a check that could not run."""
    return CheckResult(
        id=check.id,
        outcome="error",
        message=f"Could not run: {cut(why, 800)}.",
        threshold=limit_text(settings.limit, check.unit),
    )


def limit_text(limit: Limit, unit: Unit) -> str:
    """Return the condition in signs, as in ``≤ 5 %``."""
    if unit == "breaches":
        return "none" if limit.max is not None else ""
    parts = [f"≥ {value_text(limit.min, unit)}"] if limit.min is not None else []
    parts += [f"≤ {value_text(limit.max, unit)}"] if limit.max is not None else []
    parts += [f"rise ≤ {value_text(limit.max_rise, unit)}"] if limit.max_rise is not None else []
    return ", ".join(parts)


def value_text(value: float, unit: Unit) -> str:
    """Return a value as people read it.

    >>> value_text(0.12345, "share"), value_text(3, "count"), value_text(0.2, "score")
    ('12.3 %', '3', '0.2')
    """
    match unit:
        case "share":
            return "0 %" if value == 0 else f"{value * 100:.3g} %"
        case "count" | "breaches":
            return f"{value:,.0f}".replace(",", " ")
        case "days":
            return f"{value:.3g} days"
        case _:
            return f"{value:.3g}"


def cut(text: str, most: int = _CUT) -> str:
    """Return text that fits, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _ranked(findings: Sequence[Finding], limit: Limit) -> list[Finding]:
    """Return the worst first; among equals the order of the data."""
    if limit.min is not None and limit.max is None:
        return sorted(findings, key=lambda finding: finding.value)

    def badness(finding: Finding) -> tuple[bool, float, float]:
        rise = finding.value - finding.base if finding.base is not None else 0.0
        return not limit.broken_by(finding), -finding.value, -rise

    return sorted(findings, key=badness)


def _message(
    check: Check, settings: Settings, ranked: Sequence[Finding], broken: Sequence[Finding]
) -> str:
    if broken:
        named = "; ".join(_said(finding, check.unit) for finding in ranked[:_NAMED])
        more = len(broken) - _NAMED
        return cut(f"{named}{f'; and {more} more' if more > 0 else ''}.", 1500)
    if check.unit == "breaches" or (ranked[0].value == 0 and check.unit in {"share", "count"}):
        return "Nothing found."
    shown = "" if settings.limit.max is not None or settings.limit.min is not None else ", no limit"
    return cut(f"{'Smallest' if _is_floor(settings.limit) else 'Largest'}: "
               f"{_said(ranked[0], check.unit)}{shown}.", 1000)  # fmt: skip


def _is_floor(limit: Limit) -> bool:
    return limit.min is not None and limit.max is None


def _said(finding: Finding, unit: Unit) -> str:
    where = cut(finding.column) if finding.column else ""
    if finding.table:
        where = f"{where} in {finding.table}" if where else finding.table
    parts = [value_text(finding.value, unit)] if unit != "breaches" else []
    parts += [cut(finding.note, 200)] if finding.note else []
    said = ", ".join(parts)
    return f"{where}: {said}" if where and said else where or said


def _table(check: Check, ranked: Sequence[Finding], limit: Limit) -> tuple[tuple[str, ...], ...]:
    shown = [f for f in ranked if check.unit != "breaches" or limit.broken_by(f)]
    if not shown or (len(shown) == 1 and not shown[0].column):
        return ()
    rows = [
        (
            cut(f.column, 200),
            f.table,
            value_text(f.value, check.unit) if check.unit != "breaches" else "",
            cut(f.note, 300),
        )
        for f in shown[:MAX_ROWS]
    ]
    heading = ("column", "table", "value", "note")
    kept = [i for i in range(len(heading)) if any(row[i] for row in rows)]
    return tuple(tuple(row[i] for i in kept) for row in (heading, *rows))


def _rounded(value: float) -> float:
    return float(f"{value:.6g}") + 0.0
