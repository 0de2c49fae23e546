"""Rows are counted as the format counts them; a pointer is what its specification says."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.sources.data_files import count_rows, parse_pointer

OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
FIRST = "version https://git-lfs.github.com/spec/v1\n"
CELLS = st.text("ab,\"'; \r\n\t", min_size=1, max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=6))
def test_records_of_csv_are_counted_whatever_is_quoted(rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    assert count_rows("a.csv", text.getvalue().encode()) == len(rows) - 1


@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers()), max_size=6))
def test_records_of_json_lines_are_counted(rows: list[object]) -> None:
    raw = "".join(json.dumps(row) + "\n" for row in rows).encode()
    assert count_rows("a.jsonl", raw) == count_rows("b.NDJSON", raw.rstrip()) == len(rows)


@pytest.mark.parametrize(
    ("path", "raw", "rows"),
    [
        ("a.csv", b"", 0),
        ("a.csv", b"h\n", 0),
        ("a.csv", b"h\r\n1\r\n\r\n2", 2),
        ("a.tsv", b"h\n1", 1),
        ("a.csv", b'"' + b"x" * 200_000, None),
        ("a.parquet", b"PAR1", None),
    ],
)
def test_rows(path: str, raw: bytes, rows: int | None) -> None:
    assert count_rows(path, raw) == rows


@given(size=st.integers(0, 10**15 - 1), oid=st.text("0123456789abcdef", min_size=64, max_size=64))
def test_a_pointer_of_git_lfs(size: int, oid: str) -> None:
    pointer = f"{FIRST}oid sha256:{oid}\nsize {size}\n".encode()
    assert parse_pointer(pointer) == parse_pointer(pointer[:-1]) == (f"sha256:{oid}", size)


def test_an_extension_of_the_pointer_is_skipped() -> None:
    pointer = f"{FIRST}ext-0-clean sha256:{'0' * 64}\noid sha256:{OID}\nsize 5\n"
    assert parse_pointer(pointer.encode()) == (f"sha256:{OID}", 5)


@pytest.mark.parametrize(
    "text",
    [
        f"{FIRST}oid sha256:{OID}\n",
        f"{FIRST}oid sha256:{OID.upper()}\nsize 5\n",
        f"{FIRST}oid sha256:{OID[1:]}\nsize 5\n",
        f"{FIRST}oid sha256:{OID}\nsize -5\n",
        f"{FIRST}oid sha256:{OID}\nsize 5\n\n",
        f"version https://example.org/v1\noid sha256:{OID}\nsize 5\n",
        f"{FIRST}ext-0-pad {'x' * 1024}\noid sha256:{OID}\nsize 5\n",
    ],
)
def test_what_only_looks_like_a_pointer(text: str) -> None:
    assert parse_pointer(text.encode()) is None


@given(st.binary(max_size=300))
def test_any_bytes_may_be_a_pointer(raw: bytes) -> None:
    assert parse_pointer(FIRST.encode() + raw) is None or b"oid sha256:" in raw
