"""Gate merges and releases on model quality, from continuous integration."""

from __future__ import annotations
