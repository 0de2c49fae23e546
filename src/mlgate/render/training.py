"""What training took: a line, a table, and how its log went on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.render.numbers import MINUS, NONE, THIN, count, fixed, shortest, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgate.documents.comparison import TrainingChange
    from mlgate.documents.evidence import LogCurve, Training

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_WIDE: Final = 24
_SIDE: Final = 200
_MINUTE, _HOUR = 60, 3600


class Cost(NamedTuple):
    """One thing that training takes, at the baseline, at the head, and between them."""

    name: str
    base: str
    head: str
    change: str


class Trace(NamedTuple):
    """One number of the log: its name, a sparkline, ends, points for a picture 200 by 200."""

    name: str
    spark: str
    ends: str
    points: str
    steps: tuple[str, str]


def costs(change: TrainingChange) -> list[Cost]:
    """Return what it took, without what neither side tells."""
    head, base = change.head, change.base
    known = base if base is not None and base.ended == "finished" else None
    if head.cached and not head.key:
        return []
    return [
        Cost(name, _shown(before, unit), _shown(after, unit), _moved(before, after))
        for (name, after, unit), before in zip(
            _amounts(head), (value for _, value, _ in _amounts(known)), strict=True
        )
        if after is not None or before is not None
    ]


def _amounts(training: Training | None) -> list[tuple[str, float | None, str]]:
    t = training
    return [
        ("Time", t.seconds if t else None, "s"),
        ("CPU time", t.cpu_seconds if t else None, "s"),
        ("Peak memory", t.peak_memory if t else None, "B"),
        ("GPU memory", t.gpu_memory if t else None, "B"),
        ("GPU utilisation", t.gpu_utilisation if t else None, "%"),
        ("Energy", t.energy if t else None, "J"),
    ]


def summary(change: TrainingChange) -> str:
    """Return what it took in a line; none of it is foreign."""
    head = change.head
    if head.ended != "finished":
        return f"{head.ended} after {duration(head.seconds)}"
    shown = [
        f"{cost.head}{f' ({cost.change})' if cost.change else ''}"
        for cost in costs(change)
        if cost.name in {"Time", "Peak memory"}
    ]
    return " · ".join([*shown, *(["known, not run again"] if head.cached else [])])


def remarks(change: TrainingChange) -> list[str]:
    """Return what a reader may want to know of how it came about; parts of it are foreign."""
    head = change.head
    found = []
    if head.executor:
        where = head.environment
        on = f" on {where.cpu}, {where.python}" if where and where.cpu else ""
        found.append(f"Trained elsewhere, by {head.executor}{on}.")
    if head.stages:
        groups: dict[str, list[str]] = {}
        for name, outcome in head.stages.items():
            groups.setdefault(outcome, []).append(name)
        said = [f"{what} {', '.join(n[:6])}{_more(len(n) - 6)}" for what, n in groups.items()]
        found.append(f"Stages of DVC: {'; '.join(said)}.")
    elif head.cached:
        found.append("The same training is known: outputs and costs are those of its first run.")
    if head.resumed:
        found.append("It went on from the checkpoint of a training that was stopped.")
    if head.changed and not head.cached:
        found.append(f"Trained, for {', '.join(head.changed[:8])}{_more(len(head.changed) - 8)}.")
    return found


def moved(change: TrainingChange) -> list[tuple[str, str, str]]:
    """Return what is different around it: name, baseline, head; all foreign."""
    return [(one.name, one.base or NONE, one.head or NONE) for one in change.environment]


def traces(training: Training) -> list[Trace]:
    """Return the numbers of the log that have at least two values."""
    return [_trace(curve) for curve in training.curves if len(curve.values) > 1]


def sparkline(values: Sequence[float], wide: int = _WIDE) -> str:
    """Return a line of blocks from the first value to the last.

    >>> sparkline([0, 1, 2, 3, 7])
    '▁▂▃▄█'
    """
    low, high = min(values), max(values)
    count = min(len(values), wide)
    picked = [values[round(k * (len(values) - 1) / max(count - 1, 1))] for k in range(count)]
    return "".join(_BLOCKS[round(_part(v, low, high) * (len(_BLOCKS) - 1))] for v in picked)


def _trace(curve: LogCurve) -> Trace:
    values, steps = curve.values, curve.steps
    broken = f", then {curve.problem}" if curve.problem else ""
    return Trace(
        name=curve.metric,
        spark=sparkline(values),
        ends=f"{shortest(values[0])} → {shortest(values[-1])}{broken}",
        points=" ".join(_points(values, steps)),
        steps=(shortest(steps[0]), shortest(steps[-1])),
    )


def _points(values: Sequence[float], steps: Sequence[float]) -> Iterator[str]:
    low, high = min(values), max(values)
    first, last = min(steps), max(steps)
    for step, value in zip(steps, values, strict=True):
        across = _SIDE * _part(step, first, last)
        yield f"{round(across, 1):g},{round(_SIDE * (1 - _part(value, low, high)), 1):g}"


def _part(value: float, low: float, high: float) -> float:
    # Halves, for the difference of two large numbers may be none.
    span = high / 2 - low / 2
    return min(max((value / 2 - low / 2) / span, 0.0), 1.0) if span > 0 else 0.5


def duration(seconds: float) -> str:
    """Return a time span as people say it.

    >>> duration(8.25), duration(75), duration(7500)
    ('8.2 s', '1 min 15 s', '2 h 5 min')
    """
    if seconds < _MINUTE:
        return f"{fixed(seconds, 1)} s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // 60} min {whole % 60} s"
    return f"{count(whole // 3600)} h {whole % 3600 // 60} min"


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return NONE
    match unit:
        case "s":
            return duration(value)
        case "B":
            return size(int(value))
        case "%":
            return f"{fixed(100 * value, 0)} %"
        case _:
            return _energy(value)


def _energy(joules: float) -> str:
    hours = joules / 3600
    return f"{fixed(hours / 1000, 2)} kWh" if hours >= 1000 else f"{fixed(hours, 2)} Wh"  # noqa: PLR2004


def _moved(before: float | None, after: float | None) -> str:
    if not before or after is None:
        return ""
    percent = 100 * (after - before) / before
    if abs(percent) < 0.5:  # noqa: PLR2004 - it would round to none
        return "same"
    sign = "+" if percent > 0 else MINUS
    return f"{sign}{fixed(abs(percent), 0)}{THIN}%"


def _more(hidden: int) -> str:
    return f" and {hidden} more" if hidden > 0 else ""
