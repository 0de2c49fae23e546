"""Which host belongs to an API."""

from __future__ import annotations

import pytest

from mlgate.publish.addresses import origin_of, path_of, uploads_of


@pytest.mark.parametrize(
    ("api", "uploads"),
    [
        ("https://api.github.com", "https://uploads.github.com/x"),
        ("https://api.acme.ghe.com", "https://uploads.acme.ghe.com/x"),
        ("https://ghe.example/api/v3", "https://ghe.example/api/uploads/x"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/x"),
    ],
)
def test_uploads_go_to_the_host_that_belongs_to_the_api(api: str, uploads: str) -> None:
    assert uploads_of(api) == origin_of(uploads)


@pytest.mark.parametrize(
    "other",
    [
        "https://uploads.github.com.evil.example/x",
        "http://uploads.github.com/x",
        "https://uploads.github.com:8443/x",
        "https://uploads.acme.ghe.com/x",
        "https://evil.example/uploads.github.com",
        "//uploads.github.com/x",
        "https://[",
    ],
)
def test_and_to_no_other(other: str) -> None:
    assert uploads_of("https://api.github.com") != origin_of(other)


def test_what_may_be_printed() -> None:
    assert path_of("https://blob.example/a?sig=secret") == "/a"
    assert path_of("nonsense") == "(not an address)"
