from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.repository import project
from fakes.github import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from e2e.forge import Forge, Open


@pytest.fixture
def on(forge: Open, trained: Mapping[str, str]) -> Forge:
    """A repository that uses the merge-queue template."""
    return forge({**project("merge-queue.yml"), **trained})


@pytest.mark.parametrize(
    ("params", "result"),
    [("trees: 40\ndepth: 5\n", "success"), ("trees: 1\ndepth: 1\n", "failure")],
    ids=["better", "worse"],
)
def test_a_group_is_judged_as_it_would_land(on: Forge, params: str, result: str) -> None:
    change = on.repository.propose({"params.yaml": params})
    build = on.merge_group(change)
    assert build.jobs == {"mlgate": result}
    assert on.checks(change.merge) == [result, result]
    assert "base of the merge group" in build.summary
    assert on.github.comments() == []


def test_the_same_workflow_serves_pull_requests(on: Forge) -> None:
    change = on.repository.propose({"params.yaml": "trees: 40\ndepth: 5\n"})
    assert on.pull_request(change).jobs == {"mlgate": "success"}
    assert len(on.github.comments()) == 1
    assert on.github.would_merge() == Decision(allowed=True)
