"""Reports to text: pure functions, the same report gives the same characters."""

from __future__ import annotations
