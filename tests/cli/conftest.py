from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.machine import Machine, repository

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
