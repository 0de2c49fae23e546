"""Write what goes with a release: card, bill of materials, changes, statement, signature."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from mlgate import __version__
from mlgate.cli.release.settings import notes_of
from mlgate.documents.codec import encode
from mlgate.errors import ConfigError, SourceError
from mlgate.release.folder import (
    BOM,
    CARD,
    CHANGES,
    PREDICATE,
    REPORT,
    SIGNATURE,
    STATE,
    STATEMENT,
    fill_folder,
    names_of,
    own_folder,
)
from mlgate.render.html import render_html
from mlgate.render.release.bom import render_bom
from mlgate.render.release.card import render_card
from mlgate.render.release.changes import render_changes
from mlgate.render.release.sheet import Sheet
from mlgate.render.release.statement import render_predicate, render_statement
from mlgate.sources.commit_tree import CommitTree
from mlgate.sources.git import GitError
from mlgate.sources.stored import FILE_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlgate.cli.release.measured import Found
    from mlgate.cli.session import Session
    from mlgate.documents.release import Release
    from mlgate.policy.release import ReleaseNotes
    from mlgate.sources.git import Repository

FOLDER: Final = "release"
_MOST_COMMITS: Final = 500
_MAX_PROSE: Final = 1 << 20


def write_documents(
    session: Session, release: Release, found: Found, places: Mapping[str, Path], key: Path | None
) -> Path:
    """Fill ``.mlgate/release`` with the model files and all documents, and return it.

    Args:
        session: The run of the command line.
        release: A verified release.
        found: Its evidence.
        places: Where its model files are, by path.
        key: A private key that signs the folder; ``None`` for no signature.

    Raises:
        ConfigError: the card that the configuration names is not there.
        SourceError: a file cannot be read, written or signed.
    """
    sheet = sheet_of(session, release, found)
    documents = {
        CARD: render_card(sheet),
        BOM: render_bom(sheet),
        CHANGES: render_changes(sheet),
        STATEMENT: render_statement(sheet),
        PREDICATE: render_predicate(sheet),
    }
    raw: dict[str, bytes] = {
        name: text.encode("utf-8", "replace") for name, text in documents.items()
    }
    raw[STATE] = encode(release)
    raw[FILE_NAME] = next(found.kept.files(FILE_NAME), b"")
    if release.report is not None:
        raw[REPORT] = render_html(release.report).encode("utf-8", "replace")
    folder = own_folder(session.workspace, FOLDER)
    models = {name: places[path] for path, name in sheet.names.items()}
    fill_folder(folder, models, raw)
    _sign(session, folder, key)
    return folder


def sheet_of(session: Session, release: Release, found: Found) -> Sheet:
    """Return all that the documents are made of."""
    repository = session.repository
    if repository is None:  # pragma: no cover - a registry needs one
        raise ConfigError("this folder is no git repository")
    notes = notes_of(session, release.name, release.commit)
    seconds = repository.committed_at(release.commit) or 0
    github = session.github
    return Sheet(
        release=release,
        model=found.model,
        notes=notes,
        prose=_prose(repository, release, notes),
        commits=_commits(repository, release),
        page=f"{github.server_url}/{github.repository}" if github else "",
        at=datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        names=names_of(release.models),
        tool=__version__,
    )


def outputs_of(folder: Path) -> Mapping[str, str]:
    """Return the outputs of the step that name the documents."""
    from mlgate.render.release.statement import PREDICATE as KIND  # noqa: PLC0415

    return {
        "folder": str(folder),
        "notes": str(folder / CHANGES),
        "card": str(folder / CARD),
        "bom": str(folder / BOM),
        "predicate-type": KIND,
        "predicate-path": str(folder / PREDICATE),
    }


def _prose(repository: Repository, release: Release, notes: ReleaseNotes) -> str:
    """Return what people wrote for the card, as it was at the released commit."""
    if notes.card is None:
        return ""
    tree = CommitTree(repository, release.commit)
    raw = tree.read([notes.card]).get(notes.card)
    if raw is None:
        raise ConfigError(
            f"release: card: {notes.card} is not in the released commit",
            hint="commit the file, or take the key out of mlgate.yml",
        )
    if len(raw) > _MAX_PROSE:
        raise SourceError(f"{notes.card}: longer than {_MAX_PROSE} bytes")
    return raw.decode("utf-8", "replace").replace("\r\n", "\n")


def _commits(repository: Repository, release: Release) -> tuple[str, ...]:
    """Return the first lines of messages since the release before, as far as this clone knows."""
    report = release.report
    since = report.baseline.commit if report and release.deployed else ""
    span = f"{since}..{release.commit}" if since else release.commit
    most = _MOST_COMMITS if since else 20
    asked = ("log", "--first-parent", f"--max-count={most}", "--format=%s%x00", span, "--")
    try:
        listed = repository.git(*asked).decode("utf-8", "replace")
    except GitError:
        return ()
    return tuple(title.strip() for title in listed.split("\0") if title.strip())


def _sign(session: Session, folder: Path, key: Path | None) -> None:
    if key is None:
        return
    from mlgate.release.signing import sign_folder  # noqa: PLC0415  # seldom

    session.progress("signing")
    target = folder.with_name(SIGNATURE)
    sign_folder(folder, key, target, session.environ)
    target.replace(folder / SIGNATURE)
