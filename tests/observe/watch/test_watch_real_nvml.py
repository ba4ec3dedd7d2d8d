"""The real nvidia-ml-py over a driver library of our own: structures, error codes, a driver that comes and goes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "files" / "fake_nvml.c"
SCRIPT = """
import json, os, pathlib
from payback.observe.watch.sources import SensorLostError
from payback.observe.watch.sources.nvml import open_nvml
source, gone = open_nvml(pathlib.Path("/no/pci")), pathlib.Path(os.environ["FAKE_NVML_GONE"])
answers = [source.read()[0].as_dict()]
gone.touch()
for _ in range(2):
    try:
        source.read()
    except SensorLostError as error:
        answers.append(str(error))
gone.unlink()
answers.append(source.read()[0].as_dict())
print(json.dumps(answers))
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler to make a driver library with")
def test_the_real_library_is_understood(tmp_path: Path) -> None:
    """A GTX 1080: 37 % with a burst of 64 %, 151.25 W, 2 of 8 GiB, no energy counter; lost twice, then back."""
    pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed")
    library = tmp_path / "libnvidia-ml.so.1"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(SOURCE)], check=True)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tmp_path), "FAKE_NVML_GONE": str(tmp_path / "gone")}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    before, first, second, after = json.loads(done.stdout)

    assert before == after
    assert (before["utilisation"], before["peak_utilisation"], before["power_w"]) == (0.37, 0.64, 151.25)
    assert (before["memory_used_gib"], before["memory_total_gib"], before["processes"]) == (2.0, 8.0, 1)
    assert (before["sm_clock_mhz"], before["memory_clock_mhz"]) == (1733.0, 5005.0)
    assert "energy_j" not in before
    assert "Uninitialized" in first
    assert "Driver Not Loaded" in second
