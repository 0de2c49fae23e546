"""What happens when GitHub is busy, slow, or says no."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from cli.machine import US, Job, auc, pull_request
from fakes.github import TOKEN, GitHubStandIn, Token, faults

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.git import GitFolder


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
