"""What training loops of Hugging Face and DVCLive write beside the metrics themselves."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from mlgate.sources.parsed import MetricList, Parsed, read_leaf
from mlgate.sources.plain import parse_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.documents.evidence import Metric

_COSTS: Final = re.compile(r".*(_runtime|_per_second|_samples|_mem_\w+)|total_flos|epoch|step")
"""Keys of the Trainer that tell what a run cost, not how good the model is."""
_OF_TRAINER: Final = re.compile(r"(train|eval|test|predict)_(loss|runtime)")


def parse_trainer(tree: object, *, origin: str) -> Parsed | None:
    """Return the metrics of Hugging Face's ``Trainer``; ``None`` if the file is not one of its own.

    Of ``trainer_state.json`` the last value of each logged metric counts, and ``best_metric``.
    """
    if not isinstance(tree, dict):
        return None
    match tree:
        case {"log_history": list(history), "global_step": _}:
            latest = {
                key: value
                for entry in history
                if isinstance(entry, dict)
                for key, value in entry.items()
            }
            if read_leaf(tree.get("best_metric")).value is not None:
                latest["best_metric"] = tree["best_metric"]
            return Parsed(format="Hugging Face Trainer state", metrics=_scores(latest, origin))
        case _ if any(_OF_TRAINER.fullmatch(key) for key in tree):
            return Parsed(format="Hugging Face Trainer", metrics=_scores(tree, origin))
        case _:
            return None


def parse_dvclive(tree: object, *, origin: str) -> Parsed | None:
    """Return the metrics of DVCLive without its step counter and its readings of the machine."""
    if posixpath.basename(posixpath.dirname(origin)) != "dvclive" or not isinstance(tree, dict):
        return None
    kept = {key: value for key, value in tree.items() if key not in {"step", "system"}}
    return Parsed(format="DVCLive", metrics=parse_plain(kept, origin=origin).metrics)


def _scores(tree: Mapping[str, object], origin: str) -> tuple[Metric, ...]:
    metrics = MetricList(origin)
    for key, value in tree.items():
        if not _COSTS.fullmatch(key):
            metrics.add(key, value)
    return metrics.done()
