"""Stand-ins for what mlgate talks to."""

from __future__ import annotations
