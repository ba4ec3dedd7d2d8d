"""Pruning and bounds change how long a search takes, never what it finds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.assembly.search.search_synthetic import SPEED, synthetic_market

from payback.assembly.model import Policy
from payback.assembly.search import world as world_module
from payback.assembly.search.candidates import Candidate, Candidates, candidates_of
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.dominance import undominated
from payback.assembly.search.topk import solve
from payback.catalogue.components import load_components


def keep_all(offers: Sequence[Candidate], _demand: BuildDemand) -> list[Candidate]:
    return list(offers)


def shipped_market(seed: int) -> Candidates:
    """Every part we ship at a random price, four in ten left out."""
    dice, parts = random.Random(seed), load_components()
    offers = []
    for category in ("cpu", "board", "memory", "drive", "psu", "case", "cooler", "gpu"):
        for part in parts.of_category(category).values():
            if dice.random() < 0.6:
                usd = float(dice.randint(20, 600))
                name = getattr(part, "gpu", part.name)
                offers.append(Candidate(category=category, part=part, price_usd=usd, listed=name))
    return candidates_of(offers)


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_lost_by_pruning(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without dominance the shipped parts give the same five cheapest kinds."""
    chips = {card.gpu: 1.0 for card in load_components().gpu_cards.values()}
    market = shipped_market(seed)
    demand = BuildDemand(
        gpus=(1, 2, 4)[seed % 3], policy=(Policy.WARN, Policy.STRICT)[seed % 2], vram_gib=(None, 24)[seed % 2]
    )

    pruned = solve(market, demand, chips, top=5)
    monkeypatch.setattr(world_module, "undominated", keep_all)
    whole = solve(market, demand, chips, top=5)

    assert [r.found.cost_usd for r in whole.ranked] == pytest.approx([r.found.cost_usd for r in pruned.ranked])
    assert sum(pruned.world.sizes().values()) < sum(whole.world.sizes().values())


@pytest.mark.parametrize("category", ["cpu", "board", "memory", "psu", "case", "cooler", "gpu", "drive"])
def test_every_part_dropped_has_a_cheaper_or_equal_one_of_its_kind(category: str) -> None:
    """In a market of 2,000 parts each category shrinks, and its cheapest part stays."""
    market = synthetic_market(random.Random(3), 2000)
    offers = market[category]

    kept = undominated(offers, BuildDemand())

    assert offers[0] == kept[0]
    assert len(kept) < len(offers)


def test_an_equal_part_at_a_higher_price_is_dropped() -> None:
    """A kit at 120 dollars does nothing that the same kit at 100 does not."""
    kit = next(iter(load_components().memory.values()))
    cheap = Candidate(category="memory", part=kit, price_usd=100.0, listed=kit.name)
    dear = replace(cheap, price_usd=120.0, part=replace(kit, memory="the same, dearer"))

    assert [cheap] == undominated([cheap, dear], BuildDemand())


def test_an_unknown_figure_is_not_compared_with_a_known_one() -> None:
    """A case that does not say how long a card it takes neither beats nor loses to one that does."""
    case = load_components().cases["Fractal Design Torrent"]
    known = Candidate(category="case", part=case, price_usd=100.0, listed=case.name)
    silent = replace(known, price_usd=200.0, part=replace(case, case="silent", max_gpu_mm=None))

    assert [known, silent] == undominated([known, silent], BuildDemand())


def test_efficiency_counts_where_an_outlet_limits() -> None:
    """Without an outlet a dearer, more efficient supply of the same watts is dropped; with one it stays."""
    from payback.assembly.model import Outlet

    supply = load_components().psus["EVGA SuperNOVA 1600 P2"]
    gold = Candidate(category="psu", part=replace(supply, efficiency="80 Plus Gold"), price_usd=300.0)
    titanium = Candidate(category="psu", part=replace(supply, psu="T", efficiency="80 Plus Titanium"), price_usd=400.0)

    assert [gold] == undominated([gold, titanium], BuildDemand())
    assert [gold, titanium] == undominated([gold, titanium], BuildDemand(outlet=Outlet(volts=120, amps=15)))


def test_a_search_on_a_large_market_opens_few_platforms() -> None:
    """Of the thousands of pairs of processor and board a bound leaves a handful to look at."""
    market = synthetic_market(random.Random(1), 3000)

    solution = solve(market, BuildDemand(vram_gib=12, policy=Policy.OPTIMISTIC), SPEED)

    assert solution.ranked
    assert solution.effort.platforms < len(solution.world.platforms) / 20
