"""Help, version, typos, completion, and how little it takes to show them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import mlgate
from fakes.git import environment
from mlgate.cli import COMMANDS, release

if TYPE_CHECKING:
    from cli.machine import Machine

HEAVY = {"requests", "urllib3", "duckdb", "numpy", "pandas", "jinja2", "yaml", "pygal", "dvc"}
EVERY = [*COMMANDS, *(f"release {name}" for name in release.COMMANDS)]
ROOT = Path(__file__).parents[2]


def process(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "MLGATE_"))}
    return subprocess.run(
        [sys.executable, *args],
        env={**outside, "PYTHONPATH": str(ROOT / "src"), **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", EVERY)
def test_every_command_has_help_with_an_example(machine: Machine, command: str) -> None:
    ran = machine.run(*command.split(), "--help")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert re.search(rf"Examples?:\s+mlgate {command}", ran.stdout)
    assert ran.stdout.startswith(f"Usage: mlgate {command} ")
    assert max(map(len, ran.stdout.splitlines())) <= 100
    assert '[default: ""]' not in ran.stdout


def test_the_whole_names_every_command_and_exit_code(machine: Machine) -> None:
    ran = machine.run("--help")
    assert ran.exit_code == 0
    for name, summary in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(summary)}", ran.stdout, re.MULTILINE), name
    for code in (
        "0 yes",
        "1 the gate says no",
        "2 usage",
        "3 no evidence",
        "4 a forge",
        "70 a bug",
    ):
        assert code in " ".join(ran.stdout.split())


def test_version(machine: Machine) -> None:
    assert machine.run("--version").stdout == f"mlgate {mlgate.__version__}\n"


def test_a_typo_gets_the_likely_name(machine: Machine) -> None:
    ran = machine.run("reprot")
    assert ran.exit_code == 2
    assert "No such command 'reprot'. Did you mean 'report'?" in ran.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("--no-color", "--no-color goes before the command: mlgate --no-color report"),
        ("--quiet", "--quiet goes before the command: mlgate --quiet report"),
        ("--config=x.yml", "--config goes before the command: mlgate --config … report"),
    ],
)
def test_an_option_of_all_commands_stands_before_them(
    machine: Machine, given: str, said: str
) -> None:
    ran = machine.run("report", given)
    assert ran.exit_code == 2
    assert said in ran.stderr


def test_an_option_with_a_typo_gets_the_likely_name(machine: Machine) -> None:
    ran = machine.run("report", "--bsae", "main")
    assert ran.exit_code == 2
    assert "--base" in ran.stderr


@pytest.mark.parametrize(
    "args", [["--help"], ["--version"], *([*c.split(), "--help"] for c in EVERY)]
)
def test_help_imports_nothing_heavy(args: list[str]) -> None:
    done = process("-X", "importtime", "-m", "mlgate", *args)
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "click" in imported
    assert {name.partition(".")[0] for name in imported} & HEAVY == set()


def test_a_process_exits_with_the_code_of_the_error(tmp_path: Path) -> None:
    done = process("-m", "mlgate", "gate", "--report", str(tmp_path / "report.json"))
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")


def test_a_reader_that_goes_away_is_not_the_gates_no() -> None:
    script = f"{sys.executable} -m mlgate schema report | true; echo ${{PIPESTATUS[0]}}"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    args = ["bash", "-c", script]
    done = subprocess.run(args, env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("141\n", "")


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_pipes_get_utf_8_whatever_the_locale(machine: Machine, form: str) -> None:
    """As on Windows, where a pipe has a code page that lacks most signs."""
    machine.work.commit("measured", metrics__json='{"auc": 0.9}')
    machine.work.commit("worse", metrics__json='{"auc": 0.8}')
    done = subprocess.run(
        [sys.executable, "-m", "mlgate", "report", "--format", form],
        cwd=machine.path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "→" in done.stdout.decode("utf-8")


def test_a_bug_of_ours_has_its_own_code_and_no_traceback(machine: Machine) -> None:
    """What no one has foreseen: a folder that is gone while we stand in it."""
    gone = machine.path / "gone"
    gone.mkdir()
    script = f"cd {gone} && rmdir {gone} && exec {sys.executable} -m mlgate report"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "GITHUB_ACTIONS": "true"}
    args = ["bash", "-c", script]
    done = subprocess.run(args, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (70, "")
    first, fix, command = done.stderr.splitlines()
    assert first.startswith("error: this is a bug in mlgate: FileNotFoundError")
    assert "MLGATE_TRACEBACK=1 shows the place" in fix
    assert command.startswith("::error title=mlgate::this is a bug in mlgate")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("form", ["json", "text"])
def test_a_full_disk_is_no_bug_of_ours(measured: Machine, form: str) -> None:
    args = [sys.executable, "-m", "mlgate", "report", "--format", form]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            args,
            cwd=measured.path,
            env=environment(PYTHONPATH=str(ROOT / "src")),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "error: the output: No space left on device",
        "  fix: is there room on the disk?",
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_be_taught_to_complete(shell: str) -> None:
    done = process("-m", "mlgate", _MLGATE_COMPLETE=f"{shell}_source")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_MLGATE_COMPLETE={shell}_complete" in done.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("mlgate rep", {"report"}),
        ("mlgate report --fo", {"--format"}),
        ("mlgate report --format j", {"json", "junit"}),
        ("mlgate schema ev", {"evidence"}),
    ],
)
def test_completion(words: str, offered: set[str]) -> None:
    done = process(
        "-m",
        "mlgate",
        _MLGATE_COMPLETE="bash_complete",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split()) - 1),
    )
    assert done.stderr == ""
    assert {line.rpartition(",")[2] for line in done.stdout.splitlines()} == offered


def test_completion_is_documented() -> None:
    texts = [ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")]
    assert any("_MLGATE_COMPLETE=" in text.read_text(encoding="utf-8") for text in texts)
