"""Every rule on real parts: where it holds, where it is broken, where nobody can tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import pytest

from payback.assembly.model import Demand, Finding, Machine, Outlet, Severity, Status
from payback.assembly.rulebook import rule_named, rules

OK, BROKEN, UNKNOWN = Status.OK, Status.VIOLATED, Status.UNKNOWN
NOBODY_KNOWS = "Zorblax 9000"
TURBO = "ASUS Turbo GeForce GTX 1080 Ti 11GB"
THREE_PLACE = "EVGA GeForce RTX 2080 Ti FTW3 GAMING"
BARE_P100 = "Tesla P100 PCIe 16GB"
AM5: Final = {"cpu": "AMD Ryzen 9 9950X", "board": "ASUS ProArt X870E-CREATOR WIFI"}
X299: Final = {"cpu": "Intel Core i7-7820X", "board": "MSI MEG X299 CREATION"}
Parts = Mapping[str, "str | tuple[str, int] | None"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A change to the article's machine and what a rule says of it."""

    rule: str
    status: Status
    parts: Parts = field(default_factory=dict)
    demand: Demand = field(default_factory=Demand)
    whole: bool | None = None
    severity: Severity | None = None

    def __str__(self) -> str:
        changed = ", ".join(str(part) for part in self.parts.values())
        return f"{self.rule}-{self.status.value}-{changed}"


def case(rule: str, status: Status, demand: Demand | None = None, /, **parts: str | tuple[str, int] | None) -> Case:
    return Case(rule=rule, status=status, parts=parts, demand=demand or Demand())


