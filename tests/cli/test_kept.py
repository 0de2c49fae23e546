"""Predictions that a run on the baseline kept: in the repository, or in its artifact."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from cli.machine import pull_request
from fakes.github import shapes
from fakes.predictions import predictions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.machine import Job, Machine, Ran
    from fakes.github import GitHubStandIn

CONFIG = """\
version: 1
predictions:
  {file: predictions.csv, id: id, label: churned, score: score, slices: [region, "age >= 80"], %s}
gate:
  - {metric: roc_auc, max-drop: 0.02}
"""
KEEPING = CONFIG % "store: true"
PREDICTIONS = "predictions/model.parquet"


@pytest.fixture
def measured(machine: Machine) -> Machine:
    """``main`` was measured, with predictions that git does not know."""
    machine.work.write(__gitignore=".mlgate/\npredictions.csv\n")
    machine.work.put({"mlgate.yml": KEEPING, "predictions.csv": predictions(1000)})
    machine.work.commit("measured")
    assert machine.report().exit_code == 0
    return machine


def kept(machine: Machine) -> dict[str, bytes]:
    """Evidence and predictions that the run left behind."""
    folder = machine.path / ".mlgate"
    return {name: (folder / name).read_bytes() for name in ("evidence.json", PREDICTIONS)}


def evidence(machine: Machine) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kept(machine)["evidence.json"])
    return found


def again(machine: Machine, *, noise: float = 0.1, rows: int = 1000) -> Ran:
    """Measure another model on another branch."""
    machine.work.switch("better")
    machine.work.put({"predictions.csv": predictions(rows, model=2, noise=noise)})
    machine.work.commit("trained")
    return machine.report()


class TestKeeping:
    def test_the_used_columns_are_kept(self, measured: Machine) -> None:
        (model,) = evidence(measured)["models"]
        found = model["predictions"]
        assert (found["path"], found["rows"]) == (PREDICTIONS, 1000)
        path = measured.path / ".mlgate" / PREDICTIONS
        assert path.stat().st_size == found["size"] < len(predictions(1000)) / 2
        rows = duckdb.connect().execute(f"DESCRIBE FROM '{path}'").fetchall()
        assert [row[0] for row in rows] == ["id", "churned", "score", "region", "age"]
        listed = [path.name for path in path.parent.iterdir()]
        assert listed == ["model.parquet"]

    def test_nothing_is_kept_unless_it_is_asked_for(self, machine: Machine) -> None:
        machine.work.put({"mlgate.yml": CONFIG % "store: false"})
        machine.work.put({"predictions.csv": predictions(200)})
        machine.work.commit("measured")
        assert machine.report().exit_code == 0
        assert "predictions" not in json.loads(machine.written("evidence.json"))["models"][0]
        assert not (machine.path / ".mlgate" / "predictions").exists()

    def test_too_many_bytes_are_said(
        self, machine: Machine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mlgate.sources.predictions.compact.MAX_PREDICTIONS", 1000)
        machine.work.put({"mlgate.yml": KEEPING, "predictions.csv": predictions(1000)})
        machine.work.commit("measured")
        ran = machine.report()
        assert ran.exit_code == 0
        assert "too many to keep with the evidence" in machine.written("report.html")
        assert "predictions" not in json.loads(machine.written("evidence.json"))["models"][0]


class TestInTheRepository:
    def test_rows_are_compared(self, measured: Machine) -> None:
        store(measured)
        ran = again(measured)
        assert ran.exit_code == 0, ran.output
        found = measured.judgement("roc_auc")["metric"]
        assert found["interval"]["method"] == "paired, DeLong"
        assert json.loads(measured.written())["baseline"]["origin"] == "stored evidence"

    def test_a_worse_model_fails(self, measured: Machine) -> None:
        store(measured)
        assert again(measured, noise=0.5).exit_code == 1

    def test_other_rows_are_incomparable(self, measured: Machine) -> None:
        store(measured)
        assert again(measured, rows=900).exit_code == 3
        assert measured.judgement("roc_auc")["outcome"] == "incomparable"

    def test_rows_of_another_digest_are_not_compared(self, measured: Machine) -> None:
        files = kept(measured)
        files[PREDICTIONS] = files[PREDICTIONS][:-1] + b"\0"
        store(measured, files)
        ran = again(measured)
        assert "not those that were measured" in measured.written("report.html"), ran.output
        found = measured.judgement("roc_auc")["metric"]
        assert found["interval"]["method"] != "paired, DeLong"
        assert found["base"] is not None

    def test_mlgate_evaluate_uses_them_too(self, measured: Machine) -> None:
        store(measured)
        again(measured)
        ran = measured.run("evaluate")
        assert (ran.exit_code, "baseline   head" in ran.stdout) == (0, True), ran.output


class TestInAnArtifact:
    @pytest.fixture
    def base(self, measured: Machine, github: GitHubStandIn) -> Job:
        """A pull request; the run on its base has uploaded an artifact."""
        files = kept(measured)
        base = measured.work.head()
        again(measured)
        job = at(pull_request(measured.work, github), github)
        upload(github, base, files)
        return job

    def test_rows_are_compared(self, base: Job) -> None:
        ran = base.report()
        assert ran.exit_code == 0, ran.output
        found = base.judgement("roc_auc")["metric"]
        assert found["interval"]["method"] == "paired, DeLong"
        assert json.loads(base.written())["baseline"]["origin"] == "artifact"

    def test_no_name_no_question(self, base: Job) -> None:
        ran = base.report("--baseline-artifact", "")
        assert base.judgement("roc_auc")["metric"].get("base") is None, ran.output
        assert base.github.sent("GET", "artifacts") == []

    @pytest.mark.parametrize("missing", ["fork", "commit", "expired", "name", "permission"])
    def test_what_is_not_ours_or_not_there_is_left_alone(self, base: Job, missing: str) -> None:
        run, artifact = base.github.repo.runs[-1], base.github.repo.artifacts[-1]
        match missing:
            case "fork":
                run.fork_owner = "stranger"
            case "commit":
                run.head_sha = "c" * 40
            case "expired":
                artifact.expired = True
            case "name":
                artifact.name = "mlgate-other"
            case _:
                token = next(iter(base.github.world.tokens.values()))
                token.permissions["actions"] = "none"
        ran = base.report()
        assert ran.exit_code == 0, ran.output
        assert base.judgement("roc_auc")["outcome"] == "missing"
        assert "warning: the artifact" not in ran.stderr

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            (None, "no zip archive"),
            ({"other.json": b"{}"}, "no evidence.json in it"),
            ({"evidence.json": b"{"}, "not JSON"),
        ],
    )
    def test_a_broken_one_is_said(
        self, base: Job, files: Mapping[str, bytes] | None, said: str
    ) -> None:
        base.github.repo.artifacts[-1].content = (packed(files) if files else b"PK").hex()
        ran = base.report()
        assert base.judgement("roc_auc")["outcome"] == "missing"
        assert f"{said}" in ran.stderr

    def test_evidence_of_another_commit_in_it_does_not_count(self, base: Job) -> None:
        with zipfile.ZipFile(
            io.BytesIO(bytes.fromhex(base.github.repo.artifacts[-1].content))
        ) as z:
            files = {name: z.read(name) for name in z.namelist()}
        found = json.loads(files["evidence.json"])
        found["commit"] = "d" * 40
        forged = {**files, "evidence.json": json.dumps(found).encode()}
        base.github.repo.artifacts[-1].content = packed(forged).hex()
        base.report()
        assert base.judgement("roc_auc")["outcome"] == "missing"

    def test_it_is_not_asked_for_where_git_has_what_is_needed(
        self, machine: Machine, github: GitHubStandIn
    ) -> None:
        machine.work.put({"mlgate.yml": KEEPING, "predictions.csv": predictions(500)})
        machine.work.commit("measured")
        again(machine, rows=500)
        job = at(pull_request(machine.work, github), github)
        assert job.report().exit_code == 0
        assert github.sent("GET", "artifacts") == []


def store(machine: Machine, files: Mapping[str, bytes] | None = None) -> None:
    found = dict(files or kept(machine))
    commit = machine.work.head()
    machine.work.store(commit, found.pop("evidence.json"), files=found)


def packed(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def upload(github: GitHubStandIn, commit: str, files: Mapping[str, bytes]) -> None:
    run = github.add_run(commit, event="push")
    github.add_artifact(run.id, "mlgate", packed(files))


def at(job: Job, github: GitHubStandIn) -> Job:
    """The job knows the id of its repository, and may read artifacts."""
    for token in github.world.tokens.values():
        token.permissions["actions"] = "read"
    number = shapes.minimal_repository(github.url, github.repo)["id"]
    return job.given(GITHUB_REPOSITORY_ID=str(number))
