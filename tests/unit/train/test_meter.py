"""GPUs and energy, by stand-ins for the driver's tool and the kernel's counters."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from mlgate.train.meter import Measured, Meter

if TYPE_CHECKING:
    from pathlib import Path

TWO = (
    "0, NVIDIA A10G, 550.54, 1000, 50, 100.00\n1, NVIDIA A10G, 550.54, 2000, 100, 200.00\n"
    "0, NVIDIA A10G, 550.54, 3000, 100, 100.00\n1, NVIDIA A10G, 550.54, 500, 50, 200.00\n"
)


def machine(tmp_path: Path, said: str) -> dict[str, str]:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\ncat <<'E'\n{said}E\nexec sleep 60\n")
    tool.chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin"}


def measured(environ: dict[str, str], powercap: Path) -> Measured:
    with Meter(environ, powercap) as meter:
        time.sleep(0.5)
    return meter.measured


def test_two_gpus(tmp_path: Path) -> None:
    found = measured(machine(tmp_path, TWO), tmp_path / "none")
    assert found.gpu_memory == 3500 * 2**20
    assert found.gpu_utilisation == 0.75
    assert found.energy is not None
    assert 140 < found.energy < 600  # 300 W for half a second, and the end of the tool
    assert found.gpus == ("NVIDIA A10G", "NVIDIA A10G")
    assert found.driver == "550.54"


@pytest.mark.parametrize(
    "said",
    ["", "No devices were found\n", "a,b\n", "0, GPU, 1, [N/A], 1, 1\n", "0, G, 1, nan, 1, 1\n"],
)
def test_no_gpu_that_tells(tmp_path: Path, said: str) -> None:
    assert measured(machine(tmp_path, said), tmp_path / "none") == Measured()


def test_what_a_gpu_does_not_tell(tmp_path: Path) -> None:
    found = measured(machine(tmp_path, "0, T4, 1, 10, [N/A], [N/A]\n"), tmp_path / "none")
    assert (found.gpu_memory, found.gpu_utilisation, found.energy) == (10 * 2**20, None, None)


def test_counters_of_processors(tmp_path: Path) -> None:
    for name in ("intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "energy_uj").write_text("9000000\n")
        (tmp_path / name / "max_energy_range_uj").write_text("10000000\n")
    with Meter({"PATH": ""}, tmp_path) as meter:
        (tmp_path / "intel-rapl:0" / "energy_uj").write_text("9500000\n")
        (tmp_path / "intel-rapl:1" / "energy_uj").write_text("1000000\n")  # it began anew
        (tmp_path / "intel-rapl:0:0" / "energy_uj").write_text("9900000\n")  # a part of 0
    assert meter.measured.energy == 2.5


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    assert measured({}, tmp_path / "none") == Measured()