PLATFORM = [
    case("SOCKET", OK),
    case("SOCKET", BROKEN, cpu="AMD Ryzen 5 5600G"),
    case("SOCKET", UNKNOWN, board=NOBODY_KNOWS),
    case("CPU_CHIPSET_SUPPORT", OK),
    case("CPU_CHIPSET_SUPPORT", BROKEN, cpu="AMD Ryzen Threadripper 7960X", board="ASUS Pro WS WRX90E-SAGE SE"),
    case("CPU_CHIPSET_SUPPORT", UNKNOWN, cpu=NOBODY_KNOWS),
    case("BIOS", OK, cpu="AMD Ryzen 5 5600G", board="MSI MPG B550 GAMING PLUS"),
    case("BIOS", BROKEN, cpu="AMD Ryzen Threadripper 2990WX"),
    case("BIOS", UNKNOWN),
    case("FORM_FACTOR", OK),
    case("FORM_FACTOR", BROKEN, board="ASUS ROG ZENITH II EXTREME ALPHA", case="Cooler Master MasterBox NR200"),
    case("FORM_FACTOR", UNKNOWN, board="ASUS ROG ZENITH II EXTREME ALPHA", case="Phanteks Enthoo Pro 2"),
]
MEMORY = [
    case("RAM_TYPE", OK),
    case("RAM_TYPE", BROKEN, memory="Crucial Pro DDR5-6000 32GB (2x16GB)"),
    case("RAM_TYPE", UNKNOWN, memory="Corsair 32GB"),
    case("RAM_REGISTERED", OK),
    case("RAM_REGISTERED", BROKEN, memory=("Samsung M393A4K40DB3-CWE DDR4-3200 RDIMM 32GB module", 4)),
    case("RAM_REGISTERED", BROKEN, board="ASRock Rack ROMED8-2T", cpu="AMD EPYC 7443P"),
    case("RAM_REGISTERED", UNKNOWN, memory="Kingston Value DDR5-6400 64GB (1x64GB) KVR64A52BD8-64", **AM5),
    case("RAM_REGISTERED", UNKNOWN, board="ASRock Rack ROMED8-2T", memory="64GB DDR4-3200 ECC (4x16GB)"),
    case("RAM_COUNT", OK),
    case("RAM_COUNT", BROKEN, memory=("Corsair Vengeance RGB Pro DDR4-3000 64GB (4x16GB)", 3)),
    case("RAM_COUNT", BROKEN, memory=("Corsair Vengeance LPX DDR4 256GB (4x64GB)", 1)),
    case("RAM_COUNT", UNKNOWN, memory="64GB DDR4"),
    case("RAM_CHANNELS", OK),
    case("RAM_CHANNELS", BROKEN, memory="Corsair Vengeance LPX DDR4-3200 32GB (2x16GB)"),
    case("RAM_CHANNELS", UNKNOWN, memory="64GB DDR4"),
    case("RAM_SIZE", OK),
    case("RAM_SIZE", BROKEN, Demand(min_ram_gb=128)),
    case("RAM_SIZE", UNKNOWN, memory="Corsair DDR4"),
    case("RAM_SPEED", OK, memory="64GB DDR4-2133 (4x16GB)"),
    case("RAM_SPEED", BROKEN, memory="128GB DDR5-6000 (4x32GB)", **AM5),
    case("RAM_SPEED", UNKNOWN),
    case("RAM_COOLER_CLEAR", OK),
    case("RAM_COOLER_CLEAR", BROKEN, cooler="Noctua NH-D15 G2", memory="G.SKILL Trident Z5 DDR5-6000 32GB (2x16GB)"),
    case("RAM_COOLER_CLEAR", UNKNOWN, cooler="Noctua NH-U14S TR4-SP3"),
]
COOLING = [
    case("COOLER_SOCKET", OK),
    case("COOLER_SOCKET", OK, cpu="AMD Ryzen 5 5600G", cooler=None),
    case("COOLER_SOCKET", BROKEN, cooler="Noctua NH-L9a-AM5"),
    case("COOLER_SOCKET", UNKNOWN, cooler=NOBODY_KNOWS),
    case("COOLER_HEAT", OK, cooler="be quiet! Dark Rock Pro TR4"),
    case("COOLER_HEAT", BROKEN, cpu="AMD Ryzen Threadripper 3990X", cooler="be quiet! Dark Rock Pro TR4"),
    case("COOLER_HEAT", UNKNOWN),
    case("COOLER_HEIGHT", OK),
    case("COOLER_HEIGHT", BROKEN, cooler="Noctua NH-U14S TR4-SP3"),
    case("COOLER_HEIGHT", UNKNOWN, cooler="Noctua NH-U14S TR4-SP3", case="Fractal Design Meshify 2 XL"),
    case("RADIATOR", OK),
    case("RADIATOR", BROKEN, cooler="Corsair H110i", case="Cooler Master MasterBox Q300L"),
    case("RADIATOR", UNKNOWN, case="Fractal Design Define 7 XL"),
]
FIT = [
    case("GPU_LENGTH", OK),
    case(
        "GPU_LENGTH",
        BROKEN,
        gpu="PNY XLR8 Gaming GeForce RTX 4090 VERTO EPIC-X RGB",
        case="Cooler Master MasterBox NR200",
    ),
    case("GPU_LENGTH", UNKNOWN, gpu=BARE_P100),
    case("GPU_HEIGHT", OK, case="open frame"),
    case("GPU_HEIGHT", UNKNOWN),
    case("GPU_SLOT_WIDTH", OK, gpu=(TURBO, 4)),
    case("GPU_SLOT_WIDTH", OK, gpu=(TURBO, 2), board="ASUS X99-A", cpu="Intel Xeon E5-1620 v4"),
    case("GPU_SLOT_WIDTH", BROKEN, gpu=(TURBO, 4), board="MSI X99A GAMING 7"),
    case("GPU_SLOT_WIDTH", BROKEN, gpu=("NVIDIA TITAN RTX", 4), board="MSI PRO B550M-VC WIFI"),
    case("GPU_SLOT_WIDTH", UNKNOWN, gpu=(TURBO, 2), board="ASUS Pro WS X570-ACE"),
    case("CASE_SLOTS", OK, gpu=(TURBO, 4)),
    case("CASE_SLOTS", BROKEN, gpu=(TURBO, 4), case="Corsair 4000D Airflow"),
    case("CASE_SLOTS", UNKNOWN, gpu=BARE_P100),
    case("GPU_AIRFLOW", OK, gpu=(TURBO, 4)),
    case("GPU_AIRFLOW", BROKEN, gpu=(THREE_PLACE, 3)),
    case("GPU_AIRFLOW", UNKNOWN, gpu=("GTX 1080 Ti", 2)),
    case("PSU_FIT", OK),
    case("PSU_FIT", BROKEN, case="Cooler Master MasterBox NR200"),
    case("PSU_FIT", UNKNOWN, case="Fractal Design Define 7 XL"),
]
LANES = [
    case("GPU_LANES", OK, Demand(lanes_per_gpu=8), gpu=(TURBO, 4)),
    case("GPU_LANES", BROKEN, Demand(lanes_per_gpu=16), gpu=(TURBO, 4)),
    case("GPU_LANES", BROKEN, gpu=("NVIDIA TITAN RTX", 4), board="MSI PRO B550M-VC WIFI", cpu="AMD Ryzen 7 5700"),
    case(
        "GPU_LANES", UNKNOWN, gpu=(TURBO, 2), board="ASRock WRX80 Creator R2.0", cpu="AMD Ryzen Threadripper PRO 5955WX"
    ),
    case("CPU_LANES", OK, Demand(lanes_per_gpu=8), gpu=(TURBO, 4)),
    case("CPU_LANES", BROKEN, Demand(lanes_per_gpu=8), gpu=(TURBO, 4), **X299),
    case("CPU_LANES", UNKNOWN, cpu="Intel Core Ultra 9 285K"),
    case("M2_SHARES_SLOT", OK),
    case("M2_SHARES_SLOT", BROKEN, gpu=(TURBO, 3), cpu="Intel Core i7-6900K", board="ASUS X99-PRO"),
    case("M2_SHARES_SLOT", UNKNOWN, board="ASUS ROG Maximus Z790 Formula", cpu="Intel Core i9-13900K"),
    case("PCIE_GEN", OK),
    case("PCIE_GEN", BROKEN, gpu="RTX 3090"),
    case("PCIE_GEN", BROKEN, gpu="RTX 5090", cpu="AMD Ryzen 5 5600", board="MSI B550-A PRO"),
    case("PCIE_GEN", UNKNOWN, board=NOBODY_KNOWS),
    case("P2P_NVLINK", OK, Demand(nvlink=True), gpu=("RTX 3090", 2)),
    case("P2P_NVLINK", BROKEN, Demand(nvlink=True), gpu=("RTX 4090", 2)),
    case("P2P_NVLINK", UNKNOWN, Demand(nvlink=True), gpu=(NOBODY_KNOWS, 2)),
    case("EXPAND_TO_N", OK, Demand.article_four_gpu()),
    case("EXPAND_TO_N", BROKEN, Demand(expand_to_gpus=4), psu="EVGA SuperNOVA 1200 P2"),
    case("EXPAND_TO_N", UNKNOWN, Demand(expand_to_gpus=2), gpu=BARE_P100),
    case("EXPAND_TO_N", OK, Demand(expand_to_gpus=1), gpu=BARE_P100),
]
POWER = [
    case("PSU_POWER", OK, gpu=(TURBO, 4)),
    case("PSU_POWER", BROKEN, gpu=(TURBO, 4), psu="Corsair RM850e (2023)"),
    case("PSU_POWER", UNKNOWN, gpu=NOBODY_KNOWS),
    case("PSU_TRANSIENT", OK),
    case("PSU_TRANSIENT", BROKEN, gpu=("RTX 3090", 4)),
    case("PSU_TRANSIENT", UNKNOWN, gpu=NOBODY_KNOWS),
    case("GPU_POWER_CAP", OK, Demand(power_cap_w=200)),
    case("GPU_POWER_CAP", BROKEN, Demand(power_cap_w=300)),
    case("GPU_POWER_CAP", UNKNOWN, Demand(power_cap_w=200), gpu=NOBODY_KNOWS),
    case("PSU_PLUGS", OK, gpu=(TURBO, 4)),
    case("PSU_PLUGS", BROKEN, gpu=(TURBO, 2), psu="Corsair RM850e (2023)"),
    case("PSU_PLUGS", UNKNOWN, psu="Seasonic PRIME PX-2200"),
    case("PLUG_CAPACITY", OK),
    case("PLUG_CAPACITY", UNKNOWN, gpu=BARE_P100),
    case("EPS", OK),
    case("EPS", BROKEN, cpu="AMD Ryzen Threadripper PRO 9995WX", psu="be quiet! Straight Power 12 850W"),
    case("EPS", UNKNOWN, psu="Seasonic PRIME PX-2200"),
    case("DUAL_PSU", OK),
    case("DUAL_PSU", BROKEN, psu=("EVGA SuperNOVA 1600 P2", 2)),
    case("DUAL_PSU", BROKEN, psu=(NOBODY_KNOWS, 2)),
    case("DUAL_PSU", UNKNOWN, psu=None),
]
SITE = [
    case("OUTLET", OK, Demand(outlet=Outlet(volts=230, amps=10)), gpu=(TURBO, 4)),
    case("OUTLET", BROKEN, Demand(outlet=Outlet(volts=100, amps=10)), gpu=(TURBO, 4)),
    case("OUTLET", UNKNOWN, Demand(outlet=Outlet(volts=230, amps=10)), gpu=NOBODY_KNOWS),
    case("PSU_INLET", OK),
    case("PSU_INLET", BROKEN, Demand(outlet=Outlet(volts=100, amps=15)), psu="ASRock Taichi TC-1650T"),
    case("PSU_INLET", UNKNOWN, psu=NOBODY_KNOWS),
    case("NOISE", OK),
    case("NOISE", BROKEN, Demand(noise_dba=30), cooler="Cooler Master Wraith Ripper"),
    case("NOISE", UNKNOWN, Demand(noise_dba=30)),
    case("HEAT_ROOM", OK),
    case("HEAT_ROOM", BROKEN, gpu=("RTX 3090", 4)),
    case("HEAT_ROOM", UNKNOWN, gpu=NOBODY_KNOWS),
    case("RACK", OK),
    case("RACK", BROKEN, Demand(rack_units=4)),
    case("RACK", UNKNOWN, Demand(rack_units=4), case=NOBODY_KNOWS),
]
COMPLETENESS = [
    case("STORAGE", OK),
    case("STORAGE", BROKEN, drive=("Samsung 970 EVO 1TB", 4)),
    case("STORAGE", UNKNOWN, board="Supermicro H12SSL-i", cpu="AMD EPYC 7443P"),
    case("DISPLAY", OK),
    case("DISPLAY", BROKEN, gpu="NVIDIA A40"),
    case("DISPLAY", UNKNOWN, gpu=BARE_P100),
    case("FRONT_HEADERS", OK, case="open frame"),
    case("FRONT_HEADERS", UNKNOWN),
    case("MISSING_PART", OK),
    case("MISSING_PART", BROKEN, cooler=None),
    case("MISSING_PART", UNKNOWN, case=None, drive=None),
    case("LOOKS", OK),
    case("LOOKS", UNKNOWN, Demand(looks=("white",))),
    case("PART_NOT_IN_CATALOGUE", OK),
    case("PART_NOT_IN_CATALOGUE", UNKNOWN, psu="be quiet! Dark Power Pro 13 2000W"),
    case("REDUNDANT_PART", OK),
    case("REDUNDANT_PART", BROKEN, cooler=("Fractal Design Celsius S24", 2)),
    case("CPU_CORES", OK, Demand(min_cores=8)),
    case("CPU_CORES", BROKEN, Demand(min_cores=8), cpu="Intel Core i7-6850K"),
    case("CPU_CORES", UNKNOWN, Demand(min_cores=8), cpu=NOBODY_KNOWS),
    case("QUERY_NOT_UNDERSTOOD", OK),
    case("QUERY_NOT_UNDERSTOOD", UNKNOWN, Demand(not_understood=("smell",))),
]
CASES = [*PLATFORM, *MEMORY, *COOLING, *FIT, *LANES, *POWER, *SITE, *COMPLETENESS]
MONEY = {
    ("TOTAL", OK): (300.0, (100.0, 200.0)), ("TOTAL", BROKEN): (400.0, (100.0, 200.0)),
    ("TOTAL", UNKNOWN): (300.0, (100.0, None)), ("PRICE_SANITY", OK): (None, (None, None)),
    ("PRICE_SANITY", UNKNOWN): (None, (100.0, None)),
}  # fmt: skip
"""Printed total and prices of the lines, by what the rules about money say of them."""
NEVER_BROKEN = {
    "GPU_HEIGHT", "FRONT_HEADERS", "LOOKS", "PLUG_CAPACITY", "PART_NOT_IN_CATALOGUE", "QUERY_NOT_UNDERSTOOD",
    "PRICE_SANITY",
}  # fmt: skip
"""No table can prove these broken: they end in "fits" or "nobody can tell"."""
ALWAYS_DECIDED = {"REDUNDANT_PART"}
"""Counting lines is enough."""


