"""Records whose own figures contradict each other: they are not built into anybody's machine."""

from __future__ import annotations

from typing import Final

from payback.assembly.rules_power import OVER_SPECIFICATION, PLUG_W, SLOT_W, plugs_of
from payback.catalogue.components import Board, GpuCard, Memory, Part, PowerSupply

LONGEST_CARD_MM: Final = 450.0
SHORTEST_CARD_MM: Final = 120.0
WIDEST_CARD: Final = 5.0
PLUGLESS_W: Final = 450.0
"""A supply above this without a plug for a graphics card is a record without the plugs."""
SMALLEST_MAXIMUM_GB: Final = 8.0
LARGEST_MODULE_GB: Final = 512.0


def disbelief(part: Part) -> str | None:
    """Why a record is not believed; None if nothing contradicts it.

    Example:
        >>> from payback.evidence import Grade
        >>> wrong = GpuCard(card="wide", gpu="RTX 4090", slot_width=77, source="s", grade=Grade.LISTED)
        >>> disbelief(wrong)
        'covers 77 places'
    """
    if isinstance(part, GpuCard):
        return _of_card(part)
    if isinstance(part, PowerSupply) and part.watts > PLUGLESS_W and (part.pcie_8pin, part.pcie_12v) == (0, 0):
        return f"{part.watts:g} W without a plug for a card"
    if isinstance(part, Board) and part.max_memory_gb is not None and part.max_memory_gb < SMALLEST_MAXIMUM_GB:
        return f"takes {part.max_memory_gb:g} GB of memory"
    if isinstance(part, Memory) and (part.module_gb or 0.0) > LARGEST_MODULE_GB:
        return f"modules of {part.module_gb:g} GB"
    return None


def _of_card(card: GpuCard) -> str | None:
    if card.slot_width is not None and not 0 < card.slot_width <= WIDEST_CARD:
        return f"covers {card.slot_width:g} places"
    if card.length_mm is not None and not SHORTEST_CARD_MM <= card.length_mm <= LONGEST_CARD_MM:
        return f"is {card.length_mm:g} mm long"
    if card.power_connectors is None or card.board_power_w is None:
        return None
    limit_w = SLOT_W + sum(PLUG_W[kind] * count for kind, count in plugs_of(card.power_connectors).items())
    if card.board_power_w > limit_w * OVER_SPECIFICATION:
        return f"draws {card.board_power_w:g} W through plugs for {limit_w:g} W"
    return None
