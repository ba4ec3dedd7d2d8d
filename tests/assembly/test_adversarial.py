"""Lists written to fool the rulebook: none of the bad ones is called compatible, none of the good ones incompatible.

Each bad list is a machine that would work but for one thing; the rule that names this thing must be among those broken.
Names are written as people write them, not as the tables do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from payback.assembly.check import check_list
from payback.assembly.model import Demand, Judgement, ListedLine, Outlet, PartsList, Severity, Status
from payback.catalogue.components import Components

Parts = Mapping[str, "str | tuple[str, int] | None"]
X399: Final[Parts] = {
    "gpu": "ASUS Turbo GeForce GTX 1080 Ti 11GB", "cpu": "Threadripper 1950X", "board": "MSI X399 SLI PLUS",
    "memory": "Corsair Vengeance LPX DDR4 64GB (4x16GB)", "drive": "Samsung 970 EVO 1TB",
    "psu": "EVGA SuperNOVA 1600 P2", "case": "Lian Li PC-O11 Air", "cooler": "Fractal Design Celsius S24",
}  # fmt: skip
AM5: Final[Parts] = {
    "gpu": "NVIDIA GeForce RTX 5090 Founders Edition 32", "cpu": "Ryzen 9 9950X", "board": "ASUS ProArt X870E-CREATOR",
    "memory": "Crucial Pro DDR5-5600 64GB (2x32GB)", "drive": "Samsung 990 Pro 2TB NVMe",
    "psu": "Enermax Revolution D.F. X 1350W", "case": "Fractal Design Torrent", "cooler": "Noctua NH-D15 G2",
}  # fmt: skip
AM4: Final[Parts] = {
    "gpu": "NVIDIA RTX PRO 4000 Blackwell 24GB", "cpu": "Ryzen 5 5600", "board": "MSI MAG B550 TOMAHAWK",
    "memory": "G.SKILL Ripjaws V DDR4-3200 32GB (2x16GB)", "drive": "Samsung 970 EVO 1TB",
    "psu": "Corsair RM750e (2025)", "case": "Montech AIR 903 MAX", "cooler": None,
}  # fmt: skip
WRX80: Final[Parts] = {
    "gpu": ("NVIDIA RTX PRO 4000 Blackwell 24GB", 4), "cpu": "AMD Ryzen Threadripper PRO 3945WX",
    "board": "ASUS Pro WS WRX80E-SAGE SE WIFI", "memory": ("G.SKILL Ripjaws V DDR4-3200 64GB (4x16GB)", 2),
    "drive": "Samsung 970 EVO 1TB", "psu": "Enermax Revolution D.F. X 1350W", "case": "Fractal Design Torrent",
    "cooler": "Noctua NH-U14S TR4-SP3",
}  # fmt: skip
LGA1700: Final[Parts] = {
    "gpu": "NVIDIA RTX PRO 4500 Blackwell 32GB", "cpu": "Intel Core i5-12400F", "board": "ASUS ProArt B760-CREATOR WIFI",  # noqa: E501
    "memory": "Crucial Pro DDR5-5600 64GB (2x32GB)", "drive": "Samsung 990 Pro 2TB NVMe",
    "psu": "Montech CENTURY II 850W", "case": "Montech AIR 903 MAX", "cooler": None,
}  # fmt: skip
BASES: Final = {"X399": X399, "AM5": AM5, "AM4": AM4, "WRX80": WRX80, "LGA1700": LGA1700}
TURBO: Final = "ASUS Turbo GeForce GTX 1080 Ti 11GB"
TURBO_3090: Final = "Gigabyte TURBO GeForce RTX 3090 24GB"
MAX_Q: Final = "RTX PRO 6000 Blackwell Max-Q Workstation Edition"
HOME: Final = Outlet(volts=120, amps=15)

Bad = tuple[str, str, Demand, Parts]
BAD: Final[list[Bad]] = [
    # sockets and chipsets that look alike
    ("X399", "SOCKET", Demand(), {"board": "ASUS ROG Strix TRX40-E Gaming"}),
    ("X399", "SOCKET", Demand(), {"cpu": "Threadripper 3960X"}),
    ("X399", "SOCKET", Demand(), {"cpu": "AMD EPYC 7402P"}),
    ("AM5", "SOCKET", Demand(), {"cpu": "Ryzen 9 5950X"}),
    ("AM4", "SOCKET", Demand(), {"cpu": "Ryzen 5 7600X", "cooler": "Noctua NH-U12S"}),
    ("LGA1700", "SOCKET", Demand(), {"cpu": "Core Ultra 9 285K", "cooler": "Noctua NH-D15 G2"}),
    ("LGA1700", "SOCKET", Demand(), {"cpu": "Intel Core i7-8700K", "cooler": "Noctua NH-D15"}),
    ("WRX80", "SOCKET", Demand(), {"cpu": "Threadripper 3970X"}),
    ("WRX80", "CPU_CHIPSET_SUPPORT", Demand(), {
        "cpu": "Threadripper 7970X", "board": "ASUS Pro WS WRX90E-SAGE SE", "cooler": "Noctua NH-U14S TR5-SP6",
        "memory": ("Kingston DDR5-6400 RDIMM 64GB KSM64R52BD4-64MD", 4),
    }),
    ("LGA1700", "CPU_CHIPSET_SUPPORT", Demand(), {
        "cpu": "Intel Core i7-8700K", "board": "MSI Z170A SLI", "memory": "Corsair Vengeance LPX DDR4-3200 32GB (2x16GB)",  # noqa: E501
        "cooler": "Noctua NH-U12S",
    }),
    # memory of the wrong kind
    ("AM5", "RAM_TYPE", Demand(), {"memory": "Corsair Vengeance LPX DDR4-3200 64GB (2x32GB)"}),
    ("AM4", "RAM_TYPE", Demand(), {"memory": "Crucial Pro DDR5-6000 32GB (2x16GB)"}),
    ("LGA1700", "RAM_TYPE", Demand(), {"board": "MSI PRO B760-P WIFI DDR4"}),
    ("LGA1700", "RAM_TYPE", Demand(), {"board": "MSI PRO Z790-P WIFI", "memory": "Crucial Pro DDR4-3200 64GB (2x32GB)"}),  # noqa: E501
    ("LGA1700", "RAM_TYPE", Demand(), {"board": "Gigabyte Z790 AORUS ELITE AX", "memory": "DDR4-3200 32GB (2x16GB)"}),
    ("X399", "RAM_REGISTERED", Demand(), {"memory": ("Samsung M393A4K40DB3-CWE DDR4-3200 RDIMM 32GB", 4)}),
    ("AM5", "RAM_REGISTERED", Demand(), {"memory": ("Kingston DDR5-6400 RDIMM 64GB KSM64R52BD4-64MD", 2)}),
    ("WRX80", "RAM_REGISTERED", Demand(), {
        "cpu": "Threadripper PRO 7955WX", "board": "ASUS Pro WS WRX90E-SAGE SE", "cooler": "Noctua NH-U14S TR5-SP6",
        "memory": ("Crucial Pro DDR5-5600 64GB (2x32GB)", 4),
    }),
    ("WRX80", "RAM_REGISTERED", Demand(), {
        "cpu": "AMD EPYC 7402P", "board": "Supermicro H12SSL-i", "memory": ("Crucial Pro DDR4-3200 64GB (2x32GB)", 4),
    }),
    ("AM5", "RAM_COUNT", Demand(), {"memory": ("Crucial Pro DDR5-5600 64GB (2x32GB)", 3)}),
    ("AM4", "RAM_COUNT", Demand(), {"memory": ("Crucial Pro DDR4-3200 64GB (2x32GB)", 3)}),
    ("X399", "RAM_COUNT", Demand(), {"memory": ("G.SKILL Ripjaws V DDR4-3600 128GB (4x32GB)", 2)}),
    ("WRX80", "RAM_SIZE", Demand(min_ram_gb=256), {}),
    # coolers
    ("X399", "COOLER_SOCKET", Demand(), {"cooler": "Noctua NH-D15"}),
    ("AM5", "COOLER_SOCKET", Demand(), {"cooler": "Noctua NH-U14S TR4-SP3"}),
    ("WRX80", "COOLER_SOCKET", Demand(), {"cooler": "Noctua NH-U14S TR5-SP6"}),
    ("X399", "COOLER_HEIGHT", Demand(), {"cooler": "be quiet! Dark Rock Pro TR4"}),
    ("AM5", "COOLER_HEIGHT", Demand(), {"case": "Fractal Design North XL"}),
    ("AM5", "COOLER_HEIGHT", Demand(), {"case": "Lian Li O11 Dynamic EVO", "psu": "Enermax Revolution D.F. X 1350W"}),
    ("AM5", "RADIATOR", Demand(), {
        "cooler": "ARCTIC Liquid Freezer III 360", "case": "Cooler Master MasterBox Q300L",
        "board": "ASRock B650M Pro RS WiFi",
    }),
    ("AM5", "MISSING_PART", Demand(), {"cooler": None}),
    ("X399", "MISSING_PART", Demand(), {"psu": None}),
    # cards that do not fit
    ("AM5", "GPU_LENGTH", Demand(), {"gpu": "MSI SUPRIM SOC GeForce RTX 5090 32 GB", "case": "Fractal Design North"}),
    ("AM4", "GPU_LENGTH", Demand(), {"gpu": "PNY XLR8 RTX 4090 VERTO EPIC-X", "case": "Corsair Carbide Air 540"}),
    ("AM5", "GPU_SLOT_WIDTH", Demand(), {"gpu": ("Gigabyte RTX 4090 WINDFORCE", 3), "psu": "EVGA SuperNOVA 1600 P2"}),
    ("X399", "GPU_SLOT_WIDTH", Demand(), {"gpu": ("ASUS TUF GAMING RTX 3090", 4)}),
    ("X399", "GPU_SLOT_WIDTH", Demand(), {"gpu": (TURBO, 5), "case": "Phanteks Enthoo Pro 2 Server"}),
    ("AM4", "GPU_SLOT_WIDTH", Demand(), {"gpu": (TURBO, 3), "board": "ASRock A520M Pro4", "psu": "EVGA 1600 P2"}),
    ("X399", "CASE_SLOTS", Demand(), {"gpu": (TURBO, 4), "case": "Corsair 4000D Airflow"}),
    ("WRX80", "CASE_SLOTS", Demand(), {"gpu": (TURBO_3090, 4), "psu": ("EVGA SuperNOVA 1600 P2", 2)}),
    ("AM5", "FORM_FACTOR", Demand(), {"case": "Cooler Master MasterBox NR200"}),
    ("AM4", "FORM_FACTOR", Demand(), {"case": "Cooler Master MasterBox Q300L"}),
    ("WRX80", "FORM_FACTOR", Demand(), {"case": "Cooler Master MasterBox Q300L"}),
    # lanes and slots
    ("AM5", "GPU_LANES", Demand(lanes_per_gpu=16), {"gpu": (MAX_Q, 2)}),
    ("X399", "GPU_LANES", Demand(lanes_per_gpu=16), {"gpu": (TURBO, 4)}),
    ("X399", "CPU_LANES", Demand(lanes_per_gpu=8), {
        "gpu": (TURBO, 4), "cpu": "Intel Core i7-5820K", "board": "MSI X99A GODLIKE GAMING",
        "memory": "Corsair Vengeance LPX DDR4 64GB (4x16GB)",
    }),
    ("X399", "M2_SHARES_SLOT", Demand(lanes_per_gpu=8), {
        "gpu": (TURBO, 3), "cpu": "Intel Core i7-6900K", "board": "ASUS X99-PRO",
    }),
    ("X399", "P2P_NVLINK", Demand(nvlink=True), {"gpu": ("ASUS Turbo RTX 4070 12GB", 2)}),
    ("AM5", "P2P_NVLINK", Demand(nvlink=True), {"gpu": (MAX_Q, 2)}),
    # power
    ("AM5", "PSU_POWER", Demand(), {"psu": "Corsair RM750e (2025)"}),
    ("X399", "PSU_POWER", Demand(), {"gpu": (TURBO_3090, 4)}),
    ("AM5", "PSU_POWER", Demand(), {"gpu": ("MSI RTX 5090 32G VENTUS 3X", 2), "case": "Phanteks Enthoo Pro 2 Server"}),
    ("WRX80", "PSU_POWER", Demand(), {"gpu": (MAX_Q, 4), "case": "Phanteks Enthoo Pro 2 Server"}),
    ("X399", "PSU_PLUGS", Demand(), {"gpu": (TURBO, 4), "psu": "EVGA SuperNOVA 1300 G2"}),
    ("AM5", "PSU_PLUGS", Demand(), {"gpu": ("MSI GeForce RTX 3090 GAMING TRIO 24G", 1), "psu": "Montech CENTURY II 850W"}),  # noqa: E501
    ("AM5", "OUTLET", Demand(outlet=Outlet(volts=100, amps=10)), {"gpu": (MAX_Q, 2)}),
    ("X399", "OUTLET", Demand(outlet=HOME), {"gpu": (TURBO, 4), "cpu": "Threadripper 2990WX"}),
    ("AM5", "PSU_INLET", Demand(outlet=HOME), {"psu": "ASRock Taichi TC-1650T"}),
    ("AM5", "PSU_FIT", Demand(), {
        "case": "Cooler Master MasterBox NR200", "board": "ASUS ProArt X870E-CREATOR WIFI",
    }),
    # growing, cores, racks
    ("AM4", "EXPAND_TO_N", Demand(expand_to_gpus=4), {"gpu": TURBO}),
    ("X399", "EXPAND_TO_N", Demand(expand_to_gpus=4), {"psu": "EVGA SuperNOVA 1200 P2"}),
    ("AM5", "EXPAND_TO_N", Demand(expand_to_gpus=2), {"gpu": "Gigabyte RTX 4090 WINDFORCE", "psu": "Corsair RM750e (2025)"}),  # noqa: E501
    ("AM4", "CPU_CORES", Demand(min_cores=8), {}),
    ("X399", "RACK", Demand(rack_units=4), {}),
    ("AM4", "STORAGE", Demand(), {"drive": ("Samsung 970 EVO 1TB", 3)}),
]  # fmt: skip

OPEN: Final[list[Bad]] = [
    # faults that the tables cannot prove: the answer must be "nobody can tell", naming the rule
    ("AM4", "GPU_LANES", Demand(lanes_per_gpu=8), {"gpu": (TURBO, 2), "psu": "EVGA SuperNOVA 1600 P2"}),
    ("AM4", "GPU_LENGTH", Demand(), {"gpu": "ASUS ROG Strix RTX 4090", "case": "Corsair Carbide Series Air 540"}),
    ("AM5", "PSU_PLUGS", Demand(), {"psu": "Seasonic PRIME PX-2200", "gpu": (MAX_Q, 2)}),
    ("LGA1700", "RAM_REGISTERED", Demand(), {"memory": ("Kingston Value DDR5-6400 64GB (1x64GB) KVR64A52BD8-64", 2)}),
    ("AM5", "PART_NOT_IN_CATALOGUE", Demand(), {"board": "ASUS ProArt X990-CREATOR"}),
    ("AM5", "PART_NOT_IN_CATALOGUE", Demand(), {"gpu": "RTX 5090 Mega 64GB"}),
    ("AM5", "PART_NOT_IN_CATALOGUE", Demand(), {"psu": "NoName 1500W Gold"}),
    ("X399", "QUERY_NOT_UNDERSTOOD", Demand(not_understood=("smell",)), {}),
]  # fmt: skip

Good = tuple[str, Demand, Parts]
GOOD: Final[list[Good]] = [
    ("X399", Demand(), {}),
    ("X399", Demand.article_four_gpu(), {}),
    ("X399", Demand(lanes_per_gpu=8), {"gpu": (TURBO, 4)}),
    ("X399", Demand(), {"gpu": (TURBO, 2), "cpu": "AMD Ryzen Threadripper 1900X"}),
    ("AM5", Demand(), {}),
    ("AM5", Demand(outlet=HOME), {"gpu": "NVIDIA RTX PRO 6000 Blackwell Max-Q"}),
    ("AM5", Demand(lanes_per_gpu=8), {"gpu": (MAX_Q, 2)}),
    ("AM5", Demand(), {"gpu": "RTX 3090", "psu": "Corsair RM1000e (2025)"}),
    ("AM5", Demand(), {"board": "ASUS ProArt X670E-CREATOR WIFI", "cpu": "Ryzen 5 7600X"}),
    ("AM4", Demand(), {}),
    ("AM4", Demand(outlet=HOME, min_cores=6), {"gpu": "HP RTX A4000 20X24AT 16GB"}),
    ("AM4", Demand(), {"cpu": "Ryzen 9 5950X", "cooler": "Noctua NH-U12S"}),
    ("WRX80", Demand(lanes_per_gpu=16), {}),
    ("WRX80", Demand(), {"gpu": ("HP RTX A4000 20X24AT 16GB", 4)}),
    ("LGA1700", Demand(), {}),
    ("LGA1700", Demand(min_ram_gb=64), {"gpu": "NVIDIA RTX PRO 5000 Blackwell 48GB"}),
]


def judge(base: str, demand: Demand, changes: Parts, components: Components) -> Judgement:
    """A machine with changes, said to be whole."""
    parts = {**BASES[base], **changes}
    counted = {category: (part, 1) if isinstance(part, str) else part for category, part in parts.items()}
    lines = [
        ListedLine(category=category, text=part[0], quantity=part[1])
        for category, part in counted.items()
        if part is not None
    ]
    return check_list(PartsList(id="adversarial", lines=tuple(lines), whole=True), components, demand)


def named(bad: Bad) -> str:
    base, rule, _, changes = bad
    return f"{base}-{rule}-{'-'.join(str(part) for part in changes.values())}"


@pytest.mark.parametrize("bad", BAD, ids=named)
def test_a_bad_list_is_rejected_for_its_reason(bad: Bad, components: Components) -> None:
    """It is called incompatible, and the rule that the list was written against is among those broken."""
    base, rule, demand, changes = bad
    judgement = judge(base, demand, changes, components)
    broken = {finding.rule for finding in judgement.of_status(Status.VIOLATED, Severity.ERROR)}

    assert judgement.compatible is False, [f.why for f in judgement.findings if f.rule == rule]
    assert rule in broken, [f.why for f in judgement.findings if f.rule == rule]


@pytest.mark.parametrize("bad", OPEN, ids=named)
def test_a_fault_that_nobody_can_prove_leaves_the_list_open(bad: Bad, components: Components) -> None:
    """Neither fitting nor failing, and the rule in question says what would decide."""
    base, rule, demand, changes = bad
    judgement = judge(base, demand, changes, components)
    open_rules = {finding.rule for finding in judgement.of_status(Status.UNKNOWN, Severity.ERROR)}

    assert judgement.compatible is None, judgement.of_status(Status.VIOLATED, Severity.ERROR)
    assert rule in open_rules


@pytest.mark.parametrize("good", GOOD, ids=lambda good: f"{good[0]}-{'-'.join(str(part) for part in good[2].values())}")
def test_a_good_list_is_never_called_incompatible(good: Good, components: Components) -> None:
    """A machine that works breaks no hard rule, whatever of it is not known."""
    base, demand, changes = good
    judgement = judge(base, demand, changes, components)

    assert judgement.compatible is not False, judgement.of_status(Status.VIOLATED, Severity.ERROR)


def test_most_good_lists_are_proved(components: Components) -> None:
    """A checker that leaves everything open is never wrong and no use: at least two thirds come out true."""
    proved = [judge(base, demand, changes, components).compatible is True for base, demand, changes in GOOD]

    assert sum(proved) >= len(GOOD) * 2 / 3


def test_there_are_as_many_lists_as_promised() -> None:
    """Sixty and more, bad ones of every kind that a builder meets."""
    assert len(BAD) + len(OPEN) + len(GOOD) >= 85
    assert len({rule for _, rule, _, _ in BAD}) >= 25
