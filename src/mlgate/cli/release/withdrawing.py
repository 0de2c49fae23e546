"""Tags that take something back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlgate.cli.release.said import write_step_outputs
from mlgate.cli.release.staging import usable
from mlgate.cli.release.writing import Draft, stage_tag, write_tag
from mlgate.documents.release import TagRecord
from mlgate.errors import SourceError
from mlgate.release.grammar import (
    TagName,
    require_model,
    require_stage,
    require_version,
    split_subject,
)

if TYPE_CHECKING:
    from mlgate.cli.release.registry import Registry
    from mlgate.cli.session import Session
    from mlgate.release.registry import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What is taken back, as in ``iris@v1.2.0``, ``iris#staging`` or ``iris``."""

    session: Session
    what: str
    reason: str
    push: bool

    def run(self, registry: Registry) -> str:
        """Write the tag and return it.

        Raises:
            SourceError: there is no such thing, or a stage still needs it.
        """
        tag = write_tag(self.session, registry, self._draft, push=self.push)
        write_step_outputs(self.session, {"tag": tag, "changed": str(bool(tag)).lower()})
        return tag

    def _draft(self, now: Registry) -> Draft | None:
        name, mark, rest = split_subject(self.what)
        model = now.model(require_model(name))
        if not mark:
            return self._model(model)
        if mark == "#":
            return self._stage(now, model, require_stage(rest))
        return self._version(model, require_version(rest))

    def _model(self, model: Model) -> Draft | None:
        if not model.active:
            self.session.say(f"{model.name} is withdrawn already")
            return None
        held = [stage for stage in model.holdings if model.holder(stage)]
        _refuse_held(model.name, held)
        said = TagName(action="deprecate", name=model.name, counter=_counter(model, "deprecate"))
        return self._made(said, model.events[-1].commit, f"Withdraw {model.name}", model.name)

    def _stage(self, now: Registry, model: Model, stage: str) -> Draft | None:
        holder = model.holder(stage)
        if holder is None:
            self.session.say(f"nothing holds {stage} of {model.name}")
            return None
        said = stage_tag(now, "unassign", model.name, stage)
        sentence = f"Take {stage} from {model.name} {holder.version}"
        commit = model.versions[holder.version].commit
        return self._made(said, commit, sentence, model.name, holder.version, stage)

    def _version(self, model: Model, version: str) -> Draft | None:
        found = model.versions.get(version)
        if found is not None and not found.active:
            self.session.say(f"{model.name} {version} is withdrawn already")
            return None
        found = usable(model, version)
        held = [s for s in model.holdings if (h := model.holder(s)) and h.version == version]
        _refuse_held(f"{model.name} {version}", held)
        counter = _counter(model, "deregister", version)
        said = TagName(action="deregister", name=model.name, version=version, counter=counter)
        return self._made(
            said, found.commit, f"Withdraw {model.name} {version}", model.name, version
        )

    def _made(self, said: TagName, commit: str, sentence: str, name: str, *of: str) -> Draft:
        why = " ".join(self.reason.split())[:500]
        version, stage = (*of, "", "")[:2]
        record = TagRecord(
            name=name,
            version=version,
            stage=stage,
            reason=f"withdrawal: {why}" if why else "withdrawal",
        )
        text = f"{sentence}: {why}" if why else sentence
        return Draft(said=said, commit=commit, sentence=text, record=record)


def _refuse_held(what: str, stages: list[str]) -> None:
    if stages:
        raise SourceError(
            f"{what} holds {', '.join(stages)}",
            hint="roll the stage back first, or take it away: `mlgate release withdraw "
            f"'NAME#{stages[0]}'`",
        )


def _counter(model: Model, action: str, version: str = "") -> int | None:
    """Return no counter for the first tag of its kind, as GTO does, and a free one after it."""
    same = [e for e in model.events if e.said.action == action and e.said.version == version]
    return model.counter + len(same) + 1 if same else None
