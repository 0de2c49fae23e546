"""A pull request on this machine: a small real model, a git remote, and a stand-in for GitHub."""

from __future__ import annotations
