"""The bill of materials of a model: CycloneDX 1.6, JSON (cyclonedx.org, ECMA-424)."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from mlgate.documents.comparison import MetricChange
    from mlgate.documents.release import ReleasedFile
    from mlgate.render.release.sheet import Sheet

_NAMESPACE: Final = uuid.UUID("6f0a3a0e-2b0f-5a0e-9d0a-6d6c67617465")
_HASHES: Final = {"md5": ("MD5", 32), "sha256": ("SHA-256", 64)}
_MOST_METRICS: Final = 1000
_SPDX: Final = {"apache-2.0": "Apache-2.0", "mit": "MIT", "bsd-3-clause": "BSD-3-Clause",
                "bsd-2-clause": "BSD-2-Clause", "gpl-3.0": "GPL-3.0-only", "cc-by-4.0": "CC-BY-4.0",
                "cc0-1.0": "CC0-1.0", "isc": "ISC", "mpl-2.0": "MPL-2.0"}  # fmt: skip


def render_bom(sheet: Sheet) -> str:
    """Return the bill of materials; the same release gives the same bytes."""
    release = sheet.release
    number = uuid.uuid5(_NAMESPACE, f"{release.name} {release.version} {release.digest}")
    packages = _packages(sheet)
    files = [_file(sheet, file) for file in release.models]
    data = [_data(file) for file in release.data]
    parts = [*files, *data, *packages]
    found: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
        "metadata": {
            **({"timestamp": sheet.at} if sheet.at else {}),
            "tools": {
                "components": [{"type": "application", "name": "mlgate", "version": sheet.tool}]
            },
            "component": _model(sheet),
        },
        "components": parts,
        "dependencies": [
            {"ref": "model", "dependsOn": [part["bom-ref"] for part in parts]},
        ],
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _model(sheet: Sheet) -> dict[str, Any]:
    release, notes = sheet.release, sheet.notes
    report = release.report
    parameters: dict[str, Any] = {}
    if notes.task:
        parameters["task"] = notes.task
    if release.data:
        parameters["datasets"] = [{"ref": _ref("data", file.path)} for file in release.data]
    card: dict[str, Any] = {"modelParameters": parameters} if parameters else {}
    metrics = [_metric(metric) for metric in sheet.metrics[:_MOST_METRICS]]
    if metrics:
        card["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    facts = {
        "mlgate:commit": release.commit,
        "mlgate:tag": release.tag,
        "mlgate:evidence": release.digest,
        "mlgate:verdict": report.verdict.overall if report else "",
        "mlgate:policy": report.verdict.policy.commit if report else "",
        "mlgate:compared-with": release.deployed,
    }
    made: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": release.name,
        "version": release.version or release.commit,
        "properties": [{"name": n, "value": v} for n, v in facts.items() if v],
    }
    if notes.license:
        known = _SPDX.get(notes.license.lower())
        named = {"id": known} if known else {"name": notes.license}
        made["licenses"] = [{"license": named}]
    if sheet.page:
        made["externalReferences"] = [{"type": "vcs", "url": sheet.page}]
    if card:
        made["modelCard"] = card
    return made


def _metric(metric: MetricChange) -> dict[str, Any]:
    made: dict[str, Any] = {"type": metric.name, "value": repr(metric.head)}
    if metric.slice:
        made["slice"] = metric.slice
    around = metric.head_interval
    if around is not None:
        bounds = {"lowerBound": repr(around.low), "upperBound": repr(around.high)}
        made["confidenceInterval"] = bounds
    return made


def _file(sheet: Sheet, file: ReleasedFile) -> dict[str, Any]:
    name = sheet.names.get(file.path, file.path)
    facts = {"mlgate:path": file.path, "mlgate:format": file.format}
    if file.executes:
        facts["mlgate:executes"] = "true"
    return {
        "type": "file",
        "bom-ref": _ref("file", file.path),
        "name": name,
        "hashes": _hashes(file.sha256, file.digest),
        "properties": [{"name": n, "value": v} for n, v in facts.items() if v],
    }


def _data(file: ReleasedFile) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "data",
        "bom-ref": _ref("data", file.path),
        "name": file.path,
        "data": [{"type": "dataset", "name": file.path}],
        "properties": [{"name": "mlgate:digest", "value": file.digest}],
    }
    if hashes := _hashes(file.digest):
        made["hashes"] = hashes
    return made


def _packages(sheet: Sheet) -> list[dict[str, Any]]:
    training = sheet.model.training
    environment = training.environment if training else None
    found = []
    for name, version in sorted(environment.packages.items() if environment else ()):
        address = f"pkg:pypi/{quote(re.sub(r'[-_.]+', '-', name).lower(), safe='')}"
        made = {"type": "library", "bom-ref": _ref("package", name), "name": name}
        if version:
            made["version"] = version
            address += f"@{quote(version, safe='')}"
        found.append({**made, "purl": address})
    return found


def _hashes(*digests: str) -> list[dict[str, str]]:
    found = []
    for digest in digests:
        kind, _, text = digest.partition(":")
        name, length = _HASHES.get(kind, ("", 0))
        if name and re.fullmatch(rf"[0-9a-f]{{{length}}}", text):
            found.append({"alg": name, "content": text})
    return found


def _ref(kind: str, name: str) -> str:
    return f"{kind}:{name}"
