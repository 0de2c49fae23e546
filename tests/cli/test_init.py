"""``mlgate init`` in repositories of several kinds; what it writes works."""

from __future__ import annotations

import json
import os
import resource
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cli.machine import Machine
from fakes.git import GitFolder
from templates.audit import problems

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOW = ".github/workflows/mlgate.yml"
METRICS = '{"accuracy": 0.93, "loss": 0.2, "epochs": 5}'


def workflow(machine: Machine) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((machine.path / WORKFLOW).read_text())
    return found


def steps(machine: Machine) -> str:
    return json.dumps(workflow(machine)["jobs"])


def step(machine: Machine, name: str) -> dict[str, Any]:
    """The one step of that name, without it."""
    listed = workflow(machine)["jobs"]["mlgate"]["steps"]
    [found] = [{k: v for k, v in s.items() if k != "name"} for s in listed if s["name"] == name]
    return found


def audited(machine: Machine) -> None:
    assert problems((machine.path / WORKFLOW).read_text()) == []


def lock(*packages: str) -> str:
    return "version = 1\n" + "".join(f'[[package]]\nname = "{name}"\n' for name in packages)


class TestMetricFiles:
    """A repository whose training has run."""

    @pytest.fixture
    def trained(self, machine: Machine) -> Machine:
        machine.work.commit("trained", metrics__json=METRICS, train__py="print()")
        return machine

    def test_metrics_become_rules(self, trained: Machine) -> None:
        ran = trained.run("init")
        assert (ran.exit_code, ran.stderr) == (0, "")
        config = yaml.safe_load((trained.path / "mlgate.yml").read_text())
        assert config["gate"] == [
            {"metric": "accuracy", "max-drop": 0.01},
            {"metric": "loss", "max-rise": "5 %"},
        ]
        assert ran.stdout.splitlines()[:2] == ["wrote    mlgate.yml", f"wrote    {WORKFLOW}"]

    def test_the_rules_hold_a_drop(self, trained: Machine) -> None:
        trained.run("init")
        trained.work.commit("adopt")
        trained.work.commit("worse", metrics__json=METRICS.replace("0.93", "0.8"))
        assert trained.report().exit_code == 1
        assert trained.judgement("accuracy")["rule"] == "accuracy, max-drop: 0.01"

    def test_the_training_command_is_found(self, trained: Machine) -> None:
        ran = trained.run("init")
        assert "python train.py" in steps(trained)
        assert "training command" not in ran.stdout

    def test_the_training_command_is_given(self, trained: Machine) -> None:
        trained.run("init", "--train", "make model: 'all' && echo \"$HOME\"")
        assert json.dumps("make model: 'all' && echo \"$HOME\"")[1:-1] in steps(trained)

    def test_nothing_that_exists_is_overwritten(self, trained: Machine) -> None:
        trained.work.put({"mlgate.yml": "gate: []\n"})
        ran = trained.run("init")
        assert ran.exit_code == 0
        assert (trained.path / "mlgate.yml").read_text() == "gate: []\n"
        assert "kept     mlgate.yml" in ran.stdout
        assert f"wrote    {WORKFLOW}" in ran.stdout
        before = (trained.path / WORKFLOW).read_bytes()
        again = trained.run("init", "--train", "other")
        assert f"kept     {WORKFLOW}" in again.stdout
        assert (trained.path / WORKFLOW).read_bytes() == before

    def test_a_dangling_link_is_not_written_through(self, trained: Machine, tmp_path: Path) -> None:
        (trained.path / "mlgate.yml").symlink_to(tmp_path / "elsewhere.yml")
        trained.run("init")
        assert not (tmp_path / "elsewhere.yml").exists()

    def test_printing_writes_nothing(self, trained: Machine) -> None:
        ran = trained.run("init", "--print")
        assert "# mlgate.yml\n" in ran.stdout
        assert f"# {WORKFLOW}\n" in ran.stdout
        assert "is a guess" in ran.stderr
        assert not (trained.path / "mlgate.yml").exists()
        assert not (trained.path / WORKFLOW).exists()

    def test_another_action(self, trained: Machine) -> None:
        trained.run("init", "--action", "acme/mlgate@v9")
        assert "acme/mlgate@v9" in (trained.path / WORKFLOW).read_text()

    @pytest.mark.parametrize("action", ["mlgate", "a/b", "a/b@", "a/b@v1\nx: y", "a/b@v1 # x"])
    def test_what_is_no_action(self, trained: Machine, action: str) -> None:
        ran = trained.run("init", "--action", action)
        assert (ran.exit_code, len(ran.errors)) == (2, 1)
        assert not (trained.path / WORKFLOW).exists()


