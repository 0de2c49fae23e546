"""Two checks of a DVC project, asked of DVC itself: is its lock current, and is its data pushed?

``dvc status --json`` and ``dvc status --cloud --json``: https://doc.dvc.org/command-reference/status
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mlgate.documents.evidence import CheckResult
from mlgate.documents.strict_yaml import parse_yaml
from mlgate.errors import SourceError
from mlgate.sources.dvc_project import MAX_DVC_BYTES, is_dvc_file
from mlgate.sources.user_process import finished

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from mlgate.sources.tree import Tree

LOCK, REMOTE = "dvc.lock", "dvc.remote"
"""Names of the checks."""
ENGINE: Final = "dvc"
INSTALL: Final = "install `mlgate[dvc]` (`extras: dvc` in the action)"

_PATIENCE: Final = 600.0
_NAMED: Final = 5
_ROWS: Final = 50
_ABSENT: Final = frozenset({"deleted", "not in cache"})


class _Answer(NamedTuple):
    """What DVC said, or why it said nothing."""

    found: Mapping[str, Any]
    problem: str = ""


def check_dvc(
    folder: Path, environ: Mapping[str, str], tree: Tree, committed: Tree | None
) -> tuple[CheckResult, ...]:
    """Return whether the lock is what code, data and settings make, and whether data is pushed.

    Args:
        folder: The workspace.
        environ: The environment, with what signs in to the remote.
        tree: The work tree.
        committed: The commit that is checked out; ``None`` outside git.
    """
    if not any(is_dvc_file(path) for path in tree.paths()):
        said = "There is no DVC project here: neither dvc.yaml nor a .dvc file."
        return tuple(_result(name, "error", said) for name in (LOCK, REMOTE))
    return (_lock(folder, environ, tree, committed), _remote(folder, environ))


def _lock(
    folder: Path, environ: Mapping[str, str], tree: Tree, committed: Tree | None
) -> CheckResult:
    answer = _ask(folder, environ, "status", "--json")
    if answer.problem:
        return _result(LOCK, "error", f"Not known, for {answer.problem}.")
    changed: list[tuple[str, str]] = []
    absent: list[tuple[str, str]] = []
    for stage, what in _states(answer.found):
        (absent if what.endswith(tuple(f" {word}" for word in _ABSENT)) else changed).append(
            (stage, what)
        )
    if committed is not None:
        changed += list(_rewritten(tree, committed))
    if changed:
        said = f"Older than what it is made from: {_listed([f'{s} ({w})' for s, w in changed])}."
        advice = " Run `dvc repro`, then commit dvc.lock."
        return _result(LOCK, "fail", said + advice, [("stage", "what"), *changed])
    if absent:
        said = f"Not known, for data is not here: {_listed([what for _, what in absent])}."
        return _result(
            LOCK, "error", f"{said} Run `dvc pull` before.", [("stage", "what"), *absent]
        )
    return _result(LOCK, "pass", "It is what code, data and settings make.")


def _remote(folder: Path, environ: Mapping[str, str]) -> CheckResult:
    answer = _ask(folder, environ, "status", "--cloud", "--json")
    if answer.problem:
        return _result(REMOTE, "error", f"Not known, for {answer.problem}.")
    lost = sorted(p for p, state in answer.found.items() if state in {"new", "missing"})
    if lost:
        said = f"Not on the remote: {_listed(lost)}. Run `dvc push`."
        rows = [("file", "state"), *((path, str(answer.found[path])) for path in lost)]
        return _result(REMOTE, "fail", said, rows)
    return _result(REMOTE, "pass", "All that DVC keeps is on the remote.")


def _states(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield stage and what changed, as DVC tells it; unknown forms are told as they are."""
    for stage, entries in found.items():
        for entry in entries if isinstance(entries, list) else [entries]:
            if not isinstance(entry, dict):
                if entry != "always changed":  # a stage without dependencies is no older than them
                    yield stage, str(entry)
                continue
            for files in entry.values():
                pairs = files.items() if isinstance(files, dict) else [(str(files), "changed")]
                for path, state in pairs:
                    if isinstance(state, dict):  # settings by their names
                        yield from ((stage, f"{path}: {k} {v}") for k, v in state.items())
                    else:
                        yield stage, f"{path} {state}"


