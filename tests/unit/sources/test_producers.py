"""Files that the producers themselves wrote; ``tests/producers/make.py`` makes them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlgate.documents.evidence import DataFile, ModelEvidence
from mlgate.sources.collect import Wanted, collect
from mlgate.sources.worktree import WorkTree

FIXTURES = Path(__file__).parents[2] / "fixtures" / "producers"


def read(name: str, **wanted: object) -> ModelEvidence:
    found = collect(WorkTree(FIXTURES / name), Wanted(model="m", **wanted))  # type: ignore[arg-type]
    assert [source.problem for source in found.sources if source.problem] == []
    return found


@pytest.mark.parametrize(
    ("name", "formats", "metrics"),
    [
        pytest.param(
            "dvclive", {"dvclive/metrics.json": "DVCLive"},
            {"train.loss": 1 / 3, "val.accuracy": 0.7}, id="dvclive",
        ),
        pytest.param(
            "lightning", {"lightning_logs/version_0/metrics.csv": "CSV training log"},
            {"train_loss": 0.9605613946914673, "val_loss": 0.5852681398391724}, id="lightning",
        ),
        pytest.param(
            "transformers", {"out/all_results.json": "Hugging Face Trainer"},
            {"eval_loss": 0.6921932697296143, "eval_accuracy": 0.5625}, id="transformers",
        ),
        pytest.param(
            "lm_eval", {"out/results_2026-11-26T07-00-00.000000.json": "lm-evaluation-harness"},
            {"sums.acc": 0.4666666666666667, "sums.acc_norm": 0.43333333333333335}, id="lm_eval",
        ),
        pytest.param("dvc", {"metrics.json": "JSON"}, {"auc": 0.75, "rows": 40.0}, id="dvc"),
    ],
)  # fmt: skip
def test_found_by_itself(name: str, formats: dict[str, str], metrics: dict[str, float]) -> None:
    found = read(name)
    assert {source.path: source.format for source in found.sources} == formats
    assert {m.name: m.value for m in found.metrics} == pytest.approx(metrics)


def test_scikit_learn() -> None:
    found = read("scikit_learn")
    by_title = {
        f"{m.name} {m.slice}".strip(): m for m in found.metrics if m.source != "metrics.json"
    }
    assert {source.format for source in found.sources} == {"JSON", "sklearn classification report"}
    assert {title for title, m in by_title.items() if m.n} == {
        "accuracy", "recall class=setosa", "recall class=versicolor", "recall class=virginica",
    }  # fmt: skip
    assert (by_title["accuracy"].n, by_title["recall class=setosa"].n) == (60, 20)
    assert by_title["recall class=setosa"].value == 1.0
    assert len(by_title) == 3 * 3 + 1 + 2 * 3
    assert {m.name for m in found.metrics if m.source == "metrics.json"} == {"accuracy", "log_loss"}


def test_keras_is_read_when_named_and_by_its_best_epoch() -> None:
    last = {m.name: m.value for m in read("keras", metrics=("training.csv",)).metrics}
    assert last == {
        "accuracy": 0.8333333134651184,
        "loss": 0.4657646715641022,
        "val_accuracy": 0.5625,
        "val_loss": 0.4883909225463867,
    }
    best = read("keras", metrics=("training.csv",), best_by="val_loss")
    assert best.notes == ("training.csv: row 3 of 3, best val_loss 0.488391",)


def test_lm_eval_says_how_sure_it_is() -> None:
    [accuracy, _] = read("lm_eval").metrics
    assert (accuracy.direction, accuracy.n, accuracy.task) == ("higher", 60, "version 1.0")
    assert accuracy.stderr == pytest.approx(0.0649, abs=5e-4)


def test_trainer_state_alone() -> None:
    found = read("transformers", metrics=("out/trainer_state.json",))
    names = {m.name for m in found.metrics}
    assert {"loss", "eval_loss", "eval_accuracy", "train_loss"} <= names
    assert not [n for n in names if "runtime" in n or "per_second" in n or n == "epoch"]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("dvc", {"lr": "0.25", "epochs": "3"}),
        ("dvclive", {"lr": "0.25", "optimizer.name": '"adam"'}),
        ("lightning", {"lr": "0.05", "depth": "6"}),
    ],
)
def test_parameters_beside_the_metrics(name: str, parameters: dict[str, str]) -> None:
    assert {p.name: p.value for p in read(name).parameters} == parameters


def test_data_and_model_of_a_dvc_pipeline() -> None:
    assert read("dvc").files == (
        DataFile(
            path="data/images", kind="data", digest="md5:ab0615948cee5a5a179e33d439a33317.dir",
            size=21, files=3, tracked="dvc",
        ),
        DataFile(
            path="data/train.csv", kind="data", digest="md5:a58b448aaa1c21110f9491f6c2e42c25",
            size=199, rows=40, tracked="dvc",
        ),
        DataFile(
            path="model.pkl", kind="model", digest="md5:63f4f1e9b725370f459720575cd5f953", size=7,
            tracked="dvc.lock",
        ),
    )  # fmt: skip
