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
from cli.releasing import Project
from fakes.github import GitHubStandIn

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.git import GitFolder


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


@pytest.fixture(scope="session")
def project_template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("project")
    with GitHubStandIn() as github:
        return Project.new(Machine(repository(folder / "work")), github, folder)


@pytest.fixture
def project(project_template: Project, github: GitHubStandIn, tmp_path: Path) -> Project:
    """A repository for releases, with rules that are older than anything that is measured."""
    return project_template.copied(tmp_path, github)


@pytest.fixture(scope="session")
def released_template(
    project_template: Project, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    with GitHubStandIn() as github:
        made = project_template.copied(tmp_path_factory.mktemp("released"), github)
        made.pushed(0.9)
        assert made.release("register", "iris").exit_code == 0
        assert made.release("promote", "iris", "v0.0.1", "production").exit_code == 0
        return made


@pytest.fixture
def released(released_template: Project, github: GitHubStandIn, tmp_path: Path) -> Project:
    """The same where v0.0.1, of 0.9, holds production."""
    return released_template.copied(tmp_path, github)
