"""The pull-request workflow that ``mlgate init`` writes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./=+ -]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowOptions:
    """What differs from one repository to the next.

    Attributes:
        branch: Default branch.
        install: Shell command that installs what training needs.
        train: Shell command that trains and writes the metrics.
        action: Our action with its revision.
    """

    branch: str = "main"
    install: str = "python -m pip install --requirement requirements.txt"
    train: str = "python train.py"
    action: str = "mlgate/mlgate@v0.1.0"


def render_workflow(options: WorkflowOptions) -> str:
    """Return the workflow; with the defaults it is ``workflows-templates/pull-request.yml``."""
    import jinja2  # noqa: PLC0415  # only `init` needs it here

    environment = jinja2.Environment(  # noqa: S701 - YAML, quoted by the filter
        loader=jinja2.PackageLoader("mlgate.render"),
        variable_start_string="<<",
        variable_end_string=">>",
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["yaml"] = quoted
    return environment.get_template("pull-request.yml.j2").render(options=options)


def quoted(text: str) -> str:
    """Return ``text`` as a YAML scalar on one line.

    >>> quoted("python train.py"), quoted("a: b")
    ('python train.py', '"a: b"')
    """
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
