"""The template for training, executed by act in a real repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.repository import WORKFLOW, project
from fakes.github import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from e2e.forge import Forge, Open

REFUSED = Decision(allowed=False, reasons=("mlgate: failure",))


@pytest.fixture
def on(forge: Open, trained: Mapping[str, str]) -> Forge:
    """A repository that uses the train template, with a trained model on ``main``."""
    return forge({**project("train.yml"), **trained})


def test_what_training_took_is_in_the_comment(on: Forge) -> None:
    change = on.repository.propose({"params.yaml": "trees: 40\ndepth: 5\nstrength: 1.0\n"})
    assert on.pull_request(change).jobs == {"mlgate": "success"}
    [comment] = on.github.comments()
    assert "training.seconds" in comment.body
    assert on.github.would_merge() == Decision(allowed=True)


def test_metrics_from_before_do_not_hide_a_failed_training(on: Forge) -> None:
    change = on.repository.propose({"train.py": "raise SystemExit('no data today')\n"})
    assert on.pull_request(change).jobs == {"mlgate": "failure"}
    [comment] = on.github.comments()
    assert "training failed with exit 1 after" in comment.body
    assert on.github.would_merge() == REFUSED


KNOWN = """\
train:
  command: python train.py
  inputs: [train.py, params.yaml, requirements.txt]
"""


def test_the_same_inputs_are_not_trained_twice(forge: Open, trained: Mapping[str, str]) -> None:
    files = project("train.yml")
    files["mlgate.yml"] += KNOWN
    workflow = files[WORKFLOW].replace("          command: python train.py\n", "")
    on = forge({**files, WORKFLOW: workflow, **trained})
    params = "trees: 40\ndepth: 5\nstrength: 1.0\n"
    first = on.pull_request(on.repository.propose({"params.yaml": params}))
    assert first.jobs == {"mlgate": "success"}, first.log
    assert "trained in" in first.log
    assert "Cache saved with key: mlgate-train-" in first.log
    again = on.pull_request(on.repository.propose({"params.yaml": params, "README.md": "more"}))
    assert again.jobs == {"mlgate": "success"}, again.log
    assert "restored 1 output" in again.log
    assert "trained in" not in again.log
    other = on.pull_request(on.repository.propose({"params.yaml": f"{params}# other\n"}))
    assert "training: params.yaml changed" in other.log
