"""Addresses that servers give: their origin, and what of them may be printed."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port; empty ones for what is no address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", "", None
    return parts.scheme, parts.hostname or "", port or {"https": 443, "http": 80}.get(parts.scheme)


def uploads_of(base_url: str) -> tuple[str, str, int | None]:
    """Return the origin that takes uploads; other servers take them themselves."""
    scheme, host, port = origin_of(base_url)
    if host == "api.github.com" or (host.startswith("api.") and host.endswith(".ghe.com")):
        return scheme, f"uploads.{host.removeprefix('api.')}", port
    return scheme, host, port


def joined(url: str, location: str) -> str:
    """Return where a redirect leads; empty where that is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def path_of(url: str) -> str:
    """Return what of an address may be printed: never its query, which may hold a signature."""
    return urlsplit(url).path if origin_of(url)[1] else "(not an address)"
