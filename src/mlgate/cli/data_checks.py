"""Run the checks of a model and bring their results into its evidence."""

from __future__ import annotations

import contextlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from mlgate import __version__
from mlgate.cli.data_inputs import inputs_of, schema_of
from mlgate.cli.identity import ci_run, head_commit, named_models, of_this_run
from mlgate.cli.pipeline import Request, baseline_of, rules_for
from mlgate.cli.progress import Progress
from mlgate.documents.evidence import DataFile, ModelEvidence, SourceFile
from mlgate.documents.report import Report
from mlgate.documents.verdict import Verdict
from mlgate.errors import ConfigError, SourceError
from mlgate.policy.checks import judge_checks
from mlgate.policy.config import Data, Engine
from mlgate.policy.judge import headline, judge_sources, overall_of, rules_of
from mlgate.policy.rules import unanswered
from mlgate.render.outline import worst_first
from mlgate.sources.collect import Wanted, collect
from mlgate.sources.evidence_files import FRAGMENT
from mlgate.sources.worktree import WorkTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mlgate.checks.subject import Subject
    from mlgate.cli.pipeline import Rules
    from mlgate.cli.session import Session
    from mlgate.documents.comparison import Baseline
    from mlgate.documents.evidence import CheckResult
    from mlgate.policy.config import Rule
    from mlgate.tables.table import Table, TableFiles

