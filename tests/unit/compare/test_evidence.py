from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.judging import evidence, metric
from mlgate.compare.decimals import decimal, divide, scaled, subtract
from mlgate.compare.direction import known_direction
from mlgate.compare.evidence import compare_models, pair_metrics
from mlgate.documents.evidence import DataFile, ModelEvidence, Parameter

if TYPE_CHECKING:
    from mlgate.documents.base import Direction

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def test_the_change_is_exact_in_decimals() -> None:
    [change] = compare_models(evidence({"auc": 0.90}), evidence({"auc": 0.89})).metrics
    assert change.change == -0.01  # binary floating point says -0.010000000000000009
    assert change.relative == pytest.approx(-0.01 / 0.9)


@given(FINITE, FINITE)
def test_decimals_never_crash(head: float, base: float) -> None:
    change = subtract(head, base)
    if change is not None:
        divide(change, base)
    assert scaled(Decimal("0.05"), base) == Decimal("0.05") * abs(decimal(base)) or abs(base) > 0


def test_a_change_beyond_a_float_is_none() -> None:
    assert subtract(1.7e308, -1.7e308) is None


@pytest.mark.parametrize("base", [0.0, -0.0])
def test_a_baseline_of_zero_has_no_relative_change(base: float) -> None:
    [change] = compare_models(evidence({"loss": base}), evidence({"loss": 0.1})).metrics
    assert (change.change, change.relative) == (0.1, None)


def test_a_negative_baseline_is_relative_to_its_size() -> None:
    [change] = compare_models(evidence({"r2": -0.5}), evidence({"r2": -0.25})).metrics
    assert change.relative == 0.5


def test_pairs_go_by_file_name_and_slice() -> None:
    base = evidence({"recall": 0.5, "recall[class=a]": 0.6})
    head = evidence({"recall[class=a]": 0.7, "recall": 0.8, "f1": 0.9})
    pairs = [(b and b.value, h and h.value) for b, h in pair_metrics(base.metrics, head.metrics)]
    assert pairs == [(0.6, 0.7), (0.5, 0.8), (None, 0.9)]


def test_a_metric_that_moved_to_another_file_still_pairs() -> None:
    moved = msgspec.structs.replace(metric("auc", 0.9), source="eval/metrics.json")
    [change] = compare_models(evidence({"auc": 0.8}), evidence({"auc": moved})).metrics
    assert (change.base, change.head, change.source) == (0.8, 0.9, "eval/metrics.json")


def test_a_name_in_two_new_files_is_not_guessed() -> None:
    one, two = (msgspec.structs.replace(metric("auc", 0.9), source=f"{name}.json") for name in "ab")
    head = ModelEvidence(model="m", metrics=(one, two))
    changes = compare_models(evidence({"auc": 0.8}), head).metrics
    assert [(c.base, c.head) for c in changes] == [(None, 0.9), (None, 0.9), (0.8, None)]


def test_another_task_hash_is_incomparable() -> None:
    base, head = metric("acc", 0.5, task="hash aaa"), metric("acc", 0.6, task="hash bbb")
    [change] = compare_models(evidence({"acc": base}), evidence({"acc": head})).metrics
    assert "evaluation task changed (hash aaa → hash bbb)" in change.incomparable


def test_text_beside_metrics_is_no_metric_unless_it_was_one() -> None:
    base = evidence({"auc": 0.9, "note": metric("note", None, problem="text", numeric=False)})
    head = evidence(
        {
            "auc": metric("auc", None, problem="a number in quotes", numeric=False),
            "note": metric("note", None, problem="text", numeric=False),
        }
    )
    [change] = compare_models(base, head).metrics
    assert (change.name, change.head_problem) == ("auc", "a number in quotes")


def test_what_changed_lists_parameters_and_files() -> None:
    base = ModelEvidence(
        model="m",
        parameters=(
            Parameter(name="depth", value="6", source="params.yaml"),
            Parameter(name="gone", value="1", source="params.yaml"),
        ),
        files=(DataFile(path="a.csv", kind="data", digest="md5:1", size=1, rows=10),),
    )
    head = ModelEvidence(
        model="m",
        parameters=(Parameter(name="depth", value="9", source="params.yaml"),),
        files=(
            DataFile(path="a.csv", kind="data", digest="md5:2", size=2, rows=20),
            DataFile(path="m.onnx", kind="model", digest="md5:3"),
        ),
    )
    found = compare_models(base, head)
    assert [(p.name, p.base, p.head) for p in found.parameters] == [
        ("depth", "6", "9"),
        ("gone", "1", None),
    ]
    assert [(f.path, f.base is None) for f in found.files] == [("a.csv", False), ("m.onnx", True)]


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("accuracy", "higher"),
        ("eval.roc_auc", "higher"),
        ("valLoss", "lower"),
        ("neg_root_mean_squared_error", "higher"),
        ("ndcg@10", "higher"),
        ("latency_p95_ms", "lower"),
        ("accuracy.loss", "lower"),
        ("error_rate", "lower"),
        ("acc_stderr", None),
        ("support", None),
        ("temperature", None),
        ("", None),
    ],
)
def test_the_field_knows_which_way_is_better(name: str, direction: str | None) -> None:
    assert known_direction(name) == direction


@pytest.mark.parametrize(
    ("base", "head", "comparable"),
    [("a", "a", True), ("a", "b", False), ("", "b", True), ("a", "", True), ("", "", True)],
)
def test_two_tasks_differ_only_when_both_are_named(
    base: str, head: str, *, comparable: bool
) -> None:
    sides = [evidence({"acc": metric("acc", 0.5, task=task)}) for task in (base, head)]
    [change] = compare_models(*sides).metrics
    assert (change.incomparable == "") is comparable


@pytest.mark.parametrize(
    ("base", "head", "found"),
    [
        ("lower", None, "lower"),
        (None, "lower", "lower"),
        ("higher", "lower", "lower"),
        (None, None, None),
    ],
)
def test_either_side_may_state_the_direction(
    base: Direction | None, head: Direction | None, found: str | None
) -> None:
    sides = [evidence({"heat": metric("heat", 0.5, direction=way)}) for way in (base, head)]
    [change] = compare_models(*sides).metrics
    assert (change.direction, change.direction_from) == (found, "file" if found else "unknown")


def test_the_same_file_is_no_change() -> None:
    file = DataFile(path="a.csv", kind="data", digest="md5:1", size=1, rows=10)
    same = ModelEvidence(model="m", files=(file,))
    assert compare_models(same, same).files == ()
    assert [c.head for c in compare_models(same, ModelEvidence(model="m")).files] == [None]


def test_the_file_knows_better_than_the_name() -> None:
    said = metric("accuracy", 0.5, direction="lower")
    [change] = compare_models(evidence({"accuracy": said}), evidence({"accuracy": said})).metrics
    assert (change.direction, change.direction_from) == ("lower", "file")
