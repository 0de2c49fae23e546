"""Send rendered reports somewhere people look; nothing here changes a verdict."""

from __future__ import annotations
