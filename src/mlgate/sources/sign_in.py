"""A token for git, as a header that no file keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What a question to the remote is signed in with; nothing for remotes that need none.

    Attributes:
        server: Address of the forge, as in ``https://github.com``.
        token: A token that may write contents.
    """

    server: str = ""
    token: str = field(default="", repr=False)

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of git that signs in by a header, and leaves no trace of it.

        An empty value first forgets the header that a checkout may have left in the configuration.
        """
        if not (self.server and self.token):
            return {}
        import base64  # noqa: PLC0415  # only where there is a token

        basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        key = f"http.{self.server.rstrip('/')}/.extraheader"
        before = environ.get("GIT_CONFIG_COUNT", "0")
        count = int(before) if before.isdecimal() else 0
        values = ("", f"AUTHORIZATION: basic {basic}")
        found = {"GIT_CONFIG_COUNT": str(count + len(values))}
        for number, value in enumerate(values, start=count):
            found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return found


STRANGER: Final = SignIn()
"""Nobody in particular."""
