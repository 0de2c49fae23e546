"""DVC's files are untrusted text: what they say is used, and the rest becomes a note."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.tree import MemoryTree
from mlgate.errors import SourceError
from mlgate.sources.dvc_project import DvcProject, read_dvc_project
from mlgate.sources.tree import MAX_FILE_BYTES

if TYPE_CHECKING:
    from mlgate.documents.evidence import DataFile

WORDS = st.sampled_from(
    "stages metrics params plots outs deps wdir do foreach path md5 hash etag size nfiles train "
    "a.json ../b.json ${item}".split()
)
ANY_YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


def project(**files: str) -> DvcProject:
    """Read a project; ``__`` in a name is a dot."""
    return read_dvc_project(
        MemoryTree({name.replace("__", "."): text.encode() for name, text in files.items()})
    )


def outputs(entry: str) -> dict[str, DataFile]:
    return project(dvc__lock=f"stages: {{train: {{outs: [{entry}]}}}}").files


@pytest.mark.parametrize("name", ["dvc.yaml", "sub/dvc.lock", "train.csv.dvc"])
@given(content=ANY_YAML)
def test_nothing_in_a_file_of_dvc_stops_the_run(name: str, content: object) -> None:
    try:
        read = read_dvc_project(MemoryTree({name: json.dumps(content).encode()}))
    except SourceError as exc:  # pragma: no cover
        pytest.fail(f"{exc.what}")
    for path in (*read.metrics, *read.params, *read.files, *read.outputs):
        assert path
        assert not path.startswith(("/", "../"))


@pytest.mark.parametrize("wdir", ["../..", "/abs", "${item.folder}"])
def test_a_working_folder_that_cannot_be_seen_leaves_the_stage_out(wdir: str) -> None:
    stage = f"stages: {{train: {{wdir: '{wdir}', metrics: [m.json], params: [p.yaml: [x]]}}}}"
    read = project(dvc__yaml=stage)
    assert not read.metrics
    assert not read.params
    [note] = read.notes
    assert note.startswith(f"dvc.yaml: the stage in '{wdir}' was left out: `wdir` is not a folder")


@pytest.mark.parametrize(
    ("wdir", "path"), [("..", "m.json"), (".", "sub/m.json"), ("deep", "sub/deep/m.json")]
)
def test_a_working_folder_starts_at_its_pipeline(wdir: str, path: str) -> None:
    tree = MemoryTree(
        {"sub/dvc.yaml": f"stages: {{t: {{wdir: {wdir}, metrics: [m.json]}}}}".encode()}
    )
    assert list(read_dvc_project(tree).metrics) == [path]


def test_a_file_of_dvc_that_is_too_large_is_a_note() -> None:
    tree = MemoryTree(
        {"dvc.lock": b"{}", "dvc.yaml": b"metrics: [m.json]"},
        sizes={"dvc.lock": MAX_FILE_BYTES + 1},
    )
    read = read_dvc_project(tree)
    assert list(read.metrics) == ["m.json"]
    assert read.notes == [
        "DVC's file was left out: dvc.lock: 16.1 MiB is more than the 16 MiB that are read"
    ]


@pytest.mark.parametrize(
    "entry",
    [
        "{path: 5, md5: aa}",
        "{path: [x], md5: aa}",
        "{path: ../m.bin, md5: aa}",
        "{path: '', md5: aa}",
        "{path: m.bin}",
        "{path: m.bin, md5: 5}",
        "{path: m.bin, hash: sha256, md5: aa}",
    ],
)
def test_an_output_that_names_no_file_or_no_content_is_none(entry: str) -> None:
    assert outputs(entry) == {}


@pytest.mark.parametrize(
    ("entry", "size", "files"),
    [
        ("{path: m.bin, md5: aa, size: 3, nfiles: 2}", 3, 2),
        ("{path: m.bin, md5: aa, size: -1, nfiles: true}", None, None),
        ("{path: m.bin, md5: aa, size: 1.5}", None, None),
        (f"{{path: m.bin, md5: aa, size: {2**53}}}", None, None),
    ],
)
def test_sizes_are_counts(entry: str, size: int | None, files: int | None) -> None:
    [file] = outputs(entry).values()
    assert (file.digest, file.size, file.files) == ("md5:aa", size, files)


def test_a_cloud_version_is_known_by_its_etag() -> None:
    [file] = outputs("{path: data/raw.csv, etag: '0x8D', size: 4}").values()
    assert (file.kind, file.digest) == ("data", "etag:0x8D")


def test_an_output_wins_over_the_same_file_as_a_dependency() -> None:
    lock = (
        "stages:\n  a: {outs: [{path: d.csv, md5: new}]}\n  b: {deps: [{path: d.csv, md5: old}]}\n"
    )
    [file] = project(dvc__lock=lock).files.values()
    assert file.digest == "md5:new"


def test_a_lock_of_the_first_version_of_dvc() -> None:
    [file] = project(dvc__lock="train: {outs: [{path: model.pkl, md5: bb}]}").files.values()
    assert (file.path, file.kind) == ("model.pkl", "model")
