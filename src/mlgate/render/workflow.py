"""The pull-request workflow that ``mlgate init`` writes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

_PLAIN: Final = re.compile(r"\.?[A-Za-z][A-Za-z0-9_./=+ -]*")
_COMMAND: Final = re.compile(r"[A-Za-z]([ !-\"$-9;-~]*[!-\"$-9;-~])?")
"""Printable, without ``:`` and ``#``; in a value of a block mapping the rest means itself."""

_LINES: Final = re.compile(r"([!-~][ -~]*\n)+")
_YAML_WORDS: Final = frozenset("null true false yes no on off y n .inf .nan".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class DvcSteps:
    """What a DVC project needs besides.

    Attributes:
        install: Shell command that installs DVC; empty when the other packages bring it.
        pull: Whether there is a remote to pull from.
        secrets: Variables that sign in to it; secrets of the repository have the same names.
        metrics: Whether DVC keeps metrics outside git, so that mlgate reads them through it.
    """

    install: str = ""
    pull: bool = False
    secrets: tuple[str, ...] = ()
    metrics: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowOptions:
    """What differs from one repository to the next.

    Attributes:
        branch: Default branch.
        install: Shell command that installs what training needs.
        train: Shell command that trains and writes the metrics.
        action: Our action with its revision.
        folder: Where in the repository all this happens; empty for its root.
        python_version_file: File that names the version of Python; empty when none does.
        dvc: Steps of a DVC project.
    """

    branch: str = "main"
    install: str = "python -m pip install --requirement requirements.txt"
    train: str = "python train.py"
    action: str = "mlgate/mlgate@v0.1.0"
    folder: str = ""
    python_version_file: str = ""
    dvc: DvcSteps = DvcSteps()


def render_workflow(options: WorkflowOptions) -> str:
    """Return the workflow; with the defaults it is ``workflows-templates/pull-request.yml``."""
    import jinja2  # noqa: PLC0415  # only `init` needs it here

    environment = jinja2.Environment(  # noqa: S701 - YAML, quoted by the filters
        loader=jinja2.PackageLoader("mlgate.render"),
        variable_start_string="<<",
        variable_end_string=">>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["yaml"] = quoted
    environment.filters["command"] = command
    return environment.get_template("pull-request.yml.j2").render(options=options)


def quoted(text: str) -> str:
    """Return ``text`` as a YAML scalar on one line, in a list or alone.

    >>> quoted("release/1.x"), quoted("1.10"), quoted("a: b")
    ('release/1.x', '"1.10"', '"a: b"')
    """
    plain = _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _YAML_WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def command(text: str) -> str:
    r"""Return a shell command as the value of ``run:``, each line of several on its own.

    >>> command("pip install 'dvc[s3]'"), command("echo a: b"), command("true")
    ("pip install 'dvc[s3]'", '"echo a: b"', '"true"')
    >>> print(command("cd a\nmake\n"))
    |
              cd a
              make
    """
    if _LINES.fullmatch(text):
        return "|\n" + "\n".join(f"{' ' * 10}{line}" for line in text.splitlines())
    plain = _COMMAND.fullmatch(text) and text.lower() not in _YAML_WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