@pytest.mark.parametrize("expected", CASES, ids=str)
def test_rule_on_real_parts(expected: Case, finding: Callable[..., Finding]) -> None:
    """A rule says what a builder with these parts on the bench would find."""
    found = finding(expected.rule, expected.demand, **expected.parts)

    assert expected.status is found.status, found.why


@pytest.mark.parametrize("expected", CASES, ids=str)
def test_finding_explains_itself(expected: Case, finding: Callable[..., Finding]) -> None:
    """Every finding is one sentence with a source; every "unknown" names the facts that would decide."""
    found = finding(expected.rule, expected.demand, **expected.parts)

    assert found.why.endswith((".", ")")), found.why
    assert found.rule_source
    assert bool(found.missing) is (found.status is UNKNOWN)


@pytest.mark.parametrize("name", MONEY, ids=lambda name: f"{name[0]}-{name[1].value}")
def test_rule_about_money(name: tuple[str, Status]) -> None:
    """100 and 200 are 300, not 400; a line without a price leaves the sum open; prices are judged elsewhere."""
    total, prices = MONEY[name]

    found = rule_named(name[0])(Machine(total_stated=total, line_prices=prices), Demand())

    assert name[1] is found.status


def test_every_rule_is_tried_in_every_state_it_can_reach() -> None:
    """A rule without a case that breaks it may be a rule that never bites."""
    tried = {(tried.rule, tried.status) for tried in CASES} | MONEY.keys()
    wanted = {(rule.name, status) for rule in rules() for status in Status}
    out_of_reach = {(name, BROKEN) for name in NEVER_BROKEN} | {(name, UNKNOWN) for name in ALWAYS_DECIDED}

    assert set() == wanted - tried - out_of_reach
    assert set() == tried & out_of_reach


