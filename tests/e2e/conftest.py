from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from typing import TYPE_CHECKING

import pytest

from e2e.act import Act, copy_ours
from e2e.forge import Forge
from e2e.repository import PROJECT, ModelRepository

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from e2e.forge import Open
    from fakes.github import GitHubStandIn

collect_ignore = ["project"]  # the model project is a program, not a module


@pytest.fixture(scope="session")
def act(tmp_path_factory: pytest.TempPathFactory) -> Act:
    """The runner, with a Python that has scikit-learn and pip, and not mlgate."""
    folder = tmp_path_factory.mktemp("machine")
    venv.create(folder / "python", with_pip=True, symlinks=True)
    [site] = (folder / "python" / "lib").glob("python*/site-packages")
    (site / "ours.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    dvc = folder / "python" / "bin" / "dvc"
    main = "import sys; from dvc.cli import main; sys.exit(main())"
    dvc.write_text(f"#!{folder / 'python/bin/python'}\n{main}\n")
    dvc.chmod(0o755)
    return Act(python=folder / "python", checkout=copy_ours(folder / "mlgate"))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The metric files that training writes on ``main``, by path."""
    folder = tmp_path_factory.mktemp("trained") / "project"
    shutil.copytree(PROJECT, folder)
    for leg in ([], ["forest"], ["linear"]):
        command = [sys.executable, "train.py", *leg]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    found = [*folder.glob("metrics/*.json"), folder / "metrics.json"]
    return {each.relative_to(folder).as_posix(): each.read_text() for each in found}


@pytest.fixture
def forge(act: Act, github: GitHubStandIn, tmp_path: Path) -> Open:
    """Open a repository with these files on ``main``."""

    def opened(files: Mapping[str, str]) -> Forge:
        repository = ModelRepository.create(tmp_path, files)
        made = Forge(act=act, github=github, repository=repository, folder=tmp_path)
        made.open()
        return made

    return opened
