from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.machine import (
    MEASURED,
    NAMED_RULES,
    RULES,
    Job,
    Machine,
    auc,
    copied,
    pull_request,
    repository,
)

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.git import GitFolder
    from fakes.github import GitHubStandIn


@pytest.fixture
def work(tmp_path: Path) -> GitFolder:
    """An empty git repository on ``main``."""
    return repository(tmp_path / "work")


@pytest.fixture
def machine(work: GitFolder) -> Machine:
    """Somebody's own machine in ``work``."""
    return Machine(work)


@pytest.fixture(scope="session")
def measured_template(tmp_path_factory: pytest.TempPathFactory) -> GitFolder:
    work = repository(tmp_path_factory.mktemp("measured") / "work")
    work.commit("measured", metrics__json=MEASURED, mlgate__yml=NAMED_RULES)
    work.switch("better")
    work.commit("changed")
    return work


@pytest.fixture
def measured(measured_template: GitFolder, tmp_path: Path) -> Machine:
    """``main`` holds an AUC of 0.9 with a rule; ``better`` is checked out."""
    return Machine(copied(measured_template, tmp_path / "work"))


@pytest.fixture(scope="session")
def forked_template(tmp_path_factory: pytest.TempPathFactory) -> GitFolder:
    work = repository(tmp_path_factory.mktemp("forked") / "work")
    work.commit("measured", metrics__json=auc(0.9), mlgate__yml=RULES)
    work.switch("better")
    work.commit("worse", metrics__json=auc(0.8))
    work.back()
    work.commit("main goes on", other__txt="x")
    return work


@pytest.fixture
def forked(forked_template: GitFolder, tmp_path: Path) -> GitFolder:
    """``main`` goes on after ``better`` left it, and ``better`` is worse."""
    return copied(forked_template, tmp_path / "work")


@pytest.fixture
def job(forked: GitFolder, github: GitHubStandIn) -> Job:
    """The job of pull request 7, which is to fail."""
    return pull_request(forked, github)
