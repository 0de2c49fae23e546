from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.github import GitHubStandIn

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def github() -> Iterator[GitHubStandIn]:
    """A running GitHub with ``octo/ml`` and pull request 7; see ``fakes.github``."""
    from fakes.github.openapi import load_referee  # noqa: PLC0415 - slow to import

    with GitHubStandIn(referee=load_referee()) as running:
        yield running
    assert running.violations == []
