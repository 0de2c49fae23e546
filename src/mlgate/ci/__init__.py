"""What the CI machine told us, parsed once at the edge; and how to talk back to it."""

from __future__ import annotations
