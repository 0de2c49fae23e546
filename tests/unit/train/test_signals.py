"""What the log of a training tells, in the ways that tools print it."""

from __future__ import annotations

import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgate.documents.codec import decode, encode
from mlgate.documents.evidence import Evidence, LogCurve, ModelEvidence, Training
from mlgate.train.signals import Heard, Signals, spoken

BAR = "\x1b[32m━━\x1b[0m\x1b[37m━━\x1b[0m \x1b[1m0s\x1b[0m 5ms/step"
KERAS = (
    f"Epoch 1/2\n\x1b[1m1/3\x1b[0m {BAR} - accuracy: 0.4 - loss: 1.2\x08\x08\x08\r"
    f"\x1b[1m3/3\x1b[0m {BAR} - accuracy: 0.5 - loss: 0.9 - val_accuracy: 0.6 - val_loss: 0.8\n"
    "Epoch 2/2\n3/3 [====] - 0s 5ms/step - loss: 7.5e-01 - accuracy: 0.625 - val_loss: 0.7\n"
)


def heard(text: str, size: int = 1 << 20) -> dict[str, LogCurve]:
    signals = Signals()
    raw = text.encode()
    for start in range(0, len(raw), size):
        signals.feed(raw[start : start + size])
    return {curve.metric: curve for curve in signals.close()}


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
class TestFormats:
    def test_metric_lines(self, size: int) -> None:
        text = 'hello\n{"metric": "accuracy", "value": 0.985}\n{"metric": "f1", "value": 1}\n'
        found = heard(text + '{"metric": "accuracy", "value": 0.99}', size)
        assert found["accuracy"].values == (0.985, 0.99)
        assert found["accuracy"].steps == (1.0, 2.0)
        assert found["accuracy"].stated
        assert found["f1"].values == (1.0,)

    def test_keras(self, size: int) -> None:
        found = heard(KERAS, size)
        assert found["loss"].values == (0.9, 0.75)
        assert found["loss"].steps == (1.0, 2.0)
        assert found["val_accuracy"].values == (0.6,)
        assert not found["loss"].stated

    def test_csv(self, size: int) -> None:
        found = heard("epoch,loss,val_loss\n0,1.5,1.25\n1,0.5,\n\nDone\n2,0.1,0.1\n", size)
        assert found["loss"].values == (1.5, 0.5)
        assert found["loss"].steps == (0.0, 1.0)
        assert found["val_loss"].values == (1.25,)

    def test_dictionaries_of_hugging_face(self, size: int) -> None:
        text = "{'loss': 0.52, 'grad_norm': 1.5, 'learning_rate': 5e-05, 'epoch': 0.5}\n"
        found = heard(f"{text}{{'eval_loss': 0.4, 'epoch': 1.0}}\n", size)
        assert found["loss"].values == (0.52,)
        assert found["eval_loss"].steps == (1.0,)
        assert "epoch" not in found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "metric loss epoch step\n",
        '{"metric": 3, "value": 1}\n',
        '{"metric": "a", "value": "high"}\n',
        '{"metric": "a", "value": true}\n',
        '{"loss": 0.5}\n',
        "{'loss': __import__('os').system('true'), 'epoch': 1}\n",
        "epoch,and,more\nwords,are,here\n",
        "{" * 4000 + "\n",
        "x" * 10_000 + '{"metric": "a", "value": 1}\n',
    ],
)
def test_what_is_no_signal(text: str) -> None:
    assert heard(text) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Epoch 3/9\n2/2 - 0s - loss: nan - accuracy: 0.1\n", "loss is NaN at 3"),
        ("{'loss': nan, 'epoch': 2.0}\n", "loss is NaN at 2"),
        ('{"metric": "val_loss", "value": NaN}\n', "val_loss is NaN"),
        ('{"metric": "loss", "value": Infinity, "step": 7}\n', "loss is infinite at 7"),
        ("step,train_loss\n10,inf\n", "train_loss is infinite at 10"),
        ("[12:00] train loss: nan\n", "loss is NaN"),
        ("iter 5 loss=NaN\n", "loss is NaN"),
    ],
)
def test_a_loss_that_is_none(text: str, said: str) -> None:
    signals = Signals()
    signals.feed(text.encode())
    (curve, *_) = (c for c in signals.close() if "loss" in c.metric)
    assert signals.broken == said
    assert curve.problem in {"NaN", "infinite"}


@pytest.mark.parametrize(
    "text", ["loss: nancy\n", "a lossless infinity\n", '{"metric": "auc", "value": NaN}\n']
)
def test_no_loss_that_is_none(text: str) -> None:
    signals = Signals()
    signals.feed(text.encode())
    signals.close()
    assert not signals.broken


def test_a_metric_that_is_none_has_a_problem_and_no_value() -> None:
    found = heard('{"metric": "auc", "value": 0.5}\n{"metric": "auc", "value": NaN}\n')
    assert found["auc"].values == (0.5,)
    assert found["auc"].problem == "NaN"


def test_long_runs_are_thinned_out_and_keep_both_ends() -> None:
    lines = [json.dumps({"metric": "loss", "value": 1 / n, "step": n}) for n in range(1, 100_001)]
    found = heard("\n".join(lines))["loss"]
    assert len(found.values) <= 100
    assert found.steps[0] == 1
    assert found.steps[-1] == 100_000
    assert list(found.steps) == sorted(found.steps)
    assert all(math.isclose(v, 1 / s) for v, s in zip(found.values, found.steps, strict=True))


def test_values_of_one_step_are_told_together() -> None:
    told: list[Heard] = []
    signals = Signals(told.append)
    for step in (1, 2):
        for name in ("loss", "auc"):
            line = json.dumps({"metric": name, "value": step / 4, "step": step})
            signals.feed(f"{line}\n".encode())
    signals.close()
    assert [(h.step, dict(h.values)) for h in told] == [
        (1, {"loss": 0.25, "auc": 0.25}),
        (2, {"loss": 0.5, "auc": 0.5}),
    ]
    assert spoken(told[0]) == "step 1: loss 0.25, auc 0.25"


def test_two_streams_are_two_lines() -> None:
    signals = Signals()
    signals.feed(b'{"metric": "a", ', 1)
    signals.feed(b"warning: epoch\n", 2)
    signals.feed(b'"value": 2}\n', 1)
    assert [c.values for c in signals.close()] == [(2.0,)]


@given(st.lists(st.binary(max_size=80)))
def test_any_bytes_are_heard_and_can_be_kept(chunks: list[bytes]) -> None:
    parts = [b'{"metric": "', b'", "value": ', b"}\n", b"epoch,loss\n", b"1,nan\n", b" - loss: "]
    mixed = random.Random(len(chunks))
    signals = Signals()
    for chunk in chunks:
        signals.feed(mixed.choice(parts) + chunk, mixed.choice((1, 2)))
    kept = Training(ended="finished", curves=signals.close())
    evidence = Evidence(models=(ModelEvidence(model="m", training=kept),))
    assert decode(encode(evidence), Evidence, origin="x") == evidence
