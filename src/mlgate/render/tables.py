"""Markdown tables of a report; every foreign word passes through ``escape``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.render import words
from mlgate.render.escape import cell, code, inline
from mlgate.render.numbers import NONE
from mlgate.render.outline import Row, by_model, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgate.documents.comparison import FileChange, ParameterChange
    from mlgate.documents.evidence import DataFile
    from mlgate.documents.report import Report
    from mlgate.documents.verdict import Judgement


_SHORT: Final = 20


class Names(NamedTuple):
    """How the columns are called, already inert."""

    sides: str
    change: str


def names_of(report: Report) -> Names:
    """Return the column names: ``main → PR`` and ``Δ ± 95 %``."""
    base, head = cell(report.base_name, limit=40), cell(report.head_name, limit=40)
    judged = report.verdict.judgements
    uncertain = any(j.metric and j.metric.interval for j in judged)
    confidence = f" ± {100 * report.verdict.confidence:.4g} %" if uncertain else ""
    sides = f"{base} → {head}" if report.baseline.found != "none" else head
    return Names(unbroken(sides), unbroken(f"Δ{confidence}"))


def lines(header: Sequence[str], aligned: str, body: Sequence[Sequence[str]]) -> str:
    """Return a table; ``aligned`` holds one of ``l c r`` per column.

    >>> print(lines(["", "n"], "cr", [["a", "1"]]))
    | | n |
    |:-:|--:|
    | a | 1 |
    """
    rules = {"l": ":--", "c": ":-:", "r": "--:"}
    head = "| " + " | ".join(header) + " |"
    rule = "|" + "|".join(rules[letter] for letter in aligned) + "|"
    return "\n".join(
        [head.replace("|  |", "| |"), rule, *("| " + " | ".join(r) + " |" for r in body)]
    )


def judgement_table(report: Report, judgements: Sequence[Judgement]) -> str:
    """Return the five columns: icon, what and word, old → new, change, limit.

    Judgements without numbers need only two.
    """
    if all(j.metric is None for j in judgements):
        return lines(["", "Finding"], "cl", [[r.icon, subject(r)] for r in rows(judgements)])
    names = names_of(report)
    header = ["", "Metric", names.sides, names.change, "Limit"]
    return lines(header, "clrrr", [_cells(row) for row in rows(judgements)])


def _cells(row: Row) -> list[str]:
    return [row.icon, subject(row), sides(row), unbroken(row.figures.change), limit(row)]


def unbroken(text: str) -> str:
    """Return ``text`` with no-break spaces, so that a number stays on one line."""
    return text.replace(" ", "\u00a0")


def limit(row: Row) -> str:
    """Return the limit of a row, on one line when it is short."""
    shown = cell(row.limit, limit=60)
    return unbroken(shown) if len(row.limit) <= _SHORT else shown


def subject(row: Row) -> str:
    """Return what a row is about and the word that says how it went."""
    judgement = row.judgement
    word = f"<sub>{row.word}</sub>"
    if row.name and judgement.metric is not None:
        part = f" · {code(row.slice, in_table=True, limit=80)}" if row.slice else ""
        source = f" <sub>{cell(row.source)}</sub>" if row.source else ""
        return f"{cell(row.name)}{part} {word}{source}"
    sentence = inline(judgement.sentence, limit=240)
    match judgement.kind:
        case "policy":
            return f"**policy {row.word}**: {sentence}"
        case "source" | "check" | "metric" if not judgement.sentence.startswith(judgement.subject):
            return f"{code(judgement.subject, in_table=True, limit=80)} {sentence} {word}"
        case _:
            return f"{sentence} {word}"


def sides(row: Row) -> str:
    """Return ``old → **new**``, or the reason why one side has no number."""
    metric = row.judgement.metric
    base, head = row.figures.base, row.figures.head
    if metric is None:
        return head
    if metric.head is None:
        problem = (
            f" <sub>{cell(metric.head_problem, limit=60)}</sub>" if metric.head_problem else ""
        )
        return f"{base} → {NONE}{problem}" if metric.base is not None else f"{NONE}{problem}"
    if metric.base is None:
        return f"**{head}**"
    return unbroken(f"{base} → **{head}**" if metric.change else f"{base} → {head}")


def grouped(report: Report, judgements: Sequence[Judgement], most: int) -> str:
    """Return tables for at most ``most`` judgements, one per model where there are several."""
    groups = by_model(judgements[:most])
    tables = [
        (f"**{code(model)}**\n\n" if model and len(groups) > 1 else "")
        + judgement_table(report, found)
        for model, found in groups.items()
    ]
    return "\n\n".join(tables)


def parameter_table(report: Report, changed: Sequence[tuple[str, ParameterChange]]) -> str:
    """Return old and new values of the parameters, given with their models."""
    many = len({model for model, _ in changed}) > 1
    header = ["Parameter", cell(report.base_name, limit=40), cell(report.head_name, limit=40)]
    body = [
        [
            (f"{cell(model)} · " if many else "") + cell(p.name) + f" <sub>{cell(p.source)}</sub>",
            *(_value(v) for v in (p.base, p.head)),
        ]
        for model, p in changed
    ]
    return lines(header, "lll", body)


def _value(text: str | None) -> str:
    return NONE if text is None else code(text, in_table=True, limit=60) or "empty"


def file_table(report: Report, changed: Sequence[tuple[str, FileChange]]) -> str:
    """Return size, rows and file counts of data and model files, old and new."""
    header = ["File", cell(report.base_name, limit=40), cell(report.head_name, limit=40)]
    body = [
        [code(change.path, in_table=True, limit=100), facts(change.base), facts(change.head)]
        for _, change in changed
    ]
    return lines(header, "lrr", body)


def facts(file: DataFile | None) -> str:
    """Return what is known of a file: ``18.4 MB · 20 114 rows · 3 files``."""
    if file is None:
        return NONE
    return words.facts(file) or code(file.digest[:20], in_table=True)
