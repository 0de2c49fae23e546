"""Write release tags: made as objects, pushed with a lease, and only then named in this clone.

A tag that lost a race leaves no trace here, and the writer looks at what is there now.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mlgate.errors import SourceError
from mlgate.release.message import write_message
from mlgate.sources.git import GitError
from mlgate.sources.pushing import create_ref, is_denied, is_ruled_out, told

if TYPE_CHECKING:
    from mlgate.documents.release import TagRecord
    from mlgate.release.grammar import TagName
    from mlgate.sources.git import Repository

_NOBODY: Final = "mlgate <mlgate@users.noreply.github.com>"
_IDENT: Final = re.compile(r"(?P<who>[^\n<>]*<[^\n<>]*>) [0-9]+ [-+][0-9]{4}")


class TakenError(Exception):
    """Somebody else has just made a tag of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Where tags are written.

    Attributes:
        repository: The clone.
        push: Whether the remote gets them; without, they are in this clone only.
    """

    repository: Repository
    push: bool = True

    def write(
        self, said: TagName, commit: str, sentence: str, record: TagRecord, *, after: int
    ) -> str:
        """Write an annotated tag, and return the object that it is.

        Args:
            said: Its name.
            commit: Where it stands.
            sentence: The first line of its message.
            record: The rest of its message.
            after: The time of the last tag of this model. Readers order tags by their times, so
                this one is later, whatever the clock of this machine says.

        Raises:
            SourceError: it could not be written, and why.
            TakenError: there is another of this name.
        """
        ref = f"refs/tags/{said.text}"
        at = max(int(time.time()), after + 1)
        message = write_message(sentence, record)
        lines = f"object {commit}\ntype commit\ntag {said.text}\ntagger {self._who()} {at} +0000\n"
        try:
            made = self._git("mktag", stdin=f"{lines}\n{message}".encode())
            if self.push:
                created = create_ref(self.repository, made, ref)
                if created.oid != made:
                    raise TakenError(said.text)
            self._name(ref, made)
        except GitError as exc:
            raise SourceError(
                f"the tag {said.text} was not written: {told(exc)}", hint=_hint(exc)
            ) from exc
        return made

    def _name(self, ref: str, made: str) -> None:
        """Name the tag in this clone; a copy that was only here gives way to what is pushed."""
        here = self.repository.git("for-each-ref", "--format=%(objectname)", ref).decode().strip()
        if here and not self.push:
            raise TakenError(ref.removeprefix("refs/tags/"))
        self._git("update-ref", ref, made)

    def _who(self) -> str:
        try:
            found = _IDENT.fullmatch(self._git("var", "GIT_COMMITTER_IDENT"))
        except GitError:
            found = None
        return found["who"] if found else _NOBODY

    def _git(self, *args: str, stdin: bytes = b"") -> str:
        return self.repository.git(*args, stdin=stdin).decode("utf-8", "replace").strip()


def _hint(exc: GitError) -> str:
    if is_ruled_out(exc):
        return "a rule of the repository refuses it: allow whoever releases to create this tag"
    if is_denied(exc):
        return "give the job `contents: write`"
    return "is the remote up? --no-push writes the tag here only"
