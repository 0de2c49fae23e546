# ruff: noqa: INP001  # a program for cog, not a module
"""What cog puts into the READMEs: tables of inputs and outputs, and the workflow to paste.

``nox -s docs`` writes them; ``nox -s lint`` fails when they are not up to date.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ACTIONS = Path(__file__).resolve().parent


def inputs(name: str) -> str:
    """Table of the inputs of action ``name``."""
    rows = [
        f"| `{key}` | {cell(spec['description'])} | {default(spec['default'])} |"
        for key, spec in load(name)["inputs"].items()
    ]
    return "\n".join(["", "| input | meaning | default |", "|---|---|---|", *rows, ""])


def outputs(name: str) -> str:
    """Table of the outputs of action ``name``."""
    rows = [
        f"| `{key}` | {cell(spec['description'])} |" for key, spec in load(name)["outputs"].items()
    ]
    return "\n".join(["", "| output | meaning |", "|---|---|", *rows, ""])


def template(name: str) -> str:
    """Workflow template ``name``, to paste."""
    text = (ACTIONS.parent / "workflows-templates" / f"{name}.yml").read_text(encoding="utf-8")
    return f"\n```yaml\n{text}```\n"


def load(name: str) -> dict[str, Any]:
    """Content of the action's file."""
    loaded: dict[str, Any] = yaml.safe_load(
        (ACTIONS / name / "action.yml").read_text(encoding="utf-8")
    )
    return loaded


def cell(text: str) -> str:
    """One line that cannot end its cell."""
    return " ".join(text.split()).replace("|", "\\|")


def default(value: str) -> str:
    """What the table shows for a default."""
    return f"`{value}`" if value else ""
