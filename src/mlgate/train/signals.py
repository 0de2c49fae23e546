"""What the output of a training tells on the way: metrics, losses, and a loss that is none.

Read are lines ``{"metric": "accuracy", "value": 0.98}``, dictionaries as Hugging Face prints them,
the progress of Keras, and CSV with a column ``epoch`` or ``step``. All else passes unread.
"""

from __future__ import annotations

import ast
import json
import math
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.documents.evidence import MAX_CURVES, MAX_POINTS, LogCurve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MAX_LINE: Final = 4096
_MAX_HELD: Final = 4 * MAX_POINTS
_MAX_NAME: Final = 100
_HINTS: Final = (b"loss", b"epoch", b"step", b"metric", b"accuracy")
_BREAK: Final = re.compile(rb"[\r\n\x08]+")
_EPOCH: Final = re.compile(rb"epoch[ :=]*(\d{1,9})\s*(?:/\s*\d+)?\s*$", re.IGNORECASE)
_KERAS: Final = re.compile(rb"^\s*(?:\x1b\[[0-9;]*m)*(\d{1,9})/(\d{1,9})\D.* - \w+: ")
_PAIR: Final = re.compile(rb" - (\w{1,100}): ([-+0-9.eE]{1,30}|nan|[-+]?inf)")
_BROKEN: Final = re.compile(
    rb"\b(\w{0,80}loss)\b['\"]?\s*[:=]\s*([-+]?(?:nan|inf(?:inity)?))\b", re.IGNORECASE
)
_HEADER: Final = re.compile(rb"^\s*(?:epoch|step)(?:,[\w ./-]{1,100}){1,50}\s*$", re.IGNORECASE)
_TELLS: Final = re.compile(
    rb"^\s*\{| - \w+: |epoch[ :=]*\d+\s*(?:/\s*\d+)?\s*$|^\s*(?:epoch|step),"
    rb"|loss['\"]?\s*[:=]\s*[-+]?(?:nan|inf)",
    re.IGNORECASE,
)
"""Whether a line may be one of the above, in one search: there are millions of others."""
_STEPS: Final = ("epoch", "step", "global_step")


class Heard(NamedTuple):
    """Values of one step.

    Attributes:
        step: As the log counts; ``None`` where it does not.
        values: By name; some may be none.
        stated: Whether the log calls them metrics.
    """

    step: float | None
    values: Mapping[str, float]
    stated: bool = False


