"""GPUs and energy while something runs, where the machine tells.

GPUs by ``nvidia-smi``, which comes with NVIDIA's driver; processors by the counters of the kernel
(``powercap``, RAPL), which are only for root on most machines. Both are of the whole machine.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

POWERCAP: Final = Path("/sys/class/powercap")
_EVERY: Final = 1
_FIELDS: Final = "index,name,driver_version,memory.used,utilization.gpu,power.draw"
_MEBIBYTE: Final = 2**20
_PATIENCE: Final = 5.0
_MOST: Final = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What GPUs and processors did; see ``Training`` for the units."""

    gpu_memory: int | None = None
    gpu_utilisation: float | None = None
    energy: float | None = None
    gpus: tuple[str, ...] = ()
    driver: str = ""


class Meter:
    """Measures between entering and leaving; ``measured`` holds the result afterwards."""

    def __init__(self, environ: Mapping[str, str], powercap: Path = POWERCAP) -> None:
        self.measured = Measured()
        self._environ = environ
        self._powercap = powercap
        self._process: subprocess.Popen[bytes] | None = None
        self._printed: IO[bytes] | None = None
        self._counters: dict[Path, int] = {}
        self._start = 0.0

    def __enter__(self) -> Self:
        self._start = time.monotonic()
        self._counters = _counters(self._powercap)
        program = shutil.which("nvidia-smi", path=self._environ.get("PATH"))
        if program is not None:
            self._printed = tempfile.TemporaryFile()  # a pipe would fill up
            query = [f"--query-gpu={_FIELDS}", "--format=csv,noheader,nounits", f"--loop={_EVERY}"]
            try:
                self._process = subprocess.Popen(  # noqa: S603 - the driver's own tool
                    [program, *query],
                    stdin=subprocess.DEVNULL,
                    stdout=self._printed,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError:
                self._process = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        seconds = time.monotonic() - self._start
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        text = ""
        if self._printed is not None:
            self._printed.seek(0)
            text = self._printed.read(_MOST).decode("utf-8", "replace")
            self._printed.close()
        self.measured = _measured(text, _spent(self._counters, self._powercap), seconds)


class _Sample(NamedTuple):
    """One GPU at one moment, as the driver says; percent, MiB and watts."""

    name: str
    driver: str
    memory: float
    busy: float | None
    power: float | None


def _measured(text: str, joules: float | None, seconds: float) -> Measured:
    """Return what samples of all GPUs, a line each, and processors add up to."""
    gpus: dict[str, list[_Sample]] = {}
    for line in text.splitlines():
        index, _, rest = line.partition(",")
        sample = _sample(rest)
        if sample is not None:
            gpus.setdefault(index.strip(), []).append(sample)
    if not gpus:
        return Measured(energy=joules)
    rounds = zip(*gpus.values(), strict=False)
    busy = [s.busy for each in gpus.values() for s in each if s.busy is not None]
    power = [[s.power for s in each if s.power is not None] for each in gpus.values()]
    watts = [sum(each) / len(each) for each in power if each]
    spent = [sum(watts) * seconds] if watts else []
    spent += [joules] if joules is not None else []
    return Measured(
        gpu_memory=round(max(sum(s.memory for s in each) for each in rounds) * _MEBIBYTE),
        gpu_utilisation=round(min(sum(busy) / len(busy) / 100, 1.0), 4) if busy else None,
        energy=round(sum(spent), 1) if spent else None,
        gpus=tuple(each[0].name for each in gpus.values())[:64],
        driver=next(iter(gpus.values()))[0].driver,
    )


def _sample(text: str) -> _Sample | None:
    cells = [cell.strip() for cell in text.split(",")]
    if len(cells) != len(_Sample._fields):
        return None
    memory = _float(cells[2])
    if memory is None:
        return None
    return _Sample(cells[0][:400], cells[1][:400], memory, _float(cells[3]), _float(cells[4]))


def _float(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None


def _counters(folder: Path) -> dict[Path, int]:
    """Return the energy counters of whole processors, in microjoules."""
    found = {}
    for place in folder.glob("*-rapl:[0-9]*") if folder.is_dir() else ():
        if place.name.count(":") == 1:  # parts of a processor have two
            value = _count(place / "energy_uj")
            if value is not None:
                found[place] = value
    return found


def _spent(before: Mapping[Path, int], folder: Path) -> float | None:
    """Return joules since ``before``; counters start anew at their range."""
    if not before:
        return None
    total = 0
    for place, now in _counters(folder).items():
        if place in before:
            spent = now - before[place]
            if spent < 0:
                spent += _count(place / "max_energy_range_uj") or 0
            total += max(spent, 0)
    return round(total / 1e6, 1)


def _count(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
