"""A market of made-up parts with the shape of a real one: as many parts, as many kinds, as many gaps."""

from __future__ import annotations

import random
from typing import Any

from payback.assembly.search.candidates import Candidate, Candidates, candidates_of
from payback.catalogue.components import Board, BoardSlot, Case, Cooler, Cpu, Drive, GpuCard, Memory, PowerSupply
from payback.evidence import Grade

SHARES = {"cpu": 305, "board": 800, "gpu": 495, "memory": 1709, "psu": 429, "case": 719, "cooler": 677, "drive": 1377}
"""Priced parts of each category in a real market of 6,511."""
SOCKETS = {
    "AM4": ("Ryzen", ("A520", "B450", "B550", "X570"), "DDR4", "UDIMM", 20, 2),
    "AM5": ("Ryzen", ("A620", "B650", "B850", "X870E"), "DDR5", "UDIMM", 24, 2),
    "LGA1700": ("Core", ("H610", "B760", "Z790"), "DDR5", "UDIMM", 20, 2),
    "LGA1200": ("Core", ("H510", "B560", "Z590"), "DDR4", "UDIMM", 20, 2),
    "LGA2066": ("Core X", ("X299",), "DDR4", "UDIMM", 44, 4),
    "sTRX4": ("Threadripper", ("TRX40",), "DDR4", "UDIMM", 56, 4),
    "sTR5": ("Threadripper PRO", ("WRX90",), "DDR5", "RDIMM", 128, 8),
}
FORMS = {"mini-ITX": 1, "micro-ATX": 2, "ATX": 3, "E-ATX": 4}
CHIPS = {
    f"chip {index:02d}": (memory, 60.0 + 9.0 * index, 120.0 + 14.0 * index)
    for index, memory in enumerate((8, 8, 12, 12, 12, 16, 16, 16, 24, 24, 24, 24, 32, 32, 48, 48, 80, 96))
}
"""Memory, speed and power by chip."""
SPEED = {chip: speed for chip, (_, speed, _) in CHIPS.items()}
SOURCE: dict[str, Any] = {"source": "made up", "grade": Grade.LISTED}


def synthetic_market(dice: random.Random, parts: int, *, gaps: float = 0.1) -> Candidates:
    """About so many parts, a share of whose figures is unknown."""
    total = sum(SHARES.values())
    offers = []
    for category, share in SHARES.items():
        make = MAKERS[category]
        for number in range(max(2, round(share * parts / total))):
            part, usd = make(dice, number, gaps)
            offers.append(Candidate(category=category, part=part, price_usd=round(usd, 2), listed=part.name))
    return candidates_of(offers)


def _maybe(value: Any, dice: random.Random, gaps: float) -> Any:
    return None if dice.random() < gaps else value


def _socket(dice: random.Random) -> str:
    return dice.choices(list(SOCKETS), (30, 30, 20, 10, 4, 3, 3))[0]


def _cpu(dice: random.Random, number: int, _gaps: float) -> tuple[Cpu, float]:
    socket = _socket(dice)
    family, _, kind, _, lanes, channels = SOCKETS[socket]
    cores = dice.choice((4, 6, 6, 8, 8, 12, 16)) * (2 if channels > 2 else 1)
    power = dice.choice((65.0, 88.0, 125.0, 142.0, 170.0)) + (100.0 if channels > 2 else 0.0)
    part = Cpu(
        cpu=f"cpu {number}", socket=socket, family=family, cores=cores, threads=2 * cores, tdp_w=power,
        pcie_lanes=lanes, lanes_grade=Grade.LISTED, pcie_gen=4, memory_type=(kind,), memory_channels=channels,
        max_memory_gb=64.0 * channels,
        boxed_cooler=power < 90 and dice.random() < 0.4, integrated_graphics=False, **SOURCE,
    )  # fmt: skip
    return part, (20 + 14 * cores) * dice.uniform(0.6, 2.5)


