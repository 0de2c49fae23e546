from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fakes.github import BASE_SHA, HEAD_SHA, MERGE_BASE_SHA, GitHubStandIn, faults
from mlgate.errors import ConfigError, PublishError, SourceError
from mlgate.publish.check import MAX_TEXT_CHARS, Annotation, CheckReport, CheckRun
from mlgate.publish.compare import merge_base

if TYPE_CHECKING:
    from fakes.github.faults import Fault
    from mlgate.publish.http import GitHubApi

PASSED = CheckReport(conclusion="success", title="passed", summary="14 of 14 rules hold")


def check(api: GitHubApi, **changes: str) -> CheckRun:
    given = {
        "repository": "octo/ml",
        "name": "mlgate",
        "head_sha": HEAD_SHA,
        "external_id": "mlgate-501.1-gate",
        **changes,
    }
    return CheckRun(api=api, **given)


def note(line: int, message: str = "m") -> Annotation:
    return Annotation(
        path="mlgate.yml", start_line=line, end_line=line, level="failure", message=message
    )


def test_it_is_open_while_we_work_and_closed_with_the_verdict(
    github: GitHubStandIn, api: GitHubApi
) -> None:
    github.repo.required_checks = ["mlgate"]
    with check(api, details_url="https://github.com/octo/ml/actions/runs/501") as run:
        assert github.would_merge().reasons == ("mlgate: pending (in_progress)",)
        published = run.complete(PASSED)
    assert github.would_merge().allowed
    made = github.repo.check_runs[0]
    assert (made.status, made.conclusion) == ("completed", "success")
    assert made.output["title"] == "passed"
    assert published.url.endswith(str(made.id))


def test_a_failure_stops_the_merge(github: GitHubStandIn, api: GitHubApi) -> None:
    github.repo.required_checks = ["mlgate"]
    check(api).complete(replace(PASSED, conclusion="failure"))
    assert github.would_merge().reasons == ("mlgate: failure",)


def test_a_run_that_crashes_closes_its_check_as_failed(
    github: GitHubStandIn, api: GitHubApi
) -> None:
    secret = "password=hunter2"  # noqa: S105
    with pytest.raises(ValueError, match=secret), check(api):
        raise ValueError(secret)
    made = github.repo.check_runs[0]
    assert made.conclusion == "failure"
    assert made.output["title"] == "no verdict"
    assert "`mlgate stopped: ValueError`" in made.output["summary"]
    assert secret not in made.output["summary"]


def test_a_foreseen_error_is_named(github: GitHubStandIn, api: GitHubApi) -> None:
    with pytest.raises(SourceError), check(api):
        raise SourceError("metrics.json: not `JSON`")
    summary = github.repo.check_runs[0].output["summary"]
    assert "`mlgate stopped: metrics.json: not 'JSON'`" in summary


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.error_after(502), id="502 after creating"),
        pytest.param(faults.drop_after(), id="dropped after creating"),
        pytest.param(faults.error_before(502), id="502 before"),
        pytest.param(faults.drop_before(), id="dropped before"),
        pytest.param(faults.truncated(), id="truncated"),
        pytest.param(faults.secondary_limit(), id="secondary limit"),
    ],
)
def test_a_lost_answer_opens_no_second_check(
    github: GitHubStandIn, api: GitHubApi, fault: Fault
) -> None:
    github.faults.add("POST", "/check-runs$", fault)
    check(api).complete(PASSED)
    assert [run.conclusion for run in github.repo.check_runs] == ["success"]
    assert github.faults.unused == 0


def test_an_attempt_of_its_own_is_a_check_of_its_own(github: GitHubStandIn, api: GitHubApi) -> None:
    check(api).complete(replace(PASSED, conclusion="failure"))
    github.faults.add("POST", "/check-runs$", faults.error_after(502))
    check(api, external_id="mlgate-501.2-gate").complete(PASSED)
    assert [run.conclusion for run in github.repo.check_runs] == ["failure", "success"]


def test_many_annotations_go_in_parts_after_the_verdict(
    github: GitHubStandIn, api: GitHubApi
) -> None:
    check(api).complete(replace(PASSED, annotations=tuple(note(line) for line in range(1, 121))))
    made = github.repo.check_runs[0]
    assert [each["start_line"] for each in made.annotations] == list(range(1, 121))
    patches = [each for each in github.requests if each.method == "PATCH"]
    assert len(patches) == 3


def test_long_and_strange_text_is_cut_to_what_github_takes(
    github: GitHubStandIn, api: GitHubApi
) -> None:
    strange = note(0, "😀\0" + "x" * 100_000)
    long = CheckReport(
        conclusion="success", title="t" * 999, summary="s" * 99_999, text="\0\ud800",
        annotations=(strange,),
    )  # fmt: skip
    check(api).complete(long)
    made = github.repo.check_runs[0]
    assert len(made.output["title"]) == 255
    assert len(made.output["summary"]) == MAX_TEXT_CHARS
    assert made.output["summary"].endswith("the full report is in the job summary.")
    assert made.output["text"] == "\ufffd?"
    assert made.annotations[0]["start_line"] == 1
    assert made.annotations[0]["message"].startswith("\ufffd\ufffdxxx")


def test_a_token_without_permission_names_it(github: GitHubStandIn, api: GitHubApi) -> None:
    next(iter(github.world.tokens.values())).permissions = {"contents": "read"}
    with pytest.raises(PublishError, match="403") as caught:
        check(api).start()
    assert "checks: write" in caught.value.hint
    assert github.repo.check_runs == []


@pytest.mark.parametrize("name", ["", "x" * 256, "a\nb", "\x1b[31m"])
def test_a_name_that_no_rule_could_require(api: GitHubApi, name: str) -> None:
    with pytest.raises(ConfigError, match="check name") as caught:
        check(api, name=name)
    assert caught.value.hint


def test_the_forge_knows_the_merge_base(github: GitHubStandIn, api: GitHubApi) -> None:
    assert merge_base(api, "octo/ml", BASE_SHA, HEAD_SHA) == MERGE_BASE_SHA
    assert merge_base(api, "octo/ml", BASE_SHA, "d" * 40) is None
    with pytest.raises(PublishError, match="not a full commit id"):
        merge_base(api, "octo/ml", "main", HEAD_SHA)
    assert all(each.method == "GET" for each in github.requests)
