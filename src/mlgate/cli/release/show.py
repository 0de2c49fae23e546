"""``mlgate release show``: versions, stages, and how it came to that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlgate.cli.release.registry import Registry
    from mlgate.cli.session import Session
    from mlgate.documents.release import TagRecord
    from mlgate.release.registry import Event, Model, Version

EXAMPLES = """
\b
Examples:
  mlgate release show                          every model, its latest version and its stages
  mlgate release show iris                     the versions of one model
  mlgate release show iris#prod --format json | jq -r .commit
  mlgate release show iris@latest
  mlgate release show --history
"""
EVENTS = {
    "register": "registration",
    "deregister": "deregistration",
    "assign": "assignment",
    "unassign": "unassignment",
    "deprecate": "deprecation",
}
"""The words of GTO's JSON."""


@click.command(epilog=EXAMPLES)
@click.argument("what", default="", metavar="[NAME[@VERSION|#STAGE]]")
@click.option("--history", "past", is_flag=True, help="Every tag, the newest first.")
@click.option("--all", "withdrawn", is_flag=True, help="What was withdrawn as well.")
@click.option(
    "--fetch/--no-fetch",
    default=None,
    help="Ask the remote for tags first.  [default: in CI and in shallow clones]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people or for programs.",
)
@click.pass_context
def show(
    ctx: click.Context, *, what: str, past: bool, withdrawn: bool, fetch: bool | None, form: str
) -> None:
    """Show the versions that tags register, and which of them holds a stage.

    NAME lists the versions of one model; NAME@VERSION, NAME@latest and NAME#STAGE are one of them.
    """
    from mlgate.cli.release.registry import open_registry  # noqa: PLC0415  # `--help` needs none
    from mlgate.release.grammar import split_subject  # noqa: PLC0415

    session: Session = ctx.obj
    registry = open_registry(session, fetch=fetch)
    name, mark, rest = split_subject(what)
    if past:
        found: Any = list(_history(registry, name))
    elif mark:
        found = _one(registry, name, mark, rest)
    elif name:
        found = list(_versions(registry.model(name), withdrawn=withdrawn))
    else:
        found = _overview(registry, withdrawn=withdrawn)
    if form == "json":
        click.echo(json.dumps(found, indent=1, ensure_ascii=False))
        return
    click.echo(_text(found, past=past, named=bool(name)), nl=False)


def _overview(registry: Registry, *, withdrawn: bool) -> dict[str, dict[str, Any]]:
    """Return the state in the shape of ``gto show --json``."""
    models = registry.models.values()
    stages = list(dict.fromkeys(s for m in models for s in m.holdings if m.holder(s)))
    found = {}
    for name, model in registry.models.items():
        if model.active or withdrawn:
            holders = {stage: model.holder(stage) for stage in stages}
            found[name] = {
                "version": model.latest or None,
                "stage": {s: h.version if h else None for s, h in holders.items()},
                "registered": True,
                "active": model.active,
            }
    return found


def _versions(model: Model, *, withdrawn: bool) -> Iterator[dict[str, Any]]:
    from mlgate.release.versions import order  # noqa: PLC0415

    for version in sorted(model.versions.values(), key=lambda v: order(v.name), reverse=True):
        if version.active or withdrawn:
            yield _version(model, version)


def _version(model: Model, version: Version) -> dict[str, Any]:
    event = version.registered
    record = _record(event)
    stages = [s for s in model.holdings if (h := model.holder(s)) and h.version == version.name]
    return {
        "name": model.name,
        "version": version.name,
        "commit": version.commit,
        "stages": stages,
        "active": version.active,
        "at": _day(event.at) if event else None,
        "author": event.author if event else None,
        "tag": event.tag if event else None,
        "verdict": (record.verdict or None) if record else None,
        "metrics": dict(record.metrics) if record else {},
    }


