"""Which files of a tree are read, and what a model's evidence holds then."""

from __future__ import annotations

import json

import pytest

from fakes.tree import MemoryTree, blob_id
from mlgate.documents.evidence import MAX_METRICS, DataFile, ModelEvidence
from mlgate.sources.collect import Wanted, collect
from mlgate.sources.tree import MAX_FILE_BYTES

PLAIN = b"a\n1\n"
DVC_YAML = """\
metrics: [summary.json]
params: [settings.yaml]
stages:
  train:
    cmd: python train.py
    deps: [data/train.csv, train.py]
    params: [lr, other.yaml: [depth]]
    outs: [model.pkl]
    metrics: [eval/scores.json: {cache: false}, "${folder}/more.json"]
    plots: [eval/roc.csv]
  each:
    foreach: [a, b]
    do:
      cmd: x
      wdir: sub
      metrics: [part.json]
"""
DVC_LOCK = """\
schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps:
    - {path: data/train.csv, hash: md5, md5: aaa1, size: 1000}
    - {path: train.py, hash: md5, md5: aaa2, size: 10}
    - {path: data/images, hash: md5, md5: aaa3.dir, size: 5000, nfiles: 12}
    outs:
    - {path: model.pkl, hash: md5, md5: bbb1, size: 2000}
    - {path: eval/scores.json, hash: md5, md5: bbb2, size: 20}
    - {path: eval/roc.csv, hash: md5, md5: bbb3, size: 20}
"""


def collected(files: dict[str, str | bytes], **wanted: object) -> ModelEvidence:
    raw = {p: t if isinstance(t, bytes) else t.encode() for p, t in files.items()}
    return collect(MemoryTree(raw), Wanted(model="m", **wanted))  # type: ignore[arg-type]


def names(found: ModelEvidence) -> dict[str, str]:
    return {metric.name: metric.source for metric in found.metrics}


@pytest.mark.parametrize(
    "path",
    [
        "metrics.json", "eval/metrics.yaml", "metrics.toml", "deep/er/metrics.csv", "results.json",
        "scores.json", "evaluation.json", "metrics/test.json", "eval/run/test.json",
        "classification_report.json", "eval_results.json", "all_results.json",
        "dvclive/metrics.json", "lightning_logs/version_3/metrics.csv",
        "out/results_2026-08-05T10-00-00.123.json",
    ],
)  # fmt: skip
def test_files_found_by_their_names(path: str) -> None:
    content = "auc\n0.9\n" if path.endswith("csv") else '{"auc": 0.9}'
    content = "auc = 0.9" if path.endswith("toml") else content
    found = collected({path: content, "README.md": "x"})
    [metric] = found.metrics
    assert (metric.name, metric.value) == ("auc", 0.9)
    [source] = found.sources
    assert not source.problem


@pytest.mark.parametrize(
    "path",
    [
        "node_modules/x/metrics.json", ".venv/metrics.json", "tests/fixtures/metrics.json",
        "package.json", "eval/config.json", "checkpoint-500/trainer_state.json", "metrics.txt",
        "a/b/c/d/e/f/g/metrics.json", "plots/metrics/roc.json", "results_final.json",
    ],
)  # fmt: skip
def test_files_left_alone(path: str) -> None:
    found = collected({path: '{"auc": 0.9}'})
    assert found.metrics == ()
    [source] = found.sources
    assert source.problem == "no metric file found"
    assert "name yours under `metrics:` in mlgate.yml" in source.hint


def test_the_newest_of_numbered_runs() -> None:
    files = {f"lightning_logs/version_{n}/metrics.csv": f"auc\n0.{n}\n" for n in (9, 10, 2)}
    found = collected(files)  # type: ignore[arg-type]
    [metric] = found.metrics
    assert (metric.value, metric.source) == (0.1, "lightning_logs/version_*/metrics.csv")


def test_what_only_looks_like_metrics_is_left_out_with_a_note() -> None:
    many = json.dumps({f"x{i}": i for i in range(5000)})
    files = {"metrics.json": '{"auc": 0.9}', "results.json": '{"name": "x"}', "scores.json": many}
    found = collected(files)  # type: ignore[arg-type]
    assert list(names(found)) == ["auc"]
    assert found.notes == (
        "Left out results.json: it holds no number",
        "Left out scores.json: 5000 numbers; name it under `metrics:` to read it",
    )
    assert len(collected({"scores.json": many}, metrics=("scores.json",)).metrics) == 5000


@pytest.mark.parametrize(
    ("metrics", "problem", "hint"),
    [
        ("gone.json", "gone.json: no such file", "does an earlier step write it"),
        ("out/m.json", "out/m.json: no such file", "there is eval/m.json"),
        ("out/*.json", "out/*.json: the pattern matches no file", "does an earlier step write"),
        ("../m.json", "../m.json leads outside the workspace", "write paths relative"),
        ("/etc/passwd", "/etc/passwd leads outside the workspace", "write paths relative"),
        ("a/../../m.json", "a/../../m.json leads outside the workspace", "write paths relative"),
    ],
)
def test_a_named_file_that_cannot_be_read(metrics: str, problem: str, hint: str) -> None:
    found = collected({"eval/m.json": '{"auc": 0.9}'}, metrics=(metrics,))
    [source] = [s for s in found.sources if s.problem]
    assert source.problem == problem
    assert source.hint.startswith(hint)


