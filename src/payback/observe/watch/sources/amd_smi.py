"""AMD GPUs through ``amd-smi metric --json``: for machines where the kernel's files say too little (MI300).

The program is written in Python and takes most of a second; a period of 30 s or more suits it. Its JSON differs from
release to release, so a value is looked for by its name and a missing one stays unknown.
https://rocm.docs.amd.com/projects/amdsmi/en/latest/how-to/amdsmi-cli-tool.html
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from typing import Any, Final

from payback.observe.watch.sample import GpuReading, card_key, share
from payback.observe.watch.sources.base import SensorLostError

ARGUMENTS: Final = ("amd-smi", "metric", "--json")
TIMEOUT_S: Final = 20.0
GIB_PER_MB: Final = 1 / 1024
"""amd-smi writes MB and means MiB."""


class AmdSmiSource:
    """The AMD GPUs of this machine, by AMD's own program.

    Args:
        run: Runs a program and gives its output; tests put their own in.
    """

    name = "amd-smi"

    def __init__(self, run: Callable[[Sequence[str]], str] | None = None) -> None:
        self._run = run or _run

    def read(self) -> tuple[GpuReading, ...]:
        """Every GPU now."""
        return parse_amd_smi(self._run(ARGUMENTS))

    def close(self) -> None:
        """Nothing is kept open."""


def parse_amd_smi(output: str) -> tuple[GpuReading, ...]:
    """GPUs in the JSON of ``amd-smi metric``.

    Raises:
        SensorLostError: The text is no such JSON.
    """
    try:
        document = json.loads(output)
    except json.JSONDecodeError as error:
        raise SensorLostError(f"amd-smi printed no JSON ({error.msg})") from error
    rows = document.get("gpu_data", []) if isinstance(document, dict) else document
    found = [row for row in rows if isinstance(row, dict) and "gpu" in row] if isinstance(rows, list) else []
    if not found:
        raise SensorLostError("amd-smi named no GPU")
    return tuple(_reading(row) for row in found)


def _reading(row: dict[str, Any]) -> GpuReading:
    used, total = (_value(row, "mem_usage", name) for name in ("used_vram", "total_vram"))
    clock, memory_clock = (_value(row, "clock", name, "clk") for name in ("gfx_0", "mem_0"))
    return GpuReading(
        key=card_key(f"amd-smi {row['gpu']}"),
        name=str(_under(row, "asic", "market_name") or f"AMD GPU {row['gpu']}"),
        utilisation=share(_value(row, "usage", "gfx_activity")),
        memory_used_gib=None if used is None else used * GIB_PER_MB,
        memory_total_gib=None if total is None else total * GIB_PER_MB,
        power_w=_value(row, "power", "socket_power"),
        energy_j=_value(row, "energy", "total_energy_consumption"),
        sm_clock_mhz=clock,
        memory_clock_mhz=memory_clock,
    )


def _under(row: Any, *path: str) -> Any:
    for step in path:
        row = row.get(step) if isinstance(row, dict) else None
    return row


def _value(row: dict[str, Any], *path: str) -> float | None:
    found = _under(row, *path)
    if isinstance(found, dict):
        found = found.get("value")
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def _run(arguments: Sequence[str]) -> str:
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)  # noqa: S603
    except FileNotFoundError as error:
        raise SensorLostError("amd-smi is not installed") from error
    except (subprocess.SubprocessError, OSError) as error:
        raise SensorLostError(f"amd-smi failed ({error})") from error
    return done.stdout
