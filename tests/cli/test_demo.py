"""``mlgate demo``, run once as a process, in a folder of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from fakes.git import GitFolder

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    find_spec("sklearn") is None, reason="the demo trains with scikit-learn: install mlgate[demo]"
)


@dataclass(frozen=True)
class Shown:
    """What the demo printed, in its numbered parts, and where it worked."""

    exit_code: int
    stdout: str
    stderr: str
    place: Path
    hook: GitFolder

    def part(self, number: int) -> str:
        _, _, rest = self.stdout.partition(f"\n[{number}] ")
        return rest.partition("\n[")[0]

    def comment(self, number: int) -> str:
        """The comment that the part shows."""
        shown = self.part(number).splitlines()
        return "\n".join(line[4:] for line in shown if line.startswith("  │ "))


def run(place: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "MLGATE_"))}
    return subprocess.run(
        [sys.executable, "-m", "mlgate", "demo", *args],
        cwd=place,
        env={**outside, "PYTHONPATH": str(ROOT / "src"), "GIT_CONFIG_GLOBAL": os.devnull, **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """The demo, started by a hook of a repository elsewhere."""
    place = tmp_path_factory.mktemp("demo")
    hook = GitFolder.new(tmp_path_factory.mktemp("elsewhere") / "hook")
    hook.commit("mine", mine="1")
    done = run(place, GIT_DIR=str(hook.path / ".git"), GIT_WORK_TREE=str(hook.path))
    return Shown(done.returncode, done.stdout, done.stderr, place, hook)


def test_it_ends_well(shown: Shown) -> None:
    assert (shown.exit_code, shown.stderr) == (0, ""), shown.stdout
    assert "exit codes 1 and 0; check runs: failure, success" in shown.part(5)


def test_the_worse_pull_request_is_stopped(shown: Shown) -> None:
    assert "mlgate report: exit code 1, the pull request is stopped" in shown.part(2)
    comment = shown.comment(3)
    assert comment.startswith("<!-- mlgate:v1 key=mlgate run=501.1 sha=")
    assert "> [!CAUTION]\n> **Model gate failed — `breast-cancer`:** `roc_auc` is 0.9" in comment
    assert "below the floor of 0.95." in comment
    assert re.search(r"^\| ❌ \| roc_auc <sub>worse</sub> \|", comment, re.MULTILINE)


def test_the_comment_shows_what_changed(shown: Shown) -> None:
    assert "| max_depth <sub>params.yaml</sub> | `6` | `1` |" in shown.comment(3)
    assert "| trees <sub>params.yaml</sub> | `60` | `2` |" in shown.comment(3)


def test_the_mended_one_may_be_merged(shown: Shown) -> None:
    assert "mlgate report: exit code 0, the pull request is free to merge" in shown.part(4)
    comment = shown.comment(4)
    assert comment.startswith("<!-- mlgate:v1 key=mlgate run=502.1 sha=")
    assert "> [!TIP]\n> **Model gate passed — `breast-cancer`:** 4 of 4 rules hold." in comment
    assert "❌" not in comment


def test_the_pages_to_look_at_are_there(shown: Shown) -> None:
    pages = re.findall(r"^  (/.*\.html)$", shown.part(5), re.MULTILINE)
    names = [Path(page).name for page in pages]
    assert names == [
        f"{what}-{how}.html" for how in ("worse", "mended") for what in ("comment", "report")
    ]
    for page in pages:
        assert "roc_auc" in Path(page).read_text(encoding="utf-8")


def test_nothing_is_touched_outside_its_folder(shown: Shown) -> None:
    assert [entry.name for entry in shown.place.iterdir()] == ["mlgate-demo"]
    assert shown.hook.git("log", "--all", "--format=%s") == "mine"
    assert shown.hook.git("status", "--porcelain") == ""


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").touch()
    done = run(tmp_path, "--folder", "mine")
    assert done.returncode == 2
    assert "exists and is no earlier demo" in done.stderr
    assert [entry.name for entry in (tmp_path / "mine").iterdir()] == ["file"]
