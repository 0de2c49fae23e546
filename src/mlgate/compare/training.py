"""What training took at the head against the baseline, and what was different around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mlgate.documents.comparison import EnvironmentChange, TrainingChange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgate.documents.evidence import Environment, Training

_MOST = 200


def compare_training(base: Training | None, head: Training | None) -> TrainingChange | None:
    """Return both trainings without their lists of packages, and what differs between those."""
    if head is None:
        return None
    before = base.environment if base else None
    after = head.environment
    found = list(_changes(before, after)) if before and after else []
    return TrainingChange(
        head=_light(head),
        base=_light(base) if base else None,
        environment=tuple(found[:_MOST]),
    )


def _light(training: Training) -> Training:
    if training.environment is None:
        return training
    environment = msgspec.structs.replace(training.environment, packages={})
    return msgspec.structs.replace(training, environment=environment)


def _changes(before: Environment, after: Environment) -> Iterator[EnvironmentChange]:
    """Yield what differs: Python, packages, machine, seeds; the kernel's version tells nothing."""
    plain = {
        "Python": (before.python, after.python),
        "CPU": (before.cpu, after.cpu),
        "instruction sets": (" ".join(before.cpu_flags), " ".join(after.cpu_flags)),
        "GPU": (", ".join(before.gpus), ", ".join(after.gpus)),
        "GPU driver": (before.driver, after.driver),
        "seeds": (", ".join(before.seeds), ", ".join(after.seeds)),
    }
    names = sorted(before.packages.keys() | after.packages.keys())
    packages = {name: (before.packages.get(name), after.packages.get(name)) for name in names}
    for name, (old, new) in {**plain, **packages}.items():
        if old != new:
            yield EnvironmentChange(name=name[:400], base=(old or "")[:400], head=(new or "")[:400])
