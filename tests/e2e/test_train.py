"""The template for training, executed by act in a real repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.repository import project
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
