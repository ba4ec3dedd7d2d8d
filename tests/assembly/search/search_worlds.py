"""Random small catalogues: real parts of one or two platforms, random prices, some figures forgotten."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from payback.assembly.model import Outlet, Policy
from payback.assembly.search.candidates import Candidate, Candidates, candidates_of
from payback.assembly.search.demand import BuildDemand
from payback.catalogue.components import Components, load_components
from payback.catalogue.described import extreme_cards

PLATFORMS = (
    ("AM4",),
    ("AM5",),
    ("LGA1700",),
    ("sTR4",),
    ("sWRX8",),
    ("AM4", "sTR4"),
    ("AM5", "LGA1700"),
    ("sTRX4", "sTR4"),
    ("sWRX8", "AM4"),
)
SPEED = {name: 10.0 + 7.0 * index for index, name in enumerate(sorted(load_components().generic_cards))}
FORGETTABLE = {
    "cpu": ("pcie_lanes", "max_memory_gb", "boxed_cooler", "peak_power_w"),
    "board": ("dimm_slots", "m2_slots", "max_memory_gb"),
    "psu": ("length_mm", "eps", "pcie_8pin"),
    "case": ("max_gpu_mm", "max_cooler_mm", "slots", "max_psu_mm"),
    "cooler": ("height_mm", "radiator_mm"),
    "gpu": ("length_mm", "slot_width", "power_connectors"),
    "memory": ("dimm_class",),
    "drive": (),
}


def random_candidates(dice: random.Random, components: Components, *, most: int) -> Candidates:
    """A handful of parts that may go together."""
    sockets = dice.choice(PLATFORMS)
    offers = []
    for category in ("cpu", "board", "memory", "drive", "psu", "case", "cooler"):
        parts = list(_suitable(category, sockets, components))
        chosen = dice.sample(parts, min(len(parts), dice.randint(1, most)))
        offers += [_offer(category, _forgetful(part, category, dice), dice) for part in chosen]
    offers += _cards(dice, components, most)
    dice.shuffle(offers)
    return candidates_of(offers)


def _suitable(category: str, sockets: tuple[str, ...], components: Components) -> list[Any]:
    parts: list[Any] = list(components.of_category(category).values())
    if category in ("cpu", "board"):
        return [part for part in parts if part.socket in sockets]
    if category == "cooler":
        return [part for part in parts if set(part.sockets) & {*sockets, "sTR4"}]
    if category == "memory":
        kinds = {board.memory_type for board in components.boards.values() if board.socket in sockets}
        return [part for part in parts if part.module_gb and part.memory_type in kinds]
    if category == "drive":
        return [part for part in parts if part.kind == "M.2 NVMe" or part.name.startswith("Samsung")]
    if category == "case":
        return [part for part in parts if part.name != "open frame" or "sTR4" in sockets]
    return parts


def _forgetful(part: Any, category: str, dice: random.Random) -> Any:
    lost = [name for name in FORGETTABLE[category] if dice.random() < 0.04]
    return replace(part, **dict.fromkeys(lost)) if lost else part


def _offer(category: str, part: Any, dice: random.Random) -> Candidate:
    usd = float(dice.randint(20, 400)) if dice.random() < 0.8 else float(dice.choice((50, 100, 150)))
    return Candidate(category=category, part=part, price_usd=usd, listed=part.name)


def _cards(dice: random.Random, components: Components, most: int) -> list[Candidate]:
    cards = dice.sample(list(components.gpu_cards.values()), dice.randint(1, most))
    offers = []
    for card in cards:
        offer = _offer("gpu", _forgetful(card, "gpu", dice), dice)
        offers.append(replace(offer, price_usd=offer.price_usd * 5, listed=card.gpu))
        if card.gpu in components.gpu_ranges and dice.random() < 0.5:
            any_card = components.generic_cards[card.gpu]
            readings = extreme_cards(any_card, components.gpu_ranges[card.gpu])
            offers.append(replace(offers[-1], part=any_card, readings=readings))
    return offers


def random_demand(dice: random.Random) -> BuildDemand:
    """A demand that some machine of such a catalogue may meet."""
    count = dice.choice((1, 1, 1, 2, 2, None))
    return BuildDemand(
        gpus=count,
        max_gpus=2,
        expand_to_gpus=dice.choice((None, None, None, 2)),
        outlet=dice.choice((None, None, Outlet(volts=120, amps=15), Outlet(volts=230, amps=10))),
        min_ram_gb=dice.choice((8.0, 32.0, 64.0)),
        ram_covers_vram=dice.random() < 0.3,
        min_cores=dice.choice((None, 8)),
        min_storage_gb=dice.choice((250.0, 1000.0, 3000.0)),
        lanes_per_gpu=dice.choice((1, 4, 8)),
        power_cap_w=dice.choice((None, None, 200.0)),
        max_psus=dice.choice((1, 1, 2)),
        noise_dba=dice.choice((None, None, 27.0)),
        policy=dice.choice((Policy.WARN, Policy.OPTIMISTIC, Policy.OPTIMISTIC, Policy.STRICT)),
        workmanship=dice.random() < 0.5,
    )
