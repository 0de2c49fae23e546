"""Where a training runs: what is recorded so that another can be set up like it."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlgate.documents.evidence import Environment
from mlgate.errors import SourceError
from mlgate.train.inputs import PACKAGES, PYTHON, answer, locks_in, start_python

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Iterator, Mapping

    from mlgate.sources.worktree import WorkTree
    from mlgate.train.meter import Measured

_FLAGS: Final = frozenset(
    "amx_bf16 amx_tile asimd asimdhp avx avx2 avx512_bf16 avx512_fp16 avx512_vnni avx512bw "
    "avx512f avx_vnni f16c fma sse4_2 sve sve2".split()
)
_CPUINFO: Final = Path("/proc/cpuinfo")
_SEED: Final = re.compile(r"(^|[._-])(random_?)?(seed|state)$", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"(.*[_A-Z])?SEED")
_NUMBER: Final = re.compile(r"[0-9]{1,20}|random")
_MAX_PACKAGES: Final = 5000


class Recorder:
    """Asks the Python that trains while it trains, and the machine afterwards."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        code = f"{PYTHON}\n{PACKAGES}"
        self._asked: subprocess.Popen[bytes] | None = start_python(environ, "-P", code)

    def environment(self, tree: WorkTree, params: Iterable[str], measured: Measured) -> Environment:
        """Return what is known, once training has ended."""
        python, *packages = (answer(self._asked) if self._asked else "").splitlines() or [""]
        named = dict(line.split("==", 1) for line in packages if "==" in line)
        kept = sorted(named.items())[:_MAX_PACKAGES]
        system = f"{platform.system()} {platform.release()}, {platform.machine()}"
        cpu, flags = _processor()
        return Environment(
            python=" ".join(python.split()[:2])[:400],
            packages={name[:400]: version[:400] for name, version in kept},
            locks={path[:1024]: tree.sha256(path) for path in locks_in(tree)[:100]},
            system=system[:400],
            cpu=cpu[:400],
            cpu_flags=flags,
            gpus=measured.gpus,
            driver=measured.driver,
            seeds=tuple(_seeds(self._environ, tree, params))[:50],
        )


def _processor() -> tuple[str, tuple[str, ...]]:
    """Return name with number of cores, and what rounds sums another way."""
    try:
        text = _CPUINFO.read_text("utf-8", "replace")
    except OSError:
        text = ""
    facts: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip().lower(), value.strip())
    name = facts.get("model name") or platform.processor() or platform.machine()
    flags = set((facts.get("flags") or facts.get("features") or "").split())
    return f"{name}, {os.cpu_count()} cores", tuple(sorted(flags & _FLAGS))


def _seeds(environ: Mapping[str, str], tree: WorkTree, params: Iterable[str]) -> Iterator[str]:
    for name in sorted(environ):
        if _VARIABLE.fullmatch(name) and _NUMBER.fullmatch(environ[name]):
            yield f"{name} = {environ[name]}"[:400]
    from mlgate.sources.parameters import parse_parameters  # noqa: PLC0415  # training has ended

    for path in params:
        try:
            found = parse_parameters(tree.read([path]).get(path, b""), origin=path)
        except SourceError:
            continue
        for parameter in found:
            if _SEED.search(parameter.name):
                yield f"{path}: {parameter.name} = {parameter.value}"[:400]
