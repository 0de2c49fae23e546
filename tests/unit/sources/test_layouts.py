"""Each layout that a tool writes, and the metrics that are read from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.errors import SourceError
from mlgate.sources.parameters import parse_parameters
from mlgate.sources.tree_formats import parse_metrics

if TYPE_CHECKING:
    from mlgate.documents.evidence import Metric

REPORT = {
    "cat": {"precision": 0.75, "recall": 0.5, "f1-score": 0.6, "support": 40.0},
    "dog": {"precision": 0.8, "recall": 0.9, "f1-score": 0.85, "support": 60.0},
    "accuracy": 0.74,
    "macro avg": {"precision": 0.775, "recall": 0.7, "f1-score": 0.725, "support": 100.0},
    "weighted avg": {"precision": 0.78, "recall": 0.74, "f1-score": 0.75, "support": 100.0},
}
LM_EVAL = {
    "results": {
        "arc_easy": {
            "alias": "arc_easy",
            "acc,none": 0.6,
            "acc_stderr,none": 0.02,
            "acc_norm,none": 0.55,
            "acc_norm_stderr,none": 0.021,
        },
        "wikitext": {
            "word_perplexity,none": 22.5,
            "word_perplexity_stderr,none": "N/A",
        },
        "gsm8k": {"exact_match,strict-match": 0.3, "exact_match_stderr,strict-match": 0.01},
    },
    "versions": {"arc_easy": 1.0, "wikitext": 2.0, "gsm8k": 3.0},
    "n-shot": {"arc_easy": 0},
    "higher_is_better": {
        "arc_easy": {"acc": True, "acc_norm": True},
        "wikitext": {"word_perplexity": False},
    },
    "n-samples": {"arc_easy": {"original": 2376, "effective": 600}},
    "task_hashes": {"arc_easy": "abc123"},
}
TRAINER_STATE = {
    "best_metric": 0.25,
    "global_step": 30,
    "epoch": 3.0,
    "log_history": [
        {"loss": 0.9, "learning_rate": 5e-5, "epoch": 1.0, "step": 10},
        {"eval_loss": 0.5, "eval_accuracy": 0.7, "eval_runtime": 1.5, "step": 10},
        {"loss": 0.4, "learning_rate": 1e-5, "epoch": 3.0, "step": 30},
        {"eval_loss": 0.25, "eval_accuracy": 0.9, "eval_samples_per_second": 70, "step": 30},
        {"train_runtime": 12.0, "total_flos": 1e12, "train_loss": 0.6, "step": 30},
    ],
}


def read(text: str | dict[str, object], path: str = "metrics.json", best: str = "") -> list[Metric]:
    raw = text if isinstance(text, str) else json.dumps(text)
    return list(parse_metrics(raw.encode(), origin=path, best_by=best).metrics)


def values(metrics: list[Metric]) -> dict[str, float | None]:
    return {f"{m.name}[{m.slice}]" if m.slice else m.name: m.value for m in metrics}


@pytest.mark.parametrize(
    ("path", "text", "found", "layout"),
    [
        pytest.param(
            "metrics.json", '{"auc": 0.9, "test": {"f1": 1}}', {"auc": 0.9, "test.f1": 1.0}, "JSON",
            id="json",
        ),
        pytest.param("m.JSON", '\ufeff{"auc": -0.0}', {"auc": 0.0}, "JSON", id="byte-order mark"),
        pytest.param("auc.json", "0.9", {"auc": 0.9}, "JSON", id="one number"),
        pytest.param(
            "metrics.yaml", "auc: 0.9\ntest:\n  f1: 1e-1\n", {"auc": 0.9, "test.f1": 0.1}, "YAML",
            id="yaml",
        ),
        pytest.param("metrics.toml", "[test]\nauc = 0.9\n", {"test.auc": 0.9}, "TOML", id="toml"),
        pytest.param("summary", '{"auc": 0.9}', {"auc": 0.9}, "YAML", id="no suffix, json inside"),
        pytest.param("summary", "auc: 0.9", {"auc": 0.9}, "YAML", id="no suffix, yaml inside"),
        pytest.param("m.csv", "auc,f1\n0.9,0.8\n", {"auc": 0.9, "f1": 0.8}, "CSV", id="one row"),
        pytest.param("m.csv", "auc;f1\n0.1;0.2\n0.9;0.8\n", {"auc": 0.9, "f1": 0.8}, "CSV",
            id="last row"),
        pytest.param("m.tsv", "auc\tf1\r\n0.9\t0.8\r\n", {"auc": 0.9, "f1": 0.8}, "CSV", id="tabs"),
        pytest.param("m.csv", "Metric,Value\nauc,0.9\nf1,0.8\n", {"auc": 0.9, "f1": 0.8},
            "CSV of names and values", id="names in rows"),
        pytest.param("m.csv", "auc,0.9\nf1,0.8\n", {"auc": 0.9, "f1": 0.8},
            "CSV of names and values", id="no header"),
        pytest.param("log.csv", "epoch,loss,val_loss\n0,0.9,0.8\n1,0.5,0.6\n",
            {"loss": 0.5, "val_loss": 0.6}, "CSV training log", id="keras"),
        pytest.param("metrics.csv",
            "epoch,step,train_loss,val_acc\n0,9,0.9,\n0,9,,0.7\n1,19,0.5,\n1,19,,0.8\n2,29,0.4,\n",
            {"train_loss": 0.4, "val_acc": 0.8}, "CSV training log", id="lightning, empty cells"),
        pytest.param("log.csv", "epoch,loss,val_loss\n0,0.9,0.8\n1,0.5,NA\n",
            {"loss": 0.5, "val_loss": None}, "CSV training log", id="keras, NA"),
        pytest.param("trainer_state.json", json.dumps(TRAINER_STATE),
            {"loss": 0.4, "learning_rate": 1e-5, "eval_loss": 0.25, "eval_accuracy": 0.9,
             "train_loss": 0.6, "best_metric": 0.25}, "Hugging Face Trainer state", id="trainer"),
        pytest.param("all_results.json",
            '{"epoch": 3.0, "eval_loss": 0.25, "eval_f1": 0.9, "eval_runtime": 2.0, '
            '"eval_samples": 100, "train_samples_per_second": 9.5, "total_flos": 1.0}',
            {"eval_loss": 0.25, "eval_f1": 0.9}, "Hugging Face Trainer", id="all_results"),
        pytest.param("dvclive/metrics.json",
            '{"step": 9, "train": {"acc": 0.9}, "system": {"cpu": {"usage (%)": 3.0}}}',
            {"train.acc": 0.9}, "DVCLive", id="dvclive"),
    ],
)  # fmt: skip
def test_a_layout(path: str, text: str, found: dict[str, float], layout: str) -> None:
    parsed = parse_metrics(text.encode(), origin=path)
    assert values(list(parsed.metrics)) == found
    assert parsed.format == layout
    assert {metric.source for metric in parsed.metrics} == {path}


def test_a_classification_report_has_slices_and_counts() -> None:
    metrics = read(REPORT)
    assert values(metrics) == {
        "precision[class=cat]": 0.75, "recall[class=cat]": 0.5, "f1-score[class=cat]": 0.6,
        "precision[class=dog]": 0.8, "recall[class=dog]": 0.9, "f1-score[class=dog]": 0.85,
        "accuracy": 0.74,
        "macro avg.precision": 0.775, "macro avg.recall": 0.7, "macro avg.f1-score": 0.725,
        "weighted avg.precision": 0.78, "weighted avg.recall": 0.74, "weighted avg.f1-score": 0.75,
    }  # fmt: skip
    counted = {f"{m.name} {m.slice}".strip(): m.n for m in metrics if m.n is not None}
    assert counted == {"recall class=cat": 40, "recall class=dog": 60, "accuracy": 100}
    assert {m.direction for m in metrics if m.slice} == {"higher"}


def test_a_report_inside_other_metrics() -> None:
    metrics = read({"test": REPORT, "auc": 0.9})
    assert values(metrics)["test.recall[class=cat]"] == 0.5
    assert values(metrics)["auc"] == 0.9


def test_a_weighted_support_is_no_count() -> None:
    weighted = json.loads(json.dumps(REPORT).replace("40.0", "40.5").replace("100.0", "100.25"))
    assert {m.n for m in read(weighted) if m.name == "accuracy" or m.slice == "class=cat"} == {None}


def test_lm_eval_states_direction_error_and_rows() -> None:
    metrics = {m.name: m for m in read(LM_EVAL)}
    assert list(metrics) == [
        "arc_easy.acc",
        "arc_easy.acc_norm",
        "wikitext.word_perplexity",
        "gsm8k.exact_match,strict-match",
    ]
    accuracy = metrics["arc_easy.acc"]
    assert (accuracy.value, accuracy.stderr, accuracy.n) == (0.6, 0.02, 600)
    assert (accuracy.direction, accuracy.task) == ("higher", "hash abc123")
    perplexity = metrics["wikitext.word_perplexity"]
    assert (perplexity.direction, perplexity.stderr, perplexity.n) == ("lower", None, None)
    assert perplexity.task == "version 2.0"
    assert metrics["gsm8k.exact_match,strict-match"].direction is None


@pytest.mark.parametrize(
    ("best", "epoch"),
    [("val_loss", 1), ("val_acc", 2), ("", 2)],
    ids=["lowest loss", "highest accuracy", "last"],
)
def test_the_best_epoch_of_a_log(best: str, epoch: int) -> None:
    text = (
        "epoch,step,loss,val_loss,val_acc\n"
        "0,9,0.9,,\n0,9,,0.8,0.5\n1,19,0.5,,\n1,19,,0.3,0.6\n2,29,0.1,,\n2,29,,0.4,0.9\n"
    )
    parsed = parse_metrics(text.encode(), origin="log.csv", best_by=best)
    losses, accuracies = [0.8, 0.3, 0.4], [0.5, 0.6, 0.9]
    found = values(list(parsed.metrics))
    assert found == {
        "loss": [0.9, 0.5, 0.1][epoch],
        "val_loss": losses[epoch],
        "val_acc": accuracies[epoch],
    }
    value = {"val_loss": 0.3, "val_acc": 0.9}.get(best)
    said = (f"log.csv: row {epoch + 1} of 3, best {best} {value}",) if best else ()
    assert parsed.notes == said


@pytest.mark.parametrize(
    ("best", "message"),
    [
        ("val_auc", "log.csv:1: no column 'val_auc' to choose the best row by"),
        ("odd", "log.csv: whether 'odd' is better high or low is not known"),
        ("val_loss", "log.csv: the column 'val_loss' holds no number"),
    ],
)
def test_no_best_epoch(best: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read("epoch,odd,val_loss\n0,1,\n1,2,nan\n", "log.csv", best)
    assert caught.value.what == message


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("params.yaml", "lr: 0.1\ntrain: {depth: 6, name: x, on: true}\nlayers: [8, 8]\n",
         {"lr": "0.1", "train.depth": "6", "train.name": '"x"', "train.on": "true",
          "layers": "[8,8]"}),
        ("params.json", '{"lr": null, "none": {}}', {"lr": "null", "none": "{}"}),
        ("params.toml", "when = 2026-01-01\n", {"when": '"2026-01-01"'}),
        ("params.yaml", "# nothing yet\n", {}),
    ],
    ids=["yaml", "json", "toml", "comments"],
)  # fmt: skip
def test_parameters(path: str, text: str, found: dict[str, str]) -> None:
    parsed = parse_parameters(text.encode(), origin=path)
    assert {p.name: p.value for p in parsed} == found


def test_a_long_parameter_still_shows_that_it_changed() -> None:
    one, two = (
        parse_parameters(json.dumps({"x": "a" * 9000 + end}).encode(), origin="p.json")[0].value
        for end in "bc"
    )
    assert len(one) < 4100
    assert one != two


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TREES = st.dictionaries(
    st.text("abcdef_", min_size=1, max_size=8),
    st.recursive(
        NUMBERS,
        lambda inner: st.dictionaries(
            st.text("abcdef_", min_size=1, max_size=8), inner, min_size=1, max_size=4
        ),
        max_leaves=8,
    ),
    max_size=6,
)


def leaves(tree: dict[str, object], prefix: str = "") -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found |= leaves(value, f"{prefix}{name}.")
        elif isinstance(value, float):
            found[prefix + name] = value + 0.0
    return found


@given(TREES)
def test_json_written_is_json_read(tree: dict[str, object]) -> None:
    assert values(read(tree)) == leaves(tree)


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_of_a_table_the_last_row_counts(rows: list[float]) -> None:
    text = "auc,x\n" + "".join(f"{value!r},1\n" for value in rows)
    assert values(read(text, "m.csv"))["auc"] == rows[-1]
