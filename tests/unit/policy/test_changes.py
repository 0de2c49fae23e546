from __future__ import annotations

import pytest

from mlgate.policy.changes import broken_policy, policy_change
from mlgate.policy.parse import parse_config


@pytest.mark.parametrize(
    ("base", "head", "said"),
    [
        pytest.param(
            "gate: [{metric: auc, max-drop: 0.01}]",
            "gate: [{metric: auc, max-drop: 0.5}]",
            "− auc, max-drop: 0.01, + auc, max-drop: 0.5",
            id="loosened",
        ),
        pytest.param(
            "gate: [{metric: auc, min: 0.5}]", "gate: []", "− auc, min: 0.5", id="removed"
        ),
        pytest.param(
            "policy: {mode: enforce}",
            "policy: {mode: observe}",
            "policy.mode enforce → observe",
            id="observe",
        ),
        pytest.param(
            "models: {a: {}, b: {}}", "models: {a: {}}", "b: model removed", id="model removed"
        ),
        pytest.param(
            "gate: [{metric: auc, min: 0.91234561}]",
            "gate: [{metric: auc, min: 0.9123456}]",
            "− auc, min: 0.91234561, + auc, min: 0.9123456",
            id="loosened in the eighth digit",
        ),
        pytest.param(
            "metrics: [eval/*.json]",
            "metrics: [best.json]",
            'metrics: ["eval/*.json"] → ["best.json"]',
            id="other metric files",
        ),
        pytest.param("{}", "best-by: val_auc", 'best-by: not set → "val_auc"', id="best row"),
        pytest.param(
            "data: {test: a.csv}",
            "data: {test: b.csv}",
            'data: {"test":"a.csv"} → {"test":"b.csv"}',
            id="other evaluation set",
        ),
        pytest.param("artifacts: [a.onnx]", "{}", 'artifacts: ["a.onnx"] → not set', id="no model"),
        pytest.param(
            "{}",
            f"models: {{model: {{params: [{'p' * 300}.yaml]}}}}",
            'params: not set → ["' + "p" * 180 + "…",
            id="a long path",
        ),
        pytest.param(
            "gate: [{check: 'data.*'}, {check: data.nulls, level: 'off'}]",
            "gate: [{check: data.nulls, level: 'off'}, {check: 'data.*'}]",
            "rules of checks in another order",
            id="the last rule of a check counts",
        ),
    ],
)
def test_a_changed_policy_is_shown(base: str, head: str, said: str) -> None:
    before, after = (parse_config(t.encode(), origin="mlgate.yml") for t in (base, head))
    found = policy_change(before, after, "mlgate.yml")
    assert found is not None
    assert said in found.sentence
    assert found.effect == "warn"


def test_a_removed_policy_is_shown() -> None:
    base = parse_config(b"version: 1", origin="mlgate.yml")
    found = policy_change(base, None, "mlgate.yml")
    assert found is not None
    assert "the file is removed" in found.sentence


def test_comments_and_order_are_no_change() -> None:
    rules = b"gate: [{metric: auc, min: 0.5}, {metric: f1, min: 0.50}]"
    swapped = b"# now\ngate: [{metric: f1, min: 0.5}, {metric: auc, min: 0.5}]"
    base = parse_config(b"policy: {mode: enforce}\nversion: 1\n" + rules, origin="mlgate.yml")
    head = parse_config(swapped, origin="mlgate.yml")
    assert policy_change(base, head, "mlgate.yml") is None


def test_a_broken_policy_fails() -> None:
    assert broken_policy("mlgate.yml", "mlgate.yml:1:1: unknown key", "fix").effect == "fail"
