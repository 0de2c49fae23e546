"""Put a verified release where the configuration wants it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import click
import msgspec

from mlgate.ci.commands import log_safe
from mlgate.cli.release.documenting import FOLDER
from mlgate.cli.release.registry import open_registry
from mlgate.cli.release.said import write_step_outputs
from mlgate.cli.release.settings import notes_of
from mlgate.cli.release.subject import subject_of
from mlgate.documents.release import Publication
from mlgate.errors import ConfigError, SourceError
from mlgate.publish.registry import Bundle
from mlgate.release.command_registry import CommandRegistry
from mlgate.release.folder import CHANGES, digest_of, names_of, own_folder
from mlgate.release.grammar import parse_tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mlgate.cli.session import Session
    from mlgate.documents.release import Release
    from mlgate.publish.registry import Registry

_CHUNK = 1 << 20


def publish_release(session: Session, release: Release, *, dry_run: bool) -> Release:
    """Publish a verified release, whose files are in ``.mlgate/release``.

    Raises:
        ConfigError: nothing says where it goes.
        PublishError: a place refuses.
    """
    said = parse_tag(release.tag)
    if said is None or said.action != "register":
        raise ConfigError(
            f"{release.tag} gives a stage, and what is published is a version",
            hint=f"publish the tag that registers {release.name} {release.version}",
        )
    bundle = bundle_of(session, release)
    places = list(_places(session, release))
    if not places:
        raise ConfigError(
            "nothing says where the release goes",
            hint="run it on GitHub, or name places under `release: publish:` in mlgate.yml",
        )
    if dry_run:
        _rehearse(bundle, places)
        return release
    done = []
    for place in places:
        session.progress(f"publishing: {place.where}")
        receipt = place.publish(bundle)
        for warning in receipt.warnings:
            session.warn(warning)
        session.say(f"{place.where}: {receipt.outcome} {receipt.url}".rstrip())
        done.append(
            Publication(
                where=receipt.where[:400],
                outcome=receipt.outcome,
                url=receipt.url[:2000],
                previous=receipt.previous[:400],
            )
        )
    urls = [one.url for one in done if one.url]
    write_step_outputs(session, {"url": urls[0] if urls else ""})
    return msgspec.structs.replace(release, published=tuple(done))


def bundle_of(session: Session, release: Release) -> Bundle:
    """Return what is published: all files of the folder, with the digests of its model files."""
    folder = own_folder(session.workspace, FOLDER)
    files = sorted(path for path in folder.iterdir() if path.is_file())
    digests = {path.name: _digest(path) for path in files}
    names = names_of(release.models)
    for file in release.models:
        name = names[file.path]
        if digests.get(name, file.sha256) != file.sha256:
            raise SourceError(f"{file.path} has changed since it was verified", hint="run it again")
    registry = open_registry(session, fetch=False)
    model = registry.models.get(release.name)
    return Bundle(
        tag=release.tag,
        name=release.name,
        version=release.version,
        commit=release.commit,
        notes=(folder / CHANGES).read_text(encoding="utf-8"),
        folder=folder,
        digests=digests,
        models={names[file.path]: file.sha256 for file in release.models},
        digest=digest_of(release.models),
        newest=model is None or model.latest in {"", release.version},
    )


def _places(session: Session, release: Release) -> Iterator[Registry]:
    notes = notes_of(session, release.name, release.commit)
    github = session.github
    if notes.github and github is not None:
        from mlgate.publish.github_release import GitHubRelease  # noqa: PLC0415  # requests
        from mlgate.publish.http import GitHubApi  # noqa: PLC0415

        def confirm() -> None:
            """Make sure that the tag is still what was verified."""
            subject = subject_of(session, open_registry(session), release.tag)
            if subject.commit != release.commit:
                raise SourceError(f"the tag {release.tag} was moved while it was published")

        api = GitHubApi(base_url=github.api_url, token=github.token)
        yield GitHubRelease(api=api, repository=github.repository, confirm=confirm)
    for wanted in notes.publish:
        yield CommandRegistry(wanted=wanted, folder=session.workspace, environ=session.environ)


def _rehearse(bundle: Bundle, places: Sequence[Registry]) -> None:
    for place in places:
        standing = place.look(bundle)
        held = {
            "absent": "nothing is there",
            "begun": f"a draft is there, with {len(standing.digests)} files",
            "there": "it is there already",
        }[standing.state]
        before = f"; {standing.previous} is shown now" if standing.previous else ""
        click.echo(log_safe(f"{place.where}: {held}{before}"), err=True)
    for name, digest in sorted(bundle.digests.items()):
        click.echo(log_safe(f"  {digest.removeprefix('sha256:')}  {name}"), err=True)


def _digest(path: Path) -> str:
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
    return f"sha256:{sha256.hexdigest()}"
