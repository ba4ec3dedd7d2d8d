"""Watts: what the parts draw inside, what the wall gives, what a supply survives.

Equations A10 to A14 of docs/method/assembly.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from payback.assembly.model import Demand, Machine
from payback.catalogue.components import GpuCard, PowerSupply

BASE_W: Final = 75.0
"""Board, chipset, network and fans; published build sheets allow 75 to 100 W."""
DIMM_W: Final = 3.0
SSD_W: Final = 5.0
DISK_W: Final = 10.0
UNLISTED_CPU_W: Final = 165.0
"""Allowance for a processor that a fragment of a list leaves out: the Xeon W-2255 in Puget's four-GPU measurement."""
HEADROOM_SHARE: Final = 0.15
"""Reserve advised in a power supply; sources say 15 to 25 %."""
EXCURSION_SHARE: Final = {True: 2.0, False: 1.3}
"""Peak of 100 µs over the rated power that a supply survives: ATX 3.x asks 200 %, older units are taken at 130 %."""
GPU_PEAK_SHARE: Final = 1.6
"""Millisecond peak of a GPU over its board power: 600 W and more seen on 450 W cards, about 900 W on 575 W cards."""

EFFICIENCY: Final = {
    "80 Plus Titanium": (0.92, 0.94, 0.91),
    "80 Plus Platinum": (0.90, 0.92, 0.89),
    "80 Plus Gold": (0.87, 0.90, 0.87),
    "80 Plus Silver": (0.85, 0.88, 0.85),
    "80 Plus Bronze": (0.82, 0.85, 0.82),
    "80 Plus": (0.80, 0.80, 0.80),
}
"""Least efficiency at 20, 50 and 100 % of the rated load, 115 V (80 PLUS programme)."""
UNMARKED_EFFICIENCY: Final = (0.85, 0.88, 0.85)


@dataclass(frozen=True, slots=True)
class Load:
    """Power drawn from the supply, and what had to be assumed or is missing."""

    watts: float
    assumed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def gpu_power_w(card: GpuCard, demand: Demand) -> float | None:
    """Power of one GPU: its board power, or the cap if that is lower. [W]"""
    if card.board_power_w is None:
        return None
    return card.board_power_w if demand.power_cap_w is None else min(card.board_power_w, demand.power_cap_w)


def dc_load(machine: Machine, demand: Demand) -> Load:
    """Power the parts draw at full work (A10).

    P = P_cpu + Σ min(P_gpu, cap) + 75 + 3 a module + 5 an SSD + 10 a disk [W]
    """
    missing: list[str] = []
    assumed: list[str] = []
    gpus = [gpu_power_w(card, demand) for card in machine.gpus]
    if len(machine.gpus) < machine.gpu_count or None in gpus:
        missing.append("gpu.board_power_w")
    if machine.cpu is not None:
        cpu_w = machine.cpu.full_power_w * machine.cpu_count
    else:
        cpu_w = UNLISTED_CPU_W
        (missing if machine.unknown_parts.get("cpu") else assumed).append("cpu.tdp_w")
    total = cpu_w + sum(watts or 0.0 for watts in gpus) + BASE_W + _memory_w(machine) + _drives_w(machine)
    return Load(total, tuple(assumed), tuple(missing))


def _memory_w(machine: Machine) -> float:
    return DIMM_W * sum(kit.module_count or 1 for kit in machine.memory)


def _drives_w(machine: Machine) -> float:
    return sum(DISK_W if drive.spinning else SSD_W for drive in machine.drives)


def efficiency(rating: str | None, load_share: float) -> float:
    """Efficiency of a supply at a share of its rated load, between the marks of its class (A11).

    Example:
        >>> efficiency("80 Plus Gold", 0.5), round(efficiency("80 Plus Titanium", 0.75), 3)
        (0.9, 0.925)
    """
    low, half, full = EFFICIENCY.get(rating or "", UNMARKED_EFFICIENCY)
    share = min(max(load_share, 0.2), 1.0)
    if share <= 0.5:
        return low + (half - low) * (share - 0.2) / 0.3
    return half + (full - half) * (share - 0.5) / 0.5


def wall_power_w(load_w: float, psus: Iterable[PowerSupply]) -> float:
    """Power drawn from the outlet for a load inside, shared by the supplies as they are rated (A12). [W]"""
    supplies = tuple(psus)
    rated_w = sum(psu.watts for psu in supplies)
    if not rated_w:
        return load_w / UNMARKED_EFFICIENCY[1]
    share = load_w / rated_w
    return sum(share * psu.watts / efficiency(psu.efficiency, share) for psu in supplies)


def transient_peak_w(machine: Machine, demand: Demand) -> float | None:
    """Millisecond peak when all GPUs jump at once (A13): load + (1.6 - 1) Σ P_gpu. None if a GPU's power is unknown."""
    load = dc_load(machine, demand)
    if load.missing:
        return None
    gpus_w = sum(gpu_power_w(card, demand) or 0.0 for card in machine.gpus)
    return load.watts + (GPU_PEAK_SHARE - 1.0) * gpus_w


def excursion_limit_w(psu: PowerSupply) -> float:
    """Millisecond peak that a supply is taken to survive (A14). [W]"""
    return psu.watts * EXCURSION_SHARE[(psu.atx_version or "").startswith("3")]