def _board(dice: random.Random, number: int, gaps: float) -> tuple[Board, float]:
    socket = _socket(dice)
    _, chipsets, kind, dimm_class, lanes, channels = SOCKETS[socket]
    dimms: Any = dimm_class
    form = dice.choices(list(FORMS), (10, 35, 50, 5) if channels == 2 else (0, 2, 50, 48))[0]
    name = f"board {number}"
    part = Board(
        board=name, maker="made up", socket=socket, chipset=dice.choice(chipsets), form_factor=form, memory_type=kind,
        dimm_slots=8 if channels == 8 else dice.choice((2, 4, 4)) if channels == 2 else 8, dimm_class=dimms,
        max_memory_gb=_maybe(dice.choice((64.0, 128.0, 192.0)) * channels / 2, dice, gaps), memory_channels=channels,
        m2_slots=_maybe(dice.randint(1, 4), dice, gaps), m2_unshared=dice.randint(1, 2),
        sata_ports=_maybe(dice.choice((4, 6, 8)), dice, gaps), full_lanes=lanes, slots_complete=True,
        slots=tuple(_slots(name, form, channels, dice)), **SOURCE,
    )  # fmt: skip
    return part, (40 + 60 * FORMS[form] + 90 * (channels - 2)) * dice.uniform(0.5, 2.5)


def _slots(board: str, form: str, channels: int, dice: random.Random) -> list[BoardSlot]:
    common: dict[str, Any] = {"board": board, "gen": 4, **SOURCE}
    if channels > 2:
        places = dice.choice(((1, 3, 5, 7), (1, 3, 5, 7), (1, 4, 7), (2, 4, 6)))
        return [
            BoardSlot(slot_index=i, position=p, lanes_alone=dice.choice((16, 16, 8)), attached="cpu", **common)
            for i, p in enumerate(places, 1)
        ]
    first = BoardSlot(slot_index=1, position=1, lanes_alone=16, attached="cpu", **common)
    if form in ("mini-ITX", "micro-ATX") or dice.random() < 0.6:
        return [first]
    pair: dict[str, Any] = {"lanes_shared": 8, "attached": "cpu"}
    return [
        BoardSlot(slot_index=1, position=1, lanes_alone=16, shares_with=(2,), **pair, **common),
        BoardSlot(slot_index=2, position=dice.choice((3, 4, 5)), lanes_alone=8, shares_with=(1,), **pair, **common),
    ]


def _gpu(dice: random.Random, number: int, gaps: float) -> tuple[GpuCard, float]:
    chip = dice.choice(list(CHIPS))
    memory, speed, power = CHIPS[chip]
    blower = power < 320 and dice.random() < 0.35
    plugs = f"{max(1, round((power - 75) / 150 + 0.49))}x 8-pin" if power < 300 else "1x 12V-2x6"
    part = GpuCard(
        card=f"card {number}", gpu=chip, cooler="blower" if blower else "open", board_power_w=power,
        length_mm=_maybe(dice.choice((240.0, 267.0, 285.0, 304.0, 330.0, 358.0)), dice, gaps),
        slot_width=2.0 if blower else dice.choice((2.0, 2.5, 3.0, 3.5)), power_connectors=plugs, video_outputs=True,
        memory_gib=float(memory), nvlink=False, pcie_gen=4, **SOURCE,
    )  # fmt: skip
    return part, (150 + 8 * speed + 20 * memory) * dice.uniform(0.7, 1.8)