def test_lanes_below_what_was_asked_are_an_error_and_else_a_warning(finding: Callable[..., Finding]) -> None:
    """Two x16 and two x8 slots: an error for whoever asks x16, nothing for whoever asks nothing."""
    assert finding("GPU_LANES", Demand(lanes_per_gpu=16), gpu=(TURBO, 4)).severity is Severity.ERROR
    assert finding("GPU_LANES", gpu=(TURBO, 4)).status is OK


def test_a_slower_link_is_a_note_from_pcie_four_on_and_a_warning_below(finding: Callable[..., Finding]) -> None:
    """A 5090 on PCIe 4 loses nothing worth a warning; a 3090 on PCIe 3 is warned about."""
    note = finding("PCIE_GEN", gpu="RTX 5090", cpu="AMD Ryzen 5 5600", board="MSI B550-A PRO")

    assert (BROKEN, Severity.INFO) == (note.status, note.severity)
    assert finding("PCIE_GEN", gpu="RTX 3090").severity is Severity.WARNING


def test_an_unknown_name_is_answered_with_near_ones(finding: Callable[..., Finding]) -> None:
    """RTX 309O with the letter O stays unknown, and the RTX 3090 is offered."""
    found = finding("PART_NOT_IN_CATALOGUE", gpu="RTX 309O")

    assert found.status is UNKNOWN
    assert "did you mean RTX 3090" in found.why


