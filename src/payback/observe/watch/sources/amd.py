"""AMD GPUs through the kernel's own files (amdgpu): utilisation, memory, watts, clocks.

A card that is runtime-suspended is recognised by its power state and none of its sensor files are read, because
reading one wakes it (https://lunnova.dev/articles/linux-gpu-runpm-spurious-resumes). Files and units:
https://docs.kernel.org/gpu/amdgpu/thermal.html and .../driver-misc.html.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from payback.observe.watch.sample import GpuReading, card_key, share
from payback.observe.watch.sources.base import SensorLostError
from payback.observe.watch.sources.power_state import AMD, PCI, Card, cards, text
from payback.units import GIB

MICRO: Final = 1e-6
POWER_FILES: Final = ("power1_average", "power1_input")
"""Older cards give an average, newer ones (RDNA 3, MI300) the present power. [microwatts]"""


class AmdSource:
    """The AMD GPUs of this machine.

    Args:
        pci: Where the kernel lists PCI devices.
    """

    name = "amd"

    def __init__(self, pci: Path = PCI) -> None:
        self._pci = pci

    def read(self) -> tuple[GpuReading, ...]:
        """Every GPU now; those that sleep are left asleep."""
        found = cards(AMD, self._pci)
        if not found:
            raise SensorLostError("the kernel lists no AMD GPU")
        return tuple(_read(card) for card in found)

    def close(self) -> None:
        """Nothing is kept open."""


def _read(card: Card) -> GpuReading:
    folder = card.folder
    name = text(folder / "product_name") or f"AMD GPU {text(folder / 'device') or ''}".strip()
    key = card_key(f"amd {folder.name}")
    if card.asleep:
        return GpuReading(key=key, name=name, asleep=True)
    sensors = next(iter(sorted((folder / "hwmon").glob("hwmon*"))), folder / "hwmon")
    used, total = _number(folder / "mem_info_vram_used"), _number(folder / "mem_info_vram_total")
    watts = [_number(sensors / file, MICRO) for file in POWER_FILES]
    return GpuReading(
        key=key,
        name=name,
        utilisation=share(_number(folder / "gpu_busy_percent")),
        memory_used_gib=None if used is None else used / GIB,
        memory_total_gib=None if total is None else total / GIB,
        power_w=next((value for value in watts if value is not None), None),
        energy_j=_number(sensors / "energy1_input", MICRO),
        sm_clock_mhz=_number(sensors / "freq1_input", MICRO),
        memory_clock_mhz=_number(sensors / "freq2_input", MICRO),
    )


def _number(path: Path, scale: float = 1.0) -> float | None:
    content = text(path)
    try:
        return None if content is None else float(content) * scale
    except ValueError:
        return None