def _memory(dice: random.Random, number: int, _gaps: float) -> tuple[Memory, float]:
    kind, dimm_class = dice.choices((("DDR4", "UDIMM"), ("DDR5", "UDIMM"), ("DDR5", "RDIMM")), (45, 45, 10))[0]
    count, size = dice.choice((1, 2, 2, 2, 4)), dice.choice((8.0, 16.0, 16.0, 32.0, 48.0))
    part = Memory(
        memory=f"kit {number}", memory_type=kind, module_count=count, module_gb=size, dimm_class=dimm_class,  # type: ignore[arg-type]
        speed_mt_s=dice.choice((3200, 5600, 6000)), ecc=dimm_class == "RDIMM", **SOURCE,
    )  # fmt: skip
    return part, count * size * (2.5 if kind == "DDR4" else 4.0) * dice.uniform(0.7, 2.2)


def _psu(dice: random.Random, number: int, gaps: float) -> tuple[PowerSupply, float]:
    watts = dice.choice((550.0, 650.0, 750.0, 850.0, 1000.0, 1200.0, 1300.0, 1600.0))
    mark = dice.choice(("80 Plus Bronze", "80 Plus Gold", "80 Plus Gold", "80 Plus Platinum", None))
    part = PowerSupply(
        psu=f"supply {number}", watts=watts, form="ATX", efficiency=mark, pcie_12v=round(watts / 800),
        length_mm=_maybe(dice.choice((140.0, 160.0, 180.0)), dice, gaps),
        pcie_8pin=_maybe(round(watts / 180), dice, gaps), eps=_maybe(1 + (watts > 700), dice, gaps),
        atx_version=dice.choice(("3.0", None)), **SOURCE,
    )  # fmt: skip
    return part, (20 + 0.13 * watts) * dice.uniform(0.6, 2.2)


def _case(dice: random.Random, number: int, gaps: float) -> tuple[Case, float]:
    largest = dice.choices(list(FORMS.values()), (8, 22, 45, 25))[0]
    part = Case(
        case=f"case {number}", kind="tower", board_forms=tuple(f for f, size in FORMS.items() if size <= largest),
        forms_complete=True, max_gpu_mm=_maybe(dice.choice((280.0, 320.0, 350.0, 380.0, 420.0)), dice, gaps / 2),
        max_cooler_mm=_maybe(dice.choice((135.0, 155.0, 165.0, 180.0)), dice, 3 * gaps),
        slots={1: 2, 2: 4, 3: 7, 4: 8}[largest], psu_forms=("ATX",),
        max_psu_mm=_maybe(dice.choice((160.0, 180.0, 220.0)), dice, 5 * gaps), **SOURCE,
    )  # fmt: skip
    return part, (35 + 30 * largest) * dice.uniform(0.6, 2.5)


def _cooler(dice: random.Random, number: int, _gaps: float) -> tuple[Cooler, float]:
    large = dice.random() < 0.1
    sockets = ("sTRX4", "sTR5") if large else ("AM4", "AM5", "LGA1200", "LGA1700", "LGA2066")
    liquid = dice.random() < 0.4
    part = Cooler(
        cooler=f"cooler {number}", kind="liquid" if liquid else "air", sockets=sockets,
        height_mm=None if liquid else dice.choice((65.0, 125.0, 148.0, 158.0, 165.0)),
        radiator_mm=dice.choice((240, 280, 360)) if liquid else None, **SOURCE,
    )  # fmt: skip
    return part, (80 if liquid else 35) * dice.uniform(0.5, 2.5) * (1.8 if large else 1.0)


def _drive(dice: random.Random, number: int, _gaps: float) -> tuple[Drive, float]:
    capacity = dice.choice((500.0, 1000.0, 1000.0, 2000.0, 4000.0))
    kind: Any = dice.choices(("M.2 NVMe", "SATA", None), (70, 28, 2))[0]
    part = Drive(drive=f"drive {number}", kind=kind, capacity_gb=capacity, spinning=False, **SOURCE)
    return part, 0.07 * capacity * dice.uniform(0.6, 2.2)


MAKERS: Any = {
    "cpu": _cpu, "board": _board, "gpu": _gpu, "memory": _memory, "psu": _psu, "case": _case, "cooler": _cooler,
    "drive": _drive,
}  # fmt: skip
