from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.repository import project
from fakes.github import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from e2e.forge import Forge, Open

RULES = """\
version: 1
models:
  forest:
    metrics: [metrics/forest.json]
    gate:
      - {metric: roc_auc, max-drop: 0.005}
  linear:
    metrics: [metrics/linear.json]
    gate:
      - {metric: log_loss, max-rise: "50 %"}
"""
DIES = 'import sys\nif sys.argv[1] == "linear":\n    raise SystemExit("out of memory")\n'


@pytest.fixture
def on(forge: Open, trained: Mapping[str, str]) -> Forge:
    """A repository that uses the matrix template, with two trained models on ``main``."""
    metrics = {name: text for name, text in trained.items() if name.startswith("metrics/")}
    return forge({**project("matrix.yml"), **metrics, "mlgate.yml": RULES})


def _jobs(**results: str) -> dict[str, str]:
    return {name if name == "mlgate" else f"train {name}": text for name, text in results.items()}


def test_two_models_are_judged_together(on: Forge) -> None:
    change = on.repository.propose({"params.yaml": "trees: 40\ndepth: 5\nstrength: 1.0\n"})
    build = on.pull_request(change)
    assert build.jobs == _jobs(forest="success", linear="success", mlgate="success")
    [comment] = on.github.comments()
    assert "Model gate passed" in comment.body
    headline = comment.body.partition("<details>")[0]
    assert "`forest`" in headline
    assert "`linear`" in headline
    assert on.checks(change.head) == ["success", "success"]
    assert on.github.would_merge() == Decision(allowed=True)


def test_one_worse_model_fails_both(on: Forge) -> None:
    change = on.repository.propose({"params.yaml": "trees: 1\ndepth: 1\nstrength: 1.0\n"})
    build = on.pull_request(change)
    assert build.jobs == _jobs(forest="success", linear="success", mlgate="failure")
    [comment] = on.github.comments()
    headline = comment.body.partition("<details>")[0]
    assert "`forest` <sub>worse</sub> | roc_auc" in headline
    assert "`linear` <sub>unchanged</sub>" in headline
    assert on.github.would_merge() == Decision(allowed=False, reasons=("mlgate: failure",))


def test_a_leg_that_died_fails_the_gate(on: Forge) -> None:
    train = on.repository.show("main", "train.py").partition("import annotations\n")
    change = on.repository.propose({"train.py": "".join([*train[:2], DIES, train[2]])})
    build = on.pull_request(change)
    assert build.steps["train forest", "Train"] == "success"
    assert build.steps["train linear", "Train"] == "failure"
    assert build.steps["mlgate", "Compare, report and gate"] == "failure"
    [comment] = on.github.comments()
    headline = comment.body.partition("<details>")[0]
    assert "The model linear did not report." in headline
    assert "`forest` <sub>unchanged</sub>" in headline
    assert on.checks(change.head) == ["failure", "failure"]
    assert on.github.would_merge() == Decision(allowed=False, reasons=("mlgate: failure",))
