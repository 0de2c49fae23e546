"""A registry that commands of the user's know: one puts a version there, one tells its digest."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mlgate.errors import PublishError
from mlgate.publish.registry import Receipt, Standing
from mlgate.sources.shell import run_shell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlgate.policy.release import Publication
    from mlgate.publish.registry import Bundle

_SECONDS: Final = 3600.0
_DIGEST: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})(?:\s.*)?")
_NOTHING: Final = frozenset({"", "none", "null"})
_LONGEST: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRegistry:
    """A place behind commands.

    Attributes:
        wanted: What the configuration says of it.
        folder: Where the commands run.
        environ: Their environment.
    """

    wanted: Publication
    folder: Path
    environ: Mapping[str, str] = field(repr=False)

    @property
    def where(self) -> str:
        """What the place is called."""
        return self.wanted.name

    def look(self, bundle: Bundle) -> Standing:
        """Say what is there now, by the command that tells the digest."""
        digest = self._digest(bundle)
        previous = self._line("previous", self.wanted.previous, bundle)
        return Standing(
            state="there" if digest else "absent",
            digests={"model": digest} if digest else {},
            previous=previous[:_LONGEST],
        )

    def publish(self, bundle: Bundle) -> Receipt:
        """Run the command, and read back what it has put there."""
        standing, ours = self.look(bundle), bundle.digest
        there = standing.digests.get("model", "")
        if there and there != ours:
            raise PublishError(
                f"{self.where}: {bundle.name} {bundle.version} is there with other bytes: "
                f"{there[:26]}, and {ours[:26]} here",
                hint="a version does not change: register a new one",
            )
        if not there:
            self._run("command", self.wanted.command, bundle, shown=True)
            there = self._digest(bundle)
        if there != ours:
            raise PublishError(
                f"{self.where}: does not hold what was put there: "
                f"{there[:26] or 'nothing'}, and not {ours[:26]}",
                hint="does `digest` look at the version in MLGATE_VERSION?",
            )
        return Receipt(
            where=self.where,
            outcome="there" if standing.digests else "published",
            previous=standing.previous,
        )

    def _digest(self, bundle: Bundle) -> str:
        line = self._line("digest", self.wanted.digest, bundle)
        if line.lower() in _NOTHING:
            return ""
        found = _DIGEST.fullmatch(line.lower())
        if found is None:
            raise PublishError(
                f"{self.where}: digest: {line[:80]!r} is no SHA-256",
                hint="print 64 hexadecimal digits, or `none`",
            )
        return f"sha256:{found[1]}"

    def _line(self, verb: str, command: str | None, bundle: Bundle) -> str:
        if command is None:
            return ""
        lines = self._run(verb, command, bundle)
        return lines[-1] if lines else ""

    def _run(self, verb: str, command: str, bundle: Bundle, *, shown: bool = False) -> list[str]:
        named = variables(bundle)
        done = run_shell(command, self.folder, {**self.environ, **named}, _SECONDS, shown=shown)
        if done.timed_out:
            raise PublishError(f"{self.where}: {verb}: took longer than {_SECONDS:g} s")
        if done.code:
            why = "" if shown else f": {done.complaint[:300]}"
            raise PublishError(
                f"{self.where}: {verb}: ended with exit {done.code}{why}",
                hint=f"try it by hand: {command[:200]}",
            )
        return done.lines


def variables(bundle: Bundle) -> dict[str, str]:
    """Return what a command finds in its environment."""
    return {
        "MLGATE_RELEASE": str(bundle.folder),
        "MLGATE_NAME": bundle.name,
        "MLGATE_VERSION": bundle.version,
        "MLGATE_TAG": bundle.tag,
        "MLGATE_COMMIT": bundle.commit,
        "MLGATE_DIGEST": bundle.digest.removeprefix("sha256:"),
        "MLGATE_MODELS": "\n".join(str(bundle.folder / name) for name in bundle.models),
    }
