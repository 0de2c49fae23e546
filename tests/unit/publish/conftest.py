from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.clock import Moments
from fakes.github import TOKEN, GitHubStandIn
from mlgate.publish.http import GitHubApi

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def moments() -> Moments:
    return Moments()


@pytest.fixture
def api(github: GitHubStandIn, moments: Moments) -> Iterator[GitHubApi]:
    with GitHubApi(base_url=github.url, token=TOKEN, clock=moments.clock) as made:
        yield made
