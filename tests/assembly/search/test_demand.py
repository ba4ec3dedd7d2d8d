"""From a question to a demand, and the builder's own rules of thumb."""

from __future__ import annotations

import datetime as dt

import pytest

from payback import question as asked
from payback.assembly.model import Outlet, Policy
from payback.assembly.search.candidates import Candidate
from payback.assembly.search.demand import BuildDemand, demand_from_question
from payback.assembly.search.options import gpu_options
from payback.assembly.search.workmanship import (
    cooler_capacity_w,
    module_step,
    open_questions_allowed,
    supply_is_marked,
)
from payback.catalogue.components import load_components
from payback.catalogue.described import extreme_cards


def test_a_question_becomes_a_demand() -> None:
    """Number, memory, room, outlet, noise, budget, used parts, place and age of prices are taken over."""
    question = asked.Question(
        as_of=dt.date(2026, 11, 23),
        work=asked.Work(gpus=2, vram_gib=24, data_gb=3000, expand_to_gpus=4),
        site=asked.Site(country="DE", outlet=asked.Outlet(volts=230, amps=10), noise_dba=40),
        finance=asked.Finance(budget_usd=9000),
        options=asked.Preferences(used=False, max_price_age_days=90),
    )

    demand = demand_from_question(question)

    assert (2, 4, 24) == (demand.gpus, demand.expand_to_gpus, demand.vram_gib)
    assert demand.outlet == Outlet(volts=230, amps=10)
    assert (40, 9000, False, "DE", 90) == (
        demand.noise_dba, demand.budget_usd, demand.used, demand.market, demand.max_price_age_days
    )  # fmt: skip
    assert demand.min_storage_gb == 3200


@pytest.mark.parametrize(("count", "memory_gib", "expected"), [(1, 12, 32), (1, 24, 32), (2, 24, 48), (4, 96, 384)])
def test_main_memory_covers_gpu_memory(count: int, memory_gib: float, expected: float) -> None:
    """At least 32 GB, and as much as all GPUs have."""
    assert expected == BuildDemand().ram_gb(count, memory_gib)


def test_the_articles_eight_cores_for_four_gpus() -> None:
    """Two cores a GPU, six in all."""
    assert [6, 6, 8, 12] == [BuildDemand().cores(count) for count in (1, 3, 4, 6)]


def test_counts_to_try() -> None:
    """A number asked is the number tried; none asked means one to four."""
    assert (3,) == BuildDemand(gpus=3).counts()
    assert (1, 2, 3, 4) == BuildDemand(gpus=None).counts()


def test_what_may_stay_open() -> None:
    """Strict: nothing; optimistic: anything; else what a tape measure settles, and with one card what it decides."""
    assert open_questions_allowed(Policy.STRICT, 1) == frozenset()
    assert open_questions_allowed(Policy.OPTIMISTIC, 4) is None
    assert open_questions_allowed(Policy.WARN, 4) == frozenset({"PSU_FIT"})
    assert {"PSU_FIT", "GPU_LENGTH"} <= (open_questions_allowed(Policy.WARN, 1) or set())


def test_a_cheap_cooler_does_not_carry_350_watts() -> None:
    """A 37 mm cooler carries 65 W, a 165 mm one for large sockets 350 W, a rated one its rating."""
    coolers = load_components().coolers

    assert cooler_capacity_w(coolers["Noctua NH-L9a-AM5"]) < 100
    assert cooler_capacity_w(coolers["Noctua NH-U14S TR5-SP6"]) >= 350
    assert cooler_capacity_w(coolers["DeepCool AK620"]) == 260


def test_modules_come_in_steps_of_the_channels() -> None:
    """Two on two channels, four on four, at least four on eight."""
    assert [2, 4, 4, 2] == [module_step(channels) for channels in (2, 4, 8, None)]


def test_an_unmarked_supply_is_not_bought() -> None:
    """Bronze and better carry a mark."""
    supplies = load_components().psus

    assert supply_is_marked(supplies["EVGA SuperNOVA 1600 P2"])
    assert not supply_is_marked(supplies["SilverStone HELA 2050R"])


def card(name: str, chip: str) -> Candidate:
    parts = load_components()
    if name == chip:
        any_card = parts.generic_cards[chip]
        readings = extreme_cards(any_card, parts.gpu_ranges.get(chip))
        return Candidate(category="gpu", part=any_card, price_usd=1000.0, listed=chip, readings=readings)
    return Candidate(category="gpu", part=parts.gpu_cards[name], price_usd=1000.0, listed=chip)


def test_one_gpu_is_any_card_and_several_are_particular_cards() -> None:
    """The price is that of any 3090: for one, the machine takes any; two of the largest would not stand."""
    offers = [card("RTX 3090", "RTX 3090"), card("Asus Turbo GeForce RTX 3090 24GB", "RTX 3090")]
    speed = {"RTX 3090": 71.0}

    one = gpu_options(offers, BuildDemand(gpus=1), speed)
    two = gpu_options(offers, BuildDemand(gpus=2), speed)

    assert ["RTX 3090"] == [option.offer.name for option in one]
    assert {"RTX 3090", "Asus Turbo GeForce RTX 3090 24GB"} == {option.offer.name for option in two}
    assert (2000.0, 142.0) == (two[0].price_usd, two[0].throughput)


def test_server_cards_and_pairs_of_liquid_cards_stay_out_of_towers() -> None:
    """A card without a fan waits for ducted air; nobody recorded how large the radiators of liquid cards are."""
    speed = {"P40": 10.0, "RTX 3090": 71.0}
    liquid = card("EVGA XC3 ULTRA HYBRID GAMING GeForce RTX 3090 24GB", "RTX 3090")

    assert not gpu_options([card("P40", "P40")], BuildDemand(), speed)
    assert not gpu_options([liquid], BuildDemand(gpus=2), speed)
    assert gpu_options([liquid], BuildDemand(gpus=2, workmanship=False), speed)
