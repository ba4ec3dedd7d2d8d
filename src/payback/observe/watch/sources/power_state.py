"""Whether a graphics card is powered down, asked of the kernel and not of the card, so that it sleeps on.

The kernel keeps `power/runtime_status` of every PCI device in memory: reading it touches no hardware. Reading a
sensor of a suspended card, or opening its device node, would wake it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

PCI: Final = Path("/sys/bus/pci/devices")
NVIDIA, AMD = "0x10de", "0x1002"
ASLEEP: Final = frozenset({"suspended", "suspending"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A graphics card as the kernel lists it."""

    folder: Path
    asleep: bool
    may_sleep: bool
    """Whether the kernel is allowed to power it down when nothing uses it."""


def cards(vendor: str, pci: Path = PCI) -> list[Card]:
    """Graphics cards and compute accelerators of a vendor; none where the kernel shows no PCI devices.

    Args:
        vendor: PCI vendor, ``0x10de`` or ``0x1002``.
        pci: Folder of the devices.
    """
    if not pci.is_dir():
        return []
    folders = sorted(pci.iterdir())
    return [_card(folder) for folder in folders if text(folder / "vendor") == vendor and _is_gpu(folder)]


def text(path: Path) -> str | None:
    """Content of a small file of the kernel, or None where it cannot be read."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None


def _is_gpu(folder: Path) -> bool:
    kind = text(folder / "class") or ""
    return kind.startswith(("0x03", "0x12"))  # display controller, processing accelerator


def _card(folder: Path) -> Card:
    return Card(
        folder=folder,
        asleep=text(folder / "power" / "runtime_status") in ASLEEP,
        may_sleep=text(folder / "power" / "control") == "auto",
    )
