"""Typed, frozen values that travel between the layers and between jobs. No I/O, no policy."""

from __future__ import annotations
