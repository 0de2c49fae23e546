from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.machine import Machine
from fakes.git import GitFolder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def work(tmp_path: Path) -> GitFolder:
    """An empty git repository on ``main``."""
    made = GitFolder.new(tmp_path / "work")
    made.write(__gitignore=".mlgate/\n")
    return made


@pytest.fixture
def machine(work: GitFolder) -> Machine:
    """Somebody's own machine in ``work``."""
    return Machine(work)
