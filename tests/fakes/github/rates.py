"""How often one may ask: the hourly limit per token and the one on writes per minute."""

from __future__ import annotations

from dataclasses import dataclass, field

from fakes.github.wire import RefusalError, refuse

SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)
PRIMARY = "API rate limit exceeded for installation ID 1."


@dataclass(slots=True)
class Window:
    """What one secret has used of its hour and of its minute."""

    used: int = 0
    reset: float = 0.0
    writes: list[float] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Rates:
    """The limits; tests lower them. ``status`` is what a limited request is answered with."""

    hourly: int = 1000
    window_s: float = 3600.0
    writes_per_minute: int = 80
    minute_s: float = 60.0
    status: int = 403
    windows: dict[str, Window] = field(default_factory=dict)

    def window(self, secret: str, now: float) -> Window:
        """Return the window of a secret, a fresh one when the old one is over."""
        window = self.windows.setdefault(secret, Window(reset=now + self.window_s))
        if now >= window.reset:
            window.used, window.reset = 0, now + self.window_s
        return window

    def spend(self, secret: str, now: float, *, write: bool) -> RefusalError | None:
        """Count one request, or return why it is one too many."""
        window = self.window(secret, now)
        if window.used >= self.hourly:
            return refuse(self.status, PRIMARY)
        window.used += 1
        if not write:
            return None
        window.writes = [at for at in window.writes if now - at < self.minute_s]
        if len(window.writes) >= self.writes_per_minute:
            wait = self.minute_s - (now - window.writes[0])
            return refuse(self.status, SECONDARY, headers={"retry-after": str(max(1, round(wait)))})
        window.writes.append(now)
        return None

    def give_back(self, secret: str, now: float) -> None:
        """Do not count the last request: an unchanged answer is free."""
        self.window(secret, now).used -= 1

    def overview(self, secret: str, now: float) -> dict[str, int]:
        """Return the numbers ``GET /rate_limit`` and the headers show."""
        window = self.window(secret, now)
        return {
            "limit": self.hourly,
            "remaining": max(0, self.hourly - window.used),
            "reset": int(window.reset) + 1,
            "used": window.used,
        }

    def headers(self, secret: str, now: float) -> dict[str, str]:
        """Return the ``x-ratelimit-*`` headers."""
        numbers = {f"x-ratelimit-{k}": str(v) for k, v in self.overview(secret, now).items()}
        return {**numbers, "x-ratelimit-resource": "core"}
