"""A GitHub of our own on a loopback port: stateful, strict, and able to fail on purpose.

In tests, take the ``github`` fixture: a running ``GitHubStandIn`` with repository ``octo/ml``,
pull request 7 (``HEAD_SHA`` on ``BASE_SHA``, merge commit ``MERGE_SHA``) and ``TOKEN``, which may
what ``permissions: {pull-requests: write, checks: write, contents: read}`` allows. Every request
and answer is checked against GitHub's OpenAPI description; the fixture fails the test at the end
when ``github.violations`` is not empty.

* addresses: ``github.url`` for ``GITHUB_API_URL``, ``github.ghes_url`` with ``/api/v3``;
* what was sent: ``github.requests`` and ``github.sent("POST", r"/comments$")``;
* the state, to read and to change: ``github.repo`` (``pulls``, ``comments``, ``check_runs``,
  ``statuses``, ``required_checks``, ...), ``github.world`` (``tokens``, ``rates``, ``clock``);
* shortcuts: ``comments(7)``, ``say(body, author=)``, ``chatter(1000)``, ``push(sha)``,
  ``record_job(sha, name, conclusion)``, ``add_run``, ``add_artifact``, ``attach(git_dir)``;
* the merge button: ``github.repo.required_checks = ["gate"]``, then ``github.would_merge(7)``;
* trouble: ``github.faults.add("POST", r"/comments$", faults.error_after(502), times=2)`` with
  ``error_before``, ``error_after``, ``drop_before``, ``drop_after``, ``slow``, ``lag``,
  ``truncated``, ``unicorn``, ``secondary_limit``, ``primary_limit`` from ``fakes.github.faults``;
* lasting trouble: ``repo.pulls[7].locked = True``, ``world.tokens[TOKEN].fork = True``,
  ``world.rates.hourly = 3``, ``world.rates.writes_per_minute = 2``.

As a process: ``python -m fakes.github --port 0 --state FILE`` prints the address; ``FILE`` is read
when it exists and rewritten after every change. Only ``openapi`` needs more than the standard
library.
"""

from __future__ import annotations

from fakes.github.judge import Decision
from fakes.github.server import Logged
from fakes.github.stand_in import (
    BASE_SHA,
    HEAD_SHA,
    MERGE_BASE_SHA,
    MERGE_SHA,
    TOKEN,
    GitHubStandIn,
    example_world,
)
from fakes.github.state import CheckRun, Comment, Pull, Token, World

__all__ = [
    "BASE_SHA",
    "HEAD_SHA",
    "MERGE_BASE_SHA",
    "MERGE_SHA",
    "TOKEN",
    "CheckRun",
    "Comment",
    "Decision",
    "GitHubStandIn",
    "Logged",
    "Pull",
    "Token",
    "World",
    "example_world",
]
