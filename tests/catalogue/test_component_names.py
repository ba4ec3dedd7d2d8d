"""Names as people write them, and the parts they may mean."""

from __future__ import annotations

import pytest

from payback.catalogue.component_names import category_of, disagreement, resolve
from payback.catalogue.components import Components, Drive, GpuCard, Memory, PowerSupply, load_components
from payback.catalogue.described import described_drive, extreme_cards, plug_demand


@pytest.fixture(scope="module")
def components() -> Components:
    """The parts we ship."""
    return load_components()


@pytest.mark.parametrize(
    ("category", "text", "expected"),
    [
        ("cpu", "AMD Threadripper 1920X", "AMD Ryzen Threadripper 1920X"),
        ("cpu", "Intel Core i7-7740X", "Intel Core i7-7740X"),
        ("cpu", "AMD Ryzen 7 5700", "AMD Ryzen 7 5700"),
        ("board", "MSI X399 SLI", "MSI X399 SLI PLUS"),
        ("board", "Asus ROG ZENITH II EXTREME ALPHA EATX sTRX4", "ASUS ROG ZENITH II EXTREME ALPHA"),
        ("board", "MSI MPG B550 GAMING PLUS ATX AM4", "MSI MPG B550 GAMING PLUS"),
        ("case", "Lian Li PC-O11AIR ATX mid tower", "Lian Li PC-O11 Air"),
        ("case", "Corsair 760T Full Tower", "Corsair Graphite Series 760T"),
        ("case", "8-GPU open-air mining frame", "open frame"),
        ("psu", "EVGA 1600 P2", "EVGA SuperNOVA 1600 P2"),
        ("psu", "Corsair RM850e (2023) 850W", "Corsair RM850e (2023)"),
        ("cooler", "Noctua NH-U14S TR4-SP3", "Noctua NH-U14S TR4-SP3"),
        ("gpu", "ASUS Turbo GeForce GTX 1080 Ti 11GB", "ASUS Turbo GeForce GTX 1080 Ti 11GB"),
        ("drive", "Samsung 980 Pro 2 TB M.2-2280", "Samsung 980 PRO 2TB"),
    ],
)
def test_a_clear_name_means_one_part(category: str, text: str, expected: str, components: Components) -> None:
    """Packaging words, brands and spellings do not matter; model numbers do."""
    found = resolve(category, text, components)

    assert [expected] == [part.name for part in found.candidates]


@pytest.mark.parametrize(
    ("category", "text", "other"),
    [
        ("cpu", "AMD Ryzen 9 9950X3D2", "AMD Ryzen 9 9950X"),
        ("board", "MSI X399 SLI PLUS II", "MSI X399 SLI PLUS"),
        ("board", "ASUS ProArt X670E", "ASUS ProArt X870E-CREATOR WIFI"),
        ("psu", "EVGA SuperNOVA 1000 P2", "EVGA SuperNOVA 1600 P2"),
        ("psu", "Corsair RM850x (2015)", "Corsair RM850e (2023)"),
        ("cooler", "Noctua NH-U14S", "Noctua NH-U14S TR4-SP3"),
        ("case", "Fractal Design Torrent Compact", "Fractal Design Torrent"),
        ("gpu", "EVGA GeForce GTX 1080 Ti SC2 HYBRID GAMING", "ASUS Turbo GeForce GTX 1080 Ti 11GB"),
    ],
)
def test_a_near_name_is_another_part(category: str, text: str, other: str, components: Components) -> None:
    """One suffix makes another product; nothing is bent to fit."""
    assert other not in {part.name for part in resolve(category, text, components).candidates}


@pytest.mark.parametrize("category", ["cpu", "board", "psu", "case", "cooler", "gpu"])
def test_an_unknown_name_stays_unknown(category: str, components: Components) -> None:
    """No part is invented, no default is taken."""
    found = resolve(category, "Zorblax 9000", components)

    assert ("unknown", ()) == (found.kind, found.candidates)


def test_a_misspelt_name_gets_suggestions(components: Components) -> None:
    """Unknown, but with the nearest known names."""
    found = resolve("case", "Lian Li PC-011 Arr", components)

    assert "unknown" == found.kind
    assert "Lian Li PC-O11 Air" in found.suggestions


def test_a_supply_of_unknown_make_keeps_the_watts_of_its_name(components: Components) -> None:
    """The name gives the power and nothing else: plugs and length stay unknown."""
    (supply,) = resolve("psu", "Great Wall Gold 1250W", components).candidates

    assert isinstance(supply, PowerSupply)
    assert (1250.0, None, None) == (supply.watts, supply.pcie_8pin, supply.length_mm)


