"""Stages: given to a version, and given back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from mlgate.ci.commands import log_safe
from mlgate.cli.release.said import write_step_outputs
from mlgate.cli.release.writing import Draft, stage_tag, write_tag
from mlgate.documents.release import TagRecord
from mlgate.errors import SourceError
from mlgate.release.grammar import require_model, require_stage, require_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgate.cli.release.registry import Registry
    from mlgate.cli.session import Session
    from mlgate.release.registry import Model, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """A stage of a model.

    Attributes:
        session: The run of the command line.
        name: The model.
        stage: The stage.
        push: Whether the remote gets the tags.
    """

    session: Session
    name: str
    stage: str
    push: bool

    def give(
        self, registry: Registry, version: str, *, expect: str = "", reason: str = "promotion"
    ) -> str:
        """Give the stage to a version; returns the tag, empty where it holds it already.

        Raises:
            SourceError: there is no such version, or another than ``expect`` holds the stage.
        """
        require_stage(self.stage)
        wanted = "" if version in {"latest", "greatest"} else require_version(version)
        expected = expect if expect in {"", "none"} else require_version(expect)

        def draft(now: Registry) -> Draft | None:
            model = now.model(self.name)
            found = usable(model, wanted or model.latest)
            holder = model.holder(self.stage)
            held = holder.version if holder else "none"
            if expected and held != expected:
                raise SourceError(
                    f"{held} holds {self.stage}, and not {expected}: somebody has changed it",
                    hint=f"`mlgate release show {model.name} --history`, then verify again",
                )
            if held == found.name:
                self.session.say(f"{model.name} {found.name} holds {self.stage} already")
                return None
            return self._draft(now, found, "" if held == "none" else held, reason)

        return self._written(registry, draft)

    def take_back(
        self, registry: Registry, target: str, *, reason: str = "", dry_run: bool = False
    ) -> str:
        """Give the stage to the version before, or to ``target``; returns the tag.

        Raises:
            SourceError: there is nothing to go back to.
        """
        require_stage(self.stage)
        wanted = require_version(target) if target else ""
        why = " ".join(reason.split())[:500]
        back = f"rollback: {why}" if why else "rollback"

        def draft(now: Registry) -> Draft | None:
            model = now.model(self.name)
            holder = model.holder(self.stage)
            if holder is None:
                raise SourceError(
                    f"nothing holds {self.stage}, so there is nothing to roll back",
                    hint=f"stages of {model.name}: {', '.join(model.holdings) or 'none'}",
                )
            if wanted == holder.version:
                self.session.say(f"{model.name} {wanted} holds {self.stage} already")
                return None
            before = model.before(self.stage)
            if before is None and not wanted:
                raise SourceError(
                    f"no version of {model.name} held {self.stage} before {holder.version}",
                    hint="name one that may hold it with --to, or take the stage away with "
                    f"`mlgate release withdraw '{model.name}#{self.stage}'`",
                )
            version = usable(model, wanted or (before.version if before else ""))
            return self._draft(now, version, holder.version, back)

        if dry_run:
            made = draft(registry)
            if made is not None:
                record = made.record
                said = f"{record.name}: {self.stage} would go from {record.previous} back to "
                click.echo(log_safe(f"{said}{record.version} ({made.said.text})"))
            return ""
        return self._written(registry, draft)

    def _written(self, registry: Registry, draft: Callable[[Registry], Draft | None]) -> str:
        tag = write_tag(self.session, registry, draft, push=self.push)
        write_step_outputs(self.session, {"tag": tag, "changed": str(bool(tag)).lower()})
        return tag

    def _draft(self, now: Registry, version: Version, held: str, reason: str) -> Draft:
        name = require_model(self.name)
        word = reason.partition(":")[0].capitalize()
        what = f"{name} {version.name} gets {self.stage}"
        return Draft(
            said=stage_tag(now, "assign", name, self.stage),
            commit=version.commit,
            sentence=f"{word}: {what}" + (f", after {held}" if held else ""),
            record=TagRecord(
                name=name,
                version=version.name,
                stage=self.stage,
                previous=held,
                reason=reason,
            ),
        )


def usable(model: Model, version: str) -> Version:
    """Return a version that is registered and not withdrawn.

    Raises:
        SourceError: it is neither.
    """
    found = model.versions.get(version)
    if found is None or not found.active:
        named = [v.name for v in model.versions.values() if v.events and v.active]
        said = "was withdrawn" if found else "is not registered"
        raise SourceError(
            f"{model.name} {version or 'latest'} {said}",
            hint=f"registered: {', '.join(named[-8:]) or 'none'}",
        )
    return found
