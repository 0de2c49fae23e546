"""GitHub's official OpenAPI description as a referee over every exchange.

The description comes from the npm package ``@octokit/openapi`` and is cut to the operations in
use; both live in a cache outside version control.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema import FormatChecker
from openapi_schema_validator import OAS30Validator

from fakes.github.routes import ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fakes.github.application import Exchange
    from fakes.github.wire import Answer, Json, Request

PACKAGE = "@octokit/openapi@23.0.2"
_MEMBER = "package/generated/api.github.com.json"
CACHE = Path(__file__).parents[3] / ".cache" / "github-openapi"
_CUT = "2"  # counts the ways of cutting, so that a cache of an older way is not used
_MAX_REPORTED = 3


def _is_date_time(value: object) -> bool:
    if isinstance(value, str):
        datetime.fromisoformat(value)
        return "T" in value and bool(re.search(r"(Z|[+-]\d\d:\d\d)$", value))
    return True


def _is_uri(value: object) -> bool:
    # Addresses that nobody gave are empty in GitHub's own answers.
    return value == "" or not isinstance(value, str) or _is_address(value)


def _is_address(text: str) -> bool:
    return bool(urlsplit(text).scheme and " " not in text)


_FORMATS = FormatChecker(formats=())
_FORMATS.checks("date-time", raises=ValueError)(_is_date_time)
_FORMATS.checks("uri", raises=ValueError)(_is_uri)


@dataclass(frozen=True, slots=True)
class OpenApiReferee:
    """Says where an exchange breaks the description; callable as an application's referee."""

    description: Json
    _seen: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _validators: dict[str, Any] = field(default_factory=dict)

    def __call__(self, exchange: Exchange) -> list[str]:
        """Return the violations of one exchange."""
        if not exchange.template:
            return []
        request, answer = exchange.request, exchange.answer
        operation = self.description["paths"][exchange.template][request.method.lower()]
        found = [
            *self._asked(operation, request),
            *(f"{answer.status} {each}" for each in self._answered(operation, answer)),
        ]
        return [f"{request.method} {request.path}: {each}" for each in found]

    def _asked(self, operation: Json, request: Request) -> Iterator[str]:
        yield from (f"query {each}" for each in self._query(operation, request.query))
        if request.raw:
            if "application/octet-stream" not in operation["requestBody"]["content"]:
                yield "sent bytes where none are described"
        elif "requestBody" in operation:
            schema = _json_schema(operation["requestBody"])
            yield from (f"sent {each}" for each in self._broken(schema, request.body))
            yield from (f"sent {each}" for each in _undeclared(schema, request.body))
        elif request.body is not None:
            yield "sent a body where none is described"

    def _answered(self, operation: Json, answer: Answer) -> Iterator[str]:
        schema = self._answer_schema(operation, answer.status)
        if schema is not None:
            yield from (f"answered {each}" for each in self._broken(schema, answer.body))
        elif answer.body is not None:
            yield "answered with a body where none is described"

    def _answer_schema(self, operation: Json, status: int) -> Json | None:
        """Return what the body of an answer must be; any refusal is at least a basic error."""
        response = operation["responses"].get(str(status))
        if response is None:
            return {"$ref": "#/components/schemas/basic-error"}
        if "$ref" in response:
            response = self.description["components"]["responses"][_name(response)]
        if "application/json" in response.get("content", {}):
            return _json_schema(response)
        return {"$ref": "#/components/schemas/basic-error"} if status >= 400 else None

    def _query(self, operation: Json, query: Mapping[str, str]) -> Iterator[str]:
        known = {each["name"]: each["schema"] for each in self._parameters(operation)}
        for name, value in query.items():
            if name not in known:
                yield f"{name}: no such parameter"
                continue
            number = known[name].get("type") == "integer" and value.isdecimal()
            for problem in self._broken(known[name], int(value) if number else value):
                yield f"{name}: {problem}"

    def _parameters(self, operation: Json) -> Iterator[Json]:
        for each in operation.get("parameters", []):
            name = _name(each)
            parameter = self.description["components"]["parameters"][name] if name else each
            if parameter["in"] == "query":
                yield parameter

    def _broken(self, schema: Json, value: object) -> list[str]:
        """Return what is wrong; items of a long list are judged, and remembered, one by one."""
        if schema.get("type") == "array" and isinstance(value, list):
            return [problem for each in value for problem in self._broken(schema["items"], each)]
        key = (json.dumps(schema, sort_keys=True), json.dumps(value, sort_keys=True, default=str))
        if key not in self._seen:
            self._seen[key] = self._judge(key[0], value)
        return self._seen[key]

    def _judge(self, schema: str, value: object) -> list[str]:
        if schema not in self._validators:
            whole = {**json.loads(schema), "components": self.description["components"]}
            self._validators[schema] = OAS30Validator(whole, format_checker=_FORMATS)
        errors = self._validators[schema].iter_errors(value)
        return [f"{each.json_path}: {each.message[:200]}" for each in errors][:_MAX_REPORTED]


