"""Gate merges and releases on model quality, from continuous integration."""

from __future__ import annotations

__version__ = "0.1.0"