def test_memory_below_what_was_asked_is_an_error_and_else_a_warning(finding: Callable[..., Finding]) -> None:
    """16 GB beside an 11 GB card is enough; 8 GB is a warning; 64 GB where 128 were asked is an error."""
    small = finding("RAM_SIZE", memory="Corsair Vengeance LPX DDR4 8GB (2x4GB)")

    assert (BROKEN, Severity.WARNING) == (small.status, small.severity)
    assert finding("RAM_SIZE", Demand(min_ram_gb=128)).severity is Severity.ERROR


def test_hearsay_carries_one_card_but_not_two(finding: Callable[..., Finding]) -> None:
    """Lanes of an unverified board are good enough for one card; with two the answer is "unknown"."""
    board = {"board": "ASRock WRX80 Creator R2.0", "cpu": "AMD Ryzen Threadripper PRO 5955WX"}

    assert finding("GPU_LANES", gpu=TURBO, **board).status is OK
    assert finding("GPU_LANES", gpu=(TURBO, 2), **board).status is UNKNOWN
    assert finding("GPU_SLOT_WIDTH", gpu=(TURBO, 2), **board).status is UNKNOWN


def test_another_card_in_a_slot_makes_the_fit_unknown(finding: Callable[..., Finding]) -> None:
    """Nobody placed the network card, so nobody promises that four GPUs still fit."""
    assert finding("GPU_SLOT_WIDTH", gpu=(TURBO, 4), network="Intel X540-T2").status is UNKNOWN
