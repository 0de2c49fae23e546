"""The report for a terminal or a plain log: aligned, optional colours, inert foreign text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.ci.commands import log_safe_lines
from mlgate.render import outline, provenance, words
from mlgate.render.columns import columns
from mlgate.render.escape import ELLIPSIS, address, visible
from mlgate.render.numbers import NONE, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlgate.documents.comparison import FileChange
    from mlgate.documents.report import Report
    from mlgate.documents.verdict import Judgement
    from mlgate.render.outline import Row
    from mlgate.render.words import Tone

_COLOURS: Final[Mapping[Tone, str]] = {"bad": "31", "doubt": "33", "good": "32", "calm": "36"}
_MARKS: Final = {"fail": ("FAIL", "31"), "warn": ("warn", "33"), "pass": ("ok", "32")}
_MARK: Final = 4
"""Columns of the longest mark."""
_MOST_ROWS: Final = 40
_MOST_CHANGES: Final = 8
_NARROWEST: Final = 40
_GAP: Final = "  "
_COLOUR: Final = re.compile("(\x1b\\[[0-9;]*m)")


class _Style(NamedTuple):
    width: int
    color: bool

    def paint(self, text: str, codes: str) -> str:
        return f"\x1b[{codes}m{text}\x1b[0m" if self.color and codes else text


def render_text(report: Report, *, width: int = 100, color: bool = False) -> str:
    """Return the report as lines of at most ``width`` columns where words allow it."""
    style = _Style(max(width, _NARROWEST), color)
    parts = [
        [*_verdict(report, style)],
        [*_table(report, style)],
        [*_changes(report, style)],
        [*_next(report, style)],
        [*_origin(report, style)],
    ]
    return _log_safe("\n\n".join("\n".join(part) for part in parts if part) + "\n")


def _log_safe(text: str) -> str:
    """Keep our colours, and let no line be a workflow command: the runner reads this too."""
    parts = _COLOUR.split(text)
    return "".join(p if i % 2 else log_safe_lines(p) for i, p in enumerate(parts))


def _verdict(report: Report, style: _Style) -> Iterator[str]:
    verdict = report.verdict
    names = outline.models(report)
    whose = visible(names[0], limit=80) if len(names) == 1 else f"{count(len(names))} models"
    title = f"{words.title(report)} — {whose if names else visible(report.key)}"
    yield style.paint(title, f"1;{_COLOURS[words.tone(verdict)]}")
    yield from wrapped(visible(verdict.headline, limit=1000), style.width)
    if words.tone(verdict) != "good":
        yield words.tally(outline.judgements(report)) + "."
    if verdict.observe:
        yield "Nothing is blocked: mode is observe."
    if verdict.policy.note:
        yield from wrapped(visible(verdict.policy.note, limit=1000), style.width)


def _table(report: Report, style: _Style) -> Iterator[str]:
    found = outline.worst_first(outline.judgements(report))
    shown = [j for j in found if j.effect != "pass"][:_MOST_ROWS]
    room = max(_MOST_ROWS - len(shown), 0)
    shown += [j for j in found if j.effect == "pass"][: min(room, 12)]
    yield from _aligned(report, shown, style)
    hidden = len(found) - len(shown)
    if hidden:
        yield f"… and {count(hidden)} more"


def _aligned(report: Report, shown: Sequence[Judgement], style: _Style) -> Iterator[str]:
    for judgement in shown:
        if judgement.metric is None and judgement.effect == "fail":
            yield from _finding(judgement, style)
    measured = outline.rows(j for j in shown if j.metric)
    if measured:
        many = len(outline.models(report)) > 1
        body = [_cells(row, many=many) for row in measured]
        base, head = (visible(n, limit=20) for n in (report.base_name, report.head_name))
        header = ["", "metric", base, head, "change", "limit", ""]
        table = _Table.fitted([header, *body], style.width)
        yield style.paint(table.line(header), "2")
        for row, cells in zip(measured, body, strict=True):
            yield _painted(table.line(cells), row.judgement, style)
    for judgement in shown:
        if judgement.metric is None and judgement.effect != "fail":
            yield from _finding(judgement, style)


def _finding(judgement: Judgement, style: _Style) -> Iterator[str]:
    mark = _MARKS[judgement.effect][0]
    subject, sentence = (visible(t, limit=1000) for t in (judgement.subject, judgement.sentence))
    told = sentence if subject in sentence else f"{subject}: {sentence}"
    first, *rest = wrapped(told, style.width - 6)
    if judgement.effect == "warn" and judgement.advice:  # what fails is told what comes next
        rest += wrapped(f"fix: {visible(judgement.advice, limit=1000)}", style.width - 6)
    yield _painted(f"{mark:<{_MARK}}{_GAP}{first}", judgement, style)
    yield from (f"      {line}" for line in rest)


def _painted(line: str, judgement: Judgement, style: _Style) -> str:
    mark, codes = _MARKS[judgement.effect]
    return style.paint(mark, f"1;{codes}") + line.removeprefix(mark)


def _cells(row: Row, *, many: bool) -> list[str]:
    metric = row.judgement.metric
    part = f"[{row.slice}]" if row.slice else ""
    source = f" ({row.source})" if row.source else ""
    model = f"{row.judgement.model}: " if many else ""
    head = row.figures.head
    if metric and metric.head is None and metric.head_problem:
        head = visible(metric.head_problem, limit=24)
    return [
        _MARKS[row.judgement.effect][0],
        visible(f"{model}{row.name}{part}{source}", limit=120),
        row.figures.base,
        head,
        row.figures.change,
        visible(row.limit, limit=30),
        row.word,
    ]


_NAME: Final = 1
_BASE: Final = 2
_LIMIT: Final = 5
_WORD: Final = 6
_RIGHT: Final = frozenset({2, 3, 4, 5})
_SHORTEST_NAME: Final = 16


class _Table(NamedTuple):
    """Widths of the columns that are shown; 0 for those that are not."""

    widths: Sequence[int]

    @classmethod
    def fitted(cls, table: Sequence[Sequence[str]], width: int) -> _Table:
        """Make room: the name gives way first, then base, limit and word are left out."""
        widths = [max(columns(row[i]) for row in table) for i in range(len(table[0]))]
        widths[0] = _MARK
        for column in (_BASE, _LIMIT, _WORD):
            if cls(widths).width - widths[_NAME] + _SHORTEST_NAME > width:
                widths[column] = 0
        over = max(cls(widths).width - width, 0)
        widths[_NAME] = max(widths[_NAME] - over, min(widths[_NAME], _SHORTEST_NAME))
        return cls(widths)

    @property
    def width(self) -> int:
        """Columns of one line."""
        shown = [w for w in self.widths if w]
        return sum(shown) + len(_GAP) * (len(shown) - 1)

    def line(self, cells: Sequence[str]) -> str:
        """Return one row, padded and clipped."""
        padded = []
        for index, (text, width) in enumerate(zip(cells, self.widths, strict=True)):
            if width:
                shown = clipped(text, width)
                space = " " * (width - columns(shown))
                padded.append(space + shown if index in _RIGHT else shown + space)
        return _GAP.join(padded).rstrip()


def clipped(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` columns, with an ellipsis in the middle when cut.

    >>> clipped("eval.class_12.f1", 9)
    'eval…2.f1'
    """
    if columns(text) <= width:
        return text
    left = _head(text, (width - 1) // 2)
    right = _head(text[::-1], width - 1 - columns(left))[::-1]
    return f"{left}{ELLIPSIS}{right}"


def _head(text: str, width: int) -> str:
    taken = used = 0
    for character in text:
        used += columns(character)
        if used > width:
            break
        taken += 1
    return text[:taken]


def wrapped(text: str, width: int) -> list[str]:
    """Return ``text`` broken at spaces into lines of at most ``width`` columns."""
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and columns(longer) > width:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line]


