from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from e2e.repository import project
from fakes.github import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from e2e.forge import Forge, Open

BETTER = {"params.yaml": "trees: 40\ndepth: 5\nstrength: 1.0\n"}
WORSE = {"params.yaml": "trees: 1\ndepth: 1\nstrength: 1.0\n"}
LOOSE = "version: 1\nmodel: tumour\nmetrics: [metrics.json]\npolicy: {mode: observe}\n"
REFUSED = Decision(allowed=False, reasons=("mlgate: failure",))


@pytest.fixture
def on(forge: Open, trained: Mapping[str, str]) -> Forge:
    """A repository that uses the pull-request template, with a trained model on ``main``."""
    return forge({**project("pull-request.yml"), **trained})


def _on_main(trained: Mapping[str, str]) -> re.Pattern[str]:
    """What a row says of the baseline; the number of digits is the row's own business."""
    value = json.loads(trained["metrics.json"])["roc_auc"]
    return re.compile(rf"roc_auc .*({value:.4f}|{value:.3f})\s→")


def test_a_better_model_may_be_merged(on: Forge, trained: Mapping[str, str]) -> None:
    change = on.repository.propose(BETTER)
    build = on.pull_request(change)
    assert build.jobs == {"mlgate": "success"}
    [comment] = on.github.comments()
    assert comment.author == "github-actions[bot]"
    assert "Model gate passed — `tumour`" in comment.body
    assert _on_main(trained).search(comment.body)
    assert f"sha={change.head}" in comment.body
    assert on.checks(change.head) == ["success", "success"]
    assert on.github.would_merge() == Decision(allowed=True)


def test_an_unchanged_model_may_be_merged(on: Forge) -> None:
    build = on.pull_request(on.repository.propose({"README.md": "About this model.\n"}))
    assert build.jobs == {"mlgate": "success"}
    [comment] = on.github.comments()
    assert "Model gate passed" in comment.body
    assert on.github.would_merge() == Decision(allowed=True)


def test_a_worse_model_may_not(on: Forge, trained: Mapping[str, str]) -> None:
    change = on.repository.propose(WORSE)
    assert on.pull_request(change).jobs == {"mlgate": "failure"}
    [comment] = on.github.comments()
    headline = comment.body.partition("<details>")[0]
    assert "Model gate failed" in headline
    assert "roc_auc" in headline
    assert _on_main(trained).search(headline)
    assert on.checks(change.head) == ["failure", "failure"]
    assert on.github.would_merge() == REFUSED


def test_a_second_push_updates_the_comment(on: Forge) -> None:
    on.github.chatter(120)  # more than one page
    on.pull_request(on.repository.propose(WORSE))
    assert on.github.would_merge() == REFUSED
    [first] = [each for each in on.github.comments() if "mlgate:v1" in each.body]
    on.github.say("Let me try with more trees.")
    change = on.repository.propose(BETTER)
    assert on.github.would_merge().reasons == REFUSED.reasons
    on.pull_request(change)
    [second] = [each for each in on.github.comments() if "mlgate:v1" in each.body]
    assert second.id == first.id
    assert "Model gate passed" in second.body
    assert "run=502.1" in second.body
    assert on.github.would_merge() == Decision(allowed=True)


@pytest.mark.parametrize(
    ("files", "result"), [({}, "success"), (WORSE, "failure")], ids=["above", "below"]
)
def test_without_a_baseline_floors_decide(
    forge: Open, trained: Mapping[str, str], files: Mapping[str, str], result: str
) -> None:
    on = forge({"README.md": "No model yet.\n"})
    first = {**project("pull-request.yml"), **trained, **files}
    build = on.pull_request(on.repository.propose(first))
    assert build.jobs == {"mlgate": result}
    [comment] = on.github.comments()
    assert "No baseline" in comment.body
    assert "First adoption: the baseline has no policy yet" in comment.body
    assert on.github.would_merge().allowed is (result == "success")


def test_a_pull_request_cannot_loosen_its_own_rules(on: Forge) -> None:
    build = on.pull_request(on.repository.propose({**WORSE, "mlgate.yml": LOOSE}))
    assert build.jobs == {"mlgate": "failure"}
    [comment] = on.github.comments()
    headline = comment.body.partition("<details>")[0]
    assert "roc_auc <sub>worse" in headline
    assert "**policy changed**: mlgate.yml" in headline
    assert "policy.mode enforce → observe" in headline
    assert on.github.would_merge() == REFUSED


@pytest.mark.parametrize(
    ("files", "result"), [(BETTER, "success"), (WORSE, "failure")], ids=["better", "worse"]
)
def test_a_fork_is_judged_without_a_comment(
    on: Forge, files: Mapping[str, str], result: str
) -> None:
    change = on.repository.propose(files, branch="$(id)`id`;#7", fork=True)
    build = on.pull_request(change, fork_owner="mallory")
    assert build.jobs == {"mlgate": result}
    assert on.github.comments() == []
    assert on.checks(change.head) == [result]  # the job; no check run beside it
    assert ("Model gate passed" in build.summary) is (result == "success")
    assert "roc_auc" in build.summary
    warnings = [each for each in build.annotations if "was not posted" in each]
    assert ["checks: write" in warnings[0], "pull-requests: write" in warnings[1]] == [True, True]
    assert "uid=" not in build.log
    assert on.github.would_merge().allowed is (result == "success")


def test_a_training_that_dies_is_not_merged(on: Forge) -> None:
    on.pull_request(on.repository.propose(BETTER))
    assert on.github.would_merge().allowed
    change = on.repository.propose({"train.py": "raise SystemExit('out of memory')\n"})
    build = on.pull_request(change)
    assert build.jobs == {"mlgate": "failure"}
    assert build.steps["mlgate", "Train"] == "failure"
    assert on.github.would_merge() == REFUSED


def test_a_push_to_main_is_compared_with_the_commit_before(on: Forge) -> None:
    sha, build = on.push(WORSE)
    assert build.jobs == {"mlgate": "failure"}
    assert "the commit before this one on the branch" in build.summary
    assert on.checks(sha) == ["failure", "failure"]
    assert on.github.comments() == []
