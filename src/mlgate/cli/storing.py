"""Keep the evidence of the default branch in the repository, for later baselines and releases."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final, Literal

from mlgate.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from mlgate.cli.pipeline import Outcome
    from mlgate.cli.session import Session

Store = Literal["auto", "never", "always"]
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_]+")


def keep_evidence(
    session: Session, outcome: Outcome, folder: Path, *, store: str, key: str
) -> None:
    """Store evidence, the report and predictions beside it, under a ref of this run.

    ``auto`` stores on pushes to the default branch, and says where it may not. What failed never
    changes a verdict.

    Raises:
        ConfigError: ``always``, and there is no repository with a remote.
        SourceError: ``always``, and it could not be stored.
    """
    if store == "never" or (store == "auto" and not _is_due(session)):
        return
    from mlgate.sources.storing import store_evidence  # noqa: PLC0415  # seldom

    repository, evidence = session.repository, outcome.evidence
    if repository is None or not evidence.commit or not repository.git("remote").strip():
        if store == "always":
            raise ConfigError("--store always: there is no commit, or no remote to store it on")
        return
    try:
        found = store_evidence(
            repository, evidence.commit, _run(session, key), _files(outcome, folder)
        )
    except SourceError as exc:
        if store == "always":
            raise
        if "contents: write" in exc.hint:
            session.say(f"evidence is not kept in the repository: {exc.hint}")
        else:
            session.warn(exc.what, exc.hint)
        return
    verb = "kept" if found.outcome == "stored" else "was kept before"
    session.say(f"evidence {verb} in the repository: {found.ref}")


def _is_due(session: Session) -> bool:
    github = session.github
    return (
        github is not None
        and github.event in {"push", "schedule", "workflow_dispatch"}
        and not github.subject.pull_request
        and github.default_branch is not None
        and github.subject.head_ref == github.default_branch
    )


def _run(session: Session, key: str) -> str:
    github = session.github
    number = f"{github.run_id}.{github.attempt}" if github else f"0.{int(time.time())}"
    named = _UNFIT.sub("-", key).strip("-")[:60]
    return number if named in {"", "mlgate"} else f"{number}-{named}"


def _files(outcome: Outcome, folder: Path) -> dict[str, bytes]:
    from mlgate.documents.codec import encode  # noqa: PLC0415

    files = {"evidence.json": encode(outcome.evidence), "report.json": encode(outcome.report)}
    for model in outcome.evidence.models:
        if model.predictions is not None and (folder / model.predictions.path).is_file():
            files[model.predictions.path] = (folder / model.predictions.path).read_bytes()
    return files
