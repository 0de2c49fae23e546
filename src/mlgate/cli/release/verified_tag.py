"""From a tag to a verified release with its documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgate.cli.release.documenting import outputs_of, write_documents
from mlgate.cli.release.registry import open_registry
from mlgate.cli.release.said import write_step_outputs
from mlgate.cli.release.subject import subject_of
from mlgate.cli.release.trail import Trail
from mlgate.cli.release.verification import verified

if TYPE_CHECKING:
    from pathlib import Path

    from mlgate.cli.release.measured import Wish
    from mlgate.cli.session import Session
    from mlgate.documents.release import Release


def verified_tag(session: Session, tag: str, wish: Wish, key: Path | None = None) -> Release:
    """Verify a tag; what holds has its files and documents in ``.mlgate/release``.

    Raises:
        ConfigError: it is no release tag, or names no model.
        SourceError: it is not here, or was moved, deleted or withdrawn.
    """
    registry = open_registry(session)
    subject = subject_of(session, registry, tag)
    trail = Trail()
    kind = "annotated" if registry.by_tag[subject.tag].annotated else "lightweight"
    trail.add("tag", "pass", f"{subject.tag}, {kind}, at {subject.commit[:12]}")
    done = verified(session, registry, subject, wish, trail)
    if done.release.verified and done.found is not None:
        session.progress("writing the documents")
        source = wish.files or session.workspace
        folder = write_documents(session, done.release, done.found, source, key)
        write_step_outputs(session, dict(outputs_of(folder)))
    return done.release
