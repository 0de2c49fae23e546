"""Releases: tags that register versions and stages, and what has to hold before they are used."""
