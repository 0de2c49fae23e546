"""Deployments to a server of our own: what holds stays, what does not goes back."""

from __future__ import annotations

import json
import signal
import struct
import time
from typing import TYPE_CHECKING, Any

import pytest

from cli.releasing import RULES, Project, weights
from fakes.github import TOKEN, GitHubStandIn
from fakes.serving import Serving
from mlgate.errors import PublishError
from mlgate.release.golden import read_golden

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.machine import Job
    from fakes.github.state import Deployment

STAGE = """\
release:
  stages:
    production:
      deploy: {deploy}
      timeout: 5 s
      url: https://iris.example.com
      smoke: {{url: "{url}", golden: golden.jsonl, rounds: 2, wait: 1 s}}
"""
COPY = 'cp "$MLGATE_MODELS" "$LIVE/model.safetensors"; echo "$MLGATE_VERSION" >> "$LIVE/log"'


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with Serving(tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture
def serving(server: Serving, tmp_path: Path) -> Serving:
    """The server, for a folder of this test."""
    server.folder = tmp_path / "live"
    server.folder.mkdir()
    server.spoil = None
    server.asked.clear()
    return server


@pytest.fixture(scope="session")
def configured(
    project_template: Project, server: Serving, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    with GitHubStandIn() as github:
        made = project_template.copied(tmp_path_factory.mktemp("configured"), github)
        configure(made, server)
        return made


@pytest.fixture
def project(
    configured: Project, github: GitHubStandIn, tmp_path: Path, serving: Serving
) -> Project:
    github.world.tokens[TOKEN].permissions |= {"contents": "write", "deployments": "write"}
    return configured.copied(tmp_path, github, LIVE=str(serving.folder))


def configure(project: Project, serving: Serving, deploy: str = COPY, more: str = "") -> None:
    stage = STAGE.format(deploy=json.dumps(deploy), url=serving.url)
    project.work.put({"mlgate.yml": RULES + stage + more})
    project.work.commit("stages")


def registered(project: Project, value: float, golden: float | None = None) -> str:
    """Register the next version, whose golden predictions are right unless given."""
    answer = f32(value) if golden is None else golden
    lines = [{"input": {"x": x}, "output": {"y": x * answer}} for x in (1, 2, 3)]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    project.work.put({"golden.jsonl": text})
    project.pushed(value)
    ran = project.release("register", "iris")
    assert ran.exit_code == 0, ran.output
    return str(project.written()["tag"])


def f32(value: float) -> float:
    (found,) = struct.unpack("<f", struct.pack("<f", value))
    return float(found)


def states(deployment: Deployment) -> list[tuple[str, str]]:
    return [(status.state, status.description) for status in deployment.statuses]


class Deployed:
    """A project with its runs."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def to_production(self, tag: str, *more: str) -> tuple[int, str, Job]:
        project = self.project
        job = project.job(ref=f"refs/tags/{tag}", **project.machine.env)
        ran = job.run("release", "deploy", tag, "--to", "production", *more)
        return ran.exit_code, ran.output, job


@pytest.fixture(scope="session")
def registered_once(configured: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    with GitHubStandIn() as github:
        made = configured.copied(tmp_path_factory.mktemp("registered"), github)
        assert registered(made, 0.9) == "iris@v0.0.1"
        return made


@pytest.fixture
def live(
    registered_once: Project, github: GitHubStandIn, tmp_path: Path, serving: Serving
) -> Deployed:
    """v0.0.1 is deployed."""
    github.world.tokens[TOKEN].permissions |= {"contents": "write", "deployments": "write"}
    project = registered_once.copied(tmp_path, github, LIVE=str(serving.folder))
    made = Deployed(project)
    code, output, _ = made.to_production("iris@v0.0.1")
    assert code == 0, output
    return made


def test_what_holds_gets_the_stage(live: Deployed, serving: Serving, github: GitHubStandIn) -> None:
    assert serving.weight == f32(0.9)
    code, _, job = live.to_production(registered(live.project, 0.91))
    assert (code, serving.weight) == (0, f32(0.91))
    assert live.project.remote_tags()[:2] == ["iris#production#1", "iris#production#2"]
    first, second = github.repo.deployments
    assert states(first)[-1][0] == "inactive"
    assert states(second) == [
        ("in_progress", "v0.0.2 after v0.0.1"),
        ("success", "v0.0.2 is deployed, and holds production"),
    ]
    assert (second.ref, second.task, second.environment) == (
        "iris@v0.0.2",
        "deploy:iris",
        "production",
    )
    payload: Any = second.payload
    assert payload["digest"] == job.outputs()["digest"]
    assert payload["previous"] == "v0.0.1"
    assert second.production_environment is True
    status = second.statuses[-1]
    assert status.environment_url == "https://iris.example.com"
    assert status.log_url.startswith("https://github.com/octo/ml/actions/runs/")
    assert job.outputs()["outcome"] == "deployed to production"
    said = [step["name"] for step in live.project.written()["steps"]]
    assert said[-3:] == ["deploy", "smoke", "promote"]


def test_the_same_again_does_nothing(
    live: Deployed, serving: Serving, github: GitHubStandIn
) -> None:
    code, output, _ = live.to_production("iris@v0.0.1")
    assert (code, len(github.repo.deployments)) == (0, 1)
    assert "production has it already" in output
    assert (serving.folder / "log").read_text() == "v0.0.1\n"
    code, _, _ = live.to_production("iris@v0.0.1", "--again")
    assert (code, (serving.folder / "log").read_text()) == (0, "v0.0.1\nv0.0.1\n")


def test_a_model_that_answers_wrongly_goes_back(
    live: Deployed, serving: Serving, github: GitHubStandIn
) -> None:
    tag = registered(live.project, 0.91, golden=0.5)
    code, output, job = live.to_production(tag)
    assert (code, serving.weight) == (1, f32(0.9))
    assert (serving.folder / "log").read_text() == "v0.0.1\nv0.0.2\nv0.0.1\n"
    assert "rolled back to v0.0.1" in output
    state, said = states(github.repo.deployments[-1])[-1]
    assert state == "failure"
    assert said.startswith("rolled back to v0.0.1: the smoke test does not hold")
    assert job.outputs()["outcome"] == "rolled back to v0.0.1"
    assert states(github.repo.deployments[0])[-1][0] == "success"
    shown = live.project.release("show", "iris#production").stdout
    assert "v0.0.1" in shown


def test_a_command_that_fails_or_hangs_goes_back(
    live: Deployed, serving: Serving, github: GitHubStandIn
) -> None:
    for command, said in (
        (f'test "$MLGATE_ROLLBACK" || exit 7; {COPY}', "ended with exit 7"),
        (f'test "$MLGATE_ROLLBACK" || sleep 60; {COPY}', "was stopped after 1 s"),
    ):
        stage = STAGE.format(deploy=json.dumps(command), url=serving.url).replace("5 s", "1 s")
        live.project.work.put({"mlgate.yml": RULES + stage})
        live.project.work.commit("another command")
        start = time.monotonic()
        code, output, _ = live.to_production(registered(live.project, 0.91))
        assert (code, serving.weight) == (1, f32(0.9)), output
        assert time.monotonic() - start < 20
        state, description = states(github.repo.deployments[-1])[-1]
        assert (state, said in description) == ("failure", True)


def test_a_server_that_flaps_goes_back(live: Deployed, serving: Serving) -> None:
    first = len(serving.asked)

    def spoil(number: int, found: dict[str, Any]) -> tuple[int, bytes]:
        flaps = number == first + 5 and serving.weight != f32(0.9)
        return (503, b"") if flaps else (200, json.dumps(found).encode())

    serving.spoil = spoil
    code, output, _ = live.to_production(registered(live.project, 0.91))
    assert (code, serving.weight) == (1, f32(0.9))
    assert "what is deployed flaps: round 2 of 2 fails" in output


def test_the_first_has_nothing_to_go_back_to(
    project: Project, serving: Serving, github: GitHubStandIn
) -> None:
    tag = registered(project, 0.9, golden=0.5)
    code, output, _ = Deployed(project).to_production(tag)
    assert code == 1
    assert "there is none to go back to" in output
    assert states(github.repo.deployments[0])[-1][0] == "failure"
    assert project.release("show", "iris").stdout.count("production") == 0
    assert serving.weight == f32(0.9)


def test_a_way_back_that_fails_too(live: Deployed, serving: Serving, github: GitHubStandIn) -> None:
    configure(live.project, serving, deploy="exit 9")
    code, output, _ = live.to_production(registered(live.project, 0.91))
    assert code == 3
    assert (
        "neither v0.0.2 nor v0.0.1 is deployed well" in states(github.repo.deployments[-1])[-1][1]
    )
    assert states(github.repo.deployments[-1])[-1][0] == "error"
    assert "failed, and not rolled back" in output


def test_what_is_not_verified_is_not_deployed(
    live: Deployed, serving: Serving, github: GitHubStandIn
) -> None:
    tag = registered(live.project, 0.91)
    (live.project.machine.path / "model.safetensors").write_bytes(weights(9))
    code, _, _ = live.to_production(tag)
    assert (code, serving.weight, len(github.repo.deployments)) == (3, f32(0.9), 1)


def test_an_older_version_is_a_rollback(live: Deployed) -> None:
    live.to_production(registered(live.project, 0.91))
    live.project.work.git("checkout", "--quiet", "iris@v0.0.1")
    code, output, _ = live.to_production("iris@v0.0.1")
    assert (code, "v0.0.1 is older than v0.0.2, which is deployed" in output) == (2, True)


def test_a_stage_that_nobody_described(live: Deployed) -> None:
    job = live.project.job(ref="refs/tags/iris@v0.0.1", **live.project.machine.env)
    ran = job.run("release", "deploy", "iris@v0.0.1", "--to", "staging")
    assert (ran.exit_code, "does not say how iris is deployed to staging" in ran.stderr) == (
        2,
        True,
    )


def test_without_the_right_nothing_is_deployed(
    live: Deployed, serving: Serving, github: GitHubStandIn
) -> None:
    tag = registered(live.project, 0.91)
    github.world.tokens[TOKEN].permissions["deployments"] = "read"
    code, output, _ = live.to_production(tag)
    assert (code, serving.weight) == (4, f32(0.9))
    assert "deployments: write" in output


def test_a_tag_of_a_stage_starts_its_deployment(
    live: Deployed, serving: Serving, github: GitHubStandIn
) -> None:
    """As with GTO: the stage is given first; what does not hold gives it back."""
    registered(live.project, 0.91)
    live.project.release("promote", "iris", "v0.0.2", "production")
    code, output, _ = live.to_production("iris#production#2")
    assert (code, serving.weight) == (0, f32(0.91)), output
    assert github.repo.deployments[-1].ref == "iris#production#2"
    assert "deployed to production" in output
    registered(live.project, 0.92, golden=0.5)
    live.project.release("promote", "iris", "v0.0.3", "production")
    code, output, _ = live.to_production("iris#production#3")
    assert (code, serving.weight) == (1, f32(0.91)), output
    message = live.project.tag("iris#production#4")
    assert message.startswith("Rollback: iris v0.0.2 gets production, after v0.0.3")
    assert "reason: 'rollback: v0.0.3 does not hold'" in message


@pytest.mark.parametrize("trouble", ["forge", "bug"])
def test_nothing_that_goes_wrong_stops_the_way_back(
    live: Deployed, serving: Serving, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """A forge that is down when files are asked for, and what nobody has foreseen."""
    tag = registered(live.project, 0.91, golden=0.5)

    def broken(*_: object) -> object:
        raise PublishError("githubstatus.com") if trouble == "forge" else RuntimeError("oops")

    copied = f'cp "${{MLGATE_MODELS:-{serving.folder}/kept}}" "$LIVE/model.safetensors"'
    (serving.folder / "kept").write_bytes(weights(0.9))
    configure(live.project, serving, deploy=copied)
    tag = registered(live.project, 0.92, golden=0.5)
    where = {
        "forge": "mlgate.cli.release.forward.bring_back",
        "bug": "mlgate.cli.release.environment.read_golden",
    }[trouble]
    seen = []
    real = read_golden

    def once(raw: bytes, *, origin: str) -> object:
        seen.append(origin)
        return broken() if len(seen) == 1 else real(raw, origin=origin)

    monkeypatch.setattr(where, broken if trouble == "forge" else once)
    code, output, _ = live.to_production(tag)
    assert serving.weight == f32(0.9)
    assert "rolled back to v0.0.1" in output
    assert code == (1 if trouble == "forge" else 70)


# Going back by hand


def test_rollback_deploys_the_version_before(
    live: Deployed, serving: Serving, github: GitHubStandIn
) -> None:
    live.to_production(registered(live.project, 0.91))
    job = live.project.job(**live.project.machine.env)
    ran = job.run("release", "rollback", "iris", "production", "--reason", "complaints")
    assert (ran.exit_code, serving.weight) == (0, f32(0.9)), ran.output
    assert live.project.tag("iris#production#3").startswith(
        "Rollback: iris v0.0.1 gets production, after v0.0.2"
    )
    assert "reason: 'rollback: complaints'" in live.project.tag("iris#production#3")
    last = github.repo.deployments[-1]
    assert (last.task, last.ref) == ("rollback:iris", "iris@v0.0.1")
    assert states(last)[-1][0] == "success"
    ran = job.run("release", "rollback", "iris", "production")
    assert ran.exit_code == 3
    assert "no version of iris held production before v0.0.1" in ran.stderr


def test_a_rehearsal_finds_what_it_would_take(
    live: Deployed, serving: Serving, github: GitHubStandIn
) -> None:
    live.to_production(registered(live.project, 0.91))
    job = live.project.job(**live.project.machine.env)
    ran = job.run("release", "rollback", "iris", "production", "--dry-run")
    assert (ran.exit_code, serving.weight) == (0, f32(0.91))
    assert "rehearsed" in ran.stdout
    written = live.project.written()
    assert written["outcome"] == "rehearsed"
    assert [step["name"] for step in written["steps"]] == ["stage", "files", "golden"]
    assert len(github.repo.deployments) == 2
    assert "rehearsed" in job.summary()


def test_files_that_git_does_not_keep_come_from_the_release(
    project: Project, serving: Serving, github: GitHubStandIn
) -> None:
    project.work.put({".gitignore": ".mlgate/\nmodel.safetensors\n"})
    project.work.commit("models are not in git")
    made = Deployed(project)
    for value in (0.9, 0.91):
        tag = registered(project, value)
        job = project.job(ref=f"refs/tags/{tag}", **project.machine.env)
        assert job.run("release", "publish", tag).exit_code == 0
        assert made.to_production(tag)[0] == 0
    job = project.job(**project.machine.env)
    ran = job.run("release", "rollback", "iris", "production")
    assert (ran.exit_code, serving.weight) == (0, f32(0.9)), ran.output
    asset = next(a for a in github.repo.releases[1].assets if a.name == "model.safetensors")
    asset.content = weights(5).hex()
    ran = job.run("release", "rollback", "iris", "production", "--to", "v0.0.2", "--dry-run")
    assert ran.exit_code == 3
    assert "what was brought back is not what the tag says" in ran.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_job_that_is_cancelled_says_so(
    live: Deployed, serving: Serving, github: GitHubStandIn, number: signal.Signals
) -> None:
    configure(live.project, serving, deploy=f'touch "$LIVE/begun"; sleep 60; {COPY}')
    tag = registered(live.project, 0.91)
    job = live.project.job(ref=f"refs/tags/{tag}", **live.project.machine.env)
    started = job.start("release", "deploy", tag, "--to", "production")
    deadline = time.monotonic() + 30
    while not (serving.folder / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    started.send_signal(number)
    _, errors = started.communicate(timeout=30)
    assert started.returncode == 143
    assert "cancelled while v0.0.2 was deployed to production" in errors
    assert states(github.repo.deployments[-1])[-1] == (
        "error",
        "cancelled midway: production may run either version",
    )
    assert len(live.project.remote_tags()) == 3


CANARY = """\
      canary:
        shift: echo "$MLGATE_PERCENT" >> "$LIVE/traffic"
        metric: cat "$LIVE/metric.json"
        margin: 0.05
        steps: [10, 50]
        every: 10 ms
        timeout: 200 ms
        least: 10
"""


@pytest.mark.parametrize(
    ("bad", "code", "traffic"), [(1, 0, ["10", "50", "100"]), (400, 1, ["10", "0"])]
)
def test_a_canary_decides(
    project: Project, serving: Serving, bad: int, code: int, traffic: list[str]
) -> None:
    tag = registered(project, 0.9)
    made = Deployed(project)
    assert made.to_production(tag)[0] == 0
    grow = 'echo "x" >> "$LIVE/n"; n=$(wc -l < "$LIVE/n"); '
    told = (
        f'echo "{{\\"canary\\": {{\\"bad\\": $((n * {bad})), \\"of\\": $((n * 1000))}}, '
        f'\\"stable\\": {{\\"bad\\": $((n * 1)), \\"of\\": $((n * 1000))}}}}"'
    )
    more = CANARY.replace('cat "$LIVE/metric.json"', json.dumps(grow + told))
    configure(
        project,
        serving,
        more=more.replace(
            'echo "$MLGATE_PERCENT" >> "$LIVE/traffic"',
            json.dumps('echo "$MLGATE_PERCENT" >> "$LIVE/traffic"'),
        ),
    )
    found, output, _ = made.to_production(registered(project, 0.91))
    assert found == code, output
    assert (serving.folder / "traffic").read_text().split() == traffic
    assert serving.weight == (f32(0.91) if code == 0 else f32(0.9))
