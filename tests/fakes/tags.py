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


def make_commits(work: GitFolder, count: int, path: str = "f", text: str = "") -> list[str]:
    """Make ``main`` of ``count`` commits, with a file that differs in its first line.

    Returns the commits, oldest first.
    """
    lines = []
    for number in range(count):
        content = f"# {number}\n{text}"
        who = f"committer Ada <ada@example.org> {START + number} +0000"
        file = f"M 100644 inline {path}\ndata {len(content)}\n{content}"
        lines.append(f"commit refs/heads/main\n{who}\ndata 1\n.\n{file}\n")
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
