"""Run suites and checks of deepchecks over tables of ours."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlgate.checks.deepchecks.convert import MAX_BYTES, convert
from mlgate.checks.deepchecks.environment import environment
from mlgate.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlgate.documents.evidence import CheckResult

PROGRAM: Final = Path(__file__).with_name("program.py")
PAGE: Final = "deepchecks.html"
QUIET: Final = {
    "DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY": "1",
    "DISABLE_LATEST_VERSION_CHECK": "1",
}
"""Without them an import of deepchecks calls home."""

_TAIL: Final = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepchecksRequest:
    """What deepchecks is to run.

    Attributes:
        train: Parquet file of the first table.
        test: Parquet file of the second; one of them may be empty.
        label: Column of the label.
        label_type: ``binary``, ``multiclass`` or ``regression``; empty to let it guess.
        prediction: Column of predictions, for model checks.
        id: Column that names rows.
        datetime: Column of times.
        categorical: Columns of names.
        ignore: Columns to leave out.
        suites: Names of suites.
        checks: Names of single checks.
        conditions: What replaces default conditions, as mappings with `check` and limits.
    """

    train: str = ""
    test: str = ""
    label: str = ""
    label_type: str = ""
    prediction: str = ""
    id: str = ""
    datetime: str = ""
    categorical: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    conditions: tuple[Mapping[str, Any], ...] = ()

    @property
    def wanted_suites(self) -> tuple[str, ...]:
        """Return the suites, by default all that the tables allow."""
        if self.suites or self.checks:
            return self.suites
        found = ["data_integrity"]
        found += ["train_test_validation"] if self.train and self.test else []
        found += ["model_evaluation"] if self.prediction and self.test else []
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where deepchecks runs.

    Attributes:
        cache: Folder of environments.
        scratch: Folder for one run.
        output: Folder for the page that it makes.
        environ: The environment of the process.
    """

    cache: Path
    scratch: Path
    output: Path
    environ: Mapping[str, str]


def run_deepchecks(
    request: DeepchecksRequest,
    place: Place,
    *,
    samples: bool = False,
    progress: Callable[[str], None] = lambda _said: None,
) -> tuple[CheckResult, ...]:
    """Return the results of deepchecks; its page is kept as ``deepchecks.html``.

    Raises:
        ConfigError: a suite, check, column or condition that does not exist.
        SourceError: deepchecks cannot be installed, or has crashed as a whole.
    """
    python = environment(place.cache, place.environ, progress)
    asked, answered = place.scratch / "request.json", place.scratch / "result.json"
    place.output.mkdir(parents=True, exist_ok=True)
    content = {
        **asdict(request),
        "suites": request.wanted_suites,
        "html": str(place.output.resolve() / PAGE),
    }
    asked.write_text(json.dumps(content), encoding="utf-8")
    progress(f"deepchecks: {', '.join([*request.wanted_suites, *request.checks])}")
    _call([str(python), "-I", str(PROGRAM), str(asked), str(answered)], place)
    try:
        with answered.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise SourceError("deepchecks left no results") from exc
    return convert(raw, samples=samples)


def _call(command: Sequence[str], place: Place) -> None:
    """Run the program; it and all that it started end with us."""
    environ = {k: v for k, v in place.environ.items() if not k.startswith("PYTHON")} | QUIET
    log = place.scratch / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            cwd=place.scratch,
            env=environ | {"MPLBACKEND": "Agg", "HOME": str(place.scratch)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait()
        except BaseException:
            with contextlib.suppress(OSError):
                if os.name == "nt":
                    process.kill()
                else:
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if code:
        said = log.read_text("utf-8", "replace").strip()[-_TAIL:]
        last = said.splitlines()[-1] if said else f"exit {code}"
        raise SourceError(
            f"deepchecks has crashed: {last[:600]}",
            hint="`mlgate --verbose check` says more; the builtin engine has most of its checks",
        )
