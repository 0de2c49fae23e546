"""``mlgate report`` on a pull request, in a job of GitHub Actions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli.machine import US, Job, auc, pull_request
from fakes.github import TOKEN, GitHubStandIn

if TYPE_CHECKING:
    from fakes.git import GitFolder


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
