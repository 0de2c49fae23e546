"""Developer commands: ``nox -l`` lists them; ``nox`` runs what CI runs.

All sessions share the project's environment, which uv keeps in step with ``uv.lock``.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = [
    "lint",
    "types",
    "imports",
    "workflows",
    "tests",
    "actions",
    "e2e",
    "browser",
    "deepchecks",
    "ray",
    "realdata",
    "validation",
]

RUN = ("uv", "run", "--frozen", "--all-extras", "--group", "dev")
PYTEST = (*RUN, "pytest", "-q", "-p", "no:cacheprovider")
DEBIAN = {"node": "nodejs", "npm": "npm", "chromium": "chromium"}
YAML = ("action.yml", "actions", "workflows-templates", ".github/workflows")
JSON_SCHEMAS = {
    "vendor.github-actions": ["action.yml", "actions/*/action.yml"],
    "vendor.github-workflows": ["workflows-templates/*.yml", ".github/workflows/*.yml"],
}


@nox.session
def lint(session: nox.Session) -> None:
    """Style, formatting, and generated files that must be current."""
    session.run(*RUN, "ruff", "check", ".")
    session.run(*RUN, "ruff", "format", "--check", ".")
    session.run(*RUN, "python", "docs/generate.py", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Type-check source and tests."""
    session.run(*RUN, "mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Hold the layers apart."""
    session.run(*RUN, "lint-imports")


@nox.session
def workflows(session: nox.Session) -> None:
    """Audit workflows, actions and shell scripts."""
    session.run(*RUN, "zizmor", "--offline", "--persona", "pedantic", "--quiet", *YAML)
    for schema, patterns in JSON_SCHEMAS.items():
        files = sorted(str(path) for pattern in patterns for path in Path().glob(pattern))
        session.run(*RUN, "check-jsonschema", "--builtin-schema", schema, *files)
    session.run(*RUN, "shellcheck", "actions/setup/install.sh", ".ci/run")


@nox.session
def tests(session: nox.Session) -> None:
    """The fast suites: unit and command line, with doctests."""
    session.run(*PYTEST, "-n", "auto", *(session.posargs or ("tests/unit", "tests/cli", "src")))


@nox.session
def actions(session: nox.Session) -> None:
    """Every action and template, linted and executed step by step."""
    session.run(*PYTEST, "-n", "auto", "tests/actions", "tests/templates", *session.posargs)


def bring(session: nox.Session, *programs: str) -> None:
    """Install programs that are missing, where this is Debian or Ubuntu; else say which."""
    missing = [DEBIAN[name] for name in programs if shutil.which(name) is None]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        session.error(f"please install {', '.join(missing)}")
    root = () if os.geteuid() == 0 else ("sudo",)
    session.run(*root, "apt-get", "update", "-qq", external=True)
    install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing)
    session.run(*root, *install, external=True, env={"DEBIAN_FRONTEND": "noninteractive"})


@nox.session
def e2e(session: nox.Session) -> None:
    """Real workflows on a local runner, and real clients, against the loopback GitHub."""
    bring(session, "node", "npm")
    session.run(*PYTEST, "-n", "auto", "tests/e2e", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """Comment and report in a real browser."""
    bring(session, "node", "npm", "chromium")
    session.run(*PYTEST, "tests/browser", *session.posargs)


@nox.session
def deepchecks(session: nox.Session) -> None:
    """The real deepchecks, in the environment that it needs."""
    session.run(*PYTEST, "-n", "auto", "tests/deepchecks", *session.posargs)


@nox.session
def realdata(session: nox.Session) -> None:
    """Checks of data that packages on PyPI ship: census, loans, Titanic, housing, flights."""
    session.run(*PYTEST, "tests/realdata", *session.posargs)


@nox.session
def validation(session: nox.Session) -> None:
    """Statistics against statsmodels, and against simulated models whose truth is known."""
    session.run(
        *RUN, "--group", "validation", *PYTEST[len(RUN) :], "tests/validation", *session.posargs
    )


@nox.session
def ray(session: nox.Session) -> None:
    """Training on a real Ray head, on loopback."""
    tests = (*PYTEST[len(RUN) :], "-n", "2", "tests/ray_cluster")  # a head for each
    session.run(*RUN, "--group", "ray", *tests, *session.posargs)


@nox.session
def statistics(session: nox.Session) -> None:
    """Simulate for ten minutes and write docs/statistics.md."""
    program = ("python", "-m", "validation.simulation", *session.posargs)
    session.run(*RUN, *program, env={"PYTHONPATH": "tests"})


@nox.session
def producers(session: nox.Session) -> None:
    """Make the fixtures again, each by the tool whose files we read."""
    session.run(*RUN, "python", "tests/producers/make.py", *session.posargs)


@nox.session
def pictures(session: nox.Session) -> None:
    """Take the README's pictures again."""
    bring(session, "node", "npm", "chromium")
    session.run(*RUN, "python", "-m", "browser.pictures", env={"PYTHONPATH": "tests"})


@nox.session
def docs(session: nox.Session) -> None:
    """Write the generated documents again."""
    session.run(*RUN, "python", "docs/generate.py")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Measure against peers in the same run and write docs/benchmarks*.md."""
    session.run(*RUN, "python", "benchmarks/run.py", *session.posargs)
    session.run(*RUN, "python", "benchmarks/checks.py")
    session.run(*RUN, "python", "benchmarks/predictions.py")
    session.run(*RUN, "python", "benchmarks/train.py")
    session.run(*RUN, "python", "benchmarks/release.py")