def test_a_dvc_project_is_reproduced(machine: Machine) -> None:
    stages = "stages:\n  train:\n    cmd: python t.py\n    metrics: [scores/eval.json]\n"
    machine.work.put({"dvc.yaml": stages, "scores/eval.json": '{"auc": 0.9}'})
    machine.work.commit("a DVC project")
    assert machine.run("init").exit_code == 0
    assert "dvc repro" in steps(machine)
    config = yaml.safe_load((machine.path / "mlgate.yml").read_text())
    assert config["gate"] == [{"metric": "auc", "max-drop": 0.01}]
    machine.work.put({"scores/eval.json": '{"auc": 0.5}'})
    assert machine.report().exit_code == 1


def test_make_train(machine: Machine) -> None:
    machine.work.commit("with make", Makefile="train:\n\techo\n", metrics__json=METRICS)
    machine.run("init")
    assert "make train" in steps(machine)


def test_without_metrics_it_says_what_is_missing(machine: Machine) -> None:
    machine.work.commit("nothing yet")
    ran = machine.run("init")
    assert ran.exit_code == 0
    assert "no metrics file was found" in ran.stdout
    assert (
        "training command in .github/workflows/mlgate.yml: `python train.py` is a g" in ran.stdout
    )
    assert "`python -m pip install scikit-learn` is a guess" in ran.stdout
    assert "default branch" not in ran.stdout
    machine.work.commit("adopt", metrics__json='{"accuracy": 0.9}')
    assert machine.report().exit_code == 0


@pytest.mark.parametrize("branch", ["master", "trunk"])
def test_another_default_branch(machine: Machine, branch: str) -> None:
    machine.work.commit("trained", metrics__json=METRICS)
    machine.work.git("branch", "--move", branch)
    machine.run("init")
    assert workflow(machine)[True]["push"]["branches"] == [branch]


def test_the_default_branch_of_the_remote(machine: Machine, tmp_path: Path) -> None:
    machine.work.commit("trained", metrics__json=METRICS)
    machine.work.git("branch", "--move", "production")
    clone = Machine(machine.work.clone(tmp_path / "clone"))
    clone.work.switch("topic")
    clone.run("init")
    assert workflow(clone)[True]["push"]["branches"] == ["production"]


def test_the_default_branch_is_given(machine: Machine) -> None:
    machine.work.commit("trained", metrics__json=METRICS)
    machine.run("init", "--branch", "release/1.x")
    assert workflow(machine)[True]["push"]["branches"] == ["release/1.x"]


@pytest.mark.parametrize("branch", ["a: b", "x\ny: z", "'", '"', "${{ github.token }}", "-x", "!a"])
def test_a_branch_that_would_be_read_as_a_pattern(machine: Machine, branch: str) -> None:
    machine.work.commit("trained", metrics__json=METRICS)
    ran = machine.run("init", f"--branch={branch}")
    assert (ran.exit_code, ran.stdout, len(ran.errors)) == (2, "", 1)
    assert not (machine.path / WORKFLOW).exists()


def test_metrics_with_hostile_names_stay_text(machine: Machine) -> None:
    names = [
        "a: b",
        "x\ny: z",
        "'acc",
        '"acc',
        "{acc}",
        "[acc]",
        "*",
        "# acc",
        "acc\u202e",
        "!!acc",
    ]
    metrics = {f"accuracy {name}": 0.9 for name in names}
    machine.work.commit("trained", metrics__json=json.dumps(metrics))
    assert machine.run("init").exit_code == 0
    machine.work.commit("adopt")
    ran = machine.report()
    assert ran.exit_code == 0, ran.output


