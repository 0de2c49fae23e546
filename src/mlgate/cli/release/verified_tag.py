"""From a tag to a verified release with its documents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgate.cli.release.documenting import outputs_of, write_documents
from mlgate.cli.release.registry import open_registry
from mlgate.cli.release.said import write_step_outputs
from mlgate.cli.release.subject import named_tag, subject_of
from mlgate.cli.release.trail import Trail
from mlgate.cli.release.verification import verified
from mlgate.errors import PublishError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from mlgate.cli.release.measured import Wish
    from mlgate.cli.release.registry import Registry
    from mlgate.cli.release.subject import Subject
    from mlgate.cli.session import Session
    from mlgate.documents.release import Release


def verified_tag(session: Session, tag: str, wish: Wish, key: Path | None = None) -> Release:
    """Verify a tag, by default that of this job; what holds is in ``.mlgate/release`` after.

    Raises:
        ConfigError: it is no release tag, or names no model.
        SourceError: it is not here, or was moved, deleted or withdrawn.
    """
    tag = named_tag(session, tag)
    registry = open_registry(session)
    if tag not in registry.by_tag:
        registry = open_registry(session, fetch=True)
    subject = subject_of(session, registry, tag)
    trail = Trail()
    kind = "annotated" if registry.by_tag[subject.tag].annotated else "lightweight"
    trail.add("tag", "pass", f"{subject.tag}, {kind}, at {subject.commit[:12]}")
    wish = replace(wish, others=_brought(session, registry, subject, wish))
    done = verified(session, registry, subject, wish, trail)
    if done.release.verified and done.found is not None:
        session.progress("writing the documents")
        folder = write_documents(session, done.release, done.found, done.places, key)
        write_step_outputs(session, dict(outputs_of(folder)))
    return done.release


def _brought(
    session: Session, registry: Registry, subject: Subject, wish: Wish
) -> tuple[Path, ...]:
    """Return where the files of a version are that are not in the checkout, brought here.

    A version that is published has them in its release; git may have them in another commit than
    the one that is checked out.
    """
    record = subject.record
    if record is None or not record.models or wish.files is not None:
        return ()
    if all((session.workspace / file.path).exists() for file in record.models):
        return ()
    from mlgate.cli.release.downloading import download_of  # noqa: PLC0415  # seldom needed
    from mlgate.release.earlier import bring_back  # noqa: PLC0415
    from mlgate.release.folder import own_folder  # noqa: PLC0415

    folder = own_folder(session.workspace, "brought")
    session.progress("bringing the model files")
    try:
        bring_back(
            registry.repository,
            record,
            registered_tag(registry, subject),
            folder,
            download_of(session),
        )
    except (SourceError, PublishError) as exc:
        session.detail(exc.what)
        return ()
    return (folder,)


def registered_tag(registry: Registry, subject: Subject) -> str:
    """Return the tag that registers a version, which a tag of a stage is not."""
    event = registry.models[subject.name].versions[subject.version].registered
    return event.tag if event else subject.tag
