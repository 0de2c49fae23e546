"""The evidence of a version, and the very bytes that were measured."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from mlgate.cli.gate import parse_report
from mlgate.cli.release.trail import Taken
from mlgate.errors import SourceError
from mlgate.policy.config import DEFAULT_MODEL
from mlgate.release.files import find_released
from mlgate.release.folder import names_of
from mlgate.sources.kept import kept_by_run, kept_in_folder
from mlgate.sources.stored import FILE_NAME, stored_refs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from mlgate.cli.release.registry import Registry
    from mlgate.cli.release.subject import Subject
    from mlgate.cli.session import Session
    from mlgate.documents.evidence import Evidence, ModelEvidence
    from mlgate.documents.release import ReleasedFile
    from mlgate.documents.report import Report
    from mlgate.sources.kept import Kept

REPORT: Final = "report.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How to verify.

    Attributes:
        branch: The branch that releases come from; empty for the default branch.
        stage: The stage whose version is the one to beat.
        evidence: Folder that `mlgate report` wrote; ``None`` for what runs stored.
        files: Folder that the model files are in.
        others: Folders that they may be in as well.
        ask_artifact: Asks the forge for what a run on a commit uploaded.
    """

    branch: str = ""
    stage: str = ""
    evidence: Path | None = None
    files: Path | None = None
    others: tuple[Path, ...] = ()
    ask_artifact: Callable[[str], Kept | None] = lambda _commit: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The evidence of a version.

    Attributes:
        kept: What a run kept.
        model: The part that is about the model.
        digest: SHA-256 of the evidence.
        report: What the run reported; ``None`` where it kept no report.
    """

    kept: Kept
    model: ModelEvidence
    digest: str
    report: Report | None


class Files(NamedTuple):
    """The model files, and where each is, by its path."""

    files: tuple[ReleasedFile, ...] = ()
    places: Mapping[str, Path] = MappingProxyType({})


def find_evidence(registry: Registry, subject: Subject, wish: Wish) -> Taken[Found]:
    """Return the evidence of exactly the commit of a version.

    Raises:
        SourceError: there is none, or it is not what the tag was written with.
    """
    refused = ""
    for kept in _kept(registry, subject, wish):
        evidence = kept.evidence
        if evidence.commit != subject.commit or evidence.dirty:
            what = "of uncommitted changes" if evidence.dirty else f"of {evidence.commit[:12]}"
            refused = f"{kept.where} is {what}"
            continue
        model = _model_of(evidence, subject.name)
        if model is None:
            names = ", ".join(m.model for m in evidence.models)
            refused = f"{kept.where} is about {names}"
            continue
        raw = next(kept.files(FILE_NAME), b"")
        digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        _same_as_registered(subject, kept.where, digest)
        written = next(kept.files(REPORT), None)
        report = parse_report(written, f"{kept.where}:{REPORT}") if written else None
        found = Found(kept=kept, model=model, digest=digest, report=report)
        return Taken(found, f"{kept.where}, {len(model.metrics)} metrics")
    raise SourceError(
        f"no evidence of commit {subject.commit[:12]} for {subject.name}"
        + (f" ({refused})" if refused else ""),
        hint="run the workflow that measures it on this commit, with `contents: write` so that "
        "the evidence is kept; or give the folder of its report with --evidence",
    )


def _model_of(evidence: Evidence, name: str) -> ModelEvidence | None:
    """Return what is known of a model; one that nobody has named may have any name in its tags."""
    names = {name, name.replace(":", "/")}
    unnamed = len(evidence.models) == 1 and evidence.models[0].model == DEFAULT_MODEL
    found = (model for model in evidence.models if model.model in names or unnamed)
    return next(found, None)


def _kept(registry: Registry, subject: Subject, wish: Wish) -> Iterator[Kept]:
    """Yield what may hold the evidence; what the tag names alone, where it names something."""
    repository = registry.repository
    if wish.evidence is not None:
        yield kept_in_folder(wish.evidence)
        return
    refs = stored_refs(repository, subject.commit, fetch=True)
    named = subject.record.evidence if subject.record else ""
    if named and named.startswith("refs/"):
        refs = tuple(ref for ref in refs if ref == named)
    for ref in reversed(refs):
        if kept := kept_by_run(repository, ref):
            yield kept
    if kept := wish.ask_artifact(subject.commit):
        yield kept


def _same_as_registered(subject: Subject, where: str, digest: str) -> None:
    record = subject.record
    if record is not None and record.digest and record.digest != digest:
        raise SourceError(
            f"{where}: not the evidence that {subject.version} was registered with "
            f"({digest[:20]}…, and the tag says {record.digest[:20]}…)",
            hint="somebody has replaced it: measure the commit again and register a new version",
        )


def model_files(session: Session, subject: Subject, found: Found, wish: Wish) -> Taken[Files]:
    """Return the model files, which must be those that were measured.

    Raises:
        SourceError: they are not, or the evidence names none.
    """
    named = [file for file in found.model.files if file.kind == "model"]
    if not named:
        raise SourceError(
            f"the evidence of {subject.name} names no model file, so nothing says which bytes "
            "were measured",
            hint="name it under `artifacts:` in mlgate.yml, and measure again",
        )
    folders = [*([wish.files] if wish.files else []), session.workspace, *wish.others]
    names = names_of(named)
    places = [find_released(file, folders, names[file.path]) for file in named]
    files = tuple(place.file for place in places)
    registered = {f.path: f.sha256 for f in subject.record.models} if subject.record else {}
    for file in files:
        if registered.get(file.path, file.sha256) != file.sha256:
            raise SourceError(
                f"{file.path}: not the bytes that {subject.version} was registered with",
                hint="get the file of that run, or register this one as a new version",
            )
    if registered and registered.keys() != {file.path for file in files}:
        raise SourceError(
            f"the evidence names other model files than the tag: {', '.join(sorted(registered))}",
            hint="register a new version",
        )
    said = "; ".join(f"{f.path}: {f.format}, {f.sha256[:19]}…" for f in files)
    return Taken(Files(files, {place.file.path: place.path for place in places}), said[:2000])