def test_outside_of_git(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    machine = Machine(GitFolder(tmp_path / "plain"))
    ran = machine.run("init")
    assert ran.exit_code == 0
    assert workflow(machine)[True]["push"]["branches"] == ["main"]
    assert f"default branch in {WORKFLOW}: `main` is a guess" in ran.stdout
    assert "not in git" not in ran.stdout


def test_the_branch_of_a_repository_without_a_commit(machine: Machine) -> None:
    machine.work.git("symbolic-ref", "HEAD", "refs/heads/prod")
    ran = machine.run("init")
    assert workflow(machine)[True]["push"]["branches"] == ["prod"]
    assert "`prod` is a guess" in ran.stdout


def test_a_branch_that_is_given_is_no_guess(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    ran = Machine(GitFolder(tmp_path / "plain")).run("init", "--branch", "prod")
    assert "default branch" not in ran.stdout


def test_what_is_kept_is_not_advised_about(machine: Machine) -> None:
    machine.work.put({WORKFLOW: "name: mine\n"})
    assert "is a guess" not in machine.run("init").stdout


def test_metrics_that_git_does_not_keep(machine: Machine) -> None:
    machine.work.put({"metrics.json": METRICS})
    assert "metrics.json is not in git: commit it" in machine.run("init").stdout
    machine.work.commit("kept")
    assert "not in git" not in machine.run("init").stdout


class TestInTheWay:
    """What cannot be written leaves nothing behind."""

    @pytest.mark.parametrize("name", [".github", ".github/workflows"])
    def test_a_file_where_a_folder_belongs(self, machine: Machine, name: str) -> None:
        machine.work.put({name: "a file"})
        before = files(machine)
        ran = machine.run("init")
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert ran.errors == [f"error: {WORKFLOW} cannot be written: {name} is no folder"]
        assert f"move {name} away" in ran.stderr
        assert files(machine) == before

    @pytest.mark.parametrize("name", ["mlgate.yml", WORKFLOW])
    def test_a_folder_where_a_file_belongs(self, machine: Machine, name: str) -> None:
        (machine.path / name).mkdir(parents=True)
        before = files(machine)
        ran = machine.run("init")
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert ran.errors == [f"error: {name} cannot be written: it is a folder"]
        assert files(machine) == before

    def test_a_link_that_leads_out(self, machine: Machine, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (machine.path / ".github").symlink_to(tmp_path / "elsewhere")
        before = files(machine)
        ran = machine.run("init")
        assert ran.exit_code == 2
        assert ".github leads outside the workspace" in ran.stderr
        assert files(machine) == before
        assert list((tmp_path / "elsewhere").iterdir()) == []

    @pytest.mark.parametrize("name", [".", ".github", ".github/workflows"])
    def test_a_folder_that_is_read_only(self, machine: Machine, name: str) -> None:
        folder = machine.path / name
        folder.mkdir(parents=True, exist_ok=True)
        before = files(machine)
        folder.chmod(0o555)
        if os.access(folder, os.W_OK):
            pytest.skip("this user may write everywhere")
        ran = machine.run("init")
        folder.chmod(0o755)
        assert (ran.exit_code, ran.stdout, len(ran.errors)) == (2, "", 1)
        assert "cannot be written: Permission denied" in ran.stderr
        assert files(machine) == before

    def test_a_file_too_large_for_the_disk(self, machine: Machine) -> None:
        before = files(machine)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # enough for the first file only
        try:
            ran = machine.run("init")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert ran.errors == [f"error: {WORKFLOW} cannot be written: File too large"]
        assert files(machine) == before


def files(machine: Machine) -> list[str]:
    found = (p.relative_to(machine.path).as_posix() for p in machine.path.rglob("*"))
    return sorted(path for path in found if not path.startswith(".git/"))


class TestFolder:
    """A folder inside a repository, whose workflows GitHub does not run."""

    @pytest.fixture
    def inner(self, machine: Machine) -> Machine:
        machine.work.commit("two", models___churn___metrics__json=METRICS)
        return Machine(GitFolder(machine.path / "models" / "churn"))

    def test_it_names_the_root(self, inner: Machine, machine: Machine) -> None:
        before = files(machine)
        ran = inner.run("init")
        assert (ran.exit_code, ran.stdout, len(ran.errors)) == (2, "", 1)
        assert f"run it in {machine.path}" in ran.stderr
        assert files(machine) == before

    def test_what_is_printed_fits_the_root(self, inner: Machine) -> None:
        inner.work.put({".python-version": "3.12\n"})
        ran = inner.run("init", "--print")
        config, text = ran.stdout.removeprefix("# models/churn/mlgate.yml\n").split(
            f"# {WORKFLOW}\n"
        )
        assert yaml.safe_load(config)["metrics"] == ["metrics.json"]
        assert problems(text) == []
        job = yaml.safe_load(text)["jobs"]["mlgate"]
        assert job["defaults"] == {"run": {"working-directory": "models/churn"}}
        assert job["steps"][1]["with"] == {"python-version-file": "models/churn/.python-version"}
        assert job["steps"][-1]["with"] == {"working-directory": "models/churn"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("3.11\n", {"python-version-file": ".python-version"}),
        ("3.12.4", {"python-version-file": ".python-version"}),
        ("pypy3.10\n", {"python-version": "3.13"}),
        ("churn-env\n", {"python-version": "3.13"}),
        ("", {"python-version": "3.13"}),
    ],
)
def test_the_version_of_python(machine: Machine, content: str, expected: dict[str, str]) -> None:
    machine.work.put({".python-version": content})
    machine.run("init")
    assert workflow(machine)["jobs"]["mlgate"]["steps"][1]["with"] == expected


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"requirements.txt": "a"}, "python -m pip install --requirement requirements.txt"),
        ({"pyproject.toml": "[project]\nname='a'"}, "python -m pip install ."),
        ({"pyproject.toml": "[build-system]\nrequires=[]"}, "python -m pip install ."),
        ({"setup.py": ""}, "python -m pip install ."),
        ({"pyproject.toml": "[tool.ruff]"}, "python -m pip install scikit-learn"),
        ({"pyproject.toml": "[project"}, "python -m pip install scikit-learn"),
    ],
)
def test_the_install_command(machine: Machine, files: dict[str, str], command: str) -> None:
    machine.work.put(files)
    ran = machine.run("init")
    assert step(machine, "Install what training needs") == {"run": command}
    assert ("install command" in ran.stdout) == ("scikit-learn" in command)