@pytest.mark.parametrize(
    ("text", "kind", "count", "size_gb", "dimm_class"),
    [
        ("Corsair Vengeance LPX DDR4 4x16GB", "DDR4", 4, 16.0, "UDIMM"),
        ("G.Skill Ripjaws V 2 x 16 GB DDR4-3200 CL16", "DDR4", 2, 16.0, "UDIMM"),
        ("64GB DDR5-5600 (2x32GB)", "DDR5", 2, 32.0, None),
        ("128GB DDR4 RDIMM (8x16GB)", "DDR4", 8, 16.0, "RDIMM"),
        ("Corsair 32GB", None, None, None, None),
    ],
)
def test_memory_is_what_its_description_says(
    text: str,
    kind: str | None,
    count: int | None,
    size_gb: float | None,
    dimm_class: str | None,
    components: Components,
) -> None:
    """Type, count and size come from the text, the class from it or from the product line; nothing is guessed."""
    (kit,) = resolve("memory", text, components).candidates

    assert isinstance(kit, Memory)
    assert (kind, count, size_gb, dimm_class) == (kit.memory_type, kit.module_count, kit.module_gb, kit.dimm_class)


@pytest.mark.parametrize(
    ("text", "kind", "capacity_gb"),
    [
        ("2TB HDD", "SATA", 2000.0),
        ("4TB PCIe Gen4 NVMe", "M.2 NVMe", 4000.0),
        ("1TB M.2 SSD", "M.2 NVMe", 1000.0),
        ("256GB Samsung SSD", None, 256.0),
    ],
)
def test_a_drive_is_what_its_description_says(text: str, kind: str | None, capacity_gb: float) -> None:
    """A drive that does not say how it connects has no kind."""
    drive = described_drive(text)

    assert isinstance(drive, Drive)
    assert (kind, capacity_gb) == (drive.kind, drive.capacity_gb)


def test_a_chip_without_a_maker_stands_for_its_smallest_and_largest_card(components: Components) -> None:
    """ "RTX 3090": every length, thickness and set of plugs on record lies between the candidates."""
    known = components.gpu_ranges["RTX 3090"]
    cards = [card for card in resolve("gpu", "RTX 3090", components).candidates if isinstance(card, GpuCard)]

    assert {known.shortest_mm, known.longest_mm} == {card.length_mm for card in cards}
    assert {known.narrowest_slots, known.widest_slots} == {card.slot_width for card in cards}
    assert {350.0} == {card.board_power_w for card in cards}


def test_what_a_name_states_is_kept(components: Components) -> None:
    """ "two-slot blower" is the builder's word for width and cooler."""
    cards = resolve("gpu", "RTX 3090 two-slot blower", components).candidates

    assert {(2.0, "blower")} == {(card.slot_width, card.cooler) for card in cards if isinstance(card, GpuCard)}


def test_a_chip_without_records_stays_a_card_without_measures(components: Components) -> None:
    """Nothing is known of the sizes of such cards, so nothing is said."""
    (card,) = resolve("gpu", "Tesla P100 PCIe 16GB", components).candidates

    assert isinstance(card, GpuCard)
    assert (None, None, None) == (card.length_mm, card.slot_width, card.power_connectors)
    assert (card,) == extreme_cards(card, None)


def test_a_chip_with_one_card_is_that_card(components: Components) -> None:
    """NVIDIA alone sells the Titan RTX: the reference design is meant."""
    found = resolve("gpu", "NVIDIA TITAN RTX", components)

    assert ("exact", 1) == (found.kind, len(found.candidates))


@pytest.mark.parametrize(
    ("plugs", "expected"),
    [
        ("none", (0, 0)),
        ("3x 8-pin", (3, 0)),
        ("1x 8-pin + 1x 6-pin", (2, 0)),
        ("1x 12VHPWR", (0, 1)),
        ("1x EPS", (2, 0)),
    ],
)
def test_plugs_that_a_card_asks_of_a_supply(plugs: str, expected: tuple[int, int]) -> None:
    """A 6-pin socket takes an 8-pin plug; the adapter of an EPS socket takes two."""
    assert expected == plug_demand(plugs)


@pytest.mark.parametrize(
    ("word", "expected"), [("Motherboard", "board"), ("RAM", "memory"), ("ssd", "drive"), ("fan", "fan")]
)
def test_category_words(word: str, expected: str) -> None:
    """Lists of different origin name categories differently."""
    assert expected == category_of(word)


def test_a_name_that_leaves_words_out_is_further_off() -> None:
    """ "MSI X399 SLI" misses one word of "MSI X399 SLI PLUS"; another model number is another part."""
    assert disagreement("MSI X399 SLI", "MSI X399 SLI PLUS") == 1
    assert disagreement("MSI X399 SLI PLUS", "MSI X399 SLI PLUS") == 0
    assert disagreement("MSI B550", "MSI X399 SLI PLUS") is None
