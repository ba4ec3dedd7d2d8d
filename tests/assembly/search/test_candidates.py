"""What may be bought on a day: prices that are too old, out of line, unwanted or unbelievable stay out."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from payback.assembly.search.candidates import CATEGORIES, Candidates, gather
from payback.assembly.search.demand import BuildDemand
from payback.assembly.search.plausible import disbelief
from payback.catalogue.catalogue import Catalogue, load
from payback.catalogue.components import Components, load_components
from payback.catalogue.schema import ComponentPrice
from payback.errors import UnknownNameError
from payback.evidence import Grade

DAY = dt.date(2026, 11, 23)
KIT = "Crucial DDR5-5600 64GB (2x32GB)"
CASE = "Fractal Design Torrent"


@pytest.fixture(scope="module")
def components() -> Components:
    return load_components()


def seen(component: str, category: str, price: float, days_ago: int, condition: str = "new") -> ComponentPrice:
    return ComponentPrice(
        component=component, category=category, condition=condition, price=price, currency="USD", market="US",  # type: ignore[arg-type]
        tax_included_share=0.0, source="test", observed_on=DAY - dt.timedelta(days=days_ago), grade=Grade.LISTED,
    )  # fmt: skip


def market(*rows: ComponentPrice) -> Catalogue:
    """The shipped catalogue with these prices alone."""
    return replace(load(), component_prices=rows)


def names(found: Candidates, category: str) -> list[str]:
    return [offer.name for offer in found[category]]


def test_a_part_without_a_price_does_not_exist(components: Components) -> None:
    """One priced case of all the cases known: one candidate."""
    found = gather(BuildDemand(), market(seen(CASE, "case", 190.0, 10)), components, DAY)

    assert [CASE] == names(found, "case")
    assert found.known["case"] > 40
    assert all(not found[category] for category in CATEGORIES if category != "case")


@pytest.mark.parametrize(("days_ago", "bought"), [(180, True), (181, False)])
def test_an_old_price_of_memory_is_no_price(days_ago: int, bought: bool, components: Components) -> None:
    """Memory rose fivefold in a year: a price of 181 days ago is not acted on, one of 180 is."""
    found = gather(BuildDemand(), market(seen(KIT, "memory", 140.0, days_ago)), components, DAY)

    assert bought == bool(found["memory"])
    assert ({} if bought else {"old price": 1}) == found.reasons("memory")


@pytest.mark.parametrize(("days_ago", "bought"), [(181, True), (548, True), (549, False)])
def test_a_case_keeps_its_price_for_eighteen_months(days_ago: int, bought: bool, components: Components) -> None:
    """Cases cost much the same for long; a price of 548 days ago still counts."""
    found = gather(BuildDemand(), market(seen(CASE, "case", 190.0, days_ago)), components, DAY)

    assert bought == bool(found["case"])


def test_nothing_seen_later_is_used(components: Components) -> None:
    """A price of the day after the question is unknown on that day."""
    found = gather(BuildDemand(), market(seen(CASE, "case", 190.0, -1)), components, DAY)

    assert not found["case"]


def test_used_parts_are_left_out_where_they_are_not_acceptable(components: Components) -> None:
    """A chip priced new and used gives both candidates, or the new one alone."""
    prices = market(seen("RTX 3090", "gpu", 1500.0, 5), seen("RTX 3090", "gpu", 1200.0, 5, "used"))

    both = gather(BuildDemand(), prices, components, DAY)["gpu"]
    new = gather(BuildDemand(used=False), prices, components, DAY)["gpu"]

    assert {"new", "used"} == {offer.condition for offer in both}
    assert {"new"} == {offer.condition for offer in new}


def test_a_price_far_below_its_class_is_a_mistake(components: Components) -> None:
    """Of four B650 boards at 160, 160, 170 and 60 dollars the median is 160; 60 is below 0.4 times that."""
    boards = [b.board for b in components.boards.values() if b.chipset == "B650"][:4]
    prices = [seen(board, "board", usd, 5) for board, usd in zip(boards, (160.0, 160.0, 170.0, 60.0), strict=True)]

    found = gather(BuildDemand(), market(*prices), components, DAY)

    assert sorted(boards[:3]) == sorted(names(found, "board"))
    assert {"outlier": 1} == found.reasons("board")


def test_two_prices_have_no_median_worth_the_name(components: Components) -> None:
    """A class of two cannot say which of them is wrong."""
    boards = [b.board for b in components.boards.values() if b.chipset == "B650"][:2]
    prices = [seen(board, "board", usd, 5) for board, usd in zip(boards, (160.0, 20.0), strict=True)]

    assert len(gather(BuildDemand(), market(*prices), components, DAY)["board"]) == 2


def test_brands_can_be_asked_for_and_refused(components: Components) -> None:
    """Only Fractal cases, or none of them; for a GPU the chip's maker counts as a brand."""
    prices = market(
        seen(CASE, "case", 190.0, 5), seen("Corsair 4000D Airflow", "case", 95.0, 5),
        seen("RX 7900 XTX", "gpu", 781.0, 5), seen("RTX 3090", "gpu", 1200.0, 5),
    )  # fmt: skip

    only = gather(
        BuildDemand(cuda_only=False, only_brands={"case": ("Fractal",), "gpu": ("NVIDIA",)}), prices, components, DAY
    )
    without = gather(BuildDemand(cuda_only=False, refused_brands=("Fractal", "NVIDIA")), prices, components, DAY)

    assert [CASE] == names(only, "case")
    assert {"RTX 3090"} == {offer.part.gpu for offer in only["gpu"]}  # type: ignore[attr-defined]
    assert ["Corsair 4000D Airflow"] == names(without, "case")
    assert {"RX 7900 XTX"} == {offer.part.gpu for offer in without["gpu"]}  # type: ignore[attr-defined]


