from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.act import program
from mlgate.render.workflow import DvcSteps, WorkflowOptions, render_workflow
from mlgate.sources.training import UV_INSTALL, UV_TOOL
from templates.audit import OURS, ROOT, TEMPLATES, problems

TOOLS = Path(sys.executable).parent
each_template = pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
DEFAULT = (ROOT / "workflows-templates" / "pull-request.yml").read_text(encoding="utf-8")
MATRIX = (ROOT / "workflows-templates" / "matrix.yml").read_text(encoding="utf-8")


def test_there_are_templates() -> None:
    plain = {"pull-request.yml", "matrix.yml", "merge-queue.yml", "data-check.yml"}
    training = {f"train{kind}.yml" for kind in ("", "-dvc", "-ray", "-gpu", "-cml")}
    releasing = {"release.yml", "register-on-merge.yml", "deploy.yml"}
    assert {t.name for t in TEMPLATES} == plain | training | {"retrain.yml"} | releasing


@each_template
def test_a_template_is_as_it_should_be(template: Path) -> None:
    assert problems(template.read_text(encoding="utf-8")) == []


@each_template
def test_a_runner_understands_a_template(template: Path) -> None:
    command = [program(), "--validate", "--strict", "--workflows", str(template)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_init_writes_the_template() -> None:
    assert render_workflow(WorkflowOptions()) == DEFAULT


def test_options_change_their_own_lines_only() -> None:
    options = WorkflowOptions(
        branch="trunk", install="make env", train="make train", action="a/b@c"
    )
    spelled = [
        ("branches: [main]", "branches: [trunk]"),
        ("run: python -m pip install --requirement requirements.txt", "run: make env"),
        ("run: python train.py", "run: make train"),
        (f"uses: {OURS}", "uses: a/b@c"),
    ]
    expected = DEFAULT
    for old, new in spelled:
        assert old in expected
        expected = expected.replace(old, new)
    assert render_workflow(options) == expected


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A workflow with everything that a repository can ask for."""
    dvc = DvcSteps(install=UV_TOOL.format("'dvc[s3]'"), pull=True, secrets=("A", "B"), metrics=True)
    options = WorkflowOptions(
        install=UV_INSTALL, dvc=dvc, folder="models/a b", python_version_file=".python-version"
    )
    place = tmp_path / ".github" / "workflows" / "mlgate.yml"
    place.parent.mkdir(parents=True)
    place.write_text(render_workflow(options), encoding="utf-8")
    return place


def test_a_full_workflow_is_as_it_should_be(full: Path) -> None:
    assert problems(full.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "command",
    [
        [program(), "--validate", "--strict", "--workflows"],
        [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
        [TOOLS / "zizmor", "--offline", "--persona", "pedantic", "--config", ROOT / "zizmor.yml"],
    ],
    ids=["act", "schema", "zizmor"],
)
def test_a_full_workflow_is_audited(full: Path, command: list[str]) -> None:
    done = subprocess.run([*command, full], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "1.10",
        "make\nmake all\n",
        "make\n\nall\n",
        " make\n",
        "make 'a' \"$B\" | tee [x] {y} & # z\n",
        "echo 'a' && echo \"$B\"",
        "a: b\n",
        "a:",
        "a #b",
        "a ",
    ],
)
def test_a_command_means_the_same_in_yaml(text: str) -> None:
    options = WorkflowOptions(train=text)
    steps = yaml.safe_load(render_workflow(options))["jobs"]["mlgate"]["steps"]
    assert [step["run"] for step in steps if step["name"] == "Train"] == [text]


@pytest.mark.parametrize("branch", ["1.10", "on", "0x1f", "1e3"])
def test_a_branch_that_looks_like_a_value_is_text(branch: str) -> None:
    workflow = yaml.safe_load(render_workflow(WorkflowOptions(branch=branch)))
    assert workflow[True]["push"]["branches"] == [branch]


@pytest.mark.parametrize(
    "text", ["a: b # c", "echo ${{ github.actor }}", '"quoted"', "[list]", "-"]
)
def test_any_command_stays_one_command(text: str) -> None:
    options = WorkflowOptions(branch=text, install=text, train=text)
    workflow: dict[str, Any] = yaml.load(
        render_workflow(options),
        Loader=yaml.BaseLoader,  # noqa: S506 - `on` is no boolean here
    )
    runs = [step["run"] for step in workflow["jobs"]["mlgate"]["steps"] if "run" in step]
    assert runs == [text, text]
    assert workflow["on"]["push"]["branches"] == [text]


def test_every_leg_of_the_matrix_is_expected() -> None:
    jobs = yaml.safe_load(MATRIX)["jobs"]
    [gate] = [step for step in jobs["mlgate"]["steps"] if step.get("uses") == OURS]
    assert gate["with"]["expect"].split() == jobs["train"]["strategy"]["matrix"]["model"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("# Train several", "name: x\n# Train several", "does not say what it is for"),
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "not pinned: actions/"),
        (" # v7.0.0", "", "not pinned: actions/setup-python@5fda"),
        (OURS, "mlgate/mlgate@main", "not pinned: mlgate/mlgate@main"),
        (" # write the check run", "", "a permission without its reason"),
        ("permissions: {}", "permissions: read-all", "the workflow grants permissions"),
        ("concurrency:", "env:", "a second push does not stop the first"),
        ("  pull_request:", "  pull_request_target:", "a stranger's code runs beside secrets"),
        ("    name: mlgate", "    name: gate", "no job is called mlgate"),
        ("always()", "success()", "a skipped gate counts as passed"),
        ("    timeout-minutes: 10\n", "", "mlgate: may hang for six hours"),
        ("      checks: write", "      issues: write", "mlgate: permissions are not"),
        ("          post: never", "          model: x", "train: permissions are not"),
        ("      - name: Train\n        run", "      - run", "train: a step without a name"),
        ('"$MODEL"', "${{ matrix.model }}", "train: Train: an expression in a shell script"),
        ("persist-credentials: false", "clean: true", "Check out: leaves the token"),
        ("fetch-depth: 0", "fetch-depth: 1", "Check out: fetches no history"),
        ("          expect: |", "          expected: |", "report and gate: no inputs ['expected']"),
    ],
    ids=lambda text: text.split("\n")[0][:40],
)
def test_a_spoiled_template_is_noticed(old: str, new: str, problem: str) -> None:
    assert old in MATRIX
    assert any(problem in each for each in problems(MATRIX.replace(old, new)))
