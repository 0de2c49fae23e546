"""Order and successors of versions."""

from __future__ import annotations

import pytest

from mlgate.release.versions import bumped, newest, order

SPECIFIED = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
             "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.9.0", "1.10.0"]  # fmt: skip


def test_the_order_of_the_specification() -> None:
    versions = [f"v{text}" for text in SPECIFIED]
    mixed = [*versions[::2], *versions[1::2]]
    assert sorted(mixed, key=order) == versions
    assert newest([*versions, "0" * 40]) == "v1.10.0"
    assert newest([]) == ""


@pytest.mark.parametrize(
    ("version", "bump", "then"),
    [
        ("v1.2.3", "patch", "v1.2.4"),
        ("v1.2.3", "minor", "v1.3.0"),
        ("v1.2.3", "major", "v2.0.0"),
        ("v1.3.0-rc.2", "minor", "v1.3.0"),
        ("v1.3.0+build", "patch", "v1.3.1"),
        ("", "major", "v1.0.0"),
        ("", "minor", "v0.1.0"),
        ("", "patch", "v0.0.1"),
    ],
)
def test_what_comes_next(version: str, bump: str, then: str) -> None:
    assert bumped(version, bump) == then  # type: ignore[arg-type]