ENGINES: Final = ("", "builtin", "deepchecks", "dvc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """One run of checks.

    Attributes:
        session: The run of the command line.
        tree: The work tree.
        rules: Configuration of the head, and of the baseline where that decides.
        baseline: What the head is compared with.
        memory: Most memory that the builtin engine may use.
        engine: The only engine to run; empty for what is configured.
        progress: Is told what is being done.
    """

    session: Session
    tree: WorkTree
    rules: Rules
    baseline: Baseline
    memory: str = ""
    engine: Literal["", "builtin", "deepchecks", "dvc"] = ""
    progress: Callable[[str], None] = lambda _said: None

    def names(self, model: str, *, given: Mapping[str, str]) -> dict[str, Data]:
        """Return the data to check, by model: what is configured, with what is ``given`` on top.

        Raises:
            ConfigError: no data is named, or ``model`` is none of the configured ones.
        """
        config = self.rules.measures
        if given:
            name = model or next(iter(config.models))
            configured = self.data(name)
            tables = {"train": None, "test": None} if {"train", "test"} & given.keys() else {}
            return {name: msgspec.structs.replace(configured, **{**tables, **given})}
        if model:
            return {name: self.data(name) for name in named_models(config, model)}
        found = {name: self.data(name) for name in config.models}
        kept = {
            n: d
            for n, d in found.items()
            if d.paths or self.is_configured(n) or self.only_results(n)
        }
        return kept or found

    def engines(self, name: str) -> tuple[Engine, ...]:
        """Return who checks the model: as the baseline says where it says anything."""
        decides = rules_of(self.rules.decides, name).checks
        found = decides or rules_of(self.rules.measures, name).checks
        if not self.engine:
            return found
        kept = tuple(engine for engine in found if engine.engine == self.engine)
        return kept or (Engine(engine=self.engine),)

    def is_configured(self, name: str) -> bool:
        """Tell whether the configuration asks for checks of this model by an engine."""
        return bool(self.engines(name))

    def only_results(self, name: str) -> bool:
        """Tell whether other tools have made all results, and there is no data to check."""
        rules = [rules_of(config, name) for config in (self.rules.decides, self.rules.measures)]
        data = any(model.data.paths or model.checks for model in rules)
        return any(model.results for model in rules) and not data

    def data(self, name: str) -> Data:
        """Return the data of the model; what narrows the checks is of the baseline."""
        measured = rules_of(self.rules.measures, name).data
        if self.rules.source.origin != "base":
            return measured
        decides = rules_of(self.rules.decides, name)
        if not decides.checks and not decides.data.paths:
            return measured
        return msgspec.structs.replace(
            measured,
            ignore=decides.data.ignore,
            where=decides.data.where,
            schema=decides.data.schema or measured.schema,
        )

    def found(self, name: str, folder: Path) -> ModelEvidence:
        """Return what `mlgate check` found earlier in this very job, else what it finds now.

        Data that cannot be read is no reason to lose the rest of a report: it is in ``sources``.

        Raises:
            ConfigError: the configuration does not fit the data.
        """
        if not self.is_configured(name):
            return self.results(name)
        earlier = fragment_of_this_run(self.session, folder, name)
        if earlier is not None:
            return earlier
        try:
            return self.run(name, output=folder)
        except SourceError as exc:
            broken = SourceFile(path="", problem=exc.what[:4000], hint=exc.hint[:4000])
            return with_checks(ModelEvidence(model=name, sources=(broken,)), self.results(name))

    def results(self, name: str) -> ModelEvidence:
        """Return the results that other tools have made; a file that is none is in ``sources``."""
        decides = rules_of(self.rules.decides, name).results
        wanted = decides or rules_of(self.rules.measures, name).results
        if not wanted:
            return ModelEvidence(model=name)
        from mlgate.sources.check_results.collect import collect_results  # noqa: PLC0415

        files = [(r, "") if isinstance(r, str) else (r.file, r.format or "") for r in wanted]
        checks, sources = collect_results(self.tree, files)
        return ModelEvidence(model=name, checks=checks, sources=sources)

    def run(self, name: str, data: Data | None = None, *, output: Path) -> ModelEvidence:
        """Return evidence that holds the results of all engines, and which data they saw.

        Args:
            name: The model.
            data: Its data, where it is not what is configured.
            output: Folder for pages that an engine writes.

        Raises:
            ConfigError: the configuration does not fit the data.
            SourceError: the data cannot be read, or an engine is not installed.
        """
        chosen = data or self.data(name)
        engines = self.engines(name) or (Engine(),)
        checks: list[CheckResult] = []
        files: dict[str, DataFile] = {}
        notes: list[str] = []
        tables = [engine for engine in engines if engine.engine != "dvc"]
        if len(tables) < len(engines):
            checks += self._dvc()
        if not tables:
            found = ModelEvidence(model=name, checks=tuple(checks))
            return with_checks(found, self.results(name))
        with tempfile.TemporaryDirectory(prefix="mlgate-") as scratch:
            folder = Path(scratch).resolve()
            with self.opened(chosen, folder=folder) as (subject, said):
                files |= self._identities(chosen, subject)
                notes += said
                for engine in tables:
                    if engine.engine == "builtin":
                        checks += self._builtin(subject, engine)
                    else:
                        checks += self._deepchecks(subject, engine, folder, output)
        found = ModelEvidence(
            model=name, checks=tuple(checks), files=tuple(files.values()), notes=tuple(notes)
        )
        return with_checks(found, self.results(name))

    def _builtin(self, subject: Subject, engine: Engine) -> list[CheckResult]:
        from mlgate.checks.plan import plan_of  # noqa: PLC0415
        from mlgate.checks.run import run_checks  # noqa: PLC0415

        plan = plan_of(engine, now=time.time(), lenient=self.rules.source.origin == "base")
        return list(run_checks(subject, plan))

    def _dvc(self) -> tuple[CheckResult, ...]:
        from mlgate.sources.commit_tree import CommitTree  # noqa: PLC0415
        from mlgate.sources.dvc_state import check_dvc  # noqa: PLC0415

        repository, session = self.session.repository, self.session
        head = repository.resolve("HEAD") if repository else None
        committed = CommitTree(repository, head) if repository and head else None
        self.progress("asking DVC")
        return check_dvc(session.workspace, session.environ, self.tree, committed)

    def _deepchecks(
        self, subject: Subject, engine: Engine, folder: Path, output: Path
    ) -> tuple[CheckResult, ...]:
        from mlgate.checks.deepchecks.request import request_of  # noqa: PLC0415
        from mlgate.checks.deepchecks.run import Place, run_deepchecks  # noqa: PLC0415

        environ = self.session.environ
        home = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or "~").expanduser() / (
            ".cache"
        )
        place = Place(cache=Path(home) / "mlgate", scratch=folder, output=output, environ=environ)
        request = request_of(subject, engine, folder)
        return run_deepchecks(request, place, samples=engine.samples, progress=self.progress)

    @contextlib.contextmanager
    def opened(
        self, data: Data, *, schema: bool = True, folder: Path | None = None
    ) -> Iterator[tuple[Subject, tuple[str, ...]]]:
        """Open the tables of ``data``; they are gone afterwards.

        Args:
            data: What to open.
            schema: Whether the schema file is read as well.
            folder: Where tables may be written, for engines that read files.

        Raises:
            ConfigError: the configuration does not fit the data.
            SourceError: the data cannot be read, or the extra is not installed.
        """
        from mlgate.checks.plan import roles_of  # noqa: PLC0415
        from mlgate.checks.subject import Subject  # noqa: PLC0415
        from mlgate.tables.opening import open_table  # noqa: PLC0415
        from mlgate.tables.store import Store  # noqa: PLC0415

        with tempfile.TemporaryDirectory(prefix="mlgate-") as copies:
            inputs = inputs_of(self.session, self.tree, data, self.baseline, Path(copies))
            paths = [path for table in inputs.tables for path in table.paths]
            commit = self.rules.source.commit if self.rules.source.origin == "base" else ""
            wanted = data.schema if schema else None
            found = schema_of(self.session, self.tree, wanted, commit)
            with Store(paths, memory=self.memory, exports=folder) as store:
                tables = {}
                for files in inputs.tables:
                    self.progress(f"reading {files.origin}")
                    tables[files.role] = open_table(store, files, where=data.where or "")
                subject = Subject(
                    store=store,
                    tables=tables,
                    stored=inputs.stored,
                    roles=roles_of(data),
                    schema=found,
                    progress=self.progress,
                )
                sizes = (_size(files, tables[files.role]) for files in inputs.tables)
                yield subject, (*inputs.notes, *(text for text in sizes if text))

    def _identities(self, data: Data, subject: Subject) -> dict[str, DataFile]:
        """Return the files that were read, with their rows and columns."""
        wanted = Wanted(model="", metrics=(), params=(), data=data.paths)
        try:
            known = {file.path: file for file in collect(self.tree, wanted).files}
        except SourceError:
            known = {}
        found: dict[str, DataFile] = {}
        for table in subject.tables.values():
            path = table.origin[:1024]
            if path in data.paths and path in known:
                found[path] = msgspec.structs.replace(
                    known[path], rows=table.rows, columns=len(table.columns)
                )
            found |= {
                p: f for p, f in known.items() if p.startswith(f"{path}/") and f.kind == "data"
            }
        return found

    def report(self, models: Sequence[ModelEvidence]) -> Report:
        """Return the verdict over the checks alone, as a report."""
        policy = self.rules.decides.policy
        found = [
            judgement
            for model in models
            for judgement in (
                *judge_checks(
                    model, _about(rules_of(self.rules.decides, model.model).gate, model), policy
                ),
                *judge_sources(model, policy),
            )
        ]
        judgements = tuple(found)
        overall = overall_of(judgements)
        return Report(
            key="mlgate check",
            version=__version__,
            commit=head_commit(self.session),
            run=ci_run(self.session),
            head_name="data",
            baseline=self.baseline,
            verdict=Verdict(
                overall=overall,
                observe=policy.mode == "observe",
                headline=headline(overall, worst_first(judgements)),
                policy=self.rules.source,
                judgements=judgements,
            ),
        )


def _size(files: TableFiles, table: Table) -> str:
    """Say how large a table of several files is, which no single file of the evidence tells."""
    if len(files.paths) == 1:
        return ""
    parts = f"{len(files.paths)} files, {table.rows} rows, {len(table.columns)} columns"
    return f"{table.origin[:1024]} ({table.role}): {parts}."


def _about(rules: Sequence[Rule], model: ModelEvidence) -> list[Rule]:
    """Return the rules that these checks answer to; others are for `mlgate report`."""
    absent = {id(rule) for rule in unanswered(rules, model.checks)}
    return [rule for rule in rules if id(rule) not in absent]


def open_checking(session: Session, *, base: str, memory: str, engine: str) -> Checking:
    """Return a run of checks in the workspace.

    Raises:
        ConfigError: the configuration, or an option, is not valid.
    """
    if engine not in ENGINES:
        raise ConfigError(f"--engine {engine!r} is not known", hint="builtin, deepchecks or dvc")
    tree = WorkTree(session.workspace, session.repository)
    baseline = baseline_of(session, Request(base=base))
    return Checking(
        session=session,
        tree=tree,
        rules=rules_for(session, tree, baseline),
        baseline=baseline,
        memory=memory,
        engine=engine,  # type: ignore[arg-type]
        progress=Progress(session).say,
    )


def with_checks(model: ModelEvidence, checked: ModelEvidence) -> ModelEvidence:
    """Return the evidence of a model together with that of its checks."""
    files = {file.path: file for file in (*model.files, *checked.files)}
    return msgspec.structs.replace(
        model,
        checks=(*model.checks, *checked.checks),
        files=tuple(files[path] for path in sorted(files)),
        sources=(*model.sources, *checked.sources),
        notes=(*model.notes, *checked.notes),
    )


def fragment_of_this_run(session: Session, folder: Path, name: str) -> ModelEvidence | None:
    """Return what `mlgate check` wrote for the model earlier in this very job of CI."""
    if session.github is None:
        return None
    return of_this_run(session, fragment_path(folder, name), name)


def fragment_path(folder: Path, name: str) -> Path:
    """Return where the results of the checks of a model are kept."""
    return folder / "evidence" / name / FRAGMENT
