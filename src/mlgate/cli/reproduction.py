"""Whether a training that runs again makes the same model."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Final

from mlgate.cli.evidence import wanted
from mlgate.compare.evidence import compare_models
from mlgate.documents.evidence import CheckResult
from mlgate.errors import MlgateError
from mlgate.policy.config import Config
from mlgate.policy.rules import select_metrics
from mlgate.sources.collect import collect
from mlgate.sources.worktree import WorkTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mlgate.cli.session import Session
    from mlgate.documents.comparison import MetricChange
    from mlgate.documents.evidence import ModelEvidence
    from mlgate.policy.config import Model
    from mlgate.policy.predictions import Predictions

REPRODUCIBLE: Final = "training.reproducible"
"""Name of the check."""
_NAMED: Final = 3
_ROWS: Final = 30


class Reproduction:
    """The outputs of a first training, set aside while it runs again, and put back after it."""

    def __init__(
        self, session: Session, name: str, model: Model, files: Iterable[str], aside: Path
    ) -> None:
        self._session = session
        self._name = name
        self._model = model
        self._aside = aside
        self._files = [path for path in files if (session.workspace / path).is_file()]
        self._evidence = self._read()
        for path in self._files:
            place = aside / path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(session.workspace / path, place)
        for path in self._files:
            (session.workspace / path).unlink()

    def put_back(self) -> None:
        """Make the outputs those of the first training again."""
        for path in self._files:
            place = self._session.workspace / path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self._aside / path, place)

    def check(self, outputs: Sequence[str], tolerance: float) -> CheckResult:
        """Compare what has been made now with what was made first.

        Identical files say all; else metrics that rules name (all, without rules) must be within
        ``tolerance`` of the first, and no larger share of the predictions may differ.
        """
        unlike = [path for path in outputs if not self._same(path)]
        metric_files = {source.path for source in self._evidence.sources}
        models = [path for path in unlike if path not in metric_files]
        if not unlike:
            return _result("pass", f"Identical: {_files(outputs)}, byte for byte.")
        changes = self._changes()
        far = [m for m in changes if not _near(m, tolerance)]
        apart, said = self._disagreement(tolerance)
        holds = not far and apart <= tolerance and bool(changes)
        parts = []
        if models:
            parts.append(f"other bytes in {_listed(models)}")
        if far:
            named = [f"{m.title} {_value(m.base)} then {_value(m.head)}" for m in far]
            parts.append(f"other metrics: {_listed(named)}")
        elif changes:
            count = len(changes)
            parts.append(f"{count} metric{'s' if count != 1 else ''} within {tolerance:g}")
        else:
            parts.append("no metric to compare")
        parts += [said] if said else []
        table = [("metric", "first", "second")]
        table += [(m.title[:400], _value(m.base), _value(m.head)) for m in (far or changes)[:_ROWS]]
        return _result(
            "pass" if holds else "fail",
            f"Trained twice: {'; '.join(parts)}.",
            table=tuple(table),
        )

    def _changes(self) -> list[MetricChange]:
        found = compare_models(self._evidence, self._read()).metrics
        ruled = select_metrics(self._model.gate, found).ruled
        named = list({id(m): m for _, metrics in ruled for m in metrics}.values())
        return named or [m for m in found if m.base is not None or m.head is not None]

    def _read(self) -> ModelEvidence:
        config = Config(models={self._name: self._model})
        return collect(WorkTree(self._session.workspace), wanted(config, self._name))

    def _same(self, path: str) -> bool:
        first, second = self._aside / path, self._session.workspace / path
        if not (first.is_file() and second.is_file()):
            return False
        with first.open("rb") as one, second.open("rb") as other:
            return (
                hashlib.file_digest(one, "sha256").digest()
                == hashlib.file_digest(other, "sha256").digest()
            )

    def _disagreement(self, tolerance: float) -> tuple[float, str]:
        """Return the share of rows whose prediction is another, and words for it."""
        predictions = self._model.predictions
        if predictions is None or self._same(predictions.file):
            return 0.0, ""
        first = self._aside / predictions.file
        second = self._session.workspace / predictions.file
        try:
            share, rows = _apart(predictions, first, second, tolerance)
        except MlgateError as exc:
            return 1.0, f"predictions cannot be compared: {exc.what[:300]}"
        if share > 0 and share * rows < 1:
            return share, f"predictions of {share:.2e} of the rows differ"
        return share, f"{1 - share:.2%} of {rows} predictions agree"


def _apart(wanted: Predictions, first: Path, second: Path, tolerance: float) -> tuple[float, int]:
    from mlgate.tables.store import Store, require_statistics  # noqa: PLC0415  # an extra

    require_statistics()
    import numpy as np  # noqa: PLC0415

    from mlgate.sources.predictions.multilabel import single_labels  # noqa: PLC0415
    from mlgate.sources.predictions.read import BASE, HEAD, read_predictions  # noqa: PLC0415
    from mlgate.tables.opening import open_table  # noqa: PLC0415
    from mlgate.tables.table import files_of  # noqa: PLC0415

    files = [
        files_of(HEAD, f"{wanted.file} of the second training", [second]),
        files_of(BASE, f"{wanted.file} of the first training", [first]),
    ]
    with Store([first, second]) as store:
        opened = [open_table(store, one) for one in files]
        tables, single = single_labels(store, opened, wanted)
        found = read_predictions(store, tables[0], tables[1], single, flips=False)
    if found.pairs is None or found.pairs.base is None or found.pairing.differs:
        return 1.0, len(found.head.head)
    head, base = found.pairs.head, found.pairs.base
    one = head.prediction if head.prediction is not None else head.score
    other = base.prediction if base.prediction is not None else base.score
    if one is None or other is None:
        return 1.0, len(head)
    if head.classes and head.prediction is not None:
        unlike = one != other
    else:
        unlike = ~np.isclose(one, other, rtol=tolerance, atol=0.0)
    rows = unlike.reshape(len(head), -1).any(axis=1)
    return float(rows.mean()), len(head)


def _near(change: MetricChange, tolerance: float) -> bool:
    if change.base is None or change.head is None:
        return False
    return abs(change.head - change.base) <= tolerance * abs(change.base)


def _result(outcome: str, message: str, table: tuple[tuple[str, ...], ...] = ()) -> CheckResult:
    return CheckResult(
        id=REPRODUCIBLE,
        outcome=outcome,  # type: ignore[arg-type]
        message=message[:4000],
        engine="mlgate train",
        table=table if len(table) > 1 else (),
    )


def failed_again(why: str) -> CheckResult:
    """Return the result of a second training that did not end well."""
    return _result("error", f"The second training {why}, so that nothing can be compared.")


def _value(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def _files(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{len(paths)} outputs"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
