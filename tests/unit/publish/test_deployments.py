"""Deployments against the stand-in: one for each run, whatever the network does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.github import TOKEN, faults
from mlgate.errors import PublishError
from mlgate.publish.deployments import MAX_DESCRIPTION, GitHubDeployment

if TYPE_CHECKING:
    from fakes.github import GitHubStandIn
    from mlgate.publish.http import GitHubApi

PAYLOAD = {"name": "iris", "version": "v1.0.0", "run": "501.1"}


@pytest.fixture
def deployment(api: GitHubApi, github: GitHubStandIn) -> GitHubDeployment:
    github.world.tokens[TOKEN].permissions["deployments"] = "write"
    return GitHubDeployment(
        api=api,
        repository="octo/ml",
        environment="production",
        protected=True,
        log_url="https://github.com/octo/ml/actions/runs/501",
        page="https://iris.example.com",
    )


def test_it_is_begun_and_told(deployment: GitHubDeployment, github: GitHubStandIn) -> None:
    deployment.begin("main", "deploy:iris", PAYLOAD, "v1.0.0 after nothing")
    deployment.tell("success", "x" * 500)
    (made,) = github.repo.deployments
    assert (made.task, made.payload, made.production_environment) == ("deploy:iris", PAYLOAD, True)
    assert [status.state for status in made.statuses] == ["in_progress", "success"]
    assert len(made.statuses[-1].description) == MAX_DESCRIPTION
    assert made.statuses[-1].environment_url == "https://iris.example.com"


LOST = (
    faults.drop_after(),
    faults.error_after(502),
    faults.drop_before(),
    faults.error_before(503),
)


@pytest.mark.parametrize("what", LOST)
@pytest.mark.parametrize("path", [r"/deployments$", r"/statuses$"])
def test_a_lost_answer_makes_nothing_twice(
    deployment: GitHubDeployment, github: GitHubStandIn, what: faults.Fault, path: str
) -> None:
    github.faults.add("POST", path, what)
    deployment.begin("main", "deploy:iris", PAYLOAD, "v1.0.0")
    deployment.tell("failure", "rolled back")
    assert github.faults.unused == 0
    (made,) = github.repo.deployments
    assert [status.state for status in made.statuses] == ["in_progress", "failure"]


def test_a_token_without_the_right(deployment: GitHubDeployment, github: GitHubStandIn) -> None:
    github.world.tokens[TOKEN].permissions["deployments"] = "read"
    with pytest.raises(PublishError) as caught:
        deployment.begin("main", "deploy:iris", PAYLOAD, "v1.0.0")
    assert "deployments: write" in caught.value.hint


def test_a_ref_that_is_gone(deployment: GitHubDeployment) -> None:
    with pytest.raises(PublishError, match="No ref found for: iris@v9"):
        deployment.begin("iris@v9.0.0", "deploy:iris", PAYLOAD, "v9.0.0")
