"""The article's machine as a list of real parts, and ways to change one part of it at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from payback.assembly.model import ListedLine, PartsList

Part = str | tuple[str, int] | None
ARTICLE: Final[Mapping[str, Part]] = {
    "gpu": "ASUS Turbo GeForce GTX 1080 Ti 11GB",
    "cpu": "AMD Ryzen Threadripper 1920X",
    "board": "MSI X399 SLI PLUS",
    "memory": "Corsair Vengeance RGB Pro DDR4-3000 64GB (4x16GB)",
    "drive": "Samsung 970 EVO 1TB",
    "psu": "EVGA SuperNOVA 1600 P2",
    "case": "Lian Li PC-O11 Air",
    "cooler": "Fractal Design Celsius S24",
}


def list_of(parts: Mapping[str, Part], *, whole: bool | None = None) -> PartsList:
    """A parts list of names, or of names and counts; None leaves the part out."""
    counted = {category: (part, 1) if isinstance(part, str) else part for category, part in parts.items()}
    lines = [
        ListedLine(category=category, text=part[0], quantity=part[1])
        for category, part in counted.items()
        if part is not None
    ]
    return PartsList(id="test", lines=tuple(lines), whole=whole)