def _one(registry: Registry, name: str, mark: str, rest: str) -> dict[str, Any]:
    from mlgate.errors import SourceError  # noqa: PLC0415
    from mlgate.release.grammar import require_version  # noqa: PLC0415

    model = registry.model(name)
    if mark == "#":
        held = model.holder(rest)
        if held is None:
            known = ", ".join(model.holdings) or "none"
            raise SourceError(f"no version of {model.name} holds {rest}", hint=f"stages: {known}")
        wanted = held.version
    else:
        latest = rest in {"latest", "greatest"}
        wanted = model.latest if latest else require_version(rest)
    version = model.versions.get(wanted)
    if version is None or not version.active:
        known = ", ".join([v.name for v in model.versions.values() if v.active][-8:]) or "none"
        raise SourceError(
            f"{model.name} has no version {wanted or rest}", hint=f"registered: {known}"
        )
    return _version(model, version)


def _history(registry: Registry, name: str) -> Iterator[dict[str, Any]]:
    models = [registry.model(name)] if name else list(registry.models.values())
    of_stages = {
        one.event.tag: one.version for m in models for held in m.holdings.values() for one in held
    }
    for event in sorted((e for m in models for e in m.events), key=_newest_first):
        yield {
            "timestamp": _day(event.at),
            "artifact": event.said.name,
            "event": EVENTS[event.said.action],
            "version": event.said.version or of_stages.get(event.tag),
            "stage": event.said.stage or None,
            "commit": event.commit,
            "author": event.author,
            "author_email": event.email,
            "message": event.message.strip(),
            "ref": event.tag,
        }


def _newest_first(event: Event) -> tuple[int, int, str]:
    at, counter, _, tag = event.order
    return -at, -counter, tag


def _record(event: Event | None) -> TagRecord | None:
    from mlgate.errors import SourceError  # noqa: PLC0415
    from mlgate.release.message import read_message  # noqa: PLC0415

    if event is None:
        return None
    try:
        return read_message(event.message, origin=event.tag)
    except SourceError:
        return None


def _day(seconds: int) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415

    return datetime.fromtimestamp(seconds, tz=UTC).isoformat()


def _text(found: Any, *, past: bool, named: bool) -> str:  # noqa: ANN401 - JSON
    from mlgate.render.registry import render_rows  # noqa: PLC0415

    if past:
        head = ["when", "event", "version", "stage", "commit", "tag", "by"]
        rows = [
            [
                e["timestamp"][:19],
                e["event"],
                _short(e["version"]),
                e["stage"] or "",
                e["commit"][:7],
                e["ref"],
                e["author"],
            ]
            for e in found
        ]
    elif isinstance(found, list) or named:
        return _version_rows(found if isinstance(found, list) else [found])
    else:
        stages = list(dict.fromkeys(s for one in found.values() for s in one["stage"]))
        head = ["model", "latest", *(f"#{stage}" for stage in stages)]
        rows = [
            [name, one["version"] or "", *(_short(one["stage"][s]) for s in stages)]
            for name, one in found.items()
        ]
    if not rows:
        return "No release tags. `mlgate release register NAME` makes the first.\n"
    return render_rows(head, rows)


def _version_rows(found: Sequence[dict[str, Any]]) -> str:
    from mlgate.render.numbers import shortest  # noqa: PLC0415
    from mlgate.render.registry import render_rows  # noqa: PLC0415

    names = list(dict.fromkeys(name for one in found for name in one["metrics"]))[:3]
    head = ["version", "stage", "verdict", *names, "commit", "registered", "by"]
    rows = [
        [
            _short(one["version"]) + ("" if one["active"] else " (withdrawn)"),
            ", ".join(one["stages"]),
            one["verdict"] or "",
            *(shortest(one["metrics"][n]) if n in one["metrics"] else "" for n in names),
            one["commit"][:7],
            (one["at"] or "")[:10],
            one["author"] or "",
        ]
        for one in found
    ]
    return render_rows(head, rows)


def _short(version: str | None) -> str:
    return "" if version is None else version if version.startswith("v") else version[:7]
