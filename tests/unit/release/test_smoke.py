"""The smoke test against a real server: it starts late, flaps, lies, hangs and is slow."""

from __future__ import annotations

import json
import os
import struct
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from fakes.serving import Serving
from mlgate.policy.release import Smoke
from mlgate.release.golden import Golden
from mlgate.release.smoke import SmokeError, SmokeTest, by_command, by_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlgate.release.smoke import Asking

ROWS = tuple(Golden(number, {"x": number}, {"y": 2.0 * number}) for number in range(1, 6))


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    with Serving(tmp_path) as running:
        yield running


def serve(serving: Serving, weight: float) -> None:
    (serving.folder / "model.safetensors").write_bytes(struct.pack("<f", weight))


def smoke(ask: Asking, **more: Any) -> SmokeTest:  # noqa: ANN401
    wanted = Smoke(golden="g", url="http://x", **more)
    return SmokeTest(wanted=wanted, rows=ROWS, ask=ask, sleep=lambda _s: time.sleep(0.02))


def test_right_answers_in_time(serving: Serving) -> None:
    serve(serving, 2.0)
    done = smoke(by_url(serving.url, 5)).run()
    assert (done.rounds, done.answers) == (3, 15)
    assert 0 < done.p95 < 1
    assert len(serving.asked) == 15


def test_it_may_start_late(serving: Serving) -> None:
    threading.Timer(0.3, serve, (serving, 2.0)).start()
    assert smoke(by_url(serving.url, 5), wait="10 s").run().waited > 0.2


def test_wrong_answers(serving: Serving) -> None:
    serve(serving, 2.5)
    with pytest.raises(
        SmokeError, match=r"does not hold after .*: line 1: y is 2\.5, and not 2\.0"
    ):
        smoke(by_url(serving.url, 5), wait="100 ms").run()
    assert smoke(by_url(serving.url, 5), tolerance=0.3).run().rounds == 3


def test_one_that_flaps(serving: Serving) -> None:
    serve(serving, 2.0)

    def spoil(number: int, found: dict[str, Any]) -> tuple[int, bytes]:
        return (500, b"") if number == 8 else (200, json.dumps(found).encode())

    serving.spoil = spoil
    with pytest.raises(
        SmokeError, match="flaps: round 2 of 3 fails after one that held: line 3: HTTP 500"
    ):
        smoke(by_url(serving.url, 5)).run()


def test_one_that_is_slow(serving: Serving) -> None:
    serve(serving, 2.0)

    def spoil(number: int, found: dict[str, Any]) -> tuple[int, bytes]:
        if number % 4 == 0:
            time.sleep(0.1)
        return 200, json.dumps(found).encode()

    serving.spoil = spoil
    with pytest.raises(
        SmokeError, match=r"95 % of 15 answers take up to 1\d\d ms; the limit is 50 ms"
    ):
        smoke(by_url(serving.url, 5), latency="50 ms").run()


def test_one_that_hangs(serving: Serving) -> None:
    serve(serving, 2.0)

    def spoil(_number: int, _found: dict[str, Any]) -> tuple[int, bytes]:
        time.sleep(1)
        return 200, b"{}"

    serving.spoil = spoil
    with pytest.raises(SmokeError, match=r"line 1: no answer \(ReadTimeout"):
        smoke(by_url(serving.url, 0.1), wait="100 ms").run()


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"y": NaN}', b'{"y": 2, "y": 3}', b"\xff"])
def test_answers_that_are_no_json(serving: Serving, body: bytes) -> None:
    serve(serving, 2.0)
    serving.spoil = lambda _n, _f: (200, body)
    with pytest.raises(SmokeError, match="line 1"):
        smoke(by_url(serving.url, 5), wait="50 ms").run()


def test_nobody_is_there() -> None:
    with pytest.raises(SmokeError, match=r"no answer \(ConnectionError\)"):
        smoke(by_url("http://127.0.0.1:9/x", 5), wait="50 ms").run()


PROGRAM = "import json, os; [print(json.dumps({'y': 2 * json.loads(l)['x']})) for l in open(os.environ['MLGATE_INPUT'])]"  # noqa: E501


def test_by_a_command(tmp_path: Path) -> None:
    command = f'{sys.executable} -c "{PROGRAM}"'
    assert smoke(by_command(command, tmp_path, os.environ, 30)).run().answers == 15


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo oops >&2; exit 3", "exit 3: oops"),
        ("echo 1", "1 answers to 5 questions"),
        ("sleep 5", "no answer within 0.2 s"),
        ("for i in 1 2 3 4 5; do echo nope; done", "the answer"),
    ],
)
def test_a_command_that_fails(tmp_path: Path, command: str, said: str) -> None:
    with pytest.raises(SmokeError, match=said):
        smoke(by_command(command, tmp_path, os.environ, 0.2), wait="10 ms").run()