def test_a_part_that_must_be_had_is_alone_in_its_category(components: Components) -> None:
    """Asked for a 3090, the GPUs are 3090s; asked against it, they are others."""
    prices = market(
        seen("RX 7900 XTX", "gpu", 781.0, 5), seen("RTX 3090", "gpu", 1200.0, 5), seen(CASE, "case", 190.0, 5)
    )

    wanted = gather(BuildDemand(must_have=("rtx 3090",)), prices, components, DAY)
    unwanted = gather(BuildDemand(cuda_only=False, must_not_have=("RTX 3090",)), prices, components, DAY)

    assert {"RTX 3090"} == {offer.part.gpu for offer in wanted["gpu"]}  # type: ignore[attr-defined]
    assert {"RX 7900 XTX"} == {offer.part.gpu for offer in unwanted["gpu"]}  # type: ignore[attr-defined]
    assert [CASE] == names(wanted, "case")


def test_gpus_that_do_not_run_cuda_are_left_out_unless_asked_for(components: Components) -> None:
    """A 7900 XTX is not considered by default; allowed, or wanted by name, it is."""
    prices = market(seen("RX 7900 XTX", "gpu", 781.0, 5), seen("RTX 3090", "gpu", 1200.0, 5))

    plain = gather(BuildDemand(), prices, components, DAY)
    allowed = gather(BuildDemand(cuda_only=False), prices, components, DAY)
    wanted = gather(BuildDemand(must_have=("RX 7900 XTX",)), prices, components, DAY)

    assert {"RTX 3090"} == {offer.part.gpu for offer in plain["gpu"]}  # type: ignore[attr-defined]
    assert plain.reasons("gpu")["no CUDA"] > 0
    assert {"RTX 3090", "RX 7900 XTX"} == {offer.part.gpu for offer in allowed["gpu"]}  # type: ignore[attr-defined]
    assert {"RX 7900 XTX"} == {offer.part.gpu for offer in wanted["gpu"]}  # type: ignore[attr-defined]


def test_a_wanted_part_without_a_price_leaves_its_category_empty(components: Components) -> None:
    """Nobody gets another GPU because the one he asked for has no price."""
    prices = market(seen("RX 7900 XTX", "gpu", 781.0, 5))

    assert not gather(BuildDemand(must_have=("RTX 3090",)), prices, components, DAY)["gpu"]


def test_an_unknown_part_is_an_error_with_a_guess(components: Components) -> None:
    """RTX 309O with the letter O is no part; the RTX 3090 is offered."""
    with pytest.raises(UnknownNameError, match="RTX 3090"):
        gather(BuildDemand(must_have=("RTX 309O",)), market(), components, DAY)


def test_any_card_of_a_chip_is_read_as_its_smallest_and_largest(components: Components) -> None:
    """The price of a 3090 buys some 3090: the machine is made for the 252 mm and for the 356 mm card."""
    found = gather(BuildDemand(), market(seen("RTX 3090", "gpu", 1200.0, 5)), components, DAY)
    any_card = next(offer for offer in found["gpu"] if offer.readings)

    assert (252.0, 356.0) == (any_card.readings[0].length_mm, any_card.readings[-1].length_mm)
    assert any(offer.name.startswith("Asus Turbo") for offer in found["gpu"])


def test_records_that_contradict_themselves_are_not_believed(components: Components) -> None:
    """A card 77 places wide, a 1,200 W supply without plugs and a board for 1 GB are errors of the data."""
    card = components.gpu_cards["Asus Turbo GeForce RTX 3090 24GB"]
    supply = components.psus["EVGA SuperNOVA 1600 P2"]
    board = components.boards["MSI MAG B550 TOMAHAWK"]

    assert disbelief(card) is None
    assert disbelief(replace(card, slot_width=77)) == "covers 77 places"
    assert disbelief(replace(card, power_connectors="1x 8-pin")) == "draws 350 W through plugs for 225 W"
    assert disbelief(replace(card, length_mm=9.0)) == "is 9 mm long"
    assert disbelief(replace(supply, pcie_8pin=0, pcie_12v=0)) == "1600 W without a plug for a card"
    assert disbelief(replace(board, max_memory_gb=1.0)) == "takes 1 GB of memory"
