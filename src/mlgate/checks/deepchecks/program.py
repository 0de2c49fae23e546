"""Run inside the environment of deepchecks: ``python -I program.py REQUEST RESULT``.

Reads a request as JSON, runs suites and single checks over Parquet files, and writes what they
found as JSON. Nothing of mlgate is imported here, and nothing is unpickled.
"""

from __future__ import annotations

import difflib
import json
import math
import re
import sys
import warnings
from pathlib import Path
from typing import Any

WORDS = {
    "max": re.compile(r"less|not_more|not_greater|lower|at_most|no_more"),
    "min": re.compile(r"greater|not_less|at_least"),
}
WORDS_OF_ROLES = (("datetime", "datetime"), ("index", "id"), ("label", "label"))
SUITES = (
    "data_integrity",
    "train_test_validation",
    "model_evaluation",
    "production_suite",
    "full_suite",
)


class Refused(Exception):  # noqa: N818 - not an error of the program
    """The request asks for something that is not there."""


def main(request_path: str, result_path: str) -> None:
    """Answer one request."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    warnings.simplefilter("ignore")
    try:
        answer = _answer(request)
    except Refused as exc:
        answer = {"refused": str(exc)}
    Path(result_path).write_text(json.dumps(answer, allow_nan=False), encoding="utf-8")


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    import numpy as np
    from deepchecks.core.suite import SuiteResult
    from deepchecks.tabular import Suite

    np.random.seed(0)
    checks = [c for name in request["suites"] for c in _suite(name)]
    checks += [_check(name) for name in request["checks"]]
    chosen = [check for check in checks if _configure(check, request["conditions"])]
    tables = {role: _dataset(request, role) for role in ("train", "test") if request.get(role)}
    first = tables.get("train") or tables["test"]
    second = tables.get("test") if "train" in tables else None
    given = {}
    if request["prediction"]:
        frames = {role: _frame(request[role]) for role in tables}
        names = {"train": "y_pred_train", "test": "y_pred_test"}
        given = {names[r]: frames[r][request["prediction"]].to_numpy() for r in frames}
    suite = Suite("mlgate", *chosen)
    result = suite.run(train_dataset=first, test_dataset=second, **given)
    if request["html"]:
        _save_html(result, request["html"], SuiteResult)
    return {"results": [_told(r, request) for r in result.results]}


def _save_html(result: Any, path: str, kind: type) -> None:
    if isinstance(result, kind):
        result.save_as_html(path, as_widget=False, requirejs=False)


def _suite(name: str) -> list[Any]:
    from deepchecks.tabular import suites

    key = name.replace("-", "_")
    if key not in SUITES:
        raise Refused(_unknown("suite", key, SUITES))
    return list(getattr(suites, key)().checks.values())


def _check(name: str) -> Any:
    from deepchecks.tabular import checks

    known = {_kebab(n): getattr(checks, n) for n in checks.__all__}
    key = _kebab(name.removeprefix("deepchecks."))
    if key not in known:
        raise Refused(_unknown("check", key, sorted(known)))
    return known[key]()


def _unknown(what: str, name: str, known: Any) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"no {what} is named {name!r}; " + (
        f"did you mean `{close[0]}`?" if close else f"known: {', '.join(known)}"
    )


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name.replace("_", "-")).lower()


def _configure(check: Any, conditions: list[dict[str, Any]]) -> bool:
    """Replace the conditions of a check; False where it is off."""
    from fnmatch import fnmatchcase

    name = f"deepchecks.{_kebab(type(check).__name__)}"
    for wish in conditions:
        if not fnmatchcase(name, wish["check"]):
            continue
        if wish.get("outcome") == "off":
            return False
        _narrow(check, name, wish)
        limits = {key: wish[key] for key in WORDS if wish.get(key) is not None}
        if limits:
            check.clean_conditions()
        for key, value in limits.items():
            _add_condition(check, name, key, value)
    return True


def _narrow(check: Any, name: str, wish: dict[str, Any]) -> None:
    for key, attribute in (("columns", "columns"), ("ignore", "ignore_columns")):
        if wish.get(key):
            if not hasattr(check, attribute):
                raise Refused(f"{name} takes no `{key}`")
            setattr(check, attribute, list(wish[key]))


def _add_condition(check: Any, name: str, key: str, value: float) -> None:
    fitting = [m for m in dir(check) if m.startswith("add_condition") and WORDS[key].search(m)]
    methods = sorted(fitting, key=lambda m: ("ratio" not in m and "score" not in m, len(m)))
    if not methods:
        kinds = [m.removeprefix("add_condition_") for m in dir(check) if "add_condition_" in m]
        raise Refused(
            f"{name} has no condition with a `{key}`; it has {', '.join(kinds) or 'none'}"
        )
    getattr(check, methods[0])(value)


_FRAMES: dict[str, Any] = {}


def _frame(path: str) -> Any:
    import pandas as pd

    if path not in _FRAMES:
        _FRAMES[path] = pd.read_parquet(path)
    return _FRAMES[path]


def _dataset(request: dict[str, Any], role: str) -> Any:
    from deepchecks.tabular import Dataset

    frame = _frame(request[role])
    roles = [request[key] for key in ("label", "id", "datetime", "prediction") if request[key]]
    for column in (*roles, *request["ignore"]):
        if column not in frame.columns:
            raise Refused(f"{role} has no column {column!r}")
    without = {request["prediction"], *request["ignore"]}
    frame = frame[[c for c in frame.columns if c not in without]]
    categorical = [c for c in request["categorical"] if c in frame.columns and c not in roles]
    return Dataset(
        frame,
        label=request["label"] or None,
        index_name=request["id"] or None,
        datetime_name=request["datetime"] or None,
        cat_features=categorical,
        label_type=request["label_type"] or None,
    )


def _told(result: Any, request: dict[str, Any]) -> dict[str, Any]:
    from deepchecks.core import errors

    check = result.check
    told: dict[str, Any] = {"check": _kebab(type(check).__name__), "name": check.name()}
    failure = getattr(result, "exception", None)
    if failure is not None:
        lacking = tuple(
            getattr(errors, name)
            for name in (
                "DatasetValidationError",
                "NotEnoughSamplesError",
                "DeepchecksNotSupportedError",
                "ModelValidationError",
            )
            if hasattr(errors, name)
        )
        told["exception"] = f"{type(failure).__name__}: {failure}"[:2000]
        told["lacking"] = isinstance(failure, lacking)
        told["applies"] = not any(
            f"does not contain a {word}" in str(failure)
            or f"does not contain an {word}" in str(failure)
            for word, role in WORDS_OF_ROLES
            if not request[role]
        )
        return told
    value = result.value
    if isinstance(value, (int, float)) or type(value).__module__ == "numpy":
        number = float(value) if getattr(value, "shape", ()) == () else math.nan
        told["value"] = number if math.isfinite(number) else None
    told["conditions"] = [
        {
            "name": str(condition.name)[:1000],
            "category": condition.category.value,
            "details": str(condition.details)[:2000],
        }
        for condition in result.conditions_results
    ]
    return told


if __name__ == "__main__":
    main(*sys.argv[1:])
