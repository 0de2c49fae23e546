"""Every action.yml agrees with the command it runs, and holds to what GitHub needs of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from mlgate.cli import app

ROOT = Path(__file__).parents[2]
ACTIONS = [ROOT / "action.yml", *sorted(ROOT.glob("actions/*/action.yml"))]
RUNS = {"mlgate": "report"} | {
    name: name for name in ("check", "evaluate", "gate", "report", "train")
}
RUNS |= {"release": "release publish", "deploy": "release deploy"}
COMMANDS = [path for path in ACTIONS if path.parent.name != "setup"]
NOT_OPTIONS = {"working-directory", "extras", "token", "config"}
NOT_INPUTS: dict[str, set[str]] = {
    "report": {"allow-pull-request-target"},  # a danger that one has to write out
    "gate": {"base", "format"},
    "evaluate": set(),
    "train": {"show-key", "keep"},  # the action says them itself
    "check": {"write-schema", "force", "list"},  # of a person at a terminal
    "release publish": {"format"},
    "release deploy": {"format", "push"},
}


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def name_of(path: Path) -> str:
    return "mlgate" if path.parent == ROOT else path.parent.name


def command_of(path: Path) -> click.Command:
    command: click.Command | None = app
    for word in RUNS[name_of(path)].split():
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    return command


def prefix_of(path: Path) -> str:
    """What the environment variables of the command begin with."""
    return f"MLGATE_{RUNS[name_of(path)].replace(' ', '_')}_".upper()


def options_of(path: Path) -> dict[str, click.Parameter]:
    """Options and arguments; the environment sets both."""
    found = {}
    for option in command_of(path).params:
        longest = max(option.opts, key=len)
        found[longest.removeprefix("--")] = option
    return found


@pytest.mark.parametrize("path", COMMANDS, ids=name_of)
def test_inputs_are_the_options_of_the_command(path: Path) -> None:
    options = set(options_of(path)) - NOT_INPUTS[RUNS[name_of(path)]]
    assert set(load(path)["inputs"]) - NOT_OPTIONS == options


@pytest.mark.parametrize("path", COMMANDS, ids=name_of)
def test_defaults_are_the_defaults_of_the_command(path: Path) -> None:
    inputs = load(path)["inputs"]
    for name, option in options_of(path).items():
        if name in inputs:
            default = option.default if isinstance(option.default, str) else ""
            assert inputs[name]["default"] == default, name
            assert inputs[name]["required"] is (name == "to")


@pytest.mark.parametrize("path", COMMANDS, ids=name_of)
def test_every_input_reaches_the_command_by_environment(path: Path) -> None:
    action = load(path)
    env = {k: v for step in action["runs"]["steps"] for k, v in step.get("env", {}).items()}
    assert env.pop("MLGATE_EXTRAS") == "${{ inputs.extras }}"
    assert env.pop("MLGATE_CONFIG") == "${{ inputs.config }}"
    assert env.pop("MLGATE_TOKEN", "${{ inputs.token }}") == "${{ inputs.token }}"
    prefix = prefix_of(path)
    for name in NOT_INPUTS[RUNS[name_of(path)]]:
        env.pop(prefix + name.upper().replace("-", "_"), None)
    inputs = set(action["inputs"]) - NOT_OPTIONS
    assert env == {prefix + n.upper().replace("-", "_"): f"${{{{ inputs.{n} }}}}" for n in inputs}


@pytest.mark.parametrize("path", COMMANDS, ids=name_of)
def test_every_step_is_given_the_same(path: Path) -> None:
    steps = [step["env"] for step in load(path)["runs"]["steps"] if "mlgate" in step.get("run", "")]
    own = {f"MLGATE_TRAIN_{name}" for name in ("SHOW_KEY", "KEEP")}
    given = [{k: v for k, v in env.items() if k not in own} for env in steps if len(env) > 1]
    assert all(env == given[0] for env in given)


@pytest.mark.parametrize("path", ACTIONS, ids=name_of)
def test_actions_of_others_are_pinned(path: Path) -> None:
    uses = [step["uses"] for step in load(path)["runs"]["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/cache/(restore|save)@[0-9a-f]{40}", one) for one in uses)


@pytest.mark.parametrize("path", COMMANDS, ids=name_of)
def test_the_variables_are_those_the_command_reads(path: Path) -> None:
    command, inputs = command_of(path), load(path)["inputs"]
    for name, option in options_of(path).items():
        if name not in inputs:
            continue
        variable = f"{prefix_of(path)}{name}".upper().replace("-", "_")
        context = click.Context(app, info_name="mlgate", auto_envvar_prefix="MLGATE")
        for word in RUNS[name_of(path)].split():
            context = click.Context(command, context, info_name=word)
        assert option.envvar == variable or (
            option.envvar is None
            and f"{context.auto_envvar_prefix}_{option.name}".upper() == variable
        )


def test_the_root_action_is_the_report_action() -> None:
    root, report = load(ROOT / "action.yml"), load(ROOT / "actions/report/action.yml")
    assert root["inputs"] == report["inputs"]
    assert root["outputs"] == report["outputs"]
    assert [s.get("env") for s in root["runs"]["steps"]] == [
        s.get("env") for s in report["runs"]["steps"]
    ]


@pytest.mark.parametrize("path", ACTIONS, ids=name_of)
def test_scripts_hold_no_expressions(path: Path) -> None:
    scripts = [step["run"] for step in load(path)["runs"]["steps"] if "run" in step]
    assert scripts
    assert not [script for script in scripts if "${{" in script]


@pytest.mark.parametrize("path", ACTIONS, ids=name_of)
def test_everything_is_described(path: Path) -> None:
    action = load(path)
    described = [*action["inputs"].values(), *action["outputs"].values()]
    assert all(re.fullmatch(r"[A-Z`].{10,}\.", one["description"].strip()) for one in described)
    assert len(action["description"]) < 125  # the marketplace cuts there
