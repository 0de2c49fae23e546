"""From a pushed commit to a version, and everything that refuses one."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cli.machine import Machine
from cli.releasing import RULES, Project, weights
from fakes.git import GitFolder
from fakes.tags import START, Tagged, make_tags

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.github import GitHubStandIn


def test_a_tag_says_what_the_gate_found(released: Project) -> None:
    message = released.tag("iris@v0.0.1")
    written = released.written()
    assert message.startswith("Register iris v0.0.1\n\nschema: mlgate/tag/v1\nname: iris\n")
    assert "verdict: warn" in message
    assert "auc: 0.9" in message
    assert f"sha256: {written['models'][0]['sha256']}" in message
    assert f"policy: {released.work.git('rev-parse', 'HEAD~1')}" in message
    assert f"evidence: refs/mlgate/evidence/{released.work.head()}/" in message
    assert f"digest: {written['digest']}" in message


def test_what_holds_is_verified_against_what_is_deployed(released: Project) -> None:
    released.pushed(0.895)
    ran = released.release("register", "iris", "--bump", "minor", "-m", "smaller:\n yes")
    assert ran.exit_code == 0
    assert released.tag("iris@v0.1.0").startswith("Register iris v0.1.0: smaller: yes\n")
    ran = released.release("verify", "iris@v0.1.0", "--stage", "production")
    assert (ran.exit_code, "verified" in ran.stdout) == (0, True)
    assert "against v0.0.1 (v0.0.1 holds production)" in released.step("deployed")["said"]
    report = released.written()["report"]
    assert report["baseline"]["origin"] == "stored evidence"
    assert report["comparisons"][0]["metrics"][0]["base"] == 0.9


def test_small_losses_do_not_add_up_unseen(released: Project) -> None:
    """Each step is inside the limit of its parent, and the last is not of what is deployed."""
    for value in (0.892, 0.885):
        released.pushed(value)
    ran = released.release("register", "iris", "--stage", "production")
    assert ran.exit_code == 1
    assert released.step("verdict")["outcome"] == "pass"
    assert released.step("deployed")["outcome"] == "fail"
    assert "auc fell by 0.015 (0.9 → 0.885)" in released.step("deployed")["said"]
    assert released.remote_tags() == ["iris#production#1", "iris@v0.0.1"]


def test_registering_twice_changes_nothing(released: Project) -> None:
    ran = released.release("register", "iris", "--bump", "major")
    assert (ran.exit_code, released.written()["tag"]) == (0, "iris@v0.0.1")
    assert len(released.remote_tags()) == 2


def test_a_commit_is_one_version(released: Project) -> None:
    ran = released.release("register", "iris", "--version", "v2.0.0")
    assert (ran.exit_code, "iris v0.0.1 is this commit already" in ran.stderr) == (3, True)


def test_a_version_is_one_commit(released: Project) -> None:
    released.pushed(0.91)
    ran = released.release("register", "iris", "--version", "0.0.1")
    assert (ran.exit_code, "iris v0.0.1 is taken" in ran.stderr) == (3, True)


def test_versions_do_not_go_backwards(released: Project) -> None:
    released.pushed(0.91)
    assert released.release("register", "iris", "--version", "v1.2.0").exit_code == 0
    released.pushed(0.92)
    ran = released.release("register", "iris", "--version", "v1.1.0")
    assert ran.exit_code == 3
    assert "iris v1.1.0 would come after v1.2.0" in ran.stderr
    assert "the next one is v1.2.1" in ran.stderr


@pytest.mark.parametrize(
    ("labels", "tag"),
    [
        ('["docs", "release:minor", "release:patch"]', "iris@v0.1.0"),
        ("release:major", "iris@v1.0.0"),
        ('[{"name": "release:patch"}]', "iris@v0.0.2"),
        ("docs\nbug", ""),
        ("[]", ""),
    ],
)
def test_labels_ask_for_versions(released: Project, labels: str, tag: str) -> None:
    released.pushed(0.91)
    job = released.job()
    assert job.run("release", "register", "iris", "--labels", labels).exit_code == 0
    assert job.outputs()["tag"] == tag
    assert job.outputs()["registered"] == str(bool(tag)).lower()
    assert (tag in released.remote_tags()) == bool(tag)


def test_two_clones_that_register_at_once(released: Project, tmp_path: Path) -> None:
    """Both want the next version of other commits: both get one, and no stray tag is left."""
    released.pushed(0.91)
    first = released.work.head()
    released.pushed(0.92)
    clones = []
    for number, commit in enumerate((first, released.work.head())):
        work = released.work.clone(tmp_path / f"clone{number}")
        work.git("remote", "set-url", "origin", str(released.remote))
        work.git("checkout", "--quiet", commit)
        clones.append(work)

    def register(work: GitFolder) -> int:
        started = Machine(work).start("release", "register", "iris")
        started.communicate(timeout=100)
        return started.returncode

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(register, clones)) == [0, 0]
    tags = [tag for tag in released.remote_tags() if "@" in tag]
    assert tags == ["iris@v0.0.1", "iris@v0.0.2", "iris@v0.0.3"]
    there = dict(
        zip(
            tags,
            (released.work.git("ls-remote", "origin", f"refs/tags/{t}^{{}}")[:40] for t in tags),
            strict=True,
        )
    )
    assert {there["iris@v0.0.2"], there["iris@v0.0.3"]} == {first, released.work.head()}
    for work in clones:
        for tag in work.git("tag", "--list", "iris@*").split():
            assert work.git("rev-parse", f"{tag}^{{commit}}") == there[tag]


def test_a_race_for_a_stage(released: Project, tmp_path: Path) -> None:
    released.pushed(0.91)
    released.release("register", "iris")
    other = released.work.clone(tmp_path / "other")
    other.git("remote", "set-url", "origin", str(released.remote))
    assert Machine(other).run("release", "promote", "iris", "v0.0.2", "production").exit_code == 0
    ran = released.release("promote", "iris", "v0.0.2", "production", "--expect", "v0.0.1")
    assert ran.exit_code == 3
    assert "v0.0.2 holds production, and not v0.0.1" in ran.stderr
    assert released.release("promote", "iris", "v0.0.2", "production").exit_code == 0
    assert sum("#" in tag for tag in released.remote_tags()) == 2


# What is refused


def test_no_evidence(project: Project) -> None:
    project.work.put({"README.md": "1", "model.safetensors": weights(1)})
    project.work.commit("not measured")
    project.work.git("push", "--quiet", "origin", "main")
    ran = project.release("register", "iris")
    assert (ran.exit_code, project.remote_tags()) == (3, [])
    assert "no evidence of commit" in project.step("evidence")["said"]
    assert "run the workflow that measures it" in project.step("evidence")["fix"]


def test_evidence_of_uncommitted_changes(project: Project) -> None:
    project.work.put({"model.safetensors": weights(1), "metrics.json": '{"auc": 0.9}'})
    project.work.commit("measured")
    project.work.git("push", "--quiet", "origin", "main")
    project.work.put({"metrics.json": '{"auc": 0.99}'})
    project.job("push", ref="refs/heads/main").report("--store", "always", "--post", "never")
    assert project.release("register", "iris").exit_code == 3
    assert "is of uncommitted changes" in project.step("evidence")["said"]


def test_evidence_in_a_folder(project: Project) -> None:
    project.work.put({"model.safetensors": weights(1), "metrics.json": '{"auc": 0.9}'})
    project.work.commit("measured")
    project.work.git("push", "--quiet", "origin", "main")
    project.machine.report()
    ran = project.release("register", "iris", "--evidence", ".mlgate")
    assert ran.exit_code == 0
    assert "evidence: " not in project.tag("iris@v0.0.1").replace("evidence: refs", "")
    project.work.git("commit", "--quiet", "--allow-empty", "--message", "other")
    assert project.release("register", "iris", "--evidence", ".mlgate").exit_code == 3
    ran = project.release("register", "iris", "--evidence", "nowhere")
    assert "nowhere/evidence.json: no evidence" in project.step("evidence")["said"]


def test_evidence_that_was_replaced(released: Project) -> None:
    (ref,) = released.work.git("for-each-ref", "--format=%(refname)", "refs/mlgate").split()
    raw = released.work.git("cat-file", "blob", f"{ref}:evidence.json").encode()
    released.work.git("update-ref", "-d", ref)
    commit, _, run = ref.removeprefix("refs/mlgate/evidence/").partition("/")
    released.work.store(commit, raw.replace(b"0.9", b"0.99"), run)
    ran = released.release("verify", "iris@v0.0.1")
    assert ran.exit_code == 3
    assert "not the evidence that v0.0.1 was registered with" in released.step("evidence")["said"]
    released.work.git("update-ref", "-d", ref)
    released.work.git("push", "--quiet", "origin", f":{ref}")
    assert released.release("verify", "iris@v0.0.1").exit_code == 3
    assert "no evidence of commit" in released.step("evidence")["said"]


def test_a_verdict_that_was_edited(project: Project) -> None:
    project.pushed(0.9)
    project.pushed(0.7)
    assert project.release("register", "iris").exit_code == 1
    (ref,) = project.work.git(
        "for-each-ref", "--format=%(refname)", f"refs/mlgate/evidence/{project.work.head()}"
    ).split()
    report = project.work.git("cat-file", "blob", f"{ref}:report.json")
    forged = report.replace('"effect": "fail"', '"effect": "pass"')
    folder = project.machine.path / "forged"
    folder.mkdir()
    evidence = project.work.git("cat-file", "blob", f"{ref}:evidence.json")
    (folder / "evidence.json").write_text(evidence)
    (folder / "report.json").write_text(forged)
    assert project.release("register", "iris", "--evidence", "forged").exit_code == 3
    assert "is not what its judgements add up to" in project.step("evidence")["said"]
    (folder / "report.json").unlink()
    assert project.release("register", "iris", "--evidence", "forged").exit_code == 3
    assert "no verdict is recorded" in project.step("verdict")["said"]
    assert project.release("register", "iris").exit_code == 1
    assert "the gate said fail when it was measured" in project.step("verdict")["said"]


def test_a_model_that_changed_after_the_gate(released: Project) -> None:
    place = released.machine.path / "model.safetensors"
    place.write_bytes(weights(7))
    ran = released.release("verify", "iris@v0.0.1")
    assert (ran.exit_code, "refused" in ran.stdout) == (3, True)
    assert "not the file that was measured" in released.step("model")["said"]
    folder = released.machine.path.parent / "downloaded"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(weights(0.9))
    ran = released.release("verify", "iris@v0.0.1", "--models", str(folder))
    assert ran.exit_code == 0


def test_a_model_that_is_not_here(project: Project) -> None:
    """Git brings what it keeps; nobody brings what only the training had."""
    place = project.machine.path / "model.safetensors"
    project.pushed(0.9)
    assert project.release("register", "iris").exit_code == 0
    place.unlink()
    assert project.release("verify", "iris@v0.0.1").exit_code == 0
    project.work.put({".gitignore": ".mlgate/\nmodel.safetensors\n"})
    project.work.git("rm", "--quiet", "--cached", "model.safetensors")
    project.work.commit("models are not in git")
    project.pushed(0.91)
    assert project.release("register", "iris").exit_code == 0
    place.unlink()
    assert project.release("verify", "iris@v0.0.2").exit_code == 3
    assert "the model file is not here" in project.step("model")["said"]
    assert "download the artifact of the run that measured it" in project.step("model")["fix"]


def test_a_link_that_leads_outside(released: Project, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(weights(0.9))
    place = released.machine.path / "model.safetensors"
    place.unlink()
    place.symlink_to(tmp_path / "secret")
    assert released.release("verify", "iris@v0.0.1").exit_code == 3
    assert "leads outside" in released.step("model")["said"]


def test_no_model_file(project: Project) -> None:
    project.work.put({"mlgate.yml": RULES.replace("artifacts: [model.safetensors]\n", "")})
    project.work.commit("rules")
    project.work.put({"metrics.json": '{"auc": 0.9}'})
    project.work.commit("measured")
    project.work.git("push", "--quiet", "origin", "main")
    project.job("push", ref="refs/heads/main").report("--store", "always", "--post", "never")
    assert project.release("register", "iris").exit_code == 3
    assert "names no model file" in project.step("model")["said"]
    assert "name it under `artifacts:`" in project.step("model")["fix"]


def test_a_pickle_is_named_as_one(project: Project) -> None:
    project.pushed(0.9, model=pickle.dumps({"w": 1}))
    ran = project.release("register", "iris")
    assert ran.exit_code == 0
    step = project.step("model")
    assert step["outcome"] == "warn"
    assert "is a pickle: whoever loads it runs the code in it" in step["said"]
    assert "format: pickle\n  executes: true" in project.tag("iris@v0.0.1")


def test_rules_that_are_as_young_as_the_results(released: Project) -> None:
    loose = RULES.replace("max-drop: 0.01", "max-drop: 0.5")
    released.pushed(0.7, rules=loose)
    assert released.release("register", "iris").exit_code == 3
    assert "changes the rules that it was measured under" in released.step("policy")["said"]
    released.pushed(0.7)
    assert released.release("register", "iris").exit_code == 0


def test_how_it_is_released_is_no_rule(released: Project) -> None:
    released.pushed(0.91, rules=f"{RULES}release: {{license: mit}}\n")
    assert released.release("register", "iris").exit_code == 0


def test_evidence_of_another_model(released: Project) -> None:
    released.pushed(0.91)
    assert released.release("register", "rose").exit_code == 3
    assert "is about iris" in released.step("evidence")["said"]


def test_no_rules_before(machine: Machine, github: GitHubStandIn, tmp_path: Path) -> None:
    project = Project.new(machine, github, tmp_path)
    project.work.git("rm", "--quiet", "mlgate.yml")
    project.work.commit("no rules")
    project.pushed(0.9, rules=RULES)
    assert project.release("register", "iris").exit_code == 3
    assert "no rule is older than the results" in project.step("policy")["said"]


def test_a_commit_that_is_not_merged(released: Project) -> None:
    released.work.switch("aside")
    released.pushed(0.95)
    released.work.git("push", "--quiet", "origin", "aside")
    ran = released.release("register", "iris")
    assert (ran.exit_code, "is not on main" in released.step("branch")["said"]) == (3, True)
    assert released.release("register", "iris", "--branch", "aside").exit_code == 0


# Tags that cannot be trusted


def test_a_tag_that_was_moved(released: Project) -> None:
    released.pushed(0.91)
    released.work.git("push", "--quiet", "--force", "origin", "HEAD:refs/tags/iris@v0.0.1")
    ran = released.release("verify", "iris@v0.0.1")
    assert (ran.exit_code, "the tag iris@v0.0.1 was moved" in ran.stderr) == (3, True)


def test_a_tag_that_was_deleted_between_two_steps(released: Project) -> None:
    job = released.job()
    assert job.run("release", "check-tag", "iris@v0.0.1").exit_code == 0
    released.work.git("push", "--quiet", "origin", ":refs/tags/iris@v0.0.1")
    ran = job.run("release", "verify", "iris@v0.0.1")
    assert (ran.exit_code, "is gone from the remote" in ran.stderr) == (3, True)
    assert released.release("verify", "iris@v0.0.1").exit_code == 0
    assert "the remote does not have iris@v0.0.1 yet" in released.step("tag")["said"] or any(
        "does not have" in step["said"] for step in released.written()["steps"]
    )


@pytest.mark.parametrize("tag", ["iris@v1.2", "iris@1.0.0", "v1.2", "iris@v1.02.0", "a b@v1.0.0"])
def test_a_tag_that_is_not_semantic(released: Project, tag: str) -> None:
    for command in ("verify", "check-tag"):
        ran = released.release(command, tag)
        assert (ran.exit_code, "is no release tag" in ran.stderr) == (2, True)


def test_a_tag_of_something_else_is_no_error_for_the_first_step(released: Project) -> None:
    job = released.job(ref="refs/tags/nightly")
    ran = job.run("release", "check-tag")
    assert (ran.exit_code, ran.stdout) == (0, "nightly is no release tag\n")
    assert job.outputs()["event"] == "none"
    assert released.release("verify", "nightly").exit_code == 2


def test_one_version_at_two_commits(released: Project) -> None:
    first = released.work.head()
    released.pushed(0.91)
    make_tags(released.work, [released.work.head()], [Tagged("iris@v0.0.1#9", 0, 1)])
    ran = released.release("verify", "iris@v0.0.1")
    assert ran.exit_code == 3
    assert "is registered twice, at different commits: " in ran.stderr
    assert first


def test_a_message_that_was_copied(released: Project) -> None:
    message = released.tag("iris@v0.0.1")
    released.pushed(0.91)
    released.work.git("tag", "--annotate", "-m", message, "iris@v3.0.0")
    ran = released.release("verify", "iris@v3.0.0")
    assert (ran.exit_code, "its message is about iris v0.0.1" in ran.stderr) == (3, True)


def test_what_was_withdrawn(released: Project) -> None:
    released.pushed(0.91)
    released.release("register", "iris")
    assert released.release("withdraw", "iris@v0.0.2", "--reason", "leak").exit_code == 0
    ran = released.release("verify", "iris@v0.0.2")
    assert (ran.exit_code, "withdrawn by iris@v0.0.2!" in ran.stderr) == (3, True)
    assert released.release("promote", "iris", "v0.0.2", "production").exit_code == 3
    assert released.release("verify", "iris@v0.0.2!").exit_code == 2


def test_a_lightweight_tag_is_tolerated_and_said(released: Project) -> None:
    released.work.git("tag", "iris@v0.0.2")
    released.pushed(0.91)
    released.work.git("tag", "--force", "iris@v0.0.2")
    released.work.git("push", "--quiet", "origin", "refs/tags/iris@v0.0.2")
    ran = released.release("verify", "iris@v0.0.2")
    assert ran.exit_code == 0
    said = [step["said"] for step in released.written()["steps"] if step["outcome"] == "warn"]
    assert any("is a lightweight tag" in one for one in said)
    assert any("another tool has registered it" in one for one in said)


def test_a_plain_version_is_of_the_only_model(released: Project) -> None:
    other = released.work.git("tag", "--list")
    assert other
    released.pushed(0.91)
    released.work.git("tag", "--annotate", "-m", "two", "v2.0.0")
    ran = released.release("check-tag", "v2.0.0")
    assert ran.exit_code == 3
    released.work.git("tag", "--delete", "iris@v0.0.1", "iris#production#1")
    ran = released.release("check-tag", "v2.0.0")
    assert (ran.exit_code, ran.stdout) == (
        0,
        f"registers iris v2.0.0 at {released.work.head()[:7]}\n",
    )
    assert released.release("verify", "v2.0.0").exit_code == 0


# Clones that lack things


def test_a_shallow_clone_fetches_what_it_needs(released: Project, tmp_path: Path) -> None:
    released.pushed(0.91)
    released.release("register", "iris")
    for number in range(30):
        released.work.put({"README.md": str(number)})
        released.work.commit(f"more {number}")
    released.work.git("push", "--quiet", "origin", "main")
    remote = GitFolder(released.remote)
    remote.git("config", "uploadpack.allowAnySHA1InWant", "true")
    clone = tmp_path / "shallow"
    source = f"file://{released.remote}"
    remote.git("clone", "--quiet", "--depth=1", "--branch=iris@v0.0.2", source, str(clone))
    shallow = Machine(GitFolder(clone))
    assert "production" in shallow.run("release", "show").stdout
    ran = shallow.run(
        "release", "verify", "iris@v0.0.2", "--stage", "production", "--branch", "main"
    )
    assert ran.exit_code == 0, ran.output
    assert "v0.0.1 holds production" in ran.stdout


def test_the_outputs_of_a_job(released: Project) -> None:
    job = released.job(ref="refs/tags/iris@v0.0.1")
    assert job.run("release", "check-tag").exit_code == 0
    found = job.outputs()
    assert (found["event"], found["name"], found["version"]) == ("registration", "iris", "v0.0.1")
    assert (found["commit"], found["annotated"]) == (released.work.head(), "true")
    assert job.run("release", "verify", "iris@v0.0.1").exit_code == 0
    found = job.outputs()
    assert (found["verified"], found["tag"]) == ("true", "iris@v0.0.1")
    assert found["digest"] == released.written()["models"][0]["sha256"]
    assert "## Release iris v0.0.1: verified" in job.summary()


def test_clocks_that_disagree_are_said(released: Project) -> None:
    commits = [released.work.head(), released.pushed(0.91)]
    make_tags(
        released.work,
        commits,
        [Tagged("rose@v1.0.0", 0, 1), Tagged("rose@v1.1.0", 1, 2),
         Tagged("rose#prod#7", 0, 900), Tagged("rose#prod#8", 1, 100)],
    )  # fmt: skip
    ran = released.release("show", "rose")
    assert "the clocks of rose#prod#8 and rose#prod#7 disagree" in ran.stderr
    released.release("promote", "rose", "v1.1.0", "prod", "--no-push")
    shown = released.release("show", "rose#prod").stdout
    assert "v1.1.0" in shown


def test_a_tag_from_the_future_does_not_hide_later_ones(released: Project) -> None:
    """Somebody's clock was decades ahead: what is written after that is still later."""
    commits = [released.work.head(), released.pushed(0.91)]
    released.release("register", "iris")
    make_tags(released.work, commits, [Tagged("iris#production#5", 0, 10**9)])
    assert released.release("promote", "iris", "v0.0.2", "production").exit_code == 0
    assert "v0.0.2" in released.release("show", "iris#production").stdout
    at = released.work.git(
        "for-each-ref", "--format=%(taggerdate:unix)", "refs/tags/iris#production#6"
    )
    assert int(at) == START + 10**9 + 1


def test_a_remote_that_refuses(released: Project) -> None:
    released.pushed(0.91)
    hook = released.remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'GH013: Repository rule violations' >&2\nexit 1\n")
    hook.chmod(0o755)
    ran = released.release("register", "iris")
    assert ran.exit_code == 3
    assert "allow whoever releases to create this tag" in ran.stderr
    assert released.work.git("tag", "--list", "iris@v0.0.2") == ""
