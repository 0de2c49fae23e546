"""The user's own metrics, ``module:function``, called in the user's environment and never in ours.

A function gets the columns of one model's predictions, as lists of one length by name: ``label``,
``prediction``, ``score``, ``weight``; it returns a number. It is called again on rows drawn with
replacement, the same for both models, for the interval (Efron 1979).
"""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mlgate.errors import SourceError
from mlgate.evaluate.measures import Measure
from mlgate.evaluate.proportion import Around, quantile
from mlgate.evaluate.result import Estimate, Setting
from mlgate.sources.user_process import finished, without_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlgate.evaluate.rows import EvaluationSet
    from mlgate.evaluate.side import Side

SECONDS: Final = 1800
PROGRAM: Final = Path(__file__).with_name("program.py")
MAX_ANSWER: Final = 2**24

_DRAWS: Final = 200
_MANY: Final = 4_000_000
"""Rows in all draws together, beyond which there are fewer draws."""
_FEWEST: Final = 30


def is_own(name: str) -> bool:
    """Tell whether a metric is a function of the user's.

    >>> is_own("churn.metrics:profit"), is_own("roc_auc")
    (True, False)
    """
    return ":" in name


def own_metrics(
    rows: EvaluationSet,
    names: Sequence[str],
    place: Mapping[str, Any],
    setting: Setting,
) -> list[Estimate]:
    """Return the user's own metrics.

    Args:
        rows: What the models say.
        names: Functions, as in ``churn.metrics:profit``.
        place: ``folder`` to run in, ``scratch`` for files, ``environ``, and ``python`` to run.
        setting: How sure, and from which random numbers.

    Raises:
        SourceError: the interpreter cannot be started, or the answer is none.
    """
    if not names:
        return []
    sides = [side for side in (rows.head, rows.base) if side is not None]
    draws = max(_FEWEST, min(_DRAWS, _MANY // max(len(rows.head), 1)))
    request = {
        "functions": list(names),
        "sides": [_columns(side, rows.labels) for side in sides],
        "group": None if rows.head.group is None else rows.head.group.tolist(),
        "seed": setting.seed,
        "draws": draws,
    }
    answer = _asked(request, place)
    return [_estimate(name, answer.get(name), len(rows.head), setting) for name in names]


def _columns(side: Side, labels: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {"label": _named(side.label, labels)}
    if side.prediction is not None:
        found["prediction"] = _named(side.prediction, labels)
    if side.score is not None:
        found["score"] = side.score.tolist()
    if side.weight is not None:
        found["weight"] = side.weight.tolist()
    return found


def _named(values: Any, labels: Sequence[str]) -> list[Any]:  # noqa: ANN401
    """Return classes as the numbers or texts that they are in the file."""
    if not labels:
        return list(values.tolist())
    names = [_plain(text) for text in labels]
    return [names[code] for code in values.tolist()]


def _plain(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _asked(request: Mapping[str, Any], place: Mapping[str, Any]) -> dict[str, Any]:
    scratch = Path(place["scratch"])
    question, reply = scratch / "question.json", scratch / "answer.json"
    question.write_text(json.dumps(request), encoding="utf-8")
    command = [str(place["python"]), str(PROGRAM), str(question), str(reply)]
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's interpreter, arguments as a list
            command,
            cwd=place["folder"],
            env=without_tokens(place["environ"]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as exc:
        raise SourceError(
            f"`metrics`: {place['python']} cannot be started: {exc.strerror}",
            hint="`python:` under `predictions:` names the interpreter of your environment",
        ) from exc
    try:
        finished(process, SECONDS)
    except subprocess.TimeoutExpired as exc:
        what = f"`metrics`: your functions took longer than {SECONDS} s"
        raise SourceError(what, hint="are they quick enough to be called 400 times?") from exc
    return _answer(reply, process.returncode)


def _answer(reply: Path, code: int) -> dict[str, Any]:
    try:
        with reply.open("rb") as file:
            found = json.loads(file.read(MAX_ANSWER))
    except (OSError, ValueError) as exc:
        raise SourceError(
            f"`metrics`: your functions gave no answer (exit {code})",
            hint="does the interpreter have what they import?",
        ) from exc
    return found if isinstance(found, dict) else {}


def _estimate(name: str, answer: Any, n: int, setting: Setting) -> Estimate:  # noqa: ANN401
    measure = Measure(name.rpartition(":")[2], "mean", of=_columns, higher=None)
    found = answer if isinstance(answer, dict) else {}
    values = [v for v in found.get("values", []) if isinstance(v, int | float)]
    if not values or not math.isfinite(values[0]):
        said = f"is {values[0]}" if values else found.get("problem", "no value")
        return Estimate(measure=measure, n=n, problem=f"{name}: {said}"[:300])
    drawn = _drawn(found.get("draws"))
    if drawn.ndim != 2 or drawn.shape[1] != len(values) or not np.isfinite(drawn).all():  # noqa: PLR2004
        return Estimate(measure=measure, n=n, problem=f"{name}: no number for some of the rows")
    z = quantile(setting.confidence)
    error = float(drawn[:, 0].std())
    method = f"bootstrap, {len(drawn)} draws"
    change = None
    if len(values) > 1 and math.isfinite(values[1]):
        moved, spread = values[0] - values[1], z * float((drawn[:, 0] - drawn[:, 1]).std())
        change = Around(moved - spread, moved + spread, f"paired, {method}")
    return Estimate(
        measure=measure,
        n=n,
        value=values[0],
        base=values[1] if change else None,
        around=Around(values[0] - z * error, values[0] + z * error, method),
        change=change,
        stderr=error,
    )


def _drawn(draws: Any) -> np.ndarray:  # noqa: ANN401
    """Return the values on resampled rows as an array; an empty one where they are none."""
    try:
        return np.array(draws, dtype=float)
    except (ValueError, TypeError):
        return np.array([])
