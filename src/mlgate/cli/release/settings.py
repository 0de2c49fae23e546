"""What the configuration says of the releases of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.cli.pipeline import config_at
from mlgate.cli.release.registry import configuration
from mlgate.errors import ConfigError
from mlgate.policy.config import Config
from mlgate.policy.judge import rules_of

if TYPE_CHECKING:
    from mlgate.cli.session import Session
    from mlgate.policy.release import ReleaseNotes, Stage


def notes_of(session: Session, name: str, commit: str = "") -> ReleaseNotes:
    """Return what the configuration of a commit, or of the work tree, says of a release."""
    file = config_at(session, commit) if commit else None
    config = configuration(session) if not commit else file.config if file else Config()
    plain = name.replace(":", "/")
    known = next((one for one in (name, plain) if one in config.models), plain)
    if len(config.models) == 1:
        known = next(iter(config.models))
    return rules_of(config, known).release


def stage_of(session: Session, name: str, stage: str) -> Stage | None:
    """Return how the model is deployed to a stage, ``None`` where nobody says."""
    return notes_of(session, name).stages.get(stage)


def require_stage_of(session: Session, name: str, stage: str) -> Stage:
    """Return how the model is deployed to a stage.

    Raises:
        ConfigError: the configuration does not say.
    """
    found = stage_of(session, name, stage)
    if found is None:
        known = ", ".join(notes_of(session, name).stages) or "none"
        raise ConfigError(
            f"mlgate.yml does not say how {name} is deployed to {stage}",
            hint=f"write `release: stages: {stage}: deploy: COMMAND`; stages there are: {known}",
        )
    return found
