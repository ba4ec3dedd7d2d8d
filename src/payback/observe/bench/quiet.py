"""Is the machine at rest? A benchmark beside other work measures the other work."""

from __future__ import annotations

import os
from typing import Final

from payback.observe.bench.context import Bench, device_name
from payback.observe.bench.machine import usable_cores
from payback.observe.bench.sensors import POWER_CAP

BUSY_LOAD_PER_CORE: Final = 0.25
"""An assumption: above a quarter of a program per core the CPU figures are doubtful."""
BUSY_UTILISATION: Final = 0.10
"""An assumption: a desktop's own drawing stays below this."""


def check_before(bench: Bench) -> None:
    """Note what is already going on; to be called before anything of ours touches a GPU."""
    load = load_per_core()
    if load is not None and load > BUSY_LOAD_PER_CORE:
        bench.sheet.disturb(
            f"the load average was {load:.2f} per core before the start (at most {BUSY_LOAD_PER_CORE} is quiet)"
        )
    if bench.sensors is None:
        return
    for index, count in enumerate(bench.sensors.processes()):
        if count:
            bench.sheet.disturb(_others(index, count, "before the start"))
    for index, reading in enumerate(bench.observe()):
        for reason in sorted(reading.throttle - {POWER_CAP}):
            bench.sheet.disturb(f"{device_name(index)} was slowed down ({reason}) before the start: let it cool")
        if reading.utilisation is not None and reading.utilisation > BUSY_UTILISATION:
            bench.sheet.disturb(f"{device_name(index)} was {reading.utilisation:.0%} busy before the start")


def check_after(bench: Bench) -> None:
    """Note what joined in meanwhile. On each GPU one program is this one."""
    if bench.sensors is None or bench.backend.gpu_count == 0:
        return
    for index, count in enumerate(bench.sensors.processes()):
        if count > 1:
            bench.sheet.disturb(_others(index, count - 1, "at the end"))


def load_per_core() -> float | None:
    """Programs waiting for a core during the last minute, per core; None where the system does not say."""
    try:
        return os.getloadavg()[0] / usable_cores()
    except (OSError, AttributeError):
        return None


def _others(index: int, count: int, when: str) -> str:
    noun = "another program" if count == 1 else f"{count} other programs"
    return f"{noun} computed on {device_name(index)} {when}"
