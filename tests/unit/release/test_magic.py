"""What model files say they are; written by those who write them."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import zipfile
import zlib
from collections import OrderedDict
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from mlgate.release.magic import Format, format_of


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return made.getvalue()


def saved(array: Any, *, many: bool = False) -> bytes:  # noqa: ANN401
    made = io.BytesIO()
    if many:
        np.savez(made, array)
    else:
        np.save(made, array)
    return made.getvalue()


HEADER = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
SAFE = len(HEADER).to_bytes(8, "little") + HEADER + b"\0\0\0\0"
MODEL = OrderedDict(a=np.arange(3))


FORMATS = [
    (SAFE, Format("safetensors")),
    *[(pickle.dumps(MODEL, protocol=p), Format("pickle", executes=True)) for p in range(6)],
    (gzip.compress(pickle.dumps(MODEL)), Format("compressed pickle", executes=True)),
    (zlib.compress(pickle.dumps(MODEL)), Format("compressed pickle", executes=True)),
    (gzip.compress(b"a,b\n1,2\n"), Format("compressed")),
    (zipped("m/data.pkl", "m/data/0"), Format("PyTorch archive with a pickle", executes=True)),
    (
        zipped("m/data.pkl", "m/constants.pkl"),
        Format("TorchScript archive with a pickle", executes=True),
    ),
    (zipped("schema.json", "a.npy"), Format("skops")),
    (zipped("config.json", "metadata.json", "model.weights.h5"), Format("Keras")),
    (zipped("readme.txt"), Format("zip archive")),
    (zipped("x")[:-10], Format("broken zip archive")),
    (saved(np.arange(3)), Format("NumPy array")),
    (saved(np.arange(3), many=True), Format("NumPy archive")),
    (b"GGUF\3\0\0\0", Format("GGUF")),
    (b"\x89HDF\r\n\x1a\n" + b"\0" * 8, Format("HDF5")),
    (b"\x1c\0\0\0TFL3", Format("TensorFlow Lite")),
    (b"\x08\x07\x12\x07pytorch\x1a", Format("ONNX")),
    (b'{"learner": {}}', Format("JSON")),
    (b"tree\nversion=v4\n", Format("LightGBM text")),
    (b"", Format("unknown")),
    (b"1,2,3\n.", Format("unknown")),
    (b"hello world.", Format("unknown")),
    (b"id,x\n1,2\n", Format("unknown")),
    (b"cos\nsystem\n(S'id'\ntR garbage", Format("pickle", executes=True)),
]


@pytest.mark.parametrize(
    ("raw", "found"),
    FORMATS,
    ids=[f"{number} {found.name}" for number, (_, found) in enumerate(FORMATS)],
)  # archives hold the time, and ids must not
def test_formats(raw: bytes, found: Format) -> None:
    assert format_of(io.BytesIO(raw)) == found


def test_joblib_files_are_pickles(tmp_path: Any) -> None:  # noqa: ANN401
    joblib = import_module("joblib")  # comes with scikit-learn, without types
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    for name, compress in (("a", 0), ("b", 3), ("c", ("gzip", 3))):
        path = tmp_path / name
        joblib.dump(model, path, compress=compress)
        with path.open("rb") as file:
            assert format_of(file).executes


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(b"\0" * (64 * 2**20))
    assert format_of(io.BytesIO(bomb)) == Format("compressed")
