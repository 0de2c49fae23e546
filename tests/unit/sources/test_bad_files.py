"""Files that cannot be metrics, each with its place and its fix; values that are no numbers."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlgate.documents.strict_json import ANOTHER_FILE, WRITE_ONCE
from mlgate.errors import SourceError
from mlgate.sources.parameters import parse_parameters
from mlgate.sources.tree import MAX_FILE_BYTES
from mlgate.sources.tree_formats import MAX_TEXT_BYTES, parse_metrics

FIX = "was the file written to the end? check the step that writes it"
DEEP = "[" * 100_000
BOMB = "a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("path", "raw", "message", "fix"),
    [
        pytest.param("m.json", b"", "m.json: the file is empty",
            "did the step that writes it succeed?", id="empty"),
        pytest.param("m.csv", b" \n\n", "m.csv: the file is empty",
            "did the step that writes it succeed?", id="blank"),
        pytest.param("m.json", b'{"auc": 0.9,\n "f1',
            "m.json:2:2: not JSON: Unterminated string starting at", FIX,
            id="truncated json"),
        pytest.param("m.yaml", b"auc: 0.9\nf1: [1,\n", "m.yaml:3:1: not YAML: did not find "
            "expected node content", FIX, id="truncated yaml"),
        pytest.param("m.toml", b"auc = 0.9\nf1 = ", "m.toml:2: not TOML: Invalid value", FIX,
            id="truncated toml"),
        pytest.param("m.csv", b"auc,f1\n0.9,0.8\n0.9", "m.csv:3: 1 cells under a header of 2",
            "was the file written to the end? quote cells that hold the separator",
            id="truncated csv"),
        pytest.param("m.csv", b"auc,f1\n", "m.csv: a header and no row below it",
            "did the run end before it logged?", id="header only"),
        pytest.param("m.csv", b"auc,auc\n1,2\n",
            "m.csv:1: two columns are called 'auc'", WRITE_ONCE, id="columns twice"),
        pytest.param("m.csv", b'auc\n"0.9\n', "m.csv:2: not CSV: unexpected end of data", "",
            id="open quote"),
        pytest.param("m.json", b"\x89PNG\r\n\x1a\n\x00\xff", "m.json:1: not text in UTF-8 (byte 0)",
            "is this a binary file? name the metric files under `metrics:`", id="binary"),
        pytest.param("m.json", '{"auc": 0.9}'.encode("utf-16"),
            "m.json:1: not text in UTF-8 (byte 0)",
            "is this a binary file? name the metric files under `metrics:`", id="utf-16"),
        pytest.param("m.json", b'{"auc": 1, "f1": 2, "auc": 3}',
            "m.json: the key 'auc' appears twice in one object", WRITE_ONCE,
            id="key twice"),
        pytest.param("m.yaml", b"auc: 1\nauc: 2\n",
            "m.yaml:2:1: the key 'auc' appears twice", WRITE_ONCE,
            id="key twice in yaml"),
        pytest.param("m.json", b'{"a.b": 1, "a": {"b": 2}}',
            "m.json: 'a.b' is there twice",
            "which one counts? a key with a dot and a nested key can spell the same name: "
            "rename one",
            id="name twice"),
        pytest.param("m.json", DEEP.encode(), "m.json: nested more than 64 levels deep",
            ANOTHER_FILE, id="deep json"),
        pytest.param("m.yaml", DEEP[:500].encode(),
            "m.yaml:1:66: nested more than 64 levels deep", ANOTHER_FILE, id="deep yaml"),
        pytest.param("m.yaml", BOMB.encode(), "m.yaml:2:8: aliases (`*name`) are not "
            "allowed; repeat the value", "", id="yaml alias bomb"),
        pytest.param("m.yaml", b"a: !!python/object/apply:os.system [x]",
            "m.yaml:1:4: tags such as 'tag:yaml.org,2002:python/object/apply:os.system' are not "
            "allowed", "",
            id="yaml tag"),
        pytest.param("m.json", b"[1, 2]", "m.json: the top is a list, not names with numbers",
            'write an object such as {"accuracy": 0.93}', id="a list"),
        pytest.param("m.json", json.dumps({"n" * 500: 1}).encode(),
            f"m.json: a name of 500 characters: '{'n' * 60}'…",
            "names have at most 400 characters; is this a file of metrics?", id="long name"),
        pytest.param("m.json", b" " * (MAX_FILE_BYTES + 1),
            "m.json: 16.1 MiB is more than the 16 MiB that are read",
            "write the summary metrics to a file of their own and name it under `metrics:`",
            id="too large"),
        pytest.param("m.yaml", b" " * (MAX_TEXT_BYTES + 1),
            "m.yaml: 2.1 MiB is more than the 2 MiB that are read",
            "write the summary metrics to a file of their own and name it under `metrics:`",
            id="too large for yaml"),
        pytest.param("m.json", b'{"auc": ' + b"9" * 5000 + b"}", "m.json: Exceeds the limit", "",
            id="an endless integer"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read(path: str, raw: bytes, message: str, fix: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_metrics(raw, origin=path)
    assert caught.value.what.startswith(message)
    assert "\n" not in caught.value.what
    if fix:
        assert (caught.value.what, caught.value.hint) == (message, fix)


@pytest.mark.parametrize(
    ("written", "problem", "numeric"),
    [
        ("NaN", "NaN", True),
        ("Infinity", "infinite", True),
        ("-Infinity", "infinite", True),
        ("1e999", "infinite", True),
        ('"nan"', "NaN", True),
        ('"NaN"', "NaN", True),
        ('"inf"', "infinite", True),
        ("null", "null", True),
        ("true", "a flag", False),
        ("false", "a flag", False),
        ("[0.9]", "a list", False),
        ('"0.9"', "a number in quotes", False),
        ('"high"', "text", False),
        ("1" + "0" * 400, "out of range", True),
    ],
)
def test_a_value_that_is_no_number(written: str, problem: str, numeric: bool) -> None:  # noqa: FBT001
    parsed = parse_metrics(f'{{"auc": {written}}}'.encode(), origin="m.json")
    [metric] = parsed.metrics
    assert (metric.value, metric.problem) == (None, problem)
    assert metric.numeric is numeric


@pytest.mark.parametrize(
    ("cell", "value", "problem"),
    [
        ("nan", None, "NaN"),
        ("inf", None, "infinite"),
        ("-inf", None, "infinite"),
        ("", None, "empty"),
        ("1_000", None, "text"),
        ("0x10", None, "text"),
        ("true", None, "text"),
        ("１", None, "text"),
        ("1e400", None, "infinite"),
        (" 9e-1 ", 0.9, ""),
        (".5", 0.5, ""),
        ("-0", 0.0, ""),
    ],
)
def test_a_cell(cell: str, value: float | None, problem: str) -> None:
    [metric, _] = parse_metrics(f"auc,x\n{cell},1\n".encode(), origin="m.csv").metrics
    assert (metric.value, metric.problem) == (value, problem)


def test_the_last_epoch_of_a_log_may_be_nan_and_then_is() -> None:
    text = b"epoch,loss\n0,0.5\n1,nan\n"
    [metric] = parse_metrics(text, origin="log.csv").metrics
    assert (metric.value, metric.problem) == (None, "NaN")


SUFFIXES = st.sampled_from(["json", "yaml", "toml", "csv", "tsv", "", "ipynb"])
TEXTS = st.text('{}[]":,.0123456789eE+-nulltrfasNIy \n\t&*!|>%#', max_size=80)


@given(st.one_of(st.binary(max_size=200), TEXTS.map(str.encode)), SUFFIXES)
@example(b"\xef\xbb\xbf", "json")
@example(b"? ", "yaml")
@example(b"a = 1979-05-27T07:32:00Z", "toml")
@example(b'"\xed\xa0\x80"', "json")
@example(b'{"\\ud800": 1}', "json")
def test_nothing_but_a_clear_error_comes_out(raw: bytes, suffix: str) -> None:
    path = f"m.{suffix}" if suffix else "m"
    for parse in (parse_metrics, parse_parameters):
        try:
            parse(raw, origin=path)
        except SourceError as exc:
            assert exc.what.startswith(path)  # noqa: PT017 - most inputs are refused, some are not
