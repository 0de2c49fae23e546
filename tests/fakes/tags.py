"""Many release tags at once, with any times and authors, as git's own importer writes them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakes.git import environment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakes.git import GitFolder

START = 1_750_000_000


@dataclass(frozen=True)
class Tagged:
    """A tag on the commit of that number, ``at`` seconds after the first."""

    name: str
    commit: int
    at: int
    message: str = "told"


def make_commits(work: GitFolder, count: int) -> list[str]:
    """Add ``count`` commits to ``main``, and return all of it, oldest first."""
    lines = []
    for number in range(count):
        lines.append(
            f"commit refs/heads/main\ncommitter Ada <ada@example.org> {START + number} +0000\n"
            f"data 1\n.\nM 100644 inline f\ndata {len(str(number))}\n{number}\n"
        )
    _imported(work, lines)
    return work.git("rev-list", "--reverse", "main").split()


def make_tags(work: GitFolder, commits: list[str], tags: Iterable[Tagged]) -> None:
    """Make annotated tags."""
    lines = [
        f"tag {tag.name}\nfrom {commits[tag.commit]}\n"
        f"tagger Ada <ada@example.org> {START + tag.at} +0000\n"
        f"data {len(tag.message.encode())}\n{tag.message}\n"
        for tag in tags
    ]
    _imported(work, lines)


def _imported(work: GitFolder, lines: list[str]) -> None:
    subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=work.path,
        env=environment(),
        input="".join(lines).encode(),
        check=True,
    )