def _name(described: Json) -> str:
    """Return what a reference names; empty for what is none."""
    return str(described.get("$ref", "")).rpartition("/")[2]


def _json_schema(described: Json) -> Json:
    schema: Json = described["content"]["application/json"]["schema"]
    return schema


def _undeclared(schema: Json, value: object) -> Iterator[str]:
    """GitHub silently ignores fields it does not know; we call them mistakes."""
    match schema, value:
        case {"properties": dict(known)}, dict():
            for name, part in value.items():
                if name in known:
                    yield from _undeclared(known[name], part)
                else:
                    yield f"{name}: no such field"
        case {"items": dict(item)}, list():
            for part in value:
                yield from _undeclared(item, part)
        case _:
            return


@functools.cache
def load_referee() -> OpenApiReferee:
    """Return the referee, fetching the description when the cache does not hold it yet."""
    operations = sorted(f"{route.method} {route.template}" for route in ROUTES)
    digest = hashlib.sha256("\n".join([PACKAGE, _CUT, *operations]).encode()).hexdigest()[:12]
    cut = CACHE / f"cut-{digest}.json"
    if not cut.exists():
        _write(cut, json.dumps(_cut(json.loads(_full().read_bytes()))).encode())
    return OpenApiReferee(json.loads(cut.read_bytes()))


def _full() -> Path:
    """Return the whole description; only this one file is taken from the package."""
    version = PACKAGE.rpartition("@")[2]
    full = CACHE / f"api.github.com-{version}.json"
    if full.exists():
        return full
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        try:
            subprocess.run(
                ["npm", "pack", PACKAGE, "--silent"],
                cwd=scratch,
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError) as exc:
            raise RuntimeError(
                f"cannot fetch GitHub's OpenAPI description: `npm pack {PACKAGE}` failed ({exc});"
                " install Node.js with npm and allow it to reach a registry"
            ) from exc
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as archive:
            member = archive.extractfile(_MEMBER)
            if member is None:
                raise RuntimeError(f"{PACKAGE} holds no {_MEMBER}")
            _write(full, member.read())
    return full


def _write(file: Path, content: bytes) -> None:
    """Write at once, for tests that run side by side."""
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as part:
        part.write(content)
    os.replace(part.name, file)  # noqa: PTH105


def _cut(full: Json) -> Json:
    paths: Json = {}
    for route in ROUTES:
        operation = _plain(full["paths"][route.template][route.method.lower()])
        paths.setdefault(route.template, {})[route.method.lower()] = operation
    kept: dict[str, Json] = {}
    waiting = [*_references(paths), "#/components/schemas/basic-error"]
    while waiting:
        _, _, kind, name = waiting.pop().split("/")
        if name not in kept.setdefault(kind, {}):
            kept[kind][name] = _plain(full["components"][kind][name])
            waiting += _references(kept[kind][name])
    return {"openapi": full["openapi"], "paths": paths, "components": kept}


def _plain(node: Any) -> Any:  # noqa: ANN401
    """Drop what judges nothing, and let a nullable enumeration hold null as GitHub does."""
    match node:
        case {"nullable": True, "enum": [*values]} if None not in values:
            return _plain({**node, "enum": [*values, None]})
        case dict():
            skipped = {"examples", "example", "externalDocs", "x-github", "headers"}
            return {key: _plain(value) for key, value in node.items() if key not in skipped}
        case list():
            return [_plain(each) for each in node]
        case _:
            return node


def _references(node: Any) -> Iterator[str]:  # noqa: ANN401
    match node:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for each in node.values():
                yield from _references(each)
        case list():
            for each in node:
                yield from _references(each)
        case _:
            return
