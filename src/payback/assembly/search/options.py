"""What graphics cards may be bought: a card (or any card of a chip), how many now, how many the machine must carry."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from payback.assembly.model import Demand
from payback.assembly.power import gpu_power_w
from payback.assembly.search.candidates import Candidate
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.workmanship import card_brings_its_own_fan, open_questions_allowed
from payback.assembly.topology import places_taken
from payback.catalogue.components import GpuCard

MEMORY_TOLERANCE_GIB: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class GpuOption:
    """So many of one card."""

    offer: Candidate
    count: int
    """Cards bought."""
    grown: int
    """Cards that supply, board, case and outlet must carry."""
    power_w: float
    """Power of one card, capped if a cap is asked. [W]"""
    throughput: float | None
    """Speed of the cards bought, together."""
    ram_gb: float
    cores: int
    demand: Demand
    """What the rulebook is asked about a machine with these cards."""
    allowed: frozenset[str] | None
    """Hard rules that may stay open; None for all."""

    @property
    def chip(self) -> str:
        """The GPU's name."""
        part: Any = self.offer.part
        return str(part.gpu)

    @property
    def price_usd(self) -> float:
        """Price of the cards bought. [USD]"""
        return self.offer.price_usd * self.count

    @cached_property
    def readings(self) -> tuple[GpuCard, ...]:
        """The cards that may be meant; the machine must suit each."""
        part: Any = self.offer.part
        return self.offer.readings or (part,)

    @cached_property
    def longest_mm(self) -> float | None:
        """Length of the longest reading; None if one is unknown. [mm]"""
        lengths = [card.length_mm for card in self.readings]
        return None if None in lengths else max(length for length in lengths if length is not None)

    @cached_property
    def places(self) -> int | None:
        """Places that one card covers at most; None if unknown."""
        widths = [card.slot_width for card in self.readings]
        return None if None in widths else max(places_taken(width) for width in widths if width is not None)

    @cached_property
    def plugs(self) -> Hashable:
        """Everything that decides which supplies feed the cards."""
        return tuple((card.power_connectors, card.board_power_w, card.trusted) for card in self.readings)

    @cached_property
    def stance(self) -> Hashable:
        """Everything that decides where the cards can stand."""
        return tuple((_places(card), card.cooler, card.pcie_gen, card.trusted) for card in self.readings)

    @property
    def hybrids(self) -> int:
        """Cards that bring a radiator."""
        return self.grown if any(card.cooler == "liquid" for card in self.readings) else 0

    @property
    def order(self) -> tuple[float, str, str, int]:
        """Cheapest first, then by name."""
        return (self.price_usd, self.offer.name, self.offer.condition, self.count)


def gpu_options(
    offers: Sequence[Candidate],
    demand: BuildDemand,
    speed: Mapping[str, float],
    *,
    exact_cards: bool = False,
) -> list[GpuOption]:
    """Every card and number of cards that the demand allows, cheapest first.

    For a single card, the price known is that of the chip, so the machine is made to take *any* card of the chip
    where the sizes of its cards are on record; `exact_cards` looks at the cards one by one instead.

    Args:
        offers: Graphics cards at their prices.
        demand: Memory, throughput, numbers.
        speed: Speed of one GPU by chip.
        exact_cards: Whether to pick particular cards even for a single one.
    """
    found = []
    for count in demand.counts():
        grown = demand.grown_to(count)
        chosen = _any_card_where_known(offers) if grown == 1 and not exact_cards else offers
        for offer in chosen:
            option = _option(offer, count, grown, demand, speed)
            if option is not None and _wanted(option, demand, speed):
                found.append(option)
    return sorted(found, key=lambda option: option.order)


def _places(card: GpuCard) -> int | None:
    return None if card.slot_width is None else places_taken(card.slot_width)


def _any_card_where_known(offers: Iterable[Candidate]) -> Iterator[Candidate]:
    held = list(offers)
    covered = {(_chip(o), o.condition) for o in held if len(o.readings) > 1}
    for offer in held:
        if len(offer.readings) > 1 or (_chip(offer), offer.condition) not in covered:
            yield offer


def _chip(offer: Candidate) -> str:
    part: Any = offer.part
    return str(part.gpu)


def _option(
    offer: Candidate, count: int, grown: int, demand: BuildDemand, speed: Mapping[str, float]
) -> GpuOption | None:
    part: Any = offer.part
    memory_gib = part.memory_gib
    asked = demand.rules_demand(count, memory_gib or 0.0)
    power_w = gpu_power_w(part, asked)
    if power_w is None or memory_gib is None:
        return None
    each = speed.get(part.gpu)
    return GpuOption(
        offer=offer,
        count=count,
        grown=grown,
        power_w=power_w,
        throughput=None if each is None else each * count,
        ram_gb=demand.ram_gb(count, memory_gib),
        cores=demand.cores(grown),
        demand=asked,
        allowed=open_questions_allowed(demand.policy, grown),
    )


def _wanted(option: GpuOption, demand: BuildDemand, speed: Mapping[str, float]) -> bool:
    part: Any = option.offer.part
    memory_gib = part.memory_gib + MEMORY_TOLERANCE_GIB
    if demand.vram_gib is not None and memory_gib < demand.vram_gib:
        return False
    if demand.total_vram_gib is not None and memory_gib * option.count < demand.total_vram_gib:
        return False
    if demand.needs_tensor_units and option.chip not in speed:
        return False
    if demand.throughput is not None and (option.throughput or 0.0) < demand.throughput:
        return False
    return not demand.workmanship or _sensible(option)


def _sensible(option: GpuOption) -> bool:
    """Whether a careful builder puts such cards into a tower: no server cards, no several cards with radiators (B10).

    Nobody recorded how large the radiators of liquid cards are, so that two of them cannot be promised a place.
    """
    return all(card_brings_its_own_fan(card) for card in option.readings) and not (option.grown > 1 and option.hybrids)
