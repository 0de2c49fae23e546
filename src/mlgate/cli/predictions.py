"""Evaluate predictions: metrics of head and baseline, and what their rows tell of the change."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlgate.cli.data_inputs import paths_of
from mlgate.cli.scored import FORMAT, Scored, broken, findings_of, key_of, metric_of, paired_of
from mlgate.documents.evidence import SourceFile
from mlgate.errors import ConfigError, SourceError
from mlgate.policy.judge import rules_of
from mlgate.sources.at_commit import copy_at
from mlgate.sources.globs import is_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mlgate.cli.pipeline import Rules
    from mlgate.cli.session import Session
    from mlgate.documents.comparison import Baseline
    from mlgate.evaluate.result import Estimate, Setting
    from mlgate.evaluate.rows import EvaluationSet
    from mlgate.policy.config import Policy
    from mlgate.policy.predictions import Predictions
    from mlgate.sources.kept import Kept
    from mlgate.sources.predictions.read import Predicted
    from mlgate.sources.worktree import WorkTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One run of evaluations.

    Attributes:
        session: The run of the command line.
        tree: The work tree.
        rules: Configuration of the head, and of the baseline where that decides.
        baseline: What the head is compared with.
        against: File with the baseline's predictions; empty for what git or DVC keeps.
        pictures: Whether curves, and what flipped, are wanted as well.
        progress: Is told what is being done.
        kept: What an earlier run kept of the baseline.
        ask_artifact: Asks the forge for what a run on the baseline uploaded.
        output: Folder of the evidence, where predictions are kept if the configuration says so.
    """

    session: Session
    tree: WorkTree
    rules: Rules
    baseline: Baseline
    against: str = ""
    pictures: bool = True
    progress: Callable[[str], None] = lambda _said: None
    kept: Kept | None = None
    ask_artifact: Callable[[str], Kept | None] = lambda _commit: None
    output: Path | None = None

    def wanted(self, name: str) -> Predictions | None:
        """Return the predictions of a model; those of the baseline's configuration decide."""
        decides = rules_of(self.rules.decides, name).predictions
        return decides or rules_of(self.rules.measures, name).predictions

    def scored(self, name: str) -> Scored | None:
        """Return what the predictions of a model say; ``None`` where it has none.

        A file that cannot be read is in ``source``, so that the rest of a report is not lost.

        Raises:
            ConfigError: the configuration does not fit the file.
        """
        wanted = self.wanted(name)
        return None if wanted is None else self.measured(name, wanted)

    def measured(self, name: str, wanted: Predictions) -> Scored:
        """Return what the predictions of the work tree say, against those of the baseline.

        Those that evidence of the baseline, git, DVC or an artifact keeps come first; where there
        are none, or of other rows, the baseline predicts again, if there is a command.
        """
        with tempfile.TemporaryDirectory(prefix="mlgate-") as folder:
            try:
                head = paths_of(self.tree, wanted.file)
                if self.against:
                    given = self._one(self.against, "--against")
                    return self.of_files(wanted, head, given, model=name)
                base, why = self._base(name, wanted, Path(folder))
                found, why = self._paired(name, wanted, head, base, why)
                if found is None or found.incomparable:
                    base, said = self._again(name, wanted, Path(folder))
                    again, said = self._paired(name, wanted, head, base, said)
                    found, why = again or found, said or why
                return found or self.of_files(wanted, head, None, why, model=name)
            except SourceError as exc:
                return Scored(source=broken(wanted.file, exc))

    def _paired(
        self, name: str, wanted: Predictions, head: list[Path], base: Path | None, why: str
    ) -> tuple[Scored | None, str]:
        """Return head and baseline together, or why not; what is wrong may be of either."""
        if base is None:
            return None, why
        try:
            return self.of_files(wanted, head, base, model=name), ""
        except (SourceError, ConfigError) as exc:
            return None, exc.what

    def _one(self, path: str, what: str) -> Path:
        paths = paths_of(self.tree, path)
        if len(paths) != 1:
            raise ConfigError(f"{what}: {path!r} stands for {len(paths)} files, and one is needed")
        return paths[0]

    def _again(self, name: str, wanted: Predictions, folder: Path) -> tuple[Path | None, str]:
        """Return what the baseline predicts with its own code, or why it does not."""
        from mlgate.sources.repredict import INPUT, predict_at  # noqa: PLC0415

        models = [rules_of(c, name) for c in (self.rules.decides, self.rules.measures)]
        command = next((model.predict for model in models if model.predict), None)
        repository, commit = self.session.repository, self.baseline.commit
        if command is None or repository is None or not commit:
            return None, ""
        places: dict[str, Path | str] = {"folder": folder, "file": wanted.file}
        test = next((model.data.test for model in models if model.data.test), None)
        if INPUT in command and test is None:
            raise ConfigError(
                "`predict` names {input}, and there is no `data: test`",
                hint="name the table that both models predict under `data:`",
            )
        self.progress(f"{name}: predicting with {commit[:7]}")
        try:
            if INPUT in command and test is not None:
                places["input"] = self._one(test, "`predict`: {input}")
            return predict_at(repository, commit, command, places), ""
        except SourceError as exc:
            return None, exc.what

    def of_files(
        self,
        wanted: Predictions,
        head: list[Path],
        base: Path | None,
        why: str = "",
        *,
        model: str = "model",
    ) -> Scored:
        """Return what the predictions in files say.

        Args:
            wanted: What their columns are.
            head: Files of the head.
            base: File of the baseline.
            why: Why there is none.
            model: Whose predictions they are.

        Raises:
            ConfigError: a column does not exist.
            SourceError: a file cannot be read, or holds what cannot be judged.
        """
        from mlgate.tables.store import Store, require_statistics  # noqa: PLC0415

        require_statistics()
        from mlgate.sources.predictions.compact import FOLDER, keep_predictions  # noqa: PLC0415
        from mlgate.sources.predictions.multilabel import single_labels  # noqa: PLC0415
        from mlgate.sources.predictions.read import BASE, HEAD, read_predictions  # noqa: PLC0415
        from mlgate.tables.opening import open_table  # noqa: PLC0415
        from mlgate.tables.table import files_of  # noqa: PLC0415

        files = [files_of(HEAD, wanted.file, head)]
        if base is not None:
            files.append(files_of(BASE, self.against or f"{wanted.file} at the baseline", [base]))
        self.progress(f"reading {wanted.file}")
        keeping = self._keeping(wanted)
        paths = [path for table in files for path in table.paths]
        with Store(paths, exports=keeping and keeping / FOLDER) as store:
            opened = [open_table(store, one) for one in files]
            tables, single = single_labels(store, opened, wanted)
            base_table = tables[1] if len(tables) > 1 else None
            predicted = read_predictions(store, tables[0], base_table, single, flips=self.pictures)
            kept, said = None, ""
            if keeping is not None:
                try:
                    kept = keep_predictions(store, opened[0], wanted, model, keeping)
                except SourceError as exc:
                    said = f"{exc.what}; {exc.hint}"
        scored = self._judged(single, predicted, why)
        return replace(scored, kept=kept, notes=(*scored.notes, said) if said else scored.notes)

    def _keeping(self, wanted: Predictions) -> Path | None:
        """Return the folder of the evidence, where predictions are to be kept in it."""
        if not wanted.store or self.output is None:
            return None
        from mlgate.cli.output import make_folder  # noqa: PLC0415
        from mlgate.sources.predictions.compact import FOLDER  # noqa: PLC0415

        make_folder(self.output)
        (self.output / FOLDER).mkdir(exist_ok=True)
        return self.output

    def _base(self, name: str, wanted: Predictions, folder: Path) -> tuple[Path | None, str]:
        """Return the file of the baseline, or why there is none."""
        repository, commit = self.session.repository, self.baseline.commit
        if repository is None or not commit:
            return None, ""
        found, said = _kept(self.kept, name, folder)
        if found:
            return found, ""
        if is_pattern(wanted.file):
            why = "a pattern cannot be read at the baseline"
        else:
            try:
                return copy_at(repository, commit, wanted.file, folder), ""
            except SourceError as exc:
                why = exc.what
        if self.kept is None:
            found, said = _kept(self.ask_artifact(commit), name, folder)
        return found, said or why

    def _judged(self, wanted: Predictions, predicted: Predicted, why: str) -> Scored:
        from mlgate.evaluate.result import Setting  # noqa: PLC0415

        policy = self.rules.decides.policy
        pairing = predicted.pairing
        setting = Setting(confidence=policy.confidence, seed=f"{pairing.head} {pairing.base}")
        both = _comparable(predicted, policy)
        rows = predicted.pairs if both and predicted.pairs else predicted.head
        found = self._estimates(rows, wanted, setting)
        base = found if rows.base is not None else []
        if not base and predicted.base is not None:
            base = self._estimates(predicted.base, wanted, setting)
        own = rows.base is None
        tasks = ("", "") if both and pairing.differs else (pairing.head, pairing.base)
        reason = f"the evaluation set changed: {pairing.differs}" if not both else ""
        notes = _notes(wanted, predicted, rows.left_out, why=why, both=both)
        return Scored(
            head=tuple(metric_of(e, e.value, wanted.file, tasks[0]) for e in found),
            base=tuple(
                metric_of(e, e.value if own else e.base, wanted.file, tasks[1]) for e in base
            )
            if predicted.base is not None
            else None,
            paired={key_of(e, wanted.file): paired_of(e, policy.confidence, reason) for e in found},
            notes=notes,
            source=SourceFile(path=wanted.file[:1024], format=FORMAT),
            rows=findings_of(wanted, rows, predicted.flips if both else None)
            if self.pictures
            else None,
        )

    def _estimates(
        self, rows: EvaluationSet, wanted: Predictions, setting: Setting
    ) -> list[Estimate]:
        """Return the metrics of the rows, the gaps between groups of them, and the user's own."""
        from mlgate.evaluate.gaps import gaps  # noqa: PLC0415
        from mlgate.evaluate.run import evaluate  # noqa: PLC0415
        from mlgate.sources.predictions.own import is_own, own_metrics  # noqa: PLC0415

        own = [name for name in wanted.metrics if is_own(name)]
        names = [name for name in wanted.metrics if not is_own(name)]
        found = evaluate(rows, names, setting, self.progress) if names or not own else []
        for column, measured in wanted.gaps.items():
            found += gaps(rows, column, measured, setting)
        if not own:
            return found
        self.progress(f"calling {', '.join(own)}")
        with (
            tempfile.TemporaryDirectory(prefix="mlgate-") as scratch,
            self._code(wanted, Path(scratch)) as code,
        ):
            place = {
                "folder": code,
                "scratch": scratch,
                "environ": self.session.environ,
                "python": wanted.python,
            }
            return found + own_metrics(rows, own, place, setting)

    @contextlib.contextmanager
    def _code(self, wanted: Predictions, scratch: Path) -> Iterator[Path]:
        """Give the folder whose code measures: of the baseline where its configuration decides."""
        source = self.rules.source
        files = {m.predictions.file for m in self.rules.decides.models.values() if m.predictions}
        repository = self.session.repository
        if source.origin != "base" or wanted.file not in files or repository is None:
            yield self.session.workspace
            return
        from mlgate.sources.repredict import work_tree  # noqa: PLC0415

        with work_tree(repository, source.commit, scratch / "code") as place:
            yield place / repository.prefix


