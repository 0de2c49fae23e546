"""Files, standard output, annotations and step outputs of one report."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlgate.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgate.cli.session import Session
    from mlgate.documents.evidence import Evidence
    from mlgate.documents.report import Report

MAX_FAILED_RULES = 100
FORMATS = ("text", "markdown", "json", "junit", "github")


def write_files(folder: Path, report: Report, evidence: Evidence | None) -> Mapping[str, Path]:
    """Write every rendering to ``folder`` and return the paths by output name.

    A folder made here tells git to ignore it, so that reports are not committed by accident.

    Raises:
        ConfigError: the folder cannot be made.
    """
    from mlgate.documents.codec import encode  # noqa: PLC0415
    from mlgate.publish.files import write_atomically  # noqa: PLC0415
    from mlgate.render.html import render_html  # noqa: PLC0415
    from mlgate.render.junit import render_junit  # noqa: PLC0415
    from mlgate.render.markdown import render_comment  # noqa: PLC0415

    contents = {
        "report-json": ("report.json", encode(report)),
        "report-markdown": ("report.md", _bytes(render_comment(report))),
        "report-html": ("report.html", _bytes(render_html(report))),
        "report-junit": ("junit.xml", _bytes(render_junit(report))),
    }
    if evidence is not None:
        contents["evidence"] = ("evidence.json", encode(evidence))
    make_folder(folder)
    for name, raw in contents.values():
        write_atomically(folder / name, raw)
    return {key: folder / name for key, (name, _) in contents.items()}


def make_folder(folder: Path) -> None:
    """Make the folder for our files; a new one tells git to ignore it.

    Raises:
        ConfigError: the folder cannot be made.
    """
    from mlgate.publish.files import write_atomically  # noqa: PLC0415

    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(
            f"--output {folder}: no folder can be made here: {exc.strerror}",
            hint="name a folder, new or not, that this user may write to",
        ) from exc
    if is_new:
        write_atomically(folder / ".gitignore", b"*\n")


def print_report(session: Session, report: Report, form: str | None) -> None:
    """Print the report to standard output in the wanted form."""
    click.echo(rendered(session, report, form or _default_form()), nl=False, color=session.color)


def rendered(session: Session, report: Report, form: str) -> str:
    """Return the report as text in one of ``FORMATS``."""
    match form:
        case "text":
            from mlgate.render.terminal import render_text  # noqa: PLC0415

            width = min(shutil.get_terminal_size((100, 24)).columns, 140)
            return render_text(report, width=width, color=session.color)
        case "markdown":
            from mlgate.ci.commands import log_safe_lines  # noqa: PLC0415
            from mlgate.render.markdown import render_summary  # noqa: PLC0415

            return log_safe_lines(render_summary(report))
        case "json":
            from mlgate.render.json_text import render_json  # noqa: PLC0415

            return render_json(report)
        case "junit":
            from mlgate.render.junit import render_junit  # noqa: PLC0415

            return render_junit(report)
        case _:
            return "".join(f"{line}\n" for line in annotation_lines(report))


def print_annotations(report: Report) -> None:
    """Print the workflow commands beside the report: standard output may go to a program."""
    for line in annotation_lines(report):
        click.echo(line, err=True)


def annotation_lines(report: Report) -> list[str]:
    """Return the workflow commands that annotate the run."""
    from mlgate.ci.commands import workflow_command  # noqa: PLC0415
    from mlgate.render.annotations import annotate  # noqa: PLC0415

    lines = []
    for note in annotate(report):
        place = {"file": note.file, "line": str(note.line)} if note.file else {}
        lines.append(workflow_command(note.level, note.message, **{"title": note.title, **place}))
    return lines


def write_outputs(session: Session, report: Report, more: Mapping[str, str]) -> None:
    """Write the outputs of the step, for later steps of the workflow."""
    if session.github is None or not session.github.output:
        return
    from mlgate.publish.files import append_outputs  # noqa: PLC0415

    outputs = {
        "verdict": report.verdict.overall,
        "failed-rules": "\n".join(_failed_rules(report)),
        **more,
    }
    append_outputs(Path(session.github.output), outputs)


def _failed_rules(report: Report) -> list[str]:
    """Return one line per rule; more than a later step's environment can hold are counted."""
    failed = [j.rule or j.subject for j in report.verdict.judgements if j.effect == "fail"]
    lines = list(dict.fromkeys(line.replace("\n", " ") for line in failed))
    more = len(lines) - MAX_FAILED_RULES
    return [*lines[:MAX_FAILED_RULES], f"… and {more} more"] if more > 0 else lines


def _default_form() -> str:
    return "text" if sys.stdout.isatty() else "markdown"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
