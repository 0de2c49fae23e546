from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import pytest
import requests

from fakes.github import TOKEN, GitHubStandIn

if TYPE_CHECKING:
    from collections.abc import Iterator

Api: TypeAlias = Callable[..., requests.Response]


@pytest.fixture
def api(github: GitHubStandIn) -> Iterator[Api]:
    """Calls ``octo/ml`` with the token of the workflow."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"

        def call(method: str, path: str, **options: object) -> requests.Response:
            address = path if path.startswith("http") else f"{github.url}/repos/octo/ml{path}"
            return session.request(method, address, timeout=10, **options)  # type: ignore[arg-type]

        yield call
