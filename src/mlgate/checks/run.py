"""Run checks over a subject: measured values to results, one a check."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, Literal

from mlgate.checks.catalogue import CATALOGUE
from mlgate.checks.contract import Check, Limit, Need, NotMeasurableError, Settings
from mlgate.checks.result import failed_to_run, judged, skipped
from mlgate.checks.subject import REFERENCE, TEST, TRAIN, MissingColumnError, unknown_column
from mlgate.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlgate.checks.subject import Subject
    from mlgate.documents.evidence import CheckResult

NO_LIMIT: Final = Limit()
SHOWN: Final = "`mlgate check --list` shows them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants of one check, or of a group, instead of the defaults.

    Attributes:
        check: Id or glob.
        limit: Replaces what it gives a value to.
        outcome: What a broken condition is; ``off`` leaves the check out.
        columns: The only columns to look at.
        ignore: Columns not to look at.
        method: Name of the distance.
    """

    check: str
    limit: Limit = NO_LIMIT
    outcome: Literal["fail", "warn", "off"] | None = None
    columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which checks run, and how.

    Attributes:
        only: Ids or globs of the checks to run; empty for all that the data allows.
        wishes: What replaces their defaults; the last one that names a check counts.
        samples: Whether results may show values of the data.
        now: The time of the run, seconds since the epoch.
        lenient: Whether a column that no table has is passed over: the wishes are of the baseline,
            and the head has removed it.
    """

    only: tuple[str, ...] = ()
    wishes: tuple[Wish, ...] = ()
    samples: bool = False
    now: float = 0.0
    lenient: bool = False
    known: Mapping[str, Check] = field(default_factory=lambda: {c.id: c for c in CATALOGUE})

    def require(self) -> None:
        """Refuse names that no check has.

        Raises:
            ConfigError: names the check that was probably meant.
        """
        for pattern in (*self.only, *(wish.check for wish in self.wishes)):
            if not any(fnmatchcase(name, pattern) for name in self.known):
                close = difflib.get_close_matches(pattern, self.known, n=1, cutoff=0.5)
                hint = f"did you mean `{close[0]}`?" if close else SHOWN
                raise ConfigError(f"no check is named {pattern!r}", hint=hint)
        for wish in self.wishes:
            checks = [c for name, c in self.known.items() if fnmatchcase(name, wish.check)]
            if wish.method and not any(wish.method in check.methods for check in checks):
                raise ConfigError(
                    f"{wish.check}: it has no method {wish.method!r}",
                    hint="methods are of the checks of drift",
                )


def run_checks(subject: Subject, plan: Plan) -> Iterator[CheckResult]:
    """Yield the result of every check that the data allows, and of every one that was asked for.

    A check that raises has the outcome ``error``; the others run all the same.

    Raises:
        ConfigError: a check or a column that does not exist.
    """
    plan.require()
    _require_columns(subject, plan)
    for check in plan.known.values():
        settings = settings_of(check, plan)
        if settings is None or not _wanted(check, plan):
            continue
        lacking = [need for need in sorted(check.needs) if not _met(need, subject, settings)]
        if not lacking:
            yield _result(check, subject, settings)
        elif _asked(check, plan):
            yield skipped(check, settings, _LACKING[lacking[0]])


def settings_of(check: Check, plan: Plan) -> Settings | None:
    """Return how ``check`` is to run; ``None`` where it is off."""
    found = [wish for wish in plan.wishes if fnmatchcase(check.id, wish.check)]
    limit, outcome, method = check.limit, check.outcome, ""
    columns: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    for wish in found:
        if wish.outcome == "off":
            return None
        limit = _replaced(limit, wish.limit)
        outcome = wish.outcome or outcome
        columns = frozenset(wish.columns) or columns
        ignore = frozenset(wish.ignore) or ignore
        method = wish.method if wish.method in check.methods else method
    return Settings(
        limit=limit,
        outcome=outcome,
        columns=columns,
        ignore=ignore,
        method=method,
        samples=plan.samples,
        now=plan.now,
    )


def _replaced(limit: Limit, wish: Limit) -> Limit:
    return Limit(
        max=limit.max if wish.max is None else wish.max,
        min=limit.min if wish.min is None else wish.min,
        max_rise=limit.max_rise if wish.max_rise is None else wish.max_rise,
    )


def _wanted(check: Check, plan: Plan) -> bool:
    return not plan.only or any(fnmatchcase(check.id, pattern) for pattern in plan.only)


def _asked(check: Check, plan: Plan) -> bool:
    """Tell whether somebody has named this very check."""
    return check.id in {*plan.only, *(wish.check for wish in plan.wishes)}


def _met(need: Need, subject: Subject, settings: Settings) -> bool:
    match need:
        case "split":
            return {TRAIN, TEST} <= subject.tables.keys()
        case "reference":
            here = [table for table in subject.checked if table.role != REFERENCE]
            return bool(here) and (subject.stored is not None or REFERENCE in subject.tables)
        case "reference-rows":
            return REFERENCE in subject.tables
        case "schema":
            return subject.schema is not None
        case "limit":
            return settings.limit != NO_LIMIT
        case _:
            return bool(getattr(subject.roles, need))


_LACKING: Final[Mapping[str, str]] = {
    "split": "it needs a `train` and a `test` table",
    "reference": "it needs a `reference`",
    "reference-rows": "it needs the rows of the reference, and a profile has none",
    "schema": "it needs a `schema` file; `mlgate check --write-schema` writes one",
    "limit": "it has no limit of its own; give it a `max`",
    "label": "it needs to know the `label`",
    "id": "it needs to know the `id`",
    "datetime": "it needs to know the `datetime`",
    "prediction": "it needs to know the `prediction`",
}


def _result(check: Check, subject: Subject, settings: Settings) -> CheckResult:
    try:
        with subject.store.explained(check.id):
            findings = list(check.measure(subject, settings))
    except NotMeasurableError as exc:
        return skipped(check, settings, str(exc))
    except MissingColumnError as exc:
        return failed_to_run(check, settings, str(exc))
    except SourceError as exc:
        return failed_to_run(check, settings, exc.what)
    except (ArithmeticError, ValueError, TypeError, LookupError, MemoryError) as exc:
        return failed_to_run(check, settings, f"{type(exc).__name__}: {exc}"[:300])
    if not findings:
        return skipped(check, settings, "no column that it could look at", applies=False)
    return judged(check, settings, findings)


def _require_columns(subject: Subject, plan: Plan) -> None:
    known = {column.name for table in subject.tables.values() for column in table.columns}
    if subject.stored:
        known |= {column.name for column in subject.stored.columns}
    if subject.schema:
        known |= subject.schema.columns.keys()
    subject.roles.require(known, lenient=plan.lenient)
    for wish in () if plan.lenient else plan.wishes:
        for name in (*wish.columns, *wish.ignore):
            if name not in known:
                raise unknown_column(wish.check, name, known)
