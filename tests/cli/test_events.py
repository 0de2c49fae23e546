"""Whose rules count, and which baseline, for each event of GitHub Actions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli.machine import LOOSE, RULES, Job, Machine, auc, event, pull_request
from fakes.judging import evidence
from mlgate.documents.codec import encode
from mlgate.documents.evidence import Evidence

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.git import GitFolder
    from fakes.github import GitHubStandIn


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

    @pytest.mark.parametrize("moved", ["metrics.json", "n/x.json"])
    def test_making_two_models_of_one_is_no_way_around_it(
        self, forked: GitFolder, github: GitHubStandIn, moved: str
    ) -> None:
        forked.back("better")
        forked.git("rm", "--quiet", "metrics.json")
        config = f"models: {{x: {{metrics: [{moved}]}}, y: {{metrics: [n/y.json]}}}}\n"
        forked.put({"mlgate.yml": config, moved: auc(0.7), "n/y.json": '{"f1": 0.5}'})
        forked.commit("split")
        job = pull_request(forked, github)
        assert job.report().exit_code == 1
        assert "fell by 0.2 (0.9 → 0.7)" in json.dumps(job.verdict(), ensure_ascii=False)
        gone = job.judgement("model")
        assert (gone["sentence"], gone["effect"]) == ("The model model did not report.", "fail")
        assert "keep this name" in gone["advice"]

    def test_a_second_model_beside_the_first_is_new(
        self, forked: GitFolder, github: GitHubStandIn
    ) -> None:
        forked.back("better")
        config = "models: {model: {metrics: [metrics.json]}, y: {metrics: [n/y.json]}}\n"
        forked.put({"mlgate.yml": config, "metrics.json": auc(0.9), "n/y.json": auc(0.5)})
        forked.commit("another")
        job = pull_request(forked, github)
        assert job.report().exit_code == 0
        told = [j["sentence"] for j in job.verdict()["judgements"] if j.get("model") == "y"]
        assert told == ["auc is 0.5; it is new, so only floors and ceilings are judged."]

    def test_stored_evidence_of_another_name_is_still_compared(
        self, forked: GitFolder, github: GitHubStandIn
    ) -> None:
        main = forked.git("rev-parse", "main")
        forked.back()
        forked.store(main, encode(Evidence(commit=main, models=(evidence({"auc": 0.9}, "old"),))))
        job = pull_request(forked, github)
        assert job.report().exit_code == 1
        assert json.loads(job.written())["baseline"]["origin"] == "stored evidence"
        assert "fell by 0.1 (0.9 → 0.8)" in job.judgement("auc")["sentence"]

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
        assert "First adoption: the baseline has no policy yet" in github.comments()[0].body

    def test_without_a_baseline_nobody_claims_a_first_adoption(
        self, forked: GitFolder, github: GitHubStandIn, tmp_path: Path
    ) -> None:
        forked.back("better")
        shallow = forked.clone(tmp_path / "shallow", "--depth=1", "--branch=better")
        forked.path.rename(tmp_path / "gone")
        proposed = {
            "number": 7,
            "state": "open",
            "head": {"sha": shallow.head(), "ref": "better"},
            "base": {"sha": "b" * 40, "ref": "main"},
        }
        job = event(shallow, github, "pull_request", pull_request=proposed)
        job.report()
        note = job.verdict()["policy"]["note"]
        assert note.startswith("No baseline was found to read the policy from")

    def test_without_a_merge_base_the_target_branch_sets_the_rules(
        self, forked: GitFolder, github: GitHubStandIn
    ) -> None:
        forked.git("switch", "--quiet", "--orphan", "alone")
        head = forked.commit("alone", metrics__json=auc(0.1), mlgate__yml="version: 1\n")
        main = forked.git("rev-parse", "main")
        proposed = {
            "number": 7,
            "state": "open",
            "head": {"sha": head, "ref": "alone"},
            "base": {"sha": main, "ref": "main"},
        }
        job = event(forked, github, "pull_request", pull_request=proposed)
        job.report()
        policy = job.verdict()["policy"]
        assert (policy["origin"], policy["commit"], policy["changed"]) == ("base", main, True)


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
