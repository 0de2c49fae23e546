"""Write the generated documents: schemas, command line, tables of the actions.

``python docs/generate.py`` writes them; with ``--check`` it changes nothing, names what is not
current, and exits with 1.
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from mlgate.checks.catalogue import CATALOGUE
from mlgate.checks.contract import Limit
from mlgate.checks.result import limit_text
from mlgate.cli import COMMANDS, app
from mlgate.cli.documents import DOCUMENTS, schema_text
from mlgate.policy.config import (
    At,
    Condition,
    Data,
    Engine,
    Model,
    Policy,
    ResultFile,
    Rule,
)
from mlgate.policy.predictions import Predictions
from mlgate.policy.release import Canary, Publication, ReleaseNotes, Smoke, Stage
from mlgate.policy.training import Ray, Remote, Train

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.checks.contract import Check
    from mlgate.policy.section import Section

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
INTRODUCTION = """\
Generated from `--help` by `nox -s docs`.

Shell completion, one line in the start file of the shell:

| shell | file | line |
|---|---|---|
| bash | `~/.bashrc` | `eval "$(_MLGATE_COMPLETE=bash_source mlgate)"` |
| zsh | `~/.zshrc` | `eval "$(_MLGATE_COMPLETE=zsh_source mlgate)"` |
| fish | `~/.config/fish/config.fish` | `_MLGATE_COMPLETE=fish_source mlgate \\| source` |"""
CONFIGURATION = """\
# mlgate.yml

Generated from the code by `nox -s docs`. The file is `mlgate.yml`, or `[tool.mlgate]` in
`pyproject.toml`; `mlgate schema config` prints its JSON Schema. Begin with `version: 1`. A
repository with one model writes the keys of the model at the top level, and may name it with
`model: NAME`; one with several has them under `models:`, by name. An unknown key is an error that
names the line and the key that was probably meant. On pull requests and in the merge queue the
file of the baseline decides."""
CHECKS = """\
# Checks

Generated from the catalogue by `nox -s docs`; `mlgate check --list` prints it.

Every check that the data allows runs; a condition in `mlgate.yml` changes its limit, its columns or
its outcome, or leaves it out. A check has one of the outcomes `pass`, `warn`, `fail`, `error` (it
crashed, or lacks a column) and `skipped` (somebody asked for it, and it cannot run). Neither of the
last two is a pass for a gate. In small tables a value must be beyond its limit *and* beyond what
chance alone exceeds once in a thousand cases.

```yaml
data:
  train: data/train.parquet
  test: data/test.parquet
  label: churned
  id: customer_id
checks:
  - engine: builtin
    conditions:
      - {check: data.nulls, max: 0.2, columns: [age, income]}
      - {check: split.feature-drift, method: psi, max: 0.1, ignore: [month]}
      - {check: data.string-length, outcome: "off"}
```

