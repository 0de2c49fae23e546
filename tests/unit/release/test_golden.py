"""Golden predictions: the same answer, and what is none."""

from __future__ import annotations

import pytest

from mlgate.errors import SourceError
from mlgate.release.golden import difference, read_golden


@pytest.mark.parametrize(
    ("wanted", "got", "said"),
    [
        (1, 1.0000001, ""),
        (1000.0, 1000.0009, ""),
        (1, 1.1, "the answer is 1.1, and not 1"),
        ({"p": [0.1, 0.9]}, {"p": [0.1, 0.9], "id": 3}, ""),
        ({"p": [0.1, 0.9]}, {"p": [0.1, 0.8]}, "p[1] is 0.8, and not 0.9"),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, 'a.b is "y", and not "x"'),
        ({"a": 1}, {}, "a is missing"),
        ([1, 2], [1], "the answer has 1 parts, and not 2"),
        ({"a": 1}, [1], 'the answer is [1], and not {"a": 1}'),
        (True, 1, "the answer is 1, and not true"),
        (0, False, "the answer is false, and not 0"),
        (None, None, ""),
        ("1", 1, 'the answer is 1, and not "1"'),
        (1.0, float("nan"), "the answer is NaN, and not 1.0"),
    ],
)
def test_differences(wanted: object, got: object, said: str) -> None:
    assert difference(wanted, got, 1e-6) == said


def test_rows_and_their_lines() -> None:
    rows = read_golden(
        b'{"input": {"x": 1}, "output": 2}\n\n{"input": 3, "output": 4}\n', origin="g"
    )
    assert [(row.line, row.question, row.answer) for row in rows] == [(1, {"x": 1}, 2), (3, 3, 4)]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "g: 0 golden predictions"),
        (b'{"input": 1}\n', "g:1: no golden prediction"),
        (b'{"input": 1, "output": 2, "more": 3}\n', "g:1: no golden prediction"),
        (b'{"input": 1, "output": NaN}\n', "g:1"),
        (b"[1, 2]\n", "g:1: no golden prediction"),
        (b'{"input": 1, "output": 2}\nnope\n', "g:2"),
        (b'{"input": 1, "output": 2}\n' * 10_001, "10001 golden predictions"),
    ],
)
def test_what_is_no_such_file(raw: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said.replace(":", ".")):
        read_golden(raw, origin="g")
