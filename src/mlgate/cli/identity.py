"""What we are about: which models, which commit, which run, and the evidence of just this run."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from mlgate.documents.base import Run
from mlgate.documents.evidence import Evidence, ModelEvidence
from mlgate.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mlgate.cli.session import Session
    from mlgate.policy.config import Config


def named_models(config: Config, model: str | None) -> Iterable[str]:
    """Return the models to look at: ``model`` alone, or all that are configured.

    Raises:
        ConfigError: ``model`` is none of several configured ones.
    """
    if model is None:
        return config.models
    if model not in config.models and len(config.models) > 1:
        close = difflib.get_close_matches(model, config.models, n=1, cutoff=0.4)
        hint = f"did you mean `{close[0]}`?" if close else f"known: {', '.join(config.models)}"
        raise ConfigError(f"--model {model!r} is not in the configuration", hint=hint)
    return (model,)


def evidence_of(session: Session, models: tuple[ModelEvidence, ...]) -> Evidence:
    """Return the document that hands what was measured to another job."""
    return Evidence(
        commit=head_commit(session),
        dirty=session.repository.dirty if session.repository else False,
        run=ci_run(session),
        models=models,
    )


def of_this_run(session: Session, path: Path, name: str) -> ModelEvidence | None:
    """Return what an earlier step of this very run wrote of a model, if it is of this commit."""
    if not path.is_file():
        return None
    from mlgate.sources.evidence_files import read_evidence  # noqa: PLC0415  # not for who writes

    for evidence in read_evidence([path]):
        if evidence.run == ci_run(session) and evidence.commit == head_commit(session):
            return next((m for m in evidence.models if m.model == name), None)
    return None


def head_commit(session: Session) -> str:
    """Return the commit that the report is about: the pull request's head, else HEAD."""
    if session.github is not None and session.github.subject.pull_request:
        return session.github.subject.head_sha
    if session.repository is not None:
        return session.repository.resolve("HEAD") or ""
    return ""


def ci_run(session: Session) -> Run | None:
    """Return the CI run we are part of."""
    github = session.github
    if github is None:
        return None
    return Run(
        id=str(github.run_id),
        attempt=github.attempt,
        number=github.run_number,
        url=github.run_url,
        repository=github.repository,
        pull_request=github.subject.pull_request,
        event=github.event,
    )