def test_one_bad_file_spoils_only_itself() -> None:
    files: dict[str, str | bytes] = {"a.json": '{"auc": 0.9}', "b.json": "{", "c.json": b"\xff\x00"}
    found = collected(files, metrics=("*.json",))
    assert list(names(found)) == ["auc"]
    assert [s.path for s in found.sources if s.problem] == ["b.json", "c.json"]


def test_a_file_too_large_is_refused_before_it_is_read() -> None:
    tree = MemoryTree(
        {"metrics.json": b"{}", "eval/a.json": b'{"auc": 0.9}'},
        sizes={"metrics.json": MAX_FILE_BYTES * 3},
    )
    found = collect(tree, Wanted(model="m"))
    [source] = [s for s in found.sources if s.problem]
    assert source.problem == "metrics.json: 48.0 MiB is more than the 16 MiB that are read"
    assert list(names(found)) == ["auc"]


def test_a_dvc_pipeline() -> None:
    found = collected(
        {
            "dvc.yaml": DVC_YAML,
            "dvc.lock": DVC_LOCK,
            "summary.json": '{"auc": 0.9}',
            "eval/scores.json": '{"f1": 0.8}',
            "sub/part.json": '{"p": 0.7}',
            "params.yaml": "lr: 0.1\n",
            "other.yaml": "depth: 6\n",
            "settings.yaml": "seed: 1\n",
            "data/train.csv": "a,b\n1,2\n3,4\n",
            "train.py": "x",
        }
    )
    assert names(found) == {
        "auc": "summary.json",
        "f1": "eval/scores.json",
        "p": "sub/part.json",
    }
    assert {p.name: p.value for p in found.parameters} == {"lr": "0.1", "depth": "6", "seed": "1"}
    assert found.files == (
        DataFile(
            path="data/images", kind="data", digest="md5:aaa3.dir", size=5000, files=12,
            tracked="dvc.lock",
        ),
        DataFile(
            path="data/train.csv", kind="data", digest="md5:aaa1", size=1000, rows=2,
            tracked="dvc.lock",
        ),
        DataFile(path="model.pkl", kind="model", digest="md5:bbb1", size=2000, tracked="dvc.lock"),
    )  # fmt: skip
    assert found.notes == (
        "dvc.yaml: '${folder}/more.json' is a template; name the file under `metrics:`",
    )


def test_what_dvc_would_bring_is_told_how() -> None:
    tracked = "outs:\n- {path: metrics.json, md5: aaa0aaa0aaa0aaa0aaa0aaa0aaa0aaa0, size: 9}\n"
    found = collected({"metrics.json.dvc": tracked}, metrics=("metrics.json", "other.json"))
    hints = {source.path: source.hint for source in found.sources}
    assert hints["metrics.json"] == "DVC tracks it: run `dvc pull`, or `dvc repro` to make it"
    assert "dvc pull" not in hints["other.json"]


def test_a_broken_dvc_file_is_a_note() -> None:
    found = collected({"metrics.json": '{"auc": 1}', "dvc.yaml": "a: [", "x.csv.dvc": "outs: 3"})
    assert list(names(found)) == ["auc"]
    [note] = found.notes
    assert note.startswith("DVC's file was left out: dvc.yaml:2:1: not YAML")


def test_a_dvc_pointer_beside_its_data() -> None:
    pointer = "outs:\n- {md5: ab12.dir, size: 99, nfiles: 3, hash: md5, path: raw}\n"
    files = {"metrics.json": '{"auc": 1}', "data/raw.dvc": pointer, "data/raw/a.csv": "x\n1\n"}
    found = collected(files)  # type: ignore[arg-type]
    [file] = found.files
    assert (file.path, file.digest, file.files) == ("data/raw", "md5:ab12.dir", 3)


def test_git_lfs() -> None:
    oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 12345\n"
    found = collected(
        {
            "metrics.json": '{"auc": 1}',
            ".gitattributes": "*.parquet filter=lfs diff=lfs merge=lfs -text\n",
            "data/train.parquet": pointer,
            "data/test.parquet": b"PAR1" * 1000,
            "data/plain.csv": PLAIN,
        }
    )
    by_path = {file.path: file for file in found.files}
    assert by_path["data/train.parquet"] == DataFile(
        path="data/train.parquet", kind="data", digest=f"sha256:{oid}", size=12345, tracked="lfs"
    )
    assert by_path["data/test.parquet"].digest.startswith("sha256:")
    plain = by_path["data/plain.csv"]
    assert (plain.digest, plain.rows) == (
        f"git:{blob_id(b'a' + bytes([10]) + b'1' + bytes([10]))}",
        1,
    )


def test_data_and_models_that_the_configuration_names() -> None:
    files: dict[str, str | bytes] = {
        "metrics.json": '{"auc": 1}',
        "d/train.db": b"1234",
        "out/best.bin2": b"12",
    }
    found = collected(files, data=("d/train.db", "gone.csv"), artifacts=("out/*",))
    assert [(f.path, f.kind, f.size) for f in found.files] == [
        ("d/train.db", "data", 4),
        ("out/best.bin2", "model", 2),
    ]


def test_too_many_metrics() -> None:
    share = MAX_METRICS // 2
    files = {f"m{i}.json": json.dumps({f"{i}.{j}": j for j in range(share)}) for i in range(3)}
    found = collected(files, metrics=("m*.json",))  # type: ignore[arg-type]
    assert len(found.metrics) == MAX_METRICS
    [source] = [s for s in found.sources if s.problem]
    assert source.problem == f"m2.json: with it there are more than {MAX_METRICS} metrics"