class TestDvc:
    """Installed with what its remote wants, and pulled from where a runner can reach it."""

    @pytest.mark.parametrize(
        ("url", "install", "secrets"),
        [
            ("s3://b/c", "'dvc[s3]'", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
            ("azure://b/c", "'dvc[azure]'", ["AZURE_STORAGE_CONNECTION_STRING"]),
            ("gs://b/c", "'dvc[gs]'", []),
            ("ssh://h/c", "'dvc[ssh]'", []),
            ("webdavs://h/c", "'dvc[webdav]'", []),
            ("https://h/c", "dvc", []),
            ("remote://other/c", "'dvc[gs]'", []),
        ],
    )
    def test_a_remote(self, machine: Machine, url: str, install: str, secrets: list[str]) -> None:
        dvc_project(machine, url)
        ran = machine.run("init")
        assert step(machine, "Install DVC") == {"run": f"python -m pip install {install}"}
        pull = step(machine, "Pull what DVC keeps")
        assert pull["run"] == "dvc pull --allow-missing"
        assert pull.get("env", {}) == {name: f"${{{{ secrets.{name} }}}}" for name in secrets}
        assert all(name in ran.stdout for name in secrets)
        assert ("signs in" in ran.stdout) == (install != "dvc" and not secrets)
        assert step(machine, "Train") == {"run": "dvc repro"}
        audited(machine)

    @pytest.mark.parametrize("url", ["/srv/dvc", "../store", "remote://gone/c", "", "s4://b"])
    def test_a_remote_out_of_reach(self, machine: Machine, url: str) -> None:
        dvc_project(machine, url)
        ran = machine.run("init")
        assert "dvc pull" not in steps(machine)
        assert ("folder of this machine" in ran.stdout) == (url in {"/srv/dvc", "../store"})
        assert ("(s4)" in ran.stdout) == (url == "s4://b")

    def test_without_a_default_remote(self, machine: Machine) -> None:
        dvc_project(machine, "s3://b/c")
        machine.work.put({".dvc/config": "['remote \"store\"']\n    url = s3://b/c\n"})
        machine.run("init")
        assert step(machine, "Install DVC") == {"run": "python -m pip install dvc"}
        assert "dvc pull" not in steps(machine)

    def test_a_config_that_cannot_be_read(self, machine: Machine) -> None:
        dvc_project(machine, "s3://b/c")
        machine.work.put({".dvc/config": "no section = 1\n"})
        assert machine.run("init").exit_code == 0
        assert "dvc pull" not in steps(machine)

    @pytest.mark.parametrize(
        ("files", "installed"),
        [
            ({"requirements.txt": "pandas\ndvc[s3, gs]>=3\n"}, ""),
            ({"requirements.txt": "dvc>=3\n"}, "python -m pip install 'dvc[s3]'"),
            ({"requirements.txt": "dvc>=3\ndvc-s3\n"}, ""),
            ({"requirements.txt": "dvclive[s3]\n"}, "python -m pip install 'dvc[s3]'"),
            ({"pyproject.toml": "[project]\ndependencies = ['dvc[s3]']\n"}, ""),
            ({"uv.lock": lock("dvc", "dvc-s3")}, ""),
            ({"uv.lock": lock("dvc")}, "uv pip install 'dvc[s3]'"),
            (
                {"uv.lock": lock("pandas")},
                "uv tool install 'dvc[s3]'\nuv tool dir --bin >> \"$GITHUB_PATH\"\n",
            ),
        ],
    )
    def test_a_project_that_brings_dvc(
        self, machine: Machine, files: dict[str, str], installed: str
    ) -> None:
        dvc_project(machine, "s3://b/c")
        machine.work.put(files)
        machine.run("init")
        found = step(machine, "Install DVC") if "Install DVC" in steps(machine) else {"run": ""}
        assert found["run"] == installed
        audited(machine)

    def test_metrics_that_dvc_keeps(self, machine: Machine) -> None:
        dvc_project(machine, "https://h/c")
        ran = machine.run("init")
        assert step(machine, "Compare, report and gate")["with"] == {"extras": "dvc"}
        assert "not in git" not in ran.stdout
        assert "cache: false" not in ran.stdout
        audited(machine)

    def test_metrics_that_dvc_keeps_where_our_action_does_not_read(self, machine: Machine) -> None:
        dvc_project(machine, "s3://b/c")
        assert (
            "scores/eval.json: our action reads no baseline from s3" in machine.run("init").stdout
        )

    def test_metrics_that_git_keeps(self, machine: Machine) -> None:
        dvc_project(machine, "s3://b/c")
        machine.work.git("add", "--force", "scores/eval.json")
        ran = machine.run("init")
        assert "with" not in step(machine, "Compare, report and gate")
        assert "cache: false" not in ran.stdout

    def test_data_alone_is_pulled_and_nothing_reproduced(self, machine: Machine) -> None:
        dvc_project(machine, "s3://b/c")
        machine.work.put({"dvc.yaml": "plots: [dvclive/plots]\n", "train.py": ""})
        machine.run("init")
        assert step(machine, "Pull what DVC keeps")["run"].startswith("dvc pull")
        assert step(machine, "Train") == {"run": "python train.py"}


def dvc_project(machine: Machine, url: str) -> None:
    stages = "stages:\n  train:\n    cmd: python t.py\n    metrics: [scores/eval.json]\n"
    config = (
        "[core]\n    remote = store\n    autostage = true\n"
        f"['remote \"store\"']\n    url = {url}\n    jobs = 4\n"
        "['remote \"other\"']\n    url = gs://bucket\n"
    )
    machine.work.put({"dvc.yaml": stages, ".dvc/config": config, "scores/.gitignore": "eval.json"})
    machine.work.commit("a DVC project")
    machine.work.put({"scores/eval.json": '{"auc": 0.9}'})
