"""The message of a tag."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.documents.release import ReleasedFile, TagRecord
from mlgate.errors import SourceError
from mlgate.release.message import read_message, write_message

RECORD = TagRecord(
    name="iris",
    version="v1.2.0",
    verdict="pass",
    metrics={"accuracy": 0.9371, "loss: total": 1e-07},
    models=(ReleasedFile(path="models/é.onnx", digest="git:1", sha256="sha256:2", size=3),),
    policy="a" * 40,
    reason="no: 'quotes' \"or\" #comments",
)


def test_what_is_written_is_read() -> None:
    message = write_message("Register iris v1.2.0: better\nrecall", RECORD)
    assert message.splitlines()[0] == "Register iris v1.2.0: better recall"
    assert message.splitlines()[1] == ""
    assert read_message(message) == RECORD


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_survives(reason: str, path: str) -> None:
    plain = reason.encode("utf-8", "replace").decode()
    record = TagRecord(name="m", reason=plain, models=(ReleasedFile(path=path),))
    try:
        assert read_message(write_message("x", record)) == record
    except SourceError:
        assert not (reason + path).isprintable()


@pytest.mark.parametrize("message", ["", "Registering artifact iris", "a\n\nb: c", "a\n\n- x\n"])
def test_what_others_wrote_is_none_of_ours(message: str) -> None:
    assert read_message(message) is None


@pytest.mark.parametrize(
    "body",
    [
        "schema: mlgate/tag/v1\n",
        "schema: mlgate/tag/v1\nname: iris\nversion: 3\n",
        "schema: mlgate/tag/v1\nname: iris\nunknown: 1\n",
        "schema: mlgate/tag/v1\nname: &a iris\nversion: *a\n",
        "schema: mlgate/tag/v1\nname: !!python/object:os.system x\n",
        "schema: mlgate/tag/v1\nname: iris\nmetrics: {a: .nan}\n",
    ],
)
def test_ours_and_not_valid(body: str) -> None:
    with pytest.raises(SourceError, match="iris@v1"):
        read_message(f"x\n\n{body}", origin="iris@v1")
