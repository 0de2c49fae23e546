from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.compare.evidence import compare_models
from mlgate.documents.evidence import Metric, ModelEvidence
from mlgate.documents.strict_yaml import parse_yaml
from mlgate.errors import ConfigError
from mlgate.policy.parse import parse_config
from mlgate.policy.proposal import propose_config
from mlgate.policy.rules import select_metrics
from mlgate.policy.schema import config_schema

if TYPE_CHECKING:
    from mlgate.documents.base import Direction

WHOLE = b"""\
version: 1
models:
  churn:
    metrics: [metrics.json, "eval/**/*.json"]
    params: [params.yaml]
    data: {train: data/train.parquet, test: data/test.parquet}
    artifacts: [models/churn.onnx]
    best-by: val_loss
    gate:
      - {metric: roc_auc, min: 0.80, max-drop: 0.005}
      - {metric: recall, slices: true, max-drop: 0.02}
      - {metric: "latency.p95", max-rise: "10 %", level: warn}
      - {check: "data.*", level: error}
  ranker:
policy:
  mode: enforce
  confidence: 0.9
  on-missing-baseline: fail
"""


def test_a_whole_configuration() -> None:
    config = parse_config(WHOLE, origin="mlgate.yml")
    assert list(config.models) == ["churn", "ranker"]
    assert [rule.text for rule in config.models["churn"].gate] == [
        "roc_auc, min: 0.8, max-drop: 0.005",
        "recall, max-drop: 0.02, slices: true",
        "latency.p95, max-rise: 10 %, level: warn",
        "data.*",
    ]
    assert (config.policy.confidence, config.policy.on_missing_baseline) == (0.9, "fail")
    validator = jsonschema.Draft202012Validator(config_schema())
    assert validator.is_valid(parse_yaml(WHOLE, origin="c", max_bytes=9999).value)


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        pytest.param(
            "gates: []", "mlgate.yml:1:1: unknown key 'gates'", "did you mean `gate`?", id="typo"
        ),
        pytest.param(
            "version: 1\ngate:\n  - {metric: a, max_drop: 1}",
            "mlgate.yml:3:17: unknown key 'max_drop'",
            "did you mean `max-drop`?",
            id="underscore in a rule",
        ),
        pytest.param(
            "policy:\n  on-mising: fail",
            "mlgate.yml:2:3: unknown key 'on-mising'",
            "did you mean `on-missing`?",
            id="typo in the policy",
        ),
        pytest.param("version: 2", "mlgate.yml:1:1: version 2", "write `version: 1`", id="version"),
        pytest.param("- a", "mlgate.yml:1:1: the top level", "begin with", id="a list"),
        pytest.param("", "mlgate.yml: the file is empty", "", id="empty"),
        pytest.param(
            "gate: [{metric: a}]", "mlgate.yml:1:8: give a limit", "", id="a rule without a limit"
        ),
        pytest.param(
            "gate: [{metric: a, max-drop: -1}]", "a tolerance is zero or more", "", id="negative"
        ),
        pytest.param(
            'gate: [{metric: a, max-drop: "5"}]', "is not a number or a percentage", "", id="text"
        ),
        pytest.param("gate: [{metric: a, min: .nan}]", "finite numbers", "", id="nan"),
        pytest.param("gate: [{metric: a, min: 2, max: 1}]", "larger than", "", id="floor above"),
        pytest.param("gate: [{metric: a, check: b, min: 1}]", "either", "", id="both"),
        pytest.param("policy: {on-missing: pass}", "Invalid enum value 'pass'", "", id="too lax"),
        pytest.param("policy: {confidence: 1.5}", "<= 0.9999", "", id="confidence"),
        pytest.param("models: {}", "from names to models", "name one", id="no models"),
        pytest.param('models: {"a b": {}}', "is no name for a model", "", id="model name"),
        pytest.param("models: {a: {}}\ngate: []", "stands beside", "move it", id="both forms"),
        pytest.param("gate: [{metric: a, min: yes}]", "Expected `float | null`", "", id="yes"),
        pytest.param("version: 1\nversion: 1", "appears twice", "", id="duplicate key"),
        pytest.param("a: &x [1]\nb: *x", "aliases", "", id="alias"),
        pytest.param("gate: [", "not YAML", "", id="truncated"),
        pytest.param("gate: !!python/object:os.system {}", "tags", "", id="tag"),
        pytest.param("a: " + "[" * 80 + "]" * 80, "nested more than", "", id="deep"),
    ],
)
def test_a_bad_configuration_names_place_and_fix(text: str, what: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text.encode(), origin="mlgate.yml")
    assert what in caught.value.what
    assert caught.value.what.startswith("mlgate.yml")
    assert hint in caught.value.hint
    assert caught.value.exit_code == 2


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ['a0: &a0 ["lol","lol","lol"]']
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    with pytest.raises(ConfigError, match=r"mlgate\.yml:2:10: aliases"):
        parse_config("\n".join(lines).encode(), origin="mlgate.yml")


@given(st.binary(max_size=200))
def test_nothing_but_a_clear_error_comes_out(raw: bytes) -> None:
    said = ""
    try:
        parse_config(raw, origin="mlgate.yml")
    except ConfigError as exc:
        said = exc.what
    assert not said or said.startswith("mlgate.yml")


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(
    st.dictionaries(
        NAMES,
        st.tuples(st.floats(-1e6, 1e6), st.sampled_from(["higher", "lower", None])),
        max_size=10,
    ),
    st.lists(NAMES, max_size=3),
)
def test_what_init_writes_is_read_and_guards_what_it_names(
    metrics: dict[str, tuple[float, Direction | None]], files: list[str]
) -> None:
    listed = [(name, value, way) for name, (value, way) in metrics.items()]
    text = propose_config(listed, files)
    config = parse_config(text.encode(), origin="mlgate.yml")
    [model] = config.models.values()
    assert model.metrics == (tuple(files) or None)
    found = ModelEvidence(
        model="model",
        metrics=tuple(
            Metric(name=name, source="m.json", value=value, direction=way)
            for name, value, way in listed
        ),
    )
    selection = select_metrics(model.gate, compare_models(found, found).metrics)
    judged = {metric.name for _, matched in selection.ruled for metric in matched}
    assert judged == {name for name, _, way in listed if way}
    assert all(matched for _, matched in selection.ruled)