## The catalogue"""
OTHERS = """\
## Checks of training and of DVC

They look at no table, and rules of `gate:` weaken or name them like all others.

| check | what it tells | made by | beyond it |
|---|---|---|---|
| `training.inputs` | Files outside `train: inputs:` that a Python of the training has read. \
Libraries that open files without Python (Arrow's Parquet reader), and programs that are none, \
are not seen. | `mlgate train` with `inputs:` | `warn`, or `fail` with `undeclared: error` |
| `training.network` | Hosts that it has asked. | likewise | likewise |
| `training.reproducible` | Whether the same comes out twice: byte for byte, else metrics within \
`tolerance` and predictions that agree. | `mlgate train` with `reproduce:` | `fail` |
| `dvc.lock` | Whether `dvc.lock` is what code, data and settings of this commit make. \
| the engine `dvc` | `fail` |
| `dvc.remote` | Whether all that DVC keeps is on its remote. | the engine `dvc` | `fail` |"""
EQUIVALENCE = """\
## For users of deepchecks

`mlgate check --engine deepchecks` runs deepchecks itself. The builtin engine measures the same
things under other names; where the definitions are the same, `tests/deepchecks` holds both to the
same verdicts on the same data, clean and with faults."""
SECTIONS: Mapping[str, type[Section]] = {
    "A model": Model,
    "data:": Data,
    "reference: as a mapping": At,
    "An engine of checks:": Engine,
    "A condition of conditions:": Condition,
    "An entry of results: as a mapping": ResultFile,
    "predictions:": Predictions,
    "train:": Train,
    "ray: of train:": Ray,
    "remote: of train:": Remote,
    "A rule of gate:": Rule,
    "release:": ReleaseNotes,
    "An entry of publish: of release:": Publication,
    "A stage of stages: of release:": Stage,
    "smoke: of a stage": Smoke,
    "canary: of a stage": Canary,
    "policy:": Policy,
}
TABLE = "|---|---|---|"
LOCKS = ROOT / "actions" / "setup" / "requirements"
EXTRAS = ("arrow", "data", "dvc", "plots", "sign", "stats")
EXPORT = ("uv", "export", "--frozen", "--no-dev", "--no-emit-project", "--no-header")
COG = ("cog", "-P", "-I", "actions")


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit code."""
    check = arguments == ["--check"]
    made = {DOCS / "schemas" / f"{name}.json": _schema(name) for name in DOCUMENTS}
    made[DOCS / "cli.md"] = _command_line()
    made[DOCS / "configuration.md"] = _configuration()
    made[DOCS / "checks.md"] = _checks()
    made |= {LOCKS / f"{name}.txt": _locked(name) for name in ("base", *EXTRAS)}
    stale = [path for path, text in made.items() if _read(path) != text]
    if not check:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path], encoding="utf-8")
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is not current' if check else 'written'}")
    tables = ["README.md"]
    tables += [str(p.relative_to(ROOT)) for p in sorted((ROOT / "actions").glob("*/README.md"))]
    done = subprocess.run([*COG, "--check" if check else "-r", *tables], cwd=ROOT, check=False)
    if check and (stale or done.returncode):
        print("run: nox -s docs")
        return 1
    return done.returncode


def _locked(name: str) -> str:
    """Return what the actions install, as `uv.lock` has it."""
    extra = () if name == "base" else ("--extra", name)
    command = [*EXPORT, "--no-annotate", "--quiet", *extra]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout


def _schema(name: str) -> str:
    return json.dumps(schema_text(name), indent=2) + "\n"


def _command_line() -> str:
    parts = [
        "# Command line",
        INTRODUCTION,
        _help("mlgate", app),
    ]
    context = click.Context(app, info_name="mlgate")
    for name in COMMANDS:
        command = app.get_command(context, name)
        if command is not None:
            parts.append(f"## mlgate {name}")
            parts.append(_help(name, command, context))
        if isinstance(command, click.Group):
            inner = click.Context(command, info_name=name, parent=context)
            for sub in command.list_commands(inner):
                found = command.get_command(inner, sub)
                if found is not None:
                    parts.append(f"### mlgate {name} {sub}")
                    parts.append(_help(sub, found, inner))
    return "\n\n".join(parts) + "\n"


def _configuration() -> str:
    parts = [CONFIGURATION]
    for title, section in SECTIONS.items():
        meanings = _attributes(section)
        fields = [f for f in msgspec.structs.fields(section) if f.name in meanings]
        rows = [f"| `{f.encode_name}` | {meanings[f.name]} | {_default(f)} |" for f in fields]
        if len(fields) != len(msgspec.structs.fields(section)):
            raise SystemExit(f"{section.__name__}: its docstring does not name every key")
        parts.append("\n".join([f"## {title}", "", "| key | meaning | default |", TABLE, *rows]))
    return "\n\n".join(parts) + "\n"


def _checks() -> str:
    rows = [_check(entry) for entry in CATALOGUE]
    catalogue = [
        "| check | what is measured | limit | beyond it | needs |",
        "|---|---|---|---|---|",
    ]
    peers = [
        f"| `{entry.id}` | `{entry.peer}` | {entry.differs or 'same definition'} |"
        for entry in CATALOGUE
        if entry.peer
    ]
    equivalence = ["| mlgate | deepchecks 0.19 | difference |", TABLE, *peers]
    return "\n".join(
        [CHECKS, "", *catalogue, *rows, "", OTHERS, "", EQUIVALENCE, "", *equivalence, ""]
    )


def _check(entry: Check) -> str:
    limit = limit_text(entry.limit, entry.unit) or "only shown"
    needs = ", ".join(f"`{need}`" for need in sorted(entry.needs)) or "a table"
    outcome = entry.outcome if entry.limit != Limit() else ""
    return f"| `{entry.id}` | {entry.summary} | {limit} | {outcome} | {needs} |"


def _attributes(section: type[Section]) -> dict[str, str]:
    """Return what the docstring says about each key."""
    _, _, listed = inspect.cleandoc(section.__doc__ or "").partition("Attributes:\n")
    entries = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", listed, flags=re.MULTILINE)
    return {name: " ".join(text.split()).replace("``", "`") for name, text in entries}


def _default(field: msgspec.structs.FieldInfo) -> str:
    if isinstance(field.default, msgspec.Struct) or field.default in (None, (), msgspec.NODEFAULT):
        return ""
    return f"`{json.dumps(field.default)}`".replace('"', "")


def _help(name: str, command: click.Command, parent: click.Context | None = None) -> str:
    settings = {"terminal_width": 100, "max_content_width": 100, "show_default": True}
    context = click.Context(command, info_name=name, parent=parent, **settings)  # type: ignore[arg-type]
    text = re.sub(r"[ \t]+$", "", context.get_help(), flags=re.MULTILINE)
    return f"```text\n{text}\n```"


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