def _changes(report: Report, style: _Style) -> Iterator[str]:
    said = outline.changes(report)
    if not said:
        return
    title = "What changed:"
    first, *rest = wrapped(visible(f"{title} {' · '.join(said)}", limit=1000), style.width)
    yield style.paint(title, "1") + first.removeprefix(title)
    yield from rest
    listed = [
        f"  {p.name}: {NONE if p.base is None else p.base} → {NONE if p.head is None else p.head}"
        for c in report.comparisons
        for p in c.parameters
    ]
    listed += [f"  {_file(f)}" for c in report.comparisons for f in c.files]
    for line in listed[:_MOST_CHANGES]:
        yield f"  {clipped(visible(line), style.width - 2)}"
    if len(listed) > _MOST_CHANGES:
        yield f"  … and {count(len(listed) - _MOST_CHANGES)} more"


def _file(change: FileChange) -> str:
    sides = (change.base, change.head)
    before, after = (NONE if f is None else words.facts(f) or f.digest[:20] for f in sides)
    return f"{change.path}: {before} → {after}"


def _next(report: Report, style: _Style) -> Iterator[str]:
    if not report.verdict.blocks:
        return
    advice = outline.advice(report) or ["Bring what fails back within its limit."]
    yield style.paint("Next:", "1")
    for text in advice:
        first, *rest = wrapped(visible(text, limit=1000), style.width - 4)
        yield f"  - {first}"
        yield from (f"    {line}" for line in rest)


def _origin(report: Report, style: _Style) -> Iterator[str]:
    parts = [
        provenance.commits(report),
        provenance.baseline(report),
        provenance.policy(report),
        provenance.uncertainty(report),
    ]
    for line in wrapped(visible(" · ".join(parts), limit=1000), style.width):
        yield style.paint(line, "2")
    full = address(report.links.report)
    if full:
        yield f"Full report: {full}"