def _kept(kept: Kept | None, name: str, folder: Path) -> tuple[Path | None, str]:
    """Return the predictions that an earlier run kept, or why they cannot be used."""
    if kept is None:
        return None, ""
    try:
        return kept.predictions(name, folder), ""
    except SourceError as exc:
        return None, exc.what


def _comparable(predicted: Predicted, policy: Policy) -> bool:
    """Tell whether the policy lets the rows of both sides be compared."""
    if predicted.base is None or not predicted.pairing.differs:
        return True
    return policy.evaluation_set == "intersection" and predicted.pairs is not None


def _notes(
    wanted: Predictions, predicted: Predicted, left_out: Sequence[str], *, why: str, both: bool
) -> tuple[str, ...]:
    found = []
    pairing = predicted.pairing
    if why:
        found.append(f"{wanted.file}: no predictions of the baseline: {why}")
    if pairing.differs and both:
        kept = f"only the {pairing.paired} rows that both sides have are compared"
        found.append(f"{wanted.file}: the evaluation set changed ({pairing.differs}); {kept}.")
    if predicted.base is not None and not wanted.id:
        found.append(f"{wanted.file}: without `id` the rows of both sides cannot be paired.")
    if left_out:
        listed = ", ".join(left_out[:5]) + (" …" if len(left_out) > 5 else "")  # noqa: PLR2004
        few = f"{len(left_out)} slices with fewer than {wanted.min_rows} rows"
        found.append(f"{wanted.file}: {few} were left out: {listed}")
    return tuple(text[:4000] for text in found)
