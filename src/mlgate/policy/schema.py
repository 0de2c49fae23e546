"""The JSON Schema of ``mlgate.yml``, for editors and for people."""

from __future__ import annotations

from typing import Any

import msgspec

from mlgate.policy.config import Model, Policy

CONFIG_SCHEMA_NAME = "config"


def config_schema() -> dict[str, Any]:
    """Return the schema: one model at the top level, or several under ``models``."""
    (model, policy), parts = msgspec.json.schema_components(
        [Model, Policy], ref_template="#/$defs/{name}"
    )
    single = parts["Model"]["properties"]
    shared = {
        "version": {"const": 1, "description": "Version of this format."},
        "policy": policy,
    }
    name = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"}
    many = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": name,
        "additionalProperties": {"anyOf": [model, {"type": "null"}]},
        "description": "Models by name.",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mlgate.yml",
        "type": "object",
        "anyOf": [
            {"properties": {**shared, "models": many}, "additionalProperties": False},
            {
                "properties": {**shared, "model": name, **single},
                "additionalProperties": False,
            },
        ],
        "$defs": parts,
    }
