"""What `mlgate train` saw of a model, as a part of its evidence."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import msgspec

from mlgate.cli.identity import of_this_run
from mlgate.documents.evidence import (
    TRAINING,
    TRAINING_LOG,
    Metric,
    ModelEvidence,
    SourceFile,
)
from mlgate.sources.evidence_files import TRAINED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mlgate.cli.evidence import BaseEvidence
    from mlgate.cli.session import Session
    from mlgate.documents.evidence import Evidence, Training
    from mlgate.sources.kept import Kept

_SHOWN: Final = 200


def training_path(folder: Path, name: str) -> Path:
    """Return where it is kept what the training of a model took."""
    return folder / "evidence" / name / TRAINED


def training_evidence(name: str, training: Training) -> ModelEvidence:
    """Return the evidence of one training; one that did not finish is a source with a problem."""
    checks = training.checks
    if training.ended == "finished":
        metrics = (*_costs(training), *_stated(training))
        kept = msgspec.structs.replace(training, checks=())
        return ModelEvidence(model=name, metrics=metrics, checks=checks, training=kept)
    by = f" ({training.signal})" if training.signal else ""
    command = " ".join(training.command.replace("`", "'").split())[:_SHOWN]
    named = f": `{command}`" if command else ""
    problem = (
        f"training {training.ended} with exit {training.exit_code}{by} "
        f"after {training.seconds:.0f} s{named}"
    )
    if training.problem:
        problem = f"training failed: {training.problem.rstrip('.')}"[:3000] + named
    if training.ended == "unseen":
        problem = f"training was started, and `mlgate train` did not see it end{named}"
    hint = (
        "what it said is in the log of `mlgate train`; run that again, for metric files "
        "from before are not of this revision"
    )
    if training.signal == "SIGKILL" and training.ended == "failed":
        hint = f"was the machine out of memory? that is what SIGKILL mostly means; {hint}"
    source = SourceFile(path=TRAINING, problem=problem, hint=hint)
    return ModelEvidence(model=name, sources=(source,), training=training)


def _costs(training: Training) -> Iterator[Metric]:
    """Yield what it took; nothing where DVC had all stages and nobody knows what they took."""
    if training.cached and not training.key:
        return
    costs = {
        "training.seconds": training.seconds,
        "training.cpu-seconds": training.cpu_seconds,
        "training.peak-memory": training.peak_memory,
        "training.gpu-memory": training.gpu_memory,
        "training.gpu-utilisation": training.gpu_utilisation,
        "training.energy": training.energy,
    }
    for name, value in costs.items():
        if value is not None:
            yield Metric(name=name, source=TRAINING, value=float(value))


def _stated(training: Training) -> Iterator[Metric]:
    """Yield the last values of what the log calls metrics."""
    for curve in training.curves:
        if curve.stated:
            value = curve.values[-1] if curve.values and not curve.problem else None
            yield Metric(
                name=curve.metric,
                source=TRAINING_LOG,
                value=value,
                problem=curve.problem or ("" if curve.values else "no value"),
            )


def with_training(session: Session, evidence: Evidence, folder: Path) -> Evidence:
    """Return the evidence with what `mlgate train` wrote earlier in this very run."""
    models = []
    for model in evidence.models:
        found = of_this_run(session, training_path(folder, model.model), model.model)
        if found is not None:
            model = msgspec.structs.replace(  # noqa: PLW2901
                model,
                metrics=(*model.metrics, *_new(model, found)),
                checks=(*model.checks, *found.checks),
                sources=(*model.sources, *found.sources),
                notes=(*model.notes, *found.notes),
                training=found.training,
            )
        models.append(model)
    return msgspec.structs.replace(evidence, models=tuple(models))


def with_base_training(
    base: BaseEvidence, head: Evidence, ask_artifact: Callable[[str], Kept | None]
) -> BaseEvidence:
    """Return the baseline with what its training took.

    Files that git keeps do not tell it, so the forge is asked for what a run on that commit has
    uploaded; only where there is something to compare with it.
    """
    reported = {model.model for model in head.models if model.training is not None}
    lacking = {
        name: found
        for name in reported
        if (found := base.of(name, reported)) is not None and found.training is None
    }
    if not lacking or base.kept is not None:
        return base
    kept = ask_artifact(base.baseline.commit)
    trained = {m.model: m for m in kept.evidence.models if m.training} if kept else {}
    models = dict(base.models)
    for name, found in lacking.items():
        if name in trained:
            costs = tuple(m for m in trained[name].metrics if m.source == TRAINING)
            models[found.model] = msgspec.structs.replace(
                found, metrics=(*found.metrics, *costs), training=trained[name].training
            )
    return dataclasses.replace(base, models=models)


def _new(model: ModelEvidence, found: ModelEvidence) -> Iterator[Metric]:
    """Yield metrics of the training; one that a file has as well is the file's."""
    names = {metric.name for metric in model.metrics}
    for metric in found.metrics:
        if metric.source != TRAINING_LOG or metric.name not in names:
            yield metric
