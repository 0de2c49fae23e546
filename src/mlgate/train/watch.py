"""What a training read and asked beyond its declared inputs, as audit hooks of Python tell.

PEP 578. Processes that are no Python, and libraries that open files in C without Python (Arrow's
Parquet reader), are not seen.
"""

from __future__ import annotations

import ipaddress
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from mlgate.documents.evidence import CheckResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Literal

INPUTS, NETWORK = "training.inputs", "training.network"
"""Names of the checks."""

_FOLDER: Final = Path(__file__).parent / "watching"
_MOST_BYTES: Final = 64 * 2**20
_ROWS: Final = 50
_NAMED: Final = 3


class Watched(NamedTuple):
    """What was seen of all Pythons that ran.

    Attributes:
        pythons: How many.
        read: Files that were read and that nobody had written before, as absolute paths.
        hosts: Names and addresses that were asked.
    """

    pythons: int
    read: Sequence[str]
    hosts: Sequence[str]


class Watch:
    """A file that all Pythons of a training write to; gone when it is closed."""

    def __init__(self) -> None:
        handle, name = tempfile.mkstemp(prefix="mlgate-watch-")
        os.close(handle)
        self._file = Path(name)

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return what the environment of the training needs in addition."""
        path = environ.get("PYTHONPATH")
        joined = os.pathsep.join([str(_FOLDER), *([path] if path else [])])
        return {"PYTHONPATH": joined, "MLGATE_WATCH": str(self._file)}

    def close(self) -> Watched:
        """Return what was seen."""
        with self._file.open("rb") as file:
            raw = file.read(_MOST_BYTES)
        self._file.unlink(missing_ok=True)
        return _read(raw.splitlines())


def _read(lines: Iterable[bytes]) -> Watched:
    decoder = msgspec.json.Decoder(tuple[str, str])
    pythons, written = 0, set[str]()
    read: dict[str, None] = {}
    hosts: dict[str, None] = {}
    for line in lines:
        try:
            kind, what = decoder.decode(line)
        except msgspec.MsgspecError:
            continue
        match kind:
            case "start":
                pythons += 1
            case "write":
                written.add(what)
            case "read" if what not in written:
                read[what] = None
            case "host" | "address" if _is_far(what):
                hosts[what] = None
            case _:
                pass
    named = [host for host in hosts if not _is_address(host)]
    return Watched(pythons, sorted(read), sorted(named or hosts))


def checks_of(
    watched: Watched, root: str, declared: Callable[[str], bool], level: Literal["warn", "error"]
) -> tuple[CheckResult, ...]:
    """Return what undeclared inputs and asked hosts come to, as two checks.

    Args:
        watched: What was seen.
        root: The workspace.
        declared: Tells of a path in the workspace whether it is an input or an output.
        level: Whether findings warn or fail.
    """
    if not watched.pythons:
        said = "No Python was seen that could be watched, so that nobody knows what was read."
        return tuple(
            CheckResult(id=name, outcome="skipped", message=said, engine="mlgate train")
            for name in (INPUTS, NETWORK)
        )
    inner = f"{root.rstrip(os.sep)}{os.sep}"
    places = [place.removeprefix(inner) for place in watched.read]
    found = [place for place in places if place.startswith("/") or not declared(place)]
    return (
        _check(INPUTS, found, "Read, and no declared input", "file", level),
        _check(NETWORK, watched.hosts, "Asked over the network", "host", level),
    )


def _check(
    name: str, found: Sequence[str], what: str, kind: str, level: Literal["warn", "error"]
) -> CheckResult:
    if not found:
        return CheckResult(
            id=name, outcome="pass", message="Nothing found.", value=0.0, engine="mlgate train"
        )
    more = len(found) - _NAMED
    named = ", ".join(" ".join(one.split())[:200] for one in found[:_NAMED])
    rows = tuple((one[:400],) for one in found[:_ROWS])
    return CheckResult(
        id=name,
        outcome="warn" if level == "warn" else "fail",
        message=f"{what}: {named}{f' and {more} more' if more > 0 else ''}.",
        value=float(len(found)),
        threshold="none",
        engine="mlgate train",
        table=((kind,), *rows),
    )


def _is_far(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host not in {"localhost", "", "None"} and not host.endswith(".localhost")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
