"""JUnit XML of pytest: passed, failed, in error, skipped, expected to fail."""

import subprocess
import sys
from pathlib import Path

Path("test_data.py").write_text(
    """
import pytest

@pytest.fixture
def broken():
    raise RuntimeError("no data")

def test_rows(): assert 1
def test_range(): assert [180] == [18], "age > 120"
def test_needs(broken): pass
@pytest.mark.skip(reason="no reference")
def test_drift(): pass
@pytest.mark.xfail(reason="known")
def test_known(): assert 0
@pytest.mark.parametrize("column", ["age", "job"])
def test_nulls(column): assert column == "age"
"""
)
subprocess.run([sys.executable, "-m", "pytest", "-q", "--junit-xml=junit.xml"], check=False)
