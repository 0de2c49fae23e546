"""Parts of a text that fit a budget: the least important ones are left out whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Block(NamedTuple):
    """One part of the text. ``priority`` 0 always stays; the highest number goes first."""

    text: str
    priority: int = 0


class Budget(NamedTuple):
    """The most that a place accepts."""

    characters: int
    size: int
    """Bytes of UTF-8."""

    def holds(self, text: str) -> bool:
        """Tell whether ``text`` is small enough."""
        return len(text) <= self.characters and len(text.encode()) <= self.size


_ROWS = (1000, 300, 100, 30, 10)


def fit(build: Callable[[int], Sequence[Block]], budget: Budget, *, omitted: str) -> str:
    """Return the largest text within ``budget``.

    ``build`` makes the blocks with at most so many rows in each table. Fewer rows are tried
    first, then blocks are dropped from the highest priority number down, and ``omitted`` says so.
    """
    for rows in _ROWS:
        text = joined(build(rows))
        if budget.holds(text):
            return text
    blocks = list(build(_ROWS[-1]))
    for priority in sorted({b.priority for b in blocks if b.priority}, reverse=True):
        blocks = [b for b in blocks if b.priority < priority]
        text = joined([*blocks, Block(omitted)])
        if budget.holds(text):
            return text
    return joined([*(b for b in build(1) if not b.priority), Block(omitted)])


def joined(blocks: Sequence[Block]) -> str:
    """Return the blocks with a blank line between them."""
    return "\n\n".join(b.text.strip("\n") for b in blocks if b.text.strip()) + "\n"
