"""Evidence that other jobs have written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from mlgate.documents.codec import MAX_BYTES, decode
from mlgate.documents.evidence import Evidence, ModelEvidence
from mlgate.errors import SourceError
from mlgate.sources.stored import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

FRAGMENT: Final = "checks.json"
"""What `mlgate check` hands over, a document of the same kind."""
EVALUATION: Final = "evaluation.json"
"""What `mlgate evaluate` hands over, likewise."""
TRAINED: Final = "training.json"
"""What `mlgate train` hands over, likewise."""

MAX_FILES: Final = 1000

T = TypeVar("T")


def read_evidence(paths: Sequence[Path]) -> list[Evidence]:
    """Return the documents at ``paths``.

    A folder stands for every ``evidence.json`` below it, every ``checks.json``, and every
    ``evaluation.json`` and ``training.json`` that the report beside it does not hold already.

    Raises:
        SourceError: a path does not exist, holds no evidence, or evidence that is not valid.
    """
    return [_read(file) for path in paths for file in _files(path)]


def merge_evidence(parts: Iterable[Evidence]) -> Evidence:
    """Return one document with the models of all parts, for a fan-in of several jobs.

    Raises:
        SourceError: parts of different commits, or two that measured the same thing.
    """
    parts = list(parts)
    commits = sorted({part.commit for part in parts if part.commit})
    if len(commits) > 1:
        raise SourceError(
            f"the evidence is of different commits: {', '.join(c[:12] for c in commits)}",
            hint="do the artifacts belong to the same run? delete stale ones",
        )
    models: dict[str, ModelEvidence] = {}
    for model in (model for part in parts for model in part.models):
        models[model.model] = _joined(models.get(model.model), model)
    return Evidence(
        commit=commits[0] if commits else "",
        dirty=any(part.dirty for part in parts),
        run=next((part.run for part in parts if part.run), None),
        models=tuple(models[name] for name in sorted(models)),
    )


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    within = {EVALUATION, TRAINED}
    names = (FILE_NAME, FRAGMENT, *sorted(within))
    every = sorted(file for name in names for file in path.rglob(name))
    whole = {file.parent for file in every if file.name == FILE_NAME}
    found = [file for file in every if file.name not in within or whole.isdisjoint(file.parents)][
        : MAX_FILES + 1
    ]
    if not found:
        raise SourceError(
            f"{path}: no {FILE_NAME} in this folder",
            hint="did the measuring jobs upload `.mlgate/evidence.json`?",
        )
    if len(found) > MAX_FILES:
        raise SourceError(f"{path}: more than {MAX_FILES} evidence files")
    return found


def _read(path: Path) -> Evidence:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise SourceError(
            f"{path}: no evidence: {exc.strerror}",
            hint="did the job that measures this model succeed and upload its evidence?",
        ) from exc
    return decode(raw, Evidence, origin=str(path))


def _joined(one: ModelEvidence | None, other: ModelEvidence) -> ModelEvidence:
    if one is None:
        return other
    metrics = one.metrics + other.metrics
    twice = [key for key, n in Counter(m.key for m in metrics).items() if n > 1]
    if twice:
        source, name, _ = twice[0]
        raise SourceError(
            f"two evidence files measure {name} ({source}) of the model {one.model}",
            hint="give each leg its own `model`",
        )
    return msgspec.structs.replace(
        one,
        metrics=metrics,
        parameters=_union(one.parameters, other.parameters),
        files=_union(one.files, other.files),
        checks=_union(one.checks, other.checks),
        sources=_union(one.sources, other.sources),
        notes=_union(one.notes, other.notes),
        training=one.training or other.training,
    )


def _union(one: tuple[T, ...], other: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*one, *other)))
