"""``mlgate report`` in jobs of GitHub Actions, posting to the stand-in."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

import pytest

from cli.machine import Job, Machine, copied, event, pull_request, repository
from fakes.github import TOKEN, GitHubStandIn, Token, faults

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.git import GitFolder

RULES = "version: 1\ngate:\n  - {metric: auc, max-drop: 0.01}\n"
LOOSE = RULES.replace("0.01", "0.5")
US = "github-actions[bot]"


def auc(value: object) -> str:
    return json.dumps({"auc": value})


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> GitFolder:
    work = repository(tmp_path_factory.mktemp("template") / "work")
    work.commit("measured", metrics__json=auc(0.9), mlgate__yml=RULES)
    work.switch("better")
    work.commit("worse", metrics__json=auc(0.8))
    work.back()
    work.commit("main goes on", other__txt="x")
    return work


@pytest.fixture
def forked(template: GitFolder, tmp_path: Path) -> GitFolder:
    """``main`` goes on after ``better`` left it, and ``better`` is worse."""
    return copied(template, tmp_path / "work")


@pytest.fixture
def job(forked: GitFolder, github: GitHubStandIn) -> Job:
    """The job of pull request 7, which is to fail."""
    return pull_request(forked, github)


class TestEverythingPosted:
    """One run in good order."""

    def test_exit_code_and_log(self, job: Job) -> None:
        ran = job.report("--format", "text")
        assert ran.exit_code == 1
        assert ran.errors == []
        assert "main" in ran.stdout

    def test_the_comment(self, job: Job) -> None:
        job.report()
        (comment,) = job.github.comments()
        head = job.work.git("rev-parse", "better")
        assert comment.author == US
        assert comment.body.startswith(f"<!-- mlgate:v1 key=mlgate run=501.1 sha={head} -->\n")
        assert "`auc` fell by 0.1 (0.9 → 0.8); the limit is 0.01." in comment.body

    def test_the_check_run_is_on_the_head_and_not_on_the_merge_commit(self, job: Job) -> None:
        job.report()
        (check,) = job.github.repo.check_runs
        assert check.head_sha == job.work.git("rev-parse", "better") != job.work.head()
        assert (check.name, check.status, check.conclusion) == ("mlgate", "completed", "failure")
        assert check.output["title"] == "Failed: auc fell by 0.1 (0.9 → 0.8); the limit is 0.01."
        (note,) = check.annotations
        assert (note["path"], note["annotation_level"]) == ("metrics.json", "failure")

    def test_the_outputs(self, job: Job) -> None:
        job.report()
        folder = job.path / ".mlgate"
        assert job.outputs() == {
            "verdict": "fail",
            "failed-rules": "auc, max-drop: 0.01",
            "baseline": job.work.git("rev-parse", "main"),
            "comment-url": f"https://github.com/octo/ml/pull/7#issuecomment-{job.comment_id()}",
            "check-url": f"https://github.com/octo/ml/runs/{job.github.repo.check_runs[0].id}",
            "report-json": str(folder / "report.json"),
            "report-markdown": str(folder / "report.md"),
            "report-html": str(folder / "report.html"),
            "evidence": str(folder / "evidence.json"),
        }

    def test_the_output_of_failed_rules_is_bounded(self, job: Job) -> None:
        job.work.write(mlgate__yml="gate: []\n", metrics__json='{"auc": 0.9}')
        many = {f"m{i:03d}": 0.5 for i in range(150)} | {"auc": 0.9}
        base = job.work.commit("many", metrics__json=json.dumps(many))
        job.work.write(metrics__json=auc(0.9))
        assert job.report("--base", base).exit_code == 3
        lines = job.outputs()["failed-rules"].splitlines()
        assert (len(lines), lines[0], lines[-1]) == (101, "m000", "… and 50 more")

    def test_the_summary(self, job: Job) -> None:
        job.report()
        assert "**Model gate failed" in job.summary()

    def test_the_baseline_is_what_the_merge_commit_merged(self, job: Job) -> None:
        job.report()
        report = json.loads(job.written())
        assert report["commit"] == job.work.git("rev-parse", "better")
        assert report["baseline"]["commit"] == job.work.git("rev-parse", "main")
        assert report["baseline"]["found"] == "merge-base"

    def test_the_baseline_of_a_checked_out_head_is_the_merge_base(self, job: Job) -> None:
        job.work.git("switch", "--quiet", "--detach", "better")
        assert job.report().exit_code == 1
        fork = job.work.git("merge-base", "main", "better")
        assert json.loads(job.written())["baseline"]["commit"] == fork

    @pytest.mark.parametrize("form", ["text", "markdown", "github"])
    def test_each_annotation_is_printed_once(self, job: Job, form: str) -> None:
        lines = job.report("--format", form).output.splitlines()
        assert sum(line.startswith("::error ") for line in lines) == 1

    @pytest.mark.parametrize("form", ["json", "junit"])
    def test_annotations_do_not_spoil_what_a_program_reads(self, job: Job, form: str) -> None:
        ran = job.report("--format", form)
        assert "::error" not in ran.stdout
        assert sum(line.startswith("::error ") for line in ran.stderr.splitlines()) == 1

    def test_a_pass_is_green_everywhere(self, forked: GitFolder, github: GitHubStandIn) -> None:
        forked.back("better")
        forked.commit("mended", metrics__json=auc(0.95))
        job = pull_request(forked, github)
        assert job.report().exit_code == 0
        assert [check.conclusion for check in github.repo.check_runs] == ["success"]
        assert job.outputs()["verdict"] == "improved"
        assert job.outputs()["failed-rules"] == ""

    def test_never_posting_still_writes_summary_and_outputs(self, job: Job) -> None:
        assert job.report("--post", "never").exit_code == 1
        assert job.github.requests == []
        assert "**Model gate failed" in job.summary()
        assert (job.outputs()["verdict"], job.outputs()["comment-url"]) == ("fail", "")

    def test_the_check_can_have_another_name_or_none(self, job: Job) -> None:
        job.report("--check-name", "quality")
        job.report("--check-name", "")
        assert [check.name for check in job.github.repo.check_runs] == ["quality"]

    def test_a_failed_check_stays_failed_when_the_job_may_go_on(self, job: Job) -> None:
        assert job.report("--fail-on", "never").exit_code == 0
        assert [check.conclusion for check in job.github.repo.check_runs] == ["failure"]

    def test_the_token_is_never_shown(self, job: Job) -> None:
        ran = job.run("--verbose", "report")
        files = "".join(file.read_text() for file in (job.path / ".mlgate").iterdir())
        assert TOKEN not in ran.output + files + job.summary() + str(job.outputs())


class TestAgain:
    """Runs after the first."""

    def test_the_comment_is_brought_up_to_date(self, job: Job) -> None:
        job.report()
        first = job.comment_id()
        job.work.write(metrics__json=auc(0.95))
        assert job.report(GITHUB_RUN_ID="502").exit_code == 0
        (comment,) = job.github.comments()
        assert comment.id == first
        assert "run=502.1" in comment.body
        assert "passed" in comment.body

    def test_an_older_run_does_not_overwrite_a_newer(self, job: Job) -> None:
        job.report(GITHUB_RUN_ID="502")
        before = job.github.comments()[0].body
        job.work.write(metrics__json=auc(0.95))
        assert job.report(GITHUB_RUN_ID="501").exit_code == 0
        assert [comment.body for comment in job.github.comments()] == [before]

    def test_recreate_moves_it_to_the_end(self, job: Job) -> None:
        job.report()
        job.github.say("thanks")
        job.report("--comment", "recreate", GITHUB_RUN_ID="502")
        assert ["run=502.1" in comment.body for comment in job.github.comments()] == [False, True]

    def test_append_keeps_both(self, job: Job) -> None:
        job.report()
        job.report("--comment", "append", GITHUB_RUN_ID="502")
        assert len(job.github.comments()) == 2

    def test_off_leaves_none(self, job: Job) -> None:
        assert job.report("--comment", "off").exit_code == 1
        assert job.github.comments() == []
        assert job.outputs()["comment-url"] == ""

    @pytest.mark.parametrize(("value", "comments"), [(0.8, 1), (0.9, 0)])
    def test_only_failures_are_worth_a_comment(self, job: Job, value: float, comments: int) -> None:
        job.work.write(metrics__json=auc(value))
        job.report("--comment-when", "failures")
        assert len(job.github.comments()) == comments

    def test_two_keys_are_two_comments(self, job: Job) -> None:
        job.report("--key", "gpu")
        job.report("--key", "cpu")
        job.report("--key", "gpu", GITHUB_RUN_ID="502")
        assert ["key=gpu" in comment.body for comment in job.github.comments()] == [True, False]


class TestPolicyOfTheBase:
    """A pull request does not set its own rules."""

    def test_looser_rules_of_the_head_are_shown_and_not_used(
        self, forked: GitFolder, github: GitHubStandIn
    ) -> None:
        forked.back("better")
        forked.commit("loosen", mlgate__yml=LOOSE)
        job = pull_request(forked, github)
        assert job.report().exit_code == 1
        verdict = job.verdict()
        assert verdict["policy"] == {
            "origin": "base",
            "path": "mlgate.yml",
            "commit": forked.git("rev-parse", "main"),
            "changed": True,
        }
        sentence = job.judgement("mlgate.yml")["sentence"]
        assert "− auc, max-drop: 0.01, + auc, max-drop: 0.5" in sentence
        assert "is changed here" in github.comments()[0].body

    @pytest.mark.parametrize(
        "config",
        [
            "version: 1\n",
            "version: 1\npolicy: {mode: observe}\n",
            "metrics: [metrics.json]\ngate: [{metric: auc, max-drop: 0.01, level: off}]\n",
            "models: {other: {gate: [{metric: auc, max-drop: 0.01}]}}\n",
        ],
        ids=["no rules", "observe", "level off", "another model"],
    )
    def test_no_way_around_it(self, forked: GitFolder, github: GitHubStandIn, config: str) -> None:
        forked.back("better")
        forked.commit("around", mlgate__yml=config)
        assert pull_request(forked, github).report().exit_code in {1, 3}

    def test_metrics_from_another_file_are_still_compared(
        self, forked: GitFolder, github: GitHubStandIn
    ) -> None:
        """The baseline's own files are read: the head's do not exist there."""
        forked.back("better")
        config = f"metrics: [new.json]\n{RULES}"
        forked.commit("another file", mlgate__yml=config, new__json=auc(0.85))
        job = pull_request(forked, github)
        assert job.report().exit_code == 1
        assert "fell by 0.05 (0.9 → 0.85)" in job.judgement("auc")["sentence"]

    def test_a_new_name_for_the_model_is_still_compared(
        self, forked: GitFolder, github: GitHubStandIn
    ) -> None:
        forked.back("better")
        config = f"model: other\nmetrics: [new.json]\n{RULES}"
        forked.commit("another model", mlgate__yml=config, new__json=auc(0.85))
        job = pull_request(forked, github)
        assert job.report().exit_code == 1
        assert "fell by 0.05 (0.9 → 0.85)" in job.judgement("auc")["sentence"]

    def test_removing_the_file_is_no_way_around_it(
        self, forked: GitFolder, github: GitHubStandIn
    ) -> None:
        forked.back("better")
        forked.git("rm", "--quiet", "mlgate.yml")
        forked.commit("removed")
        job = pull_request(forked, github)
        assert job.report().exit_code == 1
        assert "the file is removed" in job.judgement("mlgate.yml")["sentence"]

    def test_another_file_for_the_same_rules_is_no_way_around_it(
        self, forked: GitFolder, github: GitHubStandIn
    ) -> None:
        forked.back("better")
        forked.git("mv", "mlgate.yml", "mlgate.yaml")
        forked.commit("renamed", mlgate__yaml=LOOSE)
        assert pull_request(forked, github).report().exit_code == 1

    def test_a_broken_one_fails_with_its_place(
        self, forked: GitFolder, github: GitHubStandIn
    ) -> None:
        forked.back("better")
        forked.commit("break", mlgate__yml="gaet: []\n")
        job = pull_request(forked, github)
        assert job.report().exit_code == 1
        judgement = job.judgement("mlgate.yml")
        assert judgement["outcome"] == "missing"
        assert "mlgate.yml:1:1: unknown key 'gaet'" in judgement["sentence"]
        assert judgement["advice"] == "did you mean `gate`?"

    def test_first_adoption_uses_its_own_and_says_so(
        self, work: GitFolder, github: GitHubStandIn
    ) -> None:
        work.commit("measured", metrics__json=auc(0.9))
        work.switch("better")
        work.commit("adopt", metrics__json=auc(0.8), mlgate__yml=RULES)
        job = pull_request(work, github)
        assert job.report().exit_code == 1
        assert job.verdict()["policy"]["origin"] == "head"
        assert "first adoption" in github.comments()[0].body


class TestEvidenceOfOtherJobs:
    """Legs measure, this job judges."""

    def test_of_the_same_commit(self, job: Job) -> None:
        job.report("--output", "legs/a", "--post", "never")
        (job.path / "metrics.json").unlink()
        assert job.report("--evidence", "legs").exit_code == 1
        assert job.judgement("auc")["outcome"] == "fail"

    @pytest.mark.parametrize("command", ["report", "gate"])
    def test_of_another_commit_is_refused(self, job: Job, command: str) -> None:
        """As from a cache that was filled on the target branch, where all was well."""
        job.report("--output", "legs/a", "--post", "never")
        tree = json.loads((job.path / "legs/a/evidence.json").read_text())
        base = job.work.git("rev-parse", "main")
        job.work.put({"legs/a/evidence.json": json.dumps({**tree, "commit": base})})
        ran = job.run(command, "--evidence", "legs")
        assert (ran.exit_code, ran.stdout) == (3, "")
        head = job.work.git("rev-parse", "better")
        assert ran.errors == [
            f"error: the evidence is of commit {base[:12]}, and this run is about {head[:12]}"
        ]


class TestOtherEvents:
    """Push, tag, merge queue, and what is refused."""

    def test_push_to_main_is_compared_with_the_commit_before(
        self, work: GitFolder, github: GitHubStandIn
    ) -> None:
        first = work.commit("measured", metrics__json=auc(0.9), mlgate__yml=RULES)
        work.commit("worse", metrics__json=auc(0.8))
        job = event(work, github, "push", ref="refs/heads/main", before=first)
        assert job.report().exit_code == 1
        assert json.loads(job.written())["baseline"]["found"] == "first-parent"
        assert [check.head_sha for check in github.repo.check_runs] == [work.head()]
        assert github.comments() == []

    def test_push_of_several_commits_is_still_compared_with_the_parent(
        self, work: GitFolder, github: GitHubStandIn
    ) -> None:
        first = work.commit("measured", metrics__json=auc(0.9), mlgate__yml=RULES)
        second = work.commit("better", metrics__json=auc(0.95))
        work.commit("worse", metrics__json=auc(0.9))
        job = event(work, github, "push", ref="refs/heads/main", before=first)
        assert job.report().exit_code == 1
        assert json.loads(job.written())["baseline"]["commit"] == second

    def test_push_of_a_new_branch_is_compared_with_the_merge_base(
        self, forked: GitFolder, github: GitHubStandIn
    ) -> None:
        forked.back("better")
        job = event(forked, github, "push", ref="refs/heads/better", before="0" * 40)
        assert job.report().exit_code == 1
        fork = forked.git("merge-base", "main", "better")
        assert json.loads(job.written())["baseline"]["commit"] == fork

    def test_the_first_push_has_no_baseline(self, work: GitFolder, github: GitHubStandIn) -> None:
        work.commit("first", metrics__json=auc(0.9), mlgate__yml=RULES)
        job = event(work, github, "push", ref="refs/heads/main", before="0" * 40)
        assert job.report().exit_code == 0
        assert "first commit of the repository" in job.judgement("baseline")["sentence"]

    def test_a_tag_is_compared_with_the_release_before(
        self, work: GitFolder, github: GitHubStandIn
    ) -> None:
        work.commit("one", metrics__json=auc(0.9), mlgate__yml=RULES)
        work.git("tag", "v1.0.0")
        work.commit("between", metrics__json=auc(0.7))
        work.commit("two", metrics__json=auc(0.8))
        work.git("tag", "v1.1.0")
        job = event(work, github, "push", ref="refs/tags/v1.1.0", before="0" * 40)
        assert job.report().exit_code == 1
        baseline = json.loads(job.written())["baseline"]
        assert baseline["commit"] == work.git("rev-parse", "v1.0.0")
        assert baseline["explanation"] == "the previous release, v1.0.0"

    def test_a_merge_group_is_judged_by_its_base(
        self, forked: GitFolder, github: GitHubStandIn
    ) -> None:
        base = forked.head()
        forked.switch("queue")
        head = forked.merge("better")
        forked.commit("loosened in the queue", mlgate__yml=LOOSE)
        group = {
            "head_sha": head,
            "head_ref": "refs/heads/gh-readonly-queue/main/pr-7",
            "base_sha": base,
            "base_ref": "refs/heads/main",
        }
        job = event(forked, github, "merge_group", merge_group=group)
        assert job.report().exit_code == 1
        assert json.loads(job.written())["baseline"]["commit"] == base
        assert job.verdict()["policy"]["origin"] == "base"
        assert [check.head_sha for check in github.repo.check_runs] == [head]
        assert github.comments() == []

    @pytest.mark.parametrize("name", ["pull_request_review", "pull_request_review_comment"])
    def test_other_events_of_a_pull_request_do_not_set_their_own_rules_either(
        self, forked: GitFolder, github: GitHubStandIn, name: str
    ) -> None:
        forked.back("better")
        forked.commit("loosen", mlgate__yml=LOOSE)
        job = pull_request(forked, github)
        assert job.report(GITHUB_EVENT_NAME=name).exit_code == 1
        assert job.verdict()["policy"]["origin"] == "base"
        assert len(github.comments()) == 1

    @pytest.mark.parametrize("name", ["schedule", "workflow_dispatch", "release", "issue_comment"])
    def test_any_other_event_is_judged_as_on_a_persons_machine(
        self, work: GitFolder, github: GitHubStandIn, name: str
    ) -> None:
        first = work.commit("measured", metrics__json=auc(0.9), mlgate__yml=RULES)
        work.commit("worse", metrics__json=auc(0.8))
        job = event(work, github, name)
        assert job.report().exit_code == 1
        assert json.loads(job.written())["baseline"]["commit"] == first
        assert github.comments() == []

    def test_pull_request_target_is_refused(self, job: Job) -> None:
        ran = job.report(GITHUB_EVENT_NAME="pull_request_target")
        assert ran.exit_code == 2
        assert ran.errors[0].startswith("error: pull_request_target is refused")
        assert job.github.requests == []

    def test_pull_request_target_can_be_allowed(self, job: Job) -> None:
        ran = job.report("--allow-pull-request-target", GITHUB_EVENT_NAME="pull_request_target")
        assert ran.exit_code == 1
        assert job.verdict()["policy"]["origin"] == "base"

    def test_always_posting_needs_somewhere_to_post(self, forked: GitFolder) -> None:
        ran = Machine(forked).report("--post", "always")
        assert ran.exit_code == 2
        assert ran.errors == ["error: --post always: this is no GitHub run"]


class TestRefused:
    """A forge that refuses never changes the verdict."""

    def test_no_permission_to_comment(self, job: Job) -> None:
        job.github.world.tokens[TOKEN].permissions["pull-requests"] = "read"
        ran = job.report()
        assert (ran.exit_code, job.outputs()["verdict"]) == (1, "fail")
        assert "warning: the comment was not posted" in ran.stderr
        assert "pull-requests: write" in ran.stderr
        assert [check.conclusion for check in job.github.repo.check_runs] == ["failure"]

    def test_no_permission_for_checks(self, job: Job) -> None:
        del job.github.world.tokens[TOKEN].permissions["checks"]
        ran = job.report()
        assert ran.exit_code == 1
        assert "warning: the check run was not posted" in ran.stderr
        assert "checks: write" in ran.stderr
        assert len(job.github.comments()) == 1

    def test_a_fork_can_only_read(self, job: Job) -> None:
        job.github.world.tokens[TOKEN].fork = True
        ran = job.report()
        assert ran.exit_code == 1
        assert "pull request from a fork" in ran.stderr
        assert job.github.comments() == []
        assert "**Model gate failed" in job.summary()

    def test_a_pass_stays_a_pass(self, job: Job) -> None:
        job.work.write(metrics__json=auc(0.9))
        job.github.world.tokens[TOKEN].fork = True
        assert job.report().exit_code == 0

    def test_a_token_that_is_wrong(self, job: Job) -> None:
        ran = job.report(GITHUB_TOKEN="ghs_wrong")  # noqa: S106
        assert ran.exit_code == 1
        assert "the token is wrong or has expired" in ran.stderr
        assert "ghs_wrong" not in ran.output

    @pytest.mark.parametrize(("value", "code"), [(0.8, 1), (0.9, 0)])
    def test_no_token(self, job: Job, value: float, code: int) -> None:
        job.work.write(metrics__json=auc(value))
        ran = job.report(GITHUB_TOKEN="")
        assert ran.exit_code == code
        assert "warning: there is no token" in ran.stderr
        assert job.github.sent("POST") == []

    def test_always_posting_fails_without_a_post(self, job: Job) -> None:
        job.work.write(metrics__json=auc(0.9))
        job.github.world.tokens[TOKEN].fork = True
        ran = job.report("--post", "always")
        assert ran.exit_code == 4
        assert ran.errors == [
            "error: --post always: the check run and the comment could not be posted"
        ]
        assert job.outputs()["verdict"] == "pass"
        assert job.report("--post", "always", GITHUB_TOKEN="").exit_code == 4

    def test_a_verdict_counts_more_than_a_lost_post(self, job: Job) -> None:
        job.github.world.tokens[TOKEN].fork = True
        assert job.report("--post", "always").exit_code == 1

    def test_a_locked_conversation(self, job: Job) -> None:
        job.github.repo.pulls[7].locked = True
        job.github.world.tokens[TOKEN] = Token(
            login="ada", permissions=job.github.world.tokens[TOKEN].permissions
        )
        ran = job.report()
        assert ran.exit_code == 1
        assert "#7 is locked: the report is in the job summary only" in ran.stderr
        assert job.github.comments() == []

    def test_a_closed_pull_request(self, forked: GitFolder, github: GitHubStandIn) -> None:
        job = pull_request(forked, github, state="closed")
        github.repo.pulls[7].state = "closed"
        ran = job.report()
        assert ran.exit_code == 1
        assert "warning: #7 is closed" in ran.stderr


class TestBusy:
    """What happens on real pull requests."""

    def test_a_comment_that_quotes_our_marker_is_not_ours(self, job: Job) -> None:
        job.report()
        mine = job.github.comments()[0]
        theirs = job.github.say(mine.body, author="mallory")
        job.work.write(metrics__json=auc(0.95))
        job.report(GITHUB_RUN_ID="502")
        assert "passed" in mine.body
        assert "failed" in theirs.body
        assert len(job.github.comments()) == 2

    def test_a_marker_of_somebody_else_does_not_hold_us_up(self, job: Job) -> None:
        marker = f"<!-- mlgate:v1 key=mlgate run=999999.1 sha={'a' * 40} -->\nall is well"
        job.github.say(marker, author="mallory")
        assert job.report().exit_code == 1
        assert [c.author for c in job.github.comments()] == ["mallory", US]

    def test_ours_is_found_among_a_thousand(self, job: Job) -> None:
        job.github.chatter(500)
        job.report()
        job.github.chatter(500)
        job.report(GITHUB_RUN_ID="502")
        (mine,) = [c for c in job.github.comments() if c.author == US]
        assert "run=502.1" in mine.body
        assert len(job.github.comments()) == 1001

    def test_a_comment_whose_answer_is_lost_is_there_once(self, job: Job) -> None:
        job.github.faults.add("POST", "/comments$", faults.error_after(502))
        ran = job.report()
        assert ran.exit_code == 1
        assert "warning" not in ran.stderr
        assert len(job.github.comments()) == 1
        assert job.outputs()["comment-url"].endswith(f"#issuecomment-{job.comment_id()}")

    def test_a_check_whose_answer_is_lost_is_there_once(self, job: Job) -> None:
        job.github.faults.add("POST", "/check-runs$", faults.error_after(502))
        assert job.report().exit_code == 1
        assert [check.conclusion for check in job.github.repo.check_runs] == ["failure"]

    def test_a_secondary_rate_limit_is_waited_for(self, job: Job) -> None:
        job.github.faults.add("POST", "/comments$", faults.secondary_limit(1))
        ran = job.report()
        assert (ran.exit_code, ran.stderr.count("warning: ")) == (1, 0)
        assert len(job.github.comments()) == 1

    def test_a_rate_limit_for_too_long_is_a_warning(self, job: Job) -> None:
        job.github.faults.add("POST", "/comments$", faults.secondary_limit(3600))
        ran = job.report()
        assert ran.exit_code == 1
        assert "rate limit: not before" in ran.stderr
        assert "run the job again after that" in ran.stderr
        assert [check.conclusion for check in job.github.repo.check_runs] == ["failure"]

    def test_a_crash_closes_the_check_as_failed(self, job: Job) -> None:
        ran = job.report("--base", "nowhere")
        assert ran.exit_code == 2
        (check,) = job.github.repo.check_runs
        assert (check.status, check.conclusion) == ("completed", "failure")
        assert check.output["title"] == "no verdict"

    def test_a_cancelled_job_closes_the_check_and_is_not_the_gates_no(self, job: Job) -> None:
        job.github.faults.add("GET", "/comments$", faults.slow(1))
        with job.start("report") as process:
            while job.github.faults.unused and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=20)
        assert (process.returncode, stderr.splitlines()[-1]) == (130, "interrupted")
        (check,) = job.github.repo.check_runs
        assert (check.status, check.conclusion) == ("completed", "failure")
        assert check.output["title"] == "no verdict"


class TestEnvironment:
    """A runner that says too little is named, not guessed."""

    def test_the_address_of_an_enterprise_server(self, job: Job) -> None:
        assert job.report(GITHUB_API_URL=job.github.ghes_url).exit_code == 1
        assert len(job.github.comments()) == 1

    @pytest.mark.parametrize("name", ["GITHUB_EVENT_NAME", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"])
    def test_what_is_not_set(self, job: Job, name: str) -> None:
        ran = job.report(**{name: ""})
        assert ran.exit_code == 2
        assert ran.errors == [f"error: {name} is not set"]

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"pull_request": 7}', "\x00", "null"])
    def test_a_payload_that_is_none(self, job: Job, tmp_path: Path, text: str) -> None:
        (tmp_path / "event.json").write_text(text)
        ran = job.report(GITHUB_EVENT_PATH=str(tmp_path / "event.json"))
        assert ran.exit_code == 2
        assert len(ran.errors) == 1
        assert "event payload" in ran.errors[0]

    def test_a_token_over_plain_http(self, job: Job) -> None:
        ran = job.report(GITHUB_API_URL="http://github.example")
        assert ran.exit_code == 2
        assert ran.errors == ["error: GITHUB_API_URL must start with https://"]

    def test_a_summary_that_cannot_be_written(self, job: Job, tmp_path: Path) -> None:
        ran = job.report(GITHUB_STEP_SUMMARY=str(tmp_path / "no/such/folder/summary.md"))
        assert ran.exit_code == 1
        assert "warning: the job summary was not posted" in ran.stderr
        assert len(job.github.comments()) == 1