class Signals:
    """Listens to the output of a training; ``tell`` hears of every step that stands for itself."""

    def __init__(self, tell: Callable[[Heard], None] = lambda _heard: None) -> None:
        self.broken: str = ""
        self._tell = tell
        self._tail: dict[int, bytes] = {}
        self._points: dict[str, _Points] = {}
        self._epoch: float | None = None
        self._columns: list[str] = []
        self._open: Heard | None = None

    def feed(self, data: bytes, stream: int = 1) -> str:
        """Listen to some output; return why training is lost, if a loss is none."""
        text = self._tail.get(stream, b"") + data
        if not self._columns and not _may_tell(text):
            self._tail[stream] = text[-_MAX_LINE:].rpartition(b"\n")[2]
            return self.broken
        *lines, rest = _BREAK.split(text)
        for line in lines:
            if line and len(line) <= _MAX_LINE:
                self._line(line)
        self._tail[stream] = rest[-_MAX_LINE:]
        return self.broken

    def close(self) -> tuple[LogCurve, ...]:
        """Return the curves, once all has been heard."""
        for line in self._tail.values():
            self._line(line)
        self._tail.clear()
        self._flush()
        return tuple(points.curve(name) for name, points in self._points.items())

    def _line(self, line: bytes) -> None:
        if self._columns and self._row(line):
            return
        if _TELLS.search(line):
            if line.lstrip().startswith(b"{"):
                self._object(line)
            else:
                self._prose(line)

    def _prose(self, line: bytes) -> None:
        if found := _EPOCH.search(line):
            self._flush()
            self._epoch = float(found[1])
        elif found := _KERAS.match(line):
            if found[1] == found[2]:
                pairs = {name.decode(): float(value) for name, value in _pairs(line)}
                self._hear(Heard(self._epoch, pairs))
        elif _HEADER.match(line):
            self._columns = [name.strip() for name in line.decode("utf-8", "replace").split(",")]
        elif found := _BROKEN.search(line):
            self._hear(Heard(self._epoch, {found[1].decode(): math.nan}))

    def _row(self, line: bytes) -> bool:
        cells = line.decode("utf-8", "replace").split(",")
        if len(cells) != len(self._columns):
            self._columns = []
            return False
        values = {}
        for name, cell in zip(self._columns, cells, strict=True):
            try:
                values[name] = float(cell)
            except ValueError:
                if cell.strip():
                    self._columns = []
                    return False
        step = values.pop(self._columns[0], None)
        self._hear(Heard(step, values))
        return True

    def _object(self, line: bytes) -> None:
        found = _dictionary(line.decode("utf-8", "replace").strip())
        numbers = {
            key: float(value)
            for key, value in found.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        step = next((numbers[name] for name in _STEPS if name in numbers), None)
        name = found.get("metric")
        if isinstance(name, str) and name and "value" in numbers:
            self._hear(Heard(step, {name: numbers["value"]}, stated=True))
        elif step is not None and any("loss" in key for key in numbers):
            self._hear(Heard(step, {k: v for k, v in numbers.items() if k not in _STEPS}))

    def _hear(self, heard: Heard) -> None:
        """Join values of one step; a name that comes again, or another step, begins a new one."""
        before = self._open
        same = (
            before is not None
            and before.step == heard.step
            and before.stated == heard.stated
            and (heard.step is not None or not before.values.keys() & heard.values.keys())
        )
        if before is not None and same:
            heard = Heard(heard.step, {**before.values, **heard.values}, heard.stated)
        else:
            self._flush()
        self._open = heard
        lost = [k for k, v in heard.values.items() if "loss" in k.lower() and not math.isfinite(v)]
        if lost and not self.broken:
            at = f" at {_number(heard.step)}" if heard.step is not None else ""
            self.broken = f"{lost[0][:_MAX_NAME]} is {_name(heard.values[lost[0]])}{at}"

    def _flush(self) -> None:
        heard, self._open = self._open, None
        if heard is None:
            return
        self._tell(heard)
        for name, value in heard.values.items():
            key = " ".join(name.split())[:_MAX_NAME]
            if key in self._points or len(self._points) < MAX_CURVES:
                points = self._points.setdefault(key, _Points())
                points.add(heard.step, value, stated=heard.stated)


class _Points:
    """Values of one name, thinned out as they become many."""

    def __init__(self) -> None:
        self._held: list[tuple[float, float]] = []
        self._count = 0
        self._stride = 1
        self._last: tuple[float, float] = (0.0, 0.0)
        self._problem = ""
        self._stated = False

    def add(self, step: float | None, value: float, *, stated: bool) -> None:
        self._count += 1
        self._stated = self._stated or stated
        self._problem = "" if math.isfinite(value) else _name(value)
        if self._problem or (step is not None and not math.isfinite(step)):
            return
        self._last = (float(self._count) if step is None else step, value)
        if (self._count - 1) % self._stride == 0:
            self._held.append(self._last)
        if len(self._held) > _MAX_HELD:
            self._held = self._held[::2]
            self._stride *= 2

    def curve(self, name: str) -> LogCurve:
        """Return at most MAX_POINTS of them, the last among them."""
        held = (
            self._held if self._held and self._held[-1] == self._last else [*self._held, self._last]
        )
        if not self._held:
            held = []
        every = max(-(-len(held) // (MAX_POINTS - 1)), 1)
        kept = held[::every]
        if held and kept[-1] != held[-1]:
            kept.append(held[-1])
        return LogCurve(
            metric=name or "?",
            steps=tuple(step for step, _ in kept),
            values=tuple(value for _, value in kept),
            stated=self._stated,
            problem=self._problem,
        )


def spoken(heard: Heard) -> str:
    """Return the values of one step in a few words.

    >>> spoken(Heard(3.0, {"loss": 0.25, "val_loss": 0.5}))
    'step 3: loss 0.25, val_loss 0.5'
    """
    at = f"step {_number(heard.step)}: " if heard.step is not None else ""
    values = [f"{name[:_MAX_NAME]} {_shown(v)}" for name, v in list(heard.values.items())[:8]]
    return at + ", ".join(values)


def _may_tell(text: bytes) -> bool:
    """Tell in a glance whether there is anything to hear; most of a flood is not looked at."""
    lower = text.lower()
    return any(word in lower for word in _HINTS)


def _pairs(line: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    for name, value in _PAIR.findall(line):
        try:
            float(value)
        except ValueError:
            continue
        found.append((name, value))
    return found


def _dictionary(text: str) -> Mapping[str, object]:
    """Return a flat dictionary, as JSON or as Python prints it; nothing of anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            plain = re.sub(r"\b(nan|-?inf)\b", r"'\1'", text)
            found = ast.literal_eval(plain)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            return {}
        if isinstance(found, dict):
            found = {k: float(v) if v in {"nan", "inf", "-inf"} else v for k, v in found.items()
                     if isinstance(v, str | int | float)}  # fmt: skip
    return {k: v for k, v in found.items() if isinstance(k, str)} if isinstance(found, dict) else {}


def _name(value: float) -> str:
    return "NaN" if math.isnan(value) else "infinite"


def _number(step: float | None) -> str:
    return "" if step is None else f"{step:g}"


def _shown(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else _name(value)
