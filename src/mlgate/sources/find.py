"""Which files hold metrics and parameters when nobody said so."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_FOLDERS: Final = 6
"""Deepest folder in which metric files are looked for."""

LOOKED_FOR: Final = (
    "metrics.json, metrics.yaml, metrics.toml, metrics.csv, metrics/*.json, results.json, "
    "scores.json, evaluation.json, eval/**/*.json, classification_report.json, all_results.json, "
    "*_results.json, trainer_state.json, dvclive/metrics.json, "
    "lightning_logs/version_*/metrics.csv, results_<date>.json, and the metrics of dvc.yaml"
)
"""The names, as text for a reader."""

CERTAIN: Final = frozenset(
    "metrics.json metrics.yaml metrics.yml metrics.toml metrics.csv classification_report.json "
    "all_results.json trainer_state.json".split()
)
_LIKELY: Final = frozenset("results.json scores.json evaluation.json".split())
_NOT_OURS: Final = frozenset(
    "node_modules venv env site-packages __pycache__ tests testdata fixtures docs build dist "
    "vendor third_party".split()
)
_LOGS: Final = frozenset({"plots", "dvclive", "lightning_logs", "mlruns", "wandb"})
_PARAMETERS: Final = ("params.yaml", "params.yml", "params.json", "params.toml")
_VERSION: Final = re.compile(r"(?<=/)version_(\d{1,9})(?=/metrics\.csv$)|^version_(\d{1,9})(?=/)")
_DATED: Final = re.compile(r"(?<=_)\d{4}-\d\d-\d\dT[0-9.:-]{5,20}(?=\.json$)")
_CHECKPOINT: Final = re.compile(r"(^|/)checkpoint-\d+/")


def find_metric_files(paths: Iterable[str]) -> list[str]:
    """Return the paths that are named like metric files, in their order.

    >>> find_metric_files(["eval/metrics.json", "node_modules/metrics.json", "src/a.json"])
    ['eval/metrics.json']
    """
    found = [path for path in paths if _is_metric_file(path)]
    return _without_repeats(found)


def is_certain(path: str) -> bool:
    """Tell whether the name leaves no doubt that the file holds metrics."""
    return posixpath.basename(path) in CERTAIN


def find_parameter_files(paths: Sequence[str], metric_files: Iterable[str]) -> list[str]:
    """Return parameter files: at the top, and those that loggers write beside their metrics."""
    present = frozenset(paths)
    found: list[str] = [path for path in _PARAMETERS if path in present]
    for path in metric_files:
        folder = posixpath.dirname(path)
        for name in ("hparams.yaml", "params.yaml"):
            beside = posixpath.join(folder, name)
            logged = name == "hparams.yaml" or posixpath.basename(folder) == "dvclive"
            if logged and beside in present and beside not in found:
                found.append(beside)
    return found


def newest(paths: Iterable[str]) -> dict[str, str]:
    """Return one path for each stable name: runs that number or date their files leave many.

    >>> newest(["lightning_logs/version_9/metrics.csv", "lightning_logs/version_10/metrics.csv"])
    {'lightning_logs/version_*/metrics.csv': 'lightning_logs/version_10/metrics.csv'}
    """
    chosen: dict[str, str] = {}
    for path in paths:
        name = stable_name(path)
        if name not in chosen or _age(path) > _age(chosen[name]):
            chosen[name] = path
    return chosen


def stable_name(path: str) -> str:
    """Return ``path`` with ``*`` for the run number or date that differs from run to run."""
    return _DATED.sub("*", _VERSION.sub("version_*", path))


def _age(path: str) -> tuple[int, str]:
    version = _VERSION.search(path)
    dated = _DATED.search(path)
    return int(version[1] or version[2]) if version else 0, dated[0] if dated else ""


def is_left_alone(path: str) -> bool:
    """Tell whether ``path`` lies in a folder of tools, tests or plots: no data set of a model."""
    return any(f in _NOT_OURS or f in _LOGS or f[0] == "." for f in path.split("/")[:-1])


def _is_metric_file(path: str) -> bool:
    *folders, name = path.split("/")
    if name[-5:] not in {".json", ".yaml", ".toml"} and name[-4:] not in {".yml", ".csv"}:
        return False
    if len(folders) > MAX_FOLDERS or _CHECKPOINT.search(path):
        return False
    if any(folder in _NOT_OURS or folder.startswith(".") for folder in folders):
        return False
    return name in CERTAIN or (name.endswith(".json") and _is_likely(folders, name))


def _is_likely(folders: Sequence[str], name: str) -> bool:
    if name in _LIKELY or name.endswith("_results.json"):
        return True
    if name.startswith("results_"):
        return _DATED.search(name) is not None
    if folders and folders[-1] == "metrics" and "plots" not in folders:
        return True
    return bool(folders) and folders[0] == "eval" and not _is_input(name)


def _is_input(name: str) -> bool:
    return any(word in name for word in ("config", "pred", "sample", "schema", "args", "vocab"))


def _without_repeats(paths: Sequence[str]) -> list[str]:
    """Drop what the Hugging Face Trainer writes again into other files of the same folder."""
    present = frozenset(paths)

    def repeats(path: str) -> bool:
        folder, name = posixpath.split(path)
        if name.endswith("_results.json") and name != "all_results.json":
            return posixpath.join(folder, "all_results.json") in present
        others = ("all_results.json", "eval_results.json")
        return name == "trainer_state.json" and any(
            posixpath.join(folder, other) in present for other in others
        )

    return [path for path in paths if not repeats(path)]