def _rewritten(tree: Tree, committed: Tree) -> Iterator[tuple[str, str]]:
    """Yield stages that `dvc repro` has run here because the committed lock was out of date.

    What a stage wrote is left out: a training that makes other bytes is another check's matter.
    """
    locks = [path for path in tree.paths() if path.rpartition("/")[2] == "dvc.lock"]
    for path in locks:
        now, before = _stages(tree, path), _stages(committed, path)
        made = {out for stage in now.values() for out in _hashes(stage, "outs")}
        for name, stage in now.items():
            old = before.get(name)
            if old is None:
                yield name, f"new in {path}"
                continue
            if stage.get("cmd") != old.get("cmd"):
                yield name, "command modified"
            if stage.get("params") != old.get("params"):
                yield name, "settings modified"
            was = _hashes(old, "deps")
            for dep, digest in _hashes(stage, "deps").items():
                if dep not in made and was.get(dep) != digest:
                    yield name, f"{dep} modified"


def _stages(tree: Tree, path: str) -> Mapping[str, Mapping[str, Any]]:
    raw = tree.read([path]).get(path, b"")
    try:
        found = parse_yaml(raw, origin=path, max_bytes=MAX_DVC_BYTES).value if raw else {}
    except SourceError:
        return {}
    stages = found.get("stages") if isinstance(found, dict) else None
    named = stages.items() if isinstance(stages, dict) else ()
    return {name: stage for name, stage in named if isinstance(stage, dict)}


def _hashes(stage: Mapping[str, Any], key: str) -> dict[str, str]:
    entries = stage.get(key)
    listed = entries if isinstance(entries, list) else []
    return {str(e.get("path")): str(e.get("md5")) for e in listed if isinstance(e, dict)}


def _ask(folder: Path, environ: Mapping[str, str], *args: str) -> _Answer:
    """Ask DVC; it may wait for a network."""
    program = _program(environ)
    if not program:
        return _Answer({}, f"DVC is not installed: {INSTALL}")
    try:
        with subprocess.Popen(  # noqa: S603 - DVC itself
            [*program, *args],
            cwd=folder,
            env={**environ, "DVC_NO_ANALYTICS": "true"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            printed = finished(process, _PATIENCE)
            said = process.stderr.read() if process.stderr and not process.stderr.closed else b""
    except OSError as exc:
        return _Answer({}, f"DVC cannot be run: {exc.strerror}")
    except subprocess.TimeoutExpired:
        return _Answer({}, f"`dvc {args[0]}` took longer than {_PATIENCE:g} s")
    try:
        found = json.loads(printed)
    except (ValueError, RecursionError):
        found = None
    if process.returncode or not isinstance(found, dict):
        lines = said.decode("utf-8", "replace").strip().splitlines()
        why = lines[-1][:300] if lines else "it said nothing"
        return _Answer({}, f"`dvc {' '.join(args)}` failed: {why}")
    return _Answer({str(key): value for key, value in found.items()})


def _program(environ: Mapping[str, str]) -> list[str]:
    if find_spec("dvc") is not None:
        return [sys.executable, "-m", "dvc"]
    found = shutil.which("dvc", path=environ.get("PATH"))
    return [found] if found else []


def _result(
    name: str, outcome: str, message: str, table: Sequence[tuple[str, ...]] = ()
) -> CheckResult:
    rows = tuple(tuple(" ".join(text.split())[:400] for text in row) for row in table)
    return CheckResult(
        id=name,
        outcome=outcome,  # type: ignore[arg-type]
        message=message[:4000],
        engine=ENGINE,
        value=float(len(rows) - 1) if rows else 0.0 if outcome == "pass" else None,
        table=rows[: _ROWS + 1],
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    named = ", ".join(" ".join(name.split())[:200] for name in names[:_NAMED])
    return named + (f" and {more} more" if more > 0 else "")
