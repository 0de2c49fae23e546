"""What `mlgate release verify` writes, and who can check it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from cli.releasing import RULES, Project
from mlgate.errors import ConfigError, SourceError
from mlgate.release.signing import check_signature, sign_folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "release.pem"
    for command in (
        ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(path)],
        ["openssl", "ec", "-in", str(path), "-pubout", "-out", str(path.with_suffix(".pub"))],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return path


def test_the_folder_holds_the_gated_bytes_and_every_document(project: Project) -> None:
    project.work.put({"CARD.md": "For **irises** only.\n"})
    rules = RULES + "release: {card: CARD.md, license: mit, task: tabular-classification}\n"
    project.work.put({"mlgate.yml": rules})
    project.work.commit("card")
    project.pushed(0.9)
    project.release("register", "iris")
    job = project.job(ref="refs/tags/iris@v0.0.1")
    assert job.run("release", "verify", "iris@v0.0.1").exit_code == 0
    folder = project.machine.path / ".mlgate" / "release"
    assert {path.name for path in folder.iterdir()} == {
        "CHANGES.md", "MODEL_CARD.md", "bom.cdx.json", "evidence.json", "model.safetensors",
        "release.json", "report.html", "statement.intoto.json", "test-result.json",
    }  # fmt: skip
    raw = (folder / "model.safetensors").read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    statement = json.loads((folder / "statement.intoto.json").read_text())
    assert statement["subject"][0]["digest"]["sha256"] == digest
    release = json.loads((folder / "release.json").read_text())
    evidence = (folder / "evidence.json").read_bytes()
    assert release["digest"] == f"sha256:{hashlib.sha256(evidence).hexdigest()}"
    card = (folder / "MODEL_CARD.md").read_text()
    assert "For **irises** only." in card
    assert "license: mit" in card
    bom = (folder / "bom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bom) is None
    outputs = job.outputs()
    assert Path(outputs["notes"]).read_text().startswith("## iris v0.0.1")
    assert outputs["predicate-type"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert json.loads(Path(outputs["predicate-path"]).read_text())["result"] == "WARNED"


def test_what_is_refused_has_no_documents(project: Project) -> None:
    project.pushed(0.9)
    project.release("register", "iris")
    (project.machine.path / "model.safetensors").write_bytes(b"other")
    assert project.release("verify", "iris@v0.0.1").exit_code == 3
    assert not (project.machine.path / ".mlgate" / "release").exists()


def test_a_card_that_is_not_there(project: Project) -> None:
    project.work.put({"mlgate.yml": RULES + "release: {card: CARD.md}\n"})
    project.work.commit("card")
    project.pushed(0.9)
    project.release("register", "iris")
    ran = project.release("verify", "iris@v0.0.1")
    assert ran.exit_code == 2
    assert "CARD.md is not in the released commit" in ran.stderr


def test_a_signature_is_of_every_file(project: Project, key: Path) -> None:
    project.pushed(0.9)
    project.release("register", "iris")
    ran = project.release("verify", "iris@v0.0.1", "--sign-with", str(key))
    assert ran.exit_code == 0
    folder = project.machine.path / ".mlgate" / "release"
    signature = folder.parent / "model.sig"
    (folder / "model.sig").replace(signature)
    public = key.with_suffix(".pub")
    check_signature(folder, public, signature, os.environ)
    model = folder / "model.safetensors"
    raw = model.read_bytes()
    model.unlink()
    model.write_bytes(raw + b"x")
    with pytest.raises(SourceError, match="the signature does not hold"):
        check_signature(folder, public, signature, os.environ)
    model.write_bytes(raw)
    (folder / ".github").mkdir()
    (folder / ".github" / "payload").write_text("x")
    with pytest.raises(SourceError, match="the signature does not hold"):
        check_signature(folder, public, signature, os.environ)


def test_a_key_that_is_none(project: Project, tmp_path: Path) -> None:
    project.pushed(0.9)
    project.release("register", "iris")
    ran = project.release("verify", "iris@v0.0.1", "--sign-with", str(tmp_path / "none.pem"))
    assert (ran.exit_code, "openssl ecparam" in ran.stderr) == (2, True)
    (tmp_path / "bad.pem").write_text("not a key")
    with pytest.raises(SourceError, match="was not signed"):
        sign_folder(tmp_path, tmp_path / "bad.pem", tmp_path / "out.sig", os.environ)
    with pytest.raises(ConfigError):
        sign_folder(tmp_path, tmp_path / "none.pem", tmp_path / "out.sig", os.environ)
