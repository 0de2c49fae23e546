from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from mlgate.cli.documents import DOCUMENTS

if TYPE_CHECKING:
    from cli.machine import Machine


def schema(machine: Machine, name: str) -> dict[str, Any]:
    ran = machine.run("schema", name)
    assert (ran.exit_code, ran.stderr) == (0, "")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_has_a_valid_schema(machine: Machine, name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(machine, name))


@pytest.mark.parametrize("name", ["report", "evidence"])
def test_what_is_written_is_what_the_schema_says(machine: Machine, name: str) -> None:
    machine.work.commit("measured", metrics__json='{"auc": 0.9}')
    machine.work.commit("worse", metrics__json='{"auc": 0.8}')
    assert machine.report().exit_code == 0
    document = json.loads(machine.written(f"{name}.json"))
    validator = jsonschema.Draft202012Validator(schema(machine, name))
    assert list(validator.iter_errors(document)) == []
    assert list(validator.iter_errors({**document, "version": 7, "models": 7, "verdict": 7})) != []


@pytest.mark.parametrize(
    ("config", "valid"),
    [
        ({"version": 1, "gate": [{"metric": "auc", "max-drop": 0.01}]}, True),
        ({"gate": [{"metric": "loss", "max-rise": "5 %"}], "policy": {"mode": "observe"}}, True),
        ({"models": {"churn": {"metrics": ["a.json"]}}}, True),
        ({"gaet": []}, False),
        ({"gate": [{"metric": "auc", "max_drop": 0.01}]}, False),
        ({"policy": {"mode": "maybe"}}, False),
    ],
    ids=["one model", "policy", "models", "unknown key", "underscore", "unknown value"],
)
def test_the_schema_of_the_configuration_agrees_with_us(
    machine: Machine, *, config: dict[str, Any], valid: bool
) -> None:
    validator = jsonschema.Draft202012Validator(schema(machine, "config"))
    assert validator.is_valid(config) is valid
    machine.work.write(mlgate__yml=json.dumps(config))
    assert (machine.report().exit_code != 2) is valid


def test_an_unknown_name_lists_the_known(machine: Machine) -> None:
    ran = machine.run("schema", "reprot")
    assert ran.exit_code == 2
    assert all(f"'{name}'" in ran.stderr for name in DOCUMENTS)
